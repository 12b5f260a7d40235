"""Rows of a SQLite table hashed without a long value in memory: such values are read in pieces.

Only of tables whose range column is the rowid, in a file in UTF-8, and only values whose canonical text is the value
itself or its hexadecimal digits; every other one is read whole.
"""

from __future__ import annotations

from binascii import hexlify
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from engines.sqlite.quoting import quote_identifier
from engines.sqlite.snapshot import Row, SqliteSnapshot
from transfer.canonical.columns import ComparedColumn, ComparedTable, Form, Role
from transfer.canonical.values_sqlite import READINGS, renderer
from transfer.sides.local import Batch
from transfer.sides.long_texts import LongText, WideRow

LONG = 4_000_000  # bytes above which a value is read in pieces
PIECE = 1 << 18
ORDER = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?"
HIDDEN = "SELECT 1 FROM pragma_table_xinfo(?) WHERE hidden > 0"
TEXTS = frozenset({"text", "text_any", Form.TEXT})  # readings and forms that give a text as it is
DIGITS = {"bytea": ("blob",), "bytea_any": ("blob", "text"), Form.BYTES: ("blob", "text")}  # and those of bytes


def in_pieces(snapshot: SqliteSnapshot, table: ComparedTable, role: Role) -> bool:
    """Whether the table's rows can be read so."""
    name = table.place(role)[1]
    column = next((found for found in table.columns if found.name == table.range_column), None)
    if column is None or snapshot.encoding != "UTF-8" or not snapshot.query(ORDER, (name,)):
        return False
    if snapshot.query(HIDDEN, (name,)):
        return False
    quoted = quote_identifier(column.held(role).name)
    plan = snapshot.query(f"EXPLAIN QUERY PLAN SELECT 1 FROM {quote_identifier(name)} AS t WHERE t.{quoted} = 1")
    return len(plan) == 1 and b"USING INTEGER PRIMARY KEY (rowid=?)" in bytes(plan[0][3])


@dataclass(frozen=True)
class WideRows:
    """Single rows of a table, by their rowid."""

    snapshot: SqliteSnapshot
    table: ComparedTable
    role: Role

    def row(self, number: int) -> Batch:
        """The row with that rowid."""
        return WideRow.of(self.table.columns, [self._text(column, number) for column in self.table.columns])

    def first(self, where: str, parameters: Row) -> int | None:
        """The lowest rowid that a condition holds for."""
        key = self._key()
        found = self.snapshot.query(f"SELECT {key} {self._source()} WHERE {where} ORDER BY {key} LIMIT 1", parameters)
        return int(found[0][0]) if found else None

    def _text(self, column: ComparedColumn, number: int) -> bytes | LongText | None:
        name = column.held(self.role).name
        klass = bytes(self._of(f"typeof({self._quoted(name)})", number)).decode()
        if klass in ("text", "blob"):
            place = self.table.place(self.role)[1]
            size = self.snapshot.size(place, name, number)
            change = _change(column, self.role, klass) if size > LONG and column.name not in self.table.key else None
            if change is not None:
                pieces = partial(self.snapshot.pieces, place, name, number, PIECE)
                return LongText(size * change[0], partial(_changed, pieces, change[1]))
        return renderer(column, self.role)([self._of(self._quoted(name), number)]).texts[0]

    def _of(self, sql: str, number: int) -> Any:
        [(value,)] = self.snapshot.query(f"SELECT {sql} {self._source()} WHERE {self._key()} = ?", (number,))
        return value

    def _source(self) -> str:
        return f"FROM {quote_identifier(self.table.place(self.role)[1])} AS t"

    def _key(self) -> str:
        column = next(found for found in self.table.columns if found.name == self.table.range_column)
        return self._quoted(column.held(self.role).name)

    def _quoted(self, name: str) -> str:
        return f"t.{quote_identifier(name)}"


Change = Callable[[bytes], bytes]


def _change(column: ComparedColumn, role: Role, klass: str) -> tuple[int, Change] | None:
    """Bytes of canonical text that a byte of the value becomes, and how; None where only the whole value says it."""
    reading = column.held(role).reading
    name = reading if reading in READINGS else column.form
    if klass == "text" and name in TEXTS and column.digits is None:
        return 1, bytes
    if klass in DIGITS.get(name or "", ()):
        return 2, hexlify
    return None


def _changed(pieces: Callable[[], Iterator[bytes]], change: Change) -> Iterator[bytes]:
    return map(change, pieces())
