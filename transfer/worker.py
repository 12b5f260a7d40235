"""What a lane does: copies ranges, each with its quarantine and its status in one transaction of the target."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from engines.errors import DbmoError
from engines.protocols import LooksUp
from transfer.chunks import ChunkResult, Range
from transfer.endpoints import Alterable, AnySnapshot, Endpoints, Marked, alive
from transfer.failpoints import failpoint
from transfer.moveplan import MovePlan
from transfer.pace import Valve
from transfer.retry import of_another_moment
from transfer.routes.route import Route, open_route
from transfer.state import Chunks, open_chunks, open_state
from transfer.units import TableUnit, Unit, tables_of, units


@dataclass(frozen=True)
class Assignment:
    """What a lane is started with; safe to hand to another process or machine.

    token: by which the source's moment is joined; position: what its chunks are noted with; epoch: of this run; marks:
    of its tables, see transfer.endpoints.Marked.
    """

    plan: MovePlan
    endpoints: Endpoints
    token: str
    position: str
    epoch: int
    marks: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """What became of some ranges: results of those that were committed, in order; error: why the next one was not.

    moment_lost: the lane can't read the source's moment any more. Whether the range of an error was committed all the
    same only the target knows.
    """

    results: list[ChunkResult] = field(default_factory=list)
    error: DbmoError | None = None
    moment_lost: bool = False


class LaneBody:
    """Both ends of one lane, opened when they are needed and again after they were lost.

    name: that no other lane of the run has meanwhile. shared: a snapshot that somebody else opened and closes; None:
    one of its own, joined by the assignment's token.
    """

    def __init__(self, assignment: Assignment, valve: Valve, name: str = "", shared: AnySnapshot | None = None) -> None:
        self.assignment, self.valve, self.name = assignment, valve, name
        self._shared = shared
        self._snapshot: AnySnapshot | None = None
        self._writer: Any = None
        self._chunks: Chunks | None = None
        self._routes: dict[str, Route] = {}
        self._locked: dict[str, tuple[int, int]] = {}  # unit -> which snapshot found it unaltered, and its `released`
        self._copied = ""  # the unit that was begun last
        self._units: dict[str, Unit] = {unit.name: unit for unit in units(assignment.plan)}

    def open(self, assignment: Assignment) -> Outcome:
        """Open both ends for an assignment, whose moment may be another than before; an outcome without results.

        The target is opened even if the moment has passed: the next one may be joined under a lock of the source.
        """
        if assignment.position != self.assignment.position:
            self._routes = {}
            self._close_snapshot()
        self.assignment = assignment
        outcome = self._guarded(self._ready, [])
        if outcome.error is not None and outcome.error.code == "SOURCE_CHANGED":
            with suppress(DbmoError):
                self._ready_target()
        return outcome

    def run(self, work: Sequence[Range]) -> Outcome:
        """Copy ranges one after the other; what is in results is committed."""
        results: list[ChunkResult] = []

        def copy_all() -> None:
            self._ready()
            self._look_up([self._units[part.chunk.table] for part in work if part.chunk.table not in self._routes])
            for part in work:
                results.append(self._copy(part))

        return self._guarded(copy_all, results)

    def _guarded(self, action: Any, results: list[ChunkResult]) -> Outcome:
        try:
            action()
        except DbmoError as error:
            why = self._altered() or error
            return Outcome(results, why, self._mend() or of_another_moment(why))
        except BaseException:
            self._mend()
            raise
        return Outcome(results)

    def _ready(self) -> None:
        if self._snapshot is None:
            self._snapshot = self._shared or self.assignment.endpoints.snapshot(self.assignment.token)
            if isinstance(self._snapshot, Marked):
                self._snapshot.marks = self.assignment.marks
        self._ready_target()

    def _ready_target(self) -> None:
        if self._writer is None:
            self._writer = self.assignment.endpoints.writer()
            state = open_state(self._writer, self.assignment.plan.migration)
            state.join(self.assignment.epoch, self.name)
            self._chunks = open_chunks(state)

    def _look_up(self, several: Sequence[Unit]) -> None:
        """Let both ends ask for what the routes of these units will need, at once, where they can."""
        tables = [unit for unit in several if isinstance(unit, TableUnit)]
        if len(tables) > 1:
            for end, names in (
                (self._snapshot, [unit.mapping.source for unit in tables]),
                (self._writer, [unit.mapping.target for unit in tables]),
            ):
                if isinstance(end, LooksUp):
                    end.look_up(names)

    def _copy(self, part: Range) -> ChunkResult:
        """Copy a range; when this returns, its rows and its status are committed."""
        assert self._chunks is not None
        started = time.monotonic()
        self._copied = part.chunk.table
        chunk, route = part.chunk, self._route(part.chunk.table)
        with self._writer.begin() as transaction:
            failpoint("chunk.before_rows")
            copied = route.copy(chunk, transaction, self.valve.pace)
            self._check_unaltered(chunk.table)
            failpoint("chunk.after_rows")
            self._chunks.set_aside(transaction, chunk, copied.quarantined)
            seconds = time.monotonic() - started
            count = len(part.numbers)
            result = ChunkResult(chunk, copied.rows, copied.bytes, len(copied.quarantined), seconds, count)
            self._chunks.finish(transaction, part, result, self.assignment.position)
            failpoint("chunk.before_commit")
        failpoint("chunk.after_commit")
        return result

    def _route(self, unit: str) -> Route:
        if unit not in self._routes:
            self._routes[unit] = open_route(self.assignment.plan, self._units[unit], self._snapshot, self._writer)
        return self._routes[unit]

    def _check_unaltered(self, unit: str) -> None:
        """Once its rows were read; asked anew only where their lock was given back since it was asked last."""
        found = self._snapshot
        if not isinstance(found, Alterable) or self._locked.get(unit) == (id(found), found.released):
            return
        if found.check_unaltered(tables_of(self._units[unit])):
            self._locked[unit] = id(found), found.released

    def _altered(self) -> DbmoError | None:
        """Whether the source's tables were altered, which explains any error of their copy."""
        try:
            if self._copied and isinstance(self._snapshot, Alterable):
                self._snapshot.recover()
                self._snapshot.check_unaltered(tables_of(self._units[self._copied]))  # maybe it was never read
        except DbmoError as error:
            return error if of_another_moment(error) else None
        return None

    def _mend(self) -> bool:
        """After an error: close the target, and the source too where it no longer answers; whether that is so."""
        self._routes = {}
        self._close_writer()
        lost = self._snapshot is None or not alive(self._snapshot)
        if lost:
            self._close_snapshot()
        return lost

    def _close_writer(self) -> None:
        writer, self._writer = self._writer, None
        if writer is not None:
            with suppress(DbmoError, OSError):
                writer.close()

    def _close_snapshot(self) -> None:
        snapshot, self._snapshot = self._snapshot, None
        self._locked = {}
        if snapshot is not None and snapshot is not self._shared:
            with suppress(DbmoError, OSError):
                snapshot.close()

    def interrupt(self) -> None:
        """Cancel the statements that run at both ends, from another thread; returns at once."""
        for end in (self._snapshot, self._writer):
            if end is not None:
                threading.Thread(target=_cancel, args=(end,), daemon=True).start()

    def close(self) -> None:
        """Close both ends; a shared snapshot stays open."""
        self._close_writer()
        self._close_snapshot()


def _cancel(end: Any) -> None:
    with suppress(DbmoError, OSError):
        end.cancel()
