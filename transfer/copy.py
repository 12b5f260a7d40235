"""Copies all tables of a plan in chunks, several processes at a time, and goes on where an earlier run stopped."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing
from multiprocessing import get_context

from engines.errors import EngineError
from transfer.chunks import Chunk, ChunkResult, Chunks
from transfer.endpoints import Endpoints
from transfer.failpoints import failpoint
from transfer.moveplan import MovePlan
from transfer.ranges import cut_table
from transfer.resume import Resumed, settle
from transfer.state import State
from transfer.worker import Assignment, Worker, copy_in_process, start_in_process

Report = Callable[[ChunkResult], None]


def copy_tables(
    plan: MovePlan, endpoints: Endpoints, state: State, report: Report, cancelled: Callable[[], bool]
) -> Resumed:
    """Copy every chunk that is not in the target yet; report is called after each commit.

    Returns what was found of an earlier run. INTERRUPTED when cancelled: finished chunks stay.
    """
    chunks = Chunks(state)
    with closing(endpoints.snapshot()) as snapshot:
        resumed = settle(plan, endpoints, state, chunks, snapshot)
        for table in plan.tables:
            if table.source not in resumed.planned:
                chunks.add(cut_table(snapshot, table, plan.chunk_rows))
        state.update(position=snapshot.position)
        failpoint("copy.planned")
        pending = chunks.pending()
        assignment = Assignment(plan, endpoints, snapshot.token, snapshot.position, state.epoch)
        if plan.parallel > 1 and len(pending) > 1:
            _in_processes(assignment, pending, plan.parallel, report, cancelled)
        else:
            _here(assignment, pending, report, cancelled)
    return resumed


def _here(assignment: Assignment, pending: list[Chunk], report: Report, cancelled: Callable[[], bool]) -> None:
    if not pending:
        return
    with closing(Worker(assignment)) as worker:
        for chunk in pending:
            _stop_if(cancelled)
            report(worker.copy(chunk))


def _in_processes(
    assignment: Assignment, pending: list[Chunk], processes: int, report: Report, cancelled: Callable[[], bool]
) -> None:
    waiting = iter(pending)
    pool = ProcessPoolExecutor(min(processes, len(pending)), get_context("spawn"), start_in_process, (assignment,))
    try:
        running: set[Future[ChunkResult]] = set()
        for chunk in _first(waiting, processes * 2):
            running.add(pool.submit(copy_in_process, chunk))
        while running:
            done, running = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                report(future.result())
                _stop_if(cancelled)
                for chunk in _first(waiting, 1):
                    running.add(pool.submit(copy_in_process, chunk))
    except BrokenProcessPool as error:
        raise EngineError(
            "WORKER_LOST",
            "A copying process ended before its chunk was finished.",
            "Run the same command again: finished chunks are kept.",
        ) from error
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _first(chunks: Iterator[Chunk], count: int) -> Iterator[Chunk]:
    for _, chunk in zip(range(count), chunks, strict=False):
        yield chunk


def _stop_if(cancelled: Callable[[], bool]) -> None:
    if cancelled():
        raise EngineError(
            "INTERRUPTED",
            "The copy was interrupted; finished chunks are in the target.",
            "Run the same command again to go on.",
        )
