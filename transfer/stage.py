"""One stage of a schema while it runs: its steps put together, or side by side, each noted as it is done."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby

from conversion.mapping import Statement
from engines.errors import DbmoError, EngineError
from engines.families import family
from transfer.alone import Alone, Report
from transfer.builds import in_order, lots, side_by_side
from transfer.ddl import (
    ALONE,
    BUILDS,
    REFERENCES,
    Job,
    job,
    run_statement,
    transactional,
    validation,
)
from transfer.failpoints import failpoint
from transfer.retry import Patience, insist
from transfer.state import State

LEAST = 16  # tables that are worth a transaction beside others
TOGETHER = 100  # light statements in one transaction: the server's table of locks is small
ADDED = "added "  # id of the note that a reference is there, but not proved yet
# PostgreSQL's shared_buffers are what a server's owner thought right for it: all builds together take no more.
MEMORY = """
SELECT pg_catalog.pg_size_bytes(pg_catalog.current_setting('shared_buffers')) / 1024,
       pg_catalog.pg_size_bytes(pg_catalog.current_setting('maintenance_work_mem')) / 1024
"""
MOST_MEMORY = 2 << 20  # KiB for all builds, however large the server is


@dataclass
class Stage:
    """What is pending of one stage; done: ids of the state's steps, known: bytes by target table."""

    state: State
    threads: int
    report: Report
    cancelled: Callable[[], bool]
    done: set[str]
    known: dict[str, int]
    memory: int = 0  # KiB for all builds
    memory_each: int = 0  # KiB for one; 0: the server's own setting

    def run(self, pending: Sequence[Statement]) -> None:
        """Do them all; the first error ends the stage, and what was done stands."""
        if not transactional(self.state.writer.engine):
            self._committed(pending)
            return
        if family(self.state.writer.engine) != "postgresql":
            self._together(pending)
            return
        self._memory()
        for kind, group in groupby(pending, key=lambda s: _sort(s.kind)):
            {
                "table": self._tables,
                "build": self._builds,
                "reference": self._references,
                "other": self._together,
            }[kind](list(group))

    def _committed(self, statements: Sequence[Statement]) -> None:
        """On an engine that commits each statement: light ones share their notes, heavy builds run side by side."""
        steps = Alone(self.state, self.report, self._stop_if_cancelled, self.cancelled, self.done)
        for kind, group in groupby(statements, key=lambda s: _sort(s.kind)):
            left = list(group)
            if kind == "build":
                # two ALTER TABLE of one table wait for each other, and not long
                jobs = [replace(job(statement, self.known), lock="own") for statement in left]
                for part in lots([one for one in jobs if one.light], TOGETHER):
                    steps.run([one.statement for one in part])
                self._heavy([one for one in jobs if not one.light], lambda one: steps.run([one.statement]))
            else:
                for alike in in_order(left, self._alone, TOGETHER):
                    steps.run(alike)

    def _tables(self, statements: Sequence[Statement]) -> None:
        """In lots side by side; a table that needs one of another lot is refused, and made when that stands."""
        size = min(TOGETHER, max(LEAST, -(-len(statements) // self.threads)))
        parts = [statements[at : at + size] for at in range(0, len(statements), size)]
        with ThreadPoolExecutor(self.threads) as pool:
            left = [statement for refused in pool.map(self._tried, parts) for statement in refused]
        self._together(left)

    def _builds(self, statements: Sequence[Statement]) -> None:
        """Keys, indexes and checks: the light ones in a few transactions, the others one by one."""
        jobs = [job(statement, self.known) for statement in statements]
        self._light([one for one in jobs if one.light])
        heavy = [one for one in jobs if not one.light]
        self._heavy(heavy, lambda one: self._step(one.statement))

    def _references(self, statements: Sequence[Statement]) -> None:
        """Foreign keys: added without a look at the rows, then proved, those of different tables side by side."""
        jobs = [job(statement, self.known) for statement in statements]
        heavy = [one for one in jobs if not one.light and one.table in self.known and validation(one.statement)]
        chosen = {one.statement.id for one in heavy}
        self._together([one.statement for one in jobs if one.statement.id not in chosen])
        for one in heavy:
            if ADDED + one.statement.id not in self.done:
                self._insist(ADDED + one.statement.id, partial(self._add, one.statement))
        self._heavy(heavy, lambda one: self._step(one.statement, self._prove))

    def _add(self, statement: Statement) -> float:
        """A reference for rows to come."""
        added, _ = validation(statement) or ("", "")
        with self.state.writer.begin() as connection:
            self.state.writer.run(connection, added)
            self.state.finish_step(connection, ADDED + statement.id, 0.0)
        return 0.0

    def _insist(self, note: str, work: Callable[[], float]) -> float:
        """What work gives, done again after what passes (a deadlock, a lock, an outage) until the target has its note.

        0.0 where it turns out that an earlier try did it.
        """

        def meanwhile() -> float | None:
            self.done = self.state.done_steps()
            return 0.0 if note in self.done else None

        return insist(work, Patience(), self.cancelled, meanwhile)

    def _prove(self, statement: Statement) -> float:
        _, prove = validation(statement) or ("", "")
        started = time.monotonic()
        failpoint("step.before")
        with self.state.writer.begin() as connection:
            self.state.writer.run(connection, prove)
            seconds = time.monotonic() - started
            self.state.forget_steps(connection, [ADDED + statement.id])
            self.state.finish_step(connection, statement.id, seconds)
        failpoint("step.after")
        return seconds

    def _heavy(self, jobs: Sequence[Job], work: Callable[[Job], None]) -> None:
        if jobs:
            self.memory_each = self.memory // min(self.threads, len(jobs))
            side_by_side(jobs, self.threads, work, self._stop_if_cancelled, self.state.writer.cancel)

    def _light(self, jobs: Sequence[Job]) -> None:
        """Lots side by side: no two have a table in common."""
        parts = lots(jobs, TOGETHER)
        with ThreadPoolExecutor(self.threads) as pool:
            for future in [pool.submit(self._lot, [one.statement for one in part]) for part in parts]:
                future.result()

    def _together(self, statements: Sequence[Statement]) -> None:
        """In the plan's order, as many in a transaction as can be."""
        for part in in_order(statements, self._alone, TOGETHER):
            self._lot(part)

    def _alone(self, statement: Statement) -> bool:
        """Whether it may take long, so that what was done before it should stand already."""
        if statement.kind in BUILDS | REFERENCES:
            return not job(statement, self.known).light
        return ALONE.match(statement.sql) is not None

    def _lot(self, statements: Sequence[Statement]) -> None:
        """All of them in one transaction, or, when one is refused, one by one, so that those before it stand."""
        for statement in self._tried(statements) if len(statements) > 1 else statements:
            self._stop_if_cancelled()
            self._step(statement)

    def _tried(self, statements: Sequence[Statement]) -> list[Statement]:
        """All of them in one transaction; what is not done when one is refused."""
        self._stop_if_cancelled()
        seconds: list[float] = []
        try:
            failpoint("step.before")
            with self.state.writer.begin() as connection:
                for statement in statements:
                    started = time.monotonic()
                    run_statement(self.state.writer, connection, statement)
                    seconds.append(time.monotonic() - started)
                self.state.finish_steps(connection, list(zip((s.id for s in statements), seconds, strict=True)))
        except DbmoError as error:
            if error.code == "EPOCH_PASSED":
                raise
            # an answer to the commit may have been lost
            self.done = done = insist(self.state.done_steps, Patience(), self.cancelled)
            return [statement for statement in statements if statement.id not in done]
        failpoint("step.after")
        for statement, taken in zip(statements, seconds, strict=True):
            self.report(statement, taken)
        return []

    def _step(self, statement: Statement, work: Callable[[Statement], float] | None = None) -> None:
        """work: does the step and notes it, and gives its seconds; None: the statement in a transaction of its own."""
        self.report(statement, self._insist(statement.id, partial(work or self._once, statement)))

    def _once(self, statement: Statement) -> float:
        started = time.monotonic()
        failpoint("step.before")
        with self.state.writer.begin() as connection:
            if self.memory_each and statement.kind in BUILDS:
                self.state.writer.run(connection, f"SET LOCAL maintenance_work_mem = '{self.memory_each}kB'")
            run_statement(self.state.writer, connection, statement)
            seconds = time.monotonic() - started
            self.state.finish_step(connection, statement.id, seconds)
        failpoint("step.after")
        return seconds

    def _memory(self) -> None:
        """A budget for all builds together, no less for each than the server's own setting."""
        ((buffers, own),) = insist(lambda: self.state.writer.query(MEMORY), Patience(), self.cancelled)
        self.memory = max(min(int(buffers), MOST_MEMORY), int(own) * self.threads)

    def _stop_if_cancelled(self) -> None:
        if self.cancelled():
            raise EngineError(
                "INTERRUPTED", "The schema steps were interrupted.", "Run the same command again to go on."
            )


def _sort(kind: str) -> str:
    if kind in BUILDS:
        return "build"
    return "reference" if kind in REFERENCES else "table" if kind == "table" else "other"
