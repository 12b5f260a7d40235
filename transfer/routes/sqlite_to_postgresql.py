"""SQLite rows into PostgreSQL: in its binary form where every column has one, as COPY text or value by value else.

A block is a range of rowids of about 256 KB, packed as binary rows as long as its values are what the plan expects.
Else SQLite makes one text of it and counts the rows that are not what the plan expects; a block that fails a proof is
read again, in smaller parts or by the exact path. Columns whose values Python has to write (REAL numbers, mixed
classes) follow the line that SQLite writes. Tables without a rowid are read in the order of their key by one
statement, whose failed blocks are read again by their place in that order.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from itertools import groupby
from typing import Any

from engines.full_names import parts
from engines.postgresql.writer import PostgresqlWriter
from engines.protocols import Loaded
from engines.sqlite.rowid import free_rowid
from engines.sqlite.snapshot import SqliteSnapshot
from transfer.chunks import Chunk
from transfer.moveplan import MovePlan
from transfer.routes.ahead import ahead
from transfer.routes.policy import Judge
from transfer.routes.postgresql_halves import APART, NOTHING_LOADED, added
from transfer.routes.route import Copied, Pace, paced
from transfer.routes.sqlite_packed import Packed, framed, packer
from transfer.routes.sqlite_packed_blocks import PackedOrdered, PackedRanges
from transfer.routes.sqlite_to_postgresql_apart import RowsApart
from transfer.routes.sqlite_to_postgresql_exact import ExactRows
from transfer.routes.sqlite_to_postgresql_wide import WideRows
from transfer.units import TableUnit, Unit

SAVEPOINT = "dbmo_range"  # sent with the first COPY; the commit releases it
FORMS = {True: "binary", False: "text"}


def open_route(plan: MovePlan, unit: Unit, snapshot: Any, writer: Any) -> SqliteToPostgresql:
    """See transfer.routes.route."""
    assert isinstance(unit, TableUnit)
    return SqliteToPostgresql(unit, snapshot, writer, Judge(unit.mapping, plan.policy()))


class SqliteToPostgresql:
    """Rows of one table, through COPY."""

    def __init__(self, unit: TableUnit, snapshot: SqliteSnapshot, writer: PostgresqlWriter, judge: Judge) -> None:
        self.writer, self.table, self.judge = writer, unit.mapping, judge
        name = parts(self.table.source)[1]
        rowid, alias = rowid_of(snapshot, name), self.table.source_key
        self._blocks: Callable[[Chunk], Generator[bytes, None, None]]
        self._apart: Callable[[Chunk], RowsApart]
        located = self.table.locator_columns or ([rowid] if rowid else [])
        if rowid is not None and (unit.key.kind != "columns" or [c.name for c in unit.key.columns] == [alias]):
            ranges = PackedRanges(snapshot, name, self.table.copied, rowid, alias)
            exact = ExactRows(snapshot, judge, ranges.order, located)
            wide = WideRows(exact, snapshot, judge, name, rowid)
            order, use = ranges.order, ranges.pack
            self._blocks = lambda chunk: ranges.blocks(chunk, exact, wide)
            self._apart = lambda chunk: RowsApart(exact, wide, *ranges.source(chunk))
        else:
            ordered = PackedOrdered(snapshot, unit)
            exact = ExactRows(snapshot, judge, ordered.order, located)
            order, use = ordered.order, ordered.pack
            self._blocks = lambda chunk: ordered.blocks(chunk, exact)
            self._apart = lambda chunk: RowsApart(exact, None, ordered.source(chunk))
        self._names = {False: [column.target for column in order]}  # of blocks that are not packed, and that are
        if snapshot.encoding == "UTF-8":  # else texts are looked at by their own bytes, one by one
            packing = packer(self.table.copied, writer.relation(self.table.target).types)
            if packing is not None:
                use(packing)
                self._names[True] = [column.target for column in packing.columns]

    def copy(self, chunk: Chunk, into: Any, pace: Pace) -> Copied:
        """See Route. A range with a row that PostgreSQL refuses (APART) is copied again with more care."""
        self.judge.found = []
        try:
            loaded = self._load(chunk, into, pace)
        except APART:
            self.writer.run(into, f"ROLLBACK TO {SAVEPOINT}")
            self.judge.found = []
            loaded = self._apart(chunk).load(self.writer, into, pace)
        return Copied(loaded.rows, loaded.bytes, self.judge.found)

    def _load(self, chunk: Chunk, into: Any, pace: Pace) -> Loaded:
        """Blocks of one form that follow each other are one COPY."""
        loaded = NOTHING_LOADED
        before: tuple[str, ...] = (f"SAVEPOINT {SAVEPOINT}",)
        with closing(ahead(self._blocks(chunk))) as blocks:
            for packed, group in groupby(paced(blocks, pace), _is_packed):
                names, some = self._names[packed], _framed(group, packed)
                found = self.writer.load(into, self.table.target, names, some, before, FORMS[packed])
                loaded = added(loaded, found)
                before = ()
        return loaded


def rowid_of(snapshot: SqliteSnapshot, table: str) -> str | None:
    """SQL of a table's rowid; None where it has none, or columns hide all of its names."""
    listed = snapshot.query("SELECT wr FROM pragma_table_list WHERE schema = 'main' AND name = ?", (table,))
    if not listed or listed[0][0]:
        return None
    columns = snapshot.query("SELECT name, type, pk FROM pragma_table_xinfo(?)", (table,))
    return free_rowid(bytes(name).decode() for name, _, _ in columns)


def _framed(blocks: Iterator[bytes], packed: bool) -> Iterable[bytes]:
    return framed(blocks) if packed else blocks


def _is_packed(block: bytes) -> bool:
    return isinstance(block, Packed)
