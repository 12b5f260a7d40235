"""Deciding what of an earlier run can be kept: what is proved equal to the source's present moment.

A moment dies with its process. If nothing was written to the source since the finished ranges were copied, all of them
stand. If that can't be shown, each is compared with the new moment; equal ones stand, others are removed and copied
again, after the steps that followed the rows were taken back (references would hinder it, triggers would fire). So the
target never mixes two moments.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from conversion.mapping import TableMapping
from engines.errors import DbmoError, UsageError
from engines.families import family
from transfer.chunks import Chunk, integer
from transfer.clear import clear_range, clear_unit
from transfer.compare.inflight import Ranges, open_ranges
from transfer.compare.model import TableComparison
from transfer.endpoints import AnySnapshot, Endpoints
from transfer.failpoints import failpoint
from transfer.moveplan import ChunkKey, MovePlan
from transfer.quarantined import Quarantined
from transfer.schema import undo_stage
from transfer.state import Chunks, State
from transfer.units import TableUnit, Unit, units

Note = Callable[[str, dict[str, Any]], None]
UNKNOWN = "unknown"  # begins a position that names no moment


@dataclass
class Resumed:
    """What an earlier run had done and what became of it; all empty on a first run.

    planned: units that were cut; kept: ranges that stand; proved: of those, by comparison; again: copied again.
    """

    planned: set[str] = field(default_factory=set)
    kept: int = 0
    source_changed: bool = False
    proved: int = 0
    again: list[str] = field(default_factory=list)

    def then(self, later: Resumed) -> Resumed:
        """With what was found at a later moment of the same run."""
        return Resumed(
            self.planned | later.planned,
            later.kept,
            self.source_changed or later.source_changed,
            self.proved + later.proved,
            self.again + later.again,
        )


def settle(
    plan: MovePlan,
    endpoints: Endpoints,
    state: State,
    chunks: Chunks,
    snapshot: AnySnapshot,
    note: Note = lambda kind, body: None,
) -> Resumed:
    """Compare with the earlier run; afterwards only ranges that hold this snapshot's rows are marked done.

    Killed in the midst of it, the next run begins it anew: the noted position is set only behind it.
    """
    resumed = Resumed(planned=set(chunks.cuts()))
    finished = chunks.finished()
    if not finished:
        return resumed
    if unchanged(plan.source_engine, state.row()["position"] or "", snapshot):
        resumed.kept = len(finished)
        note("resumed", {"kept": len(finished), "why": "nothing was written to the source"})
        return resumed
    doubtful = _doubtful(plan, endpoints, chunks, snapshot, finished)
    resumed.proved = resumed.kept = len(finished) - sum(len(parts) for parts, _ in doubtful.values())
    resumed.source_changed = bool(doubtful)
    if doubtful:
        undo_stage(plan, state, "post_data")
    known = {unit.name: unit for unit in units(plan)}
    for name, (parts, apart) in doubtful.items():
        resumed.again += _copy_again(state, chunks, known[name], parts, apart)
    note("resumed", {"kept": resumed.kept, "proved": resumed.proved, "again": resumed.again})
    return resumed


def unchanged(engine: str, before: str, snapshot: AnySnapshot) -> bool:
    """Whether nothing was written to the source between an earlier position and the snapshot's moment.

    PostgreSQL: equal transaction snapshots without running transactions; MySQL: an equal position of the binary log;
    SQLite: the file's own change counter; MongoDB: what the snapshot itself can show. A position that names no moment
    proves nothing.
    """
    own = getattr(snapshot, "unchanged_since", None)
    if own is not None:
        return bool(before) and not before.startswith(UNKNOWN) and bool(own(before))
    if before != snapshot.position or not before or before.startswith(UNKNOWN):
        return False
    return family(engine) != "postgresql" or before.endswith(":")


def _doubtful(
    plan: MovePlan, endpoints: Endpoints, chunks: Chunks, snapshot: AnySnapshot, finished: list[Chunk]
) -> dict[str, tuple[list[Chunk], bool]]:
    """Ranges that aren't proved equal, by unit, and whether they can be told apart on the target."""
    found: dict[str, tuple[list[Chunk], bool]] = {}
    aside = chunks.quarantined()
    mapped = {unit.name: unit for unit in units(plan) if isinstance(unit, TableUnit)}
    open_units = {chunk.table for chunk in chunks.pending()} | {n for n, c in chunks.cuts().items() if not c.complete}
    if not mapped:
        return {name: ([c for c in finished if c.table == name], False) for name in {c.table for c in finished}}
    with open_ranges(endpoints, snapshot.token, snapshot) as ranges:
        for name in dict.fromkeys(chunk.table for chunk in finished):
            own = [chunk for chunk in finished if chunk.table == name]
            unit = mapped.get(name)
            entries = [entry for table, entry in aside if table == name]
            apart = unit is not None and unit.apart
            if unit is not None and apart:
                doubts = [chunk for chunk in own if not chunk_equal(ranges, unit.mapping, chunk, entries, unit.key)]
            elif unit is not None and name not in open_units:
                whole = Chunk(name, 0, None, None)
                doubts = [] if chunk_equal(ranges, unit.mapping, whole, entries, unit.key) else own
            else:
                doubts = own
            if doubts:
                found[name] = doubts, apart
    return found


def chunk_equal(
    ranges: Ranges, mapping: TableMapping, chunk: Chunk, aside: list[Quarantined], key: ChunkKey | None = None
) -> bool:
    """Whether a range's rows in the target equal what the source holds; False where that can't be known.

    Values that were set aside don't count where the source still holds them. A range of a key that the target does not
    have can't be compared by itself; a table or column that is gone on either side proves nothing.
    """
    try:
        table = ranges.table(mapping, key)
    except UsageError:
        return False
    if table.uncompared or (not chunk.whole and table.range_column is None):
        return False
    result = TableComparison(name=table.name, source=table.source, target=table.target, level="checksums")
    try:
        return ranges.compare(table, [chunk], aside, result).equal
    except DbmoError as error:
        if error.code.startswith("CONNECTION"):
            raise
        return False


def _copy_again(state: State, chunks: Chunks, unit: Unit, parts: list[Chunk], apart: bool) -> list[str]:
    """Remove the rows of ranges from the target and mark them as not copied; what that is called.

    Ranges that can't be told apart there go with their whole unit, which is cut anew.
    """
    with state.writer.begin() as transaction:
        if apart and isinstance(unit, TableUnit):
            for chunk in parts:
                lower, upper = integer(chunk.lower), integer(chunk.upper)
                clear_range(state.writer, transaction, unit.mapping, lower, upper)
                chunks.forget(transaction, chunk)
        else:
            clear_unit(state.writer, transaction, unit)
            chunks.restart(transaction, unit.name)
        failpoint("settle.before_commit")
    return [f"{chunk.table} chunk {chunk.number}" for chunk in parts] if apart else [unit.name]
