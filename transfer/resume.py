"""Deciding what of an earlier run can be kept: what is proved equal to the source's present moment.

A snapshot dies with its process. If the source's position is the one that finished chunks were copied at, nothing
was written since and all of them stand. If not, each finished chunk is compared with the new snapshot; equal ones
stand, others are removed and copied again, after the steps that followed the rows were taken back (references would
hinder it, triggers would fire). So the target never mixes two moments.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy.engine import Connection

from conversion.mapping import TableMapping
from engines.errors import UsageError
from engines.postgresql.quoting import quote_identifier, quote_name
from engines.sqlite.quoting import quote_identifier as quote_sqlite
from transfer.chunks import Chunk, Chunks
from transfer.compare.inflight import Ranges, open_ranges
from transfer.compare.model import TableComparison
from transfer.endpoints import AnySnapshot, Endpoints
from transfer.moveplan import MovePlan
from transfer.quarantined import Quarantined
from transfer.schema import undo_stage
from transfer.state import State


@dataclass
class Resumed:
    """What an earlier run had done and what became of it; all empty on a first run."""

    planned: set[str] = field(default_factory=set)
    kept: int = 0
    source_changed: bool = False
    proved: int = 0
    again: list[str] = field(default_factory=list)


def settle(plan: MovePlan, endpoints: Endpoints, state: State, chunks: Chunks, snapshot: AnySnapshot) -> Resumed:
    """Compare with the earlier run; afterwards only chunks that hold this snapshot's rows are marked done."""
    resumed = Resumed(planned=chunks.planned())
    finished = chunks.finished()
    if not finished:
        return resumed
    if state.row()["position"] == snapshot.position and _quiet(snapshot.position):
        resumed.kept = len(finished)
        return resumed
    by_name = {table.source: table for table in plan.tables}
    doubtful: dict[str, list[Chunk]] = {}
    aside = chunks.quarantined()
    with open_ranges(endpoints, snapshot.token) as ranges:
        for chunk in finished:
            own = [entry for name, entry in aside if name == chunk.table]
            if chunk_equal(ranges, by_name[chunk.table], chunk, own):
                resumed.proved += 1
            else:
                doubtful.setdefault(chunk.table, []).append(chunk)
    resumed.source_changed = bool(doubtful)
    if doubtful:
        undo_stage(plan, state, "post_data")
    for name, parts in doubtful.items():
        resumed.again += _copy_again(state, chunks, by_name[name], parts, [c for c in finished if c.table == name])
    resumed.kept = resumed.proved
    return resumed


def chunk_equal(ranges: Ranges, mapping: TableMapping, chunk: Chunk, aside: list[Quarantined]) -> bool:
    """Whether a chunk's rows in the target equal what the source holds; False where that can't be known.

    Values that were set aside don't count where the source still holds them. A range of a key that the target does not
    have can't be compared by itself; a table or column that is gone on either side proves nothing.
    """
    try:
        table = ranges.table(mapping)
    except UsageError:
        return False
    ranged = chunk.lower is not None or chunk.upper is not None
    if table.uncompared or (ranged and table.range_column is None):
        return False
    result = TableComparison(name=table.name, source=table.source, target=table.target, level="checksums")
    return ranges.compare(table, [chunk], aside, result).equal


def _quiet(position: str) -> bool:
    """Whether no transaction was running at a PostgreSQL position (xmin:xmax:xip_list); others are always quiet."""
    return not position.startswith("snapshot ") or position.endswith(":")


def _copy_again(
    state: State, chunks: Chunks, table: TableMapping, parts: list[Chunk], finished: list[Chunk]
) -> list[str]:
    """Remove the rows of chunks from the target and mark them as not copied; the chunks' names.

    Without a key column in the target a chunk's rows can't be told from others: then the whole table goes.
    """
    if table.range_column is None:
        parts = finished
    with state.writer.begin() as connection:
        if table.range_column is None:
            state.writer.run(connection, f"DELETE FROM {_target(state, table)}")
        for chunk in parts:
            if table.range_column is not None:
                _delete_range(state, connection, table, chunk)
            chunks.forget(connection, chunk)
    return [f"{chunk.table} chunk {chunk.number}" for chunk in parts]


def _target(state: State, table: TableMapping) -> str:
    schema, _, name = table.target.partition(".")
    return quote_name(schema, name) if state.writer.engine == "postgresql" else quote_sqlite(name)


def _delete_range(state: State, connection: Connection, table: TableMapping, chunk: Chunk) -> None:
    assert table.range_column is not None
    key = quote_identifier(table.range_column)
    terms = [f"{key} > {chunk.lower}" if chunk.lower is not None else "true"]
    terms += [f"{key} <= {chunk.upper}"] if chunk.upper is not None else []
    state.writer.run(connection, f"DELETE FROM {_target(state, table)} WHERE {' AND '.join(terms)}")
