"""How steps of a schema are put together, and how heavy ones run side by side, the biggest first."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from conversion.mapping import Statement
from transfer.ddl import Job

Work = Callable[[Job], None]


TURN = 0.2  # seconds between two looks at cancellation


def side_by_side(
    jobs: Sequence[Job],
    threads: int,
    work: Work,
    stop_if_cancelled: Callable[[], None],
    cancel: Callable[[], None] = lambda: None,
) -> None:
    """Run every job once; the first error is raised when those that run have ended, and no other is begun.

    A job whose table isn't known runs when no other does. cancel: ends the statements that run, where nobody wants
    their outcome any more.
    """
    waiting = sorted(jobs, key=lambda job: -(job.size or 0))
    running: dict[Future[None], Job] = {}
    with ThreadPoolExecutor(max(1, threads)) as pool:
        while waiting or running:
            for job in list(waiting):
                if len(running) >= max(1, threads):
                    break
                if may_run(job, list(running.values())):
                    stop_if_cancelled()
                    waiting.remove(job)
                    running[pool.submit(work, job)] = job
            for future in first_ended(running, stop_if_cancelled, cancel):
                del running[future]
                future.result()


def first_ended(
    running: Collection[Future[None]], stop_if_cancelled: Callable[[], None], cancel: Callable[[], None]
) -> set[Future[None]]:
    """Those of running jobs that ended, at least one; stop_if_cancelled raises, which ends the others' statements."""
    try:
        while True:
            done, _ = wait(running, TURN, FIRST_COMPLETED)
            if done:
                return done
            stop_if_cancelled()
    except BaseException:
        cancel()
        raise


def may_run(job: Job, others: Sequence[Job]) -> bool:
    """Whether a job would not wait for a lock of those that run."""
    if not others:
        return True
    if not job.table or any(not other.table for other in others):
        return False
    return all(other.table != job.table or other.lock == job.lock == "shared" for other in others)


def lots(jobs: Sequence[Job], most: int) -> list[list[Job]]:
    """Light jobs in lots of about that many; those of one table stay together, in their order."""
    by_table: dict[str, list[Job]] = {}
    for job in jobs:
        by_table.setdefault(job.table, []).append(job)
    found: list[list[Job]] = []
    for group in by_table.values():
        if found and len(found[-1]) + len(group) <= most:
            found[-1] += group
        else:
            found.append(list(group))
    return found


def in_order(
    statements: Sequence[Statement], is_alone: Callable[[Statement], bool], most: int
) -> Iterator[list[Statement]]:
    """Lots of at most that many in the order that is given; those that are to be alone are a lot each."""
    part: list[Statement] = []
    for statement in statements:
        alone = is_alone(statement)
        if part and (alone or len(part) == most):
            yield part
            part = []
        part.append(statement)
        if alone:
            yield part
            part = []
    if part:
        yield part
