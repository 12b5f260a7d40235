"""What is still to copy: cut lazily while lanes work already, joined to ranges that take about a second."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from engines.protocols import Bounded
from transfer.chunks import Bound, Chunk, ChunkResult, Range, joined
from transfer.cutting import Size, cutter
from transfer.endpoints import AnySnapshot
from transfer.failpoints import failpoint
from transfer.moveplan import MovePlan
from transfer.sizes import worth
from transfer.state import Chunks, Cut
from transfer.units import Unit, units

MOST_JOINED = 256
MOST_UNITS = 64  # small units handed out together
FIRST_UNITS = 4  # before any was measured
FILL_SECONDS = 0.1  # of cutting, before what is pending is handed out
LOT_CHUNKS = 2_000


@dataclass
class _Row:
    """A unit on the agenda, with figures of its finished chunks."""

    unit: Unit
    size: Size
    cut: Cut | None
    cutting: Iterator[Chunk] | None
    pending: deque[Chunk] = field(default_factory=deque)
    seconds: float = 0.0
    chunks: int = 0
    rows: int = 0
    bytes: int = 0


class Agenda:
    """Pending chunks of all units, largest unit first; known: their sizes. Uses the snapshot only inside fill()."""

    def __init__(self, plan: MovePlan, snapshot: AnySnapshot, chunks: Chunks, known: Mapping[str, Size]) -> None:
        self.chunks, self.range_seconds = chunks, plan.range_seconds
        self.plan = plan = _bounded(plan, chunks.state.writer)
        self._snapshot, self._cutter = snapshot, cutter(plan.source_engine)
        self._unstored: list[Chunk] = gaps(chunks)
        self._doubtful = False
        cuts = chunks.cuts()
        self._rows: dict[str, _Row] = {}
        for unit in sorted(units(plan), key=lambda u: -(known[u.name].bytes or known[u.name].rows or 0)):
            cut, size = cuts.get(unit.name), known[unit.name]
            complete = cut is not None and cut.complete
            self._rows[unit.name] = _Row(unit, size, cut, None if complete else self._cutting(unit, cut, size))
        for chunk in chunks.pending():
            self._rows[chunk.table].pending.append(chunk)
        self._seconds, self._done = 0.0, 0  # of units that are one chunk
        self._bounds = _bounds(chunks.state.writer)

    def _cutting(self, unit: Unit, cut: Cut | None, size: Size) -> Iterator[Chunk]:
        return self._cutter.cut(self._snapshot, unit, self.plan, cut, size)

    @property
    def worth(self) -> int:
        """How many lanes what is pending or not cut yet is worth."""
        return worth(row.size for row in self._rows.values() if row.pending or row.cutting is not None)

    def estimate(self, unit: str) -> Size:
        """What is known of a unit's size."""
        return self._rows[unit].size

    def fill(self, wanted: int, seconds: float = FILL_SECONDS) -> None:
        """Cut until that many chunks are pending, or some are and the time is over, or all is cut.

        What is cut is stored before it is handed out. After an error it may be called again: nothing is left out.
        """
        began = time.monotonic()
        while self.pending < wanted or self._unstored:
            if self.pending and time.monotonic() - began > seconds:
                return
            if not self._unstored:
                self._cut(wanted - self.pending, began + seconds)
            if not self._unstored:
                return
            self._store()

    def _cut(self, wanted: int, until: float) -> None:
        """Take chunks from the cutting of the first units that are not cut to their ends."""
        for row in self._rows.values():
            while row.cutting is not None:
                chunk = self._next(row)
                if chunk is None:
                    break
                self._unstored.append(chunk)
                if len(self._unstored) >= min(wanted, LOT_CHUNKS) or time.monotonic() > until:
                    return

    def _next(self, row: _Row) -> Chunk | None:
        """The next chunk of a unit; a cutting that failed begins anew behind the last one."""
        assert row.cutting is not None
        try:
            chunk = next(row.cutting, None)
        except BaseException:
            row.cutting = self._cutting(row.unit, row.cut, row.size)
            raise
        if chunk is None:
            row.cutting = None
        else:
            row.cut = Cut(chunk.number + 1, chunk.upper, chunk.upper is None)
        return chunk

    def _store(self) -> None:
        """Store what was cut; after an error it is asked first which of it was stored all the same."""
        missing = self._unstored
        if self._doubtful:
            there = {(chunk.table, chunk.number) for chunk in self.chunks.pending()}
            missing = [chunk for chunk in missing if (chunk.table, chunk.number) not in there]
        self._doubtful = True
        if missing:
            self.chunks.add(missing)
        failpoint("agenda.stored")
        self._doubtful = False
        for chunk in self._unstored:
            self._rows[chunk.table].pending.append(chunk)
        self._unstored = []

    def take(self, lanes: int) -> list[Range]:
        """Work for one lane, about range_seconds by what was measured; empty when nothing is pending.

        One range of a unit that is cut, or several units that are a single chunk each.
        """
        row = next((row for row in self._rows.values() if row.pending), None)
        if row is None:
            return []
        return self._together(lanes) if row.pending[0].whole else [self._joined(row, lanes)]

    def _together(self, lanes: int) -> list[Range]:
        whole = [row for row in self._rows.values() if row.pending and row.pending[0].whole]
        most = self._fitting(self._seconds, self._done, len(whole), lanes, MOST_UNITS) if self._done else FIRST_UNITS
        work: list[Range] = []
        size = 0
        for row in whole[:most]:
            size += row.size.bytes or 0
            if work and size > self.plan.chunk_bytes:
                break
            work.append(joined([row.pending.popleft()]))
        return work

    def _joined(self, row: _Row, lanes: int) -> Range:
        """The next chunks of a unit that follow each other."""
        left = len(row.pending) if row.cutting is None else MOST_JOINED * 2 * lanes
        most = self._fitting(row.seconds, row.chunks, left, lanes, MOST_JOINED) if row.chunks else 1
        if self._bounds is not None and row.chunks:
            by_rows = self._bounds.range_rows * row.chunks // max(1, row.rows)
            by_bytes = self._bounds.range_bytes * row.chunks // max(1, row.bytes)
            most = max(1, min(most, by_rows, by_bytes))
        parts = [row.pending.popleft()]
        while row.pending and len(parts) < most and _follows(parts[-1], row.pending[0]):
            parts.append(row.pending.popleft())
        return joined(parts)

    def _fitting(self, seconds: float, done: int, left: int, lanes: int, most: int) -> int:
        """How many like those that were done fill range_seconds, and leave some for every lane at the end."""
        by_time = int(self.range_seconds * done / seconds) if seconds > 0 else most
        return max(1, min(by_time, most, -(-left // (2 * lanes)))) if self.range_seconds else 1

    def finished(self, result: ChunkResult) -> None:
        """Learn how long a range took."""
        row = self._rows[result.chunk.table]
        row.seconds, row.chunks = row.seconds + result.seconds, row.chunks + result.chunks
        row.rows, row.bytes = row.rows + result.rows, row.bytes + result.bytes
        if result.chunk.whole:
            self._seconds, self._done = self._seconds + result.seconds, self._done + 1

    def again(self, part: Range) -> None:
        """A range that was not committed: pending as before, first of its unit."""
        self._rows[part.chunk.table].pending.extendleft(reversed(part.parts))

    @property
    def pending(self) -> int:
        """Chunks that may be taken."""
        return sum(len(row.pending) for row in self._rows.values())


def gaps(chunks: Chunks) -> list[Chunk]:
    """Ranges that lie between stored ones and aren't stored themselves, under numbers that are free.

    A server that doesn't write each commit to its disk (MySQL: innodb_flush_log_at_trx_commit) may lose some in a crash
    while the run goes on.
    """
    found: list[Chunk] = []
    ends: dict[str, Bound | None] = {}
    for chunk in sorted([*chunks.finished(), *chunks.pending()], key=lambda chunk: (chunk.table, chunk.number)):
        if chunk.lower != ends.get(chunk.table):
            found.append(Chunk(chunk.table, chunk.number - 1, ends.get(chunk.table), chunk.lower))
        ends[chunk.table] = chunk.upper
    return found


def is_copied(plan: MovePlan, chunks: Chunks) -> bool:
    """Whether the target itself says that every row of every unit is there."""
    cuts = chunks.cuts()
    cut = all(unit.name in cuts and cuts[unit.name].complete for unit in units(plan))
    return cut and not chunks.pending() and not gaps(chunks)


def _follows(one: Chunk, other: Chunk) -> bool:
    return one.upper is not None and one.upper == other.lower


def _bounded(plan: MovePlan, writer: Any) -> MovePlan:
    """The plan with chunks no larger than a transaction of the target may be."""
    bounds = _bounds(writer)
    if bounds is None:
        return plan
    return plan.model_copy(
        update={
            "chunk_rows": min(plan.chunk_rows, bounds.range_rows),
            "chunk_bytes": min(plan.chunk_bytes, bounds.range_bytes),
        }
    )


def _bounds(writer: Any) -> Bounded | None:
    return writer if isinstance(writer, Bounded) else None
