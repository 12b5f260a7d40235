"""Cutting a table into ranges of an integer key or of pages."""

from __future__ import annotations

from conversion.mapping import TableMapping
from engines.postgresql.snapshot import PostgresqlSnapshot
from engines.sqlite.snapshot import SqliteSnapshot
from transfer.chunks import Chunk, cut
from transfer.endpoints import AnySnapshot

ROWS_PER_PAGE = 100  # a guess, for ranges of ctid
TID_RANGE_SCAN = 140000  # before this version a range of ctid reads the whole table


def cut_table(snapshot: AnySnapshot, table: TableMapping, rows: int) -> list[Chunk]:
    """The chunks of one table at the snapshot's moment."""
    if not table.source_key:
        return cut(table.source, [])
    schema, _, name = table.source.partition(".")
    if isinstance(snapshot, SqliteSnapshot):
        return cut(table.source, snapshot.boundaries(name, table.source_key, rows))
    if table.source_key != "ctid":
        return cut(table.source, snapshot.boundaries(schema, name, table.source_key, rows))
    return cut(table.source, _page_bounds(snapshot, schema, name, rows))


def _page_bounds(snapshot: PostgresqlSnapshot, schema: str, name: str, rows: int) -> list[int]:
    """Pages that end ranges; none before version 14, where a range of ctid reads the whole table."""
    if snapshot.version < TID_RANGE_SCAN:
        return []
    step = max(1, rows // ROWS_PER_PAGE)
    return list(range(step, snapshot.pages(schema, name), step))
