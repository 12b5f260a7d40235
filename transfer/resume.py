"""Deciding what of an earlier run can be kept: what is proved equal to the source's present moment.

A snapshot dies with its process. If the source's position is the one that finished chunks were copied at, nothing
was written since and all of them stand. If not, each finished chunk is compared with the new snapshot; equal ones
stand, others are removed and copied again, after the steps that followed the rows were taken back (references would
hinder it, triggers would fire). So the target never mixes two moments.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, field

from sqlalchemy.engine import Connection

from conversion.mapping import TableMapping
from engines.connection import parse
from engines.postgresql.quoting import quote_identifier, quote_name
from engines.sqlite.quoting import quote_identifier as quote_sqlite
from transfer.chunks import Chunk, Chunks
from transfer.endpoints import AnySnapshot, Endpoints, open_snapshot
from transfer.moveplan import MovePlan
from transfer.old_compare import chunk_equal, side_of
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
    source = side_of(snapshot, "source", chunks.quarantined())
    with closing(open_snapshot(parse(endpoints.target))) as reader:
        target = side_of(reader, "target", [])
        for chunk in finished:
            if chunk_equal(source, target, by_name[chunk.table], chunk):
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
