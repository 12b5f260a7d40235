"""SQLite rows for SQLite read value by value: where one file can't be attached to the other at the same moment."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from conversion.mapping import ColumnMapping
from engines.full_names import parts
from engines.sqlite.quoting import quote_identifier
from engines.sqlite.snapshot import UTF16, SqliteSnapshot, TooLarge, utf8_of
from engines.sqlite.writer import Large, TextBytes
from transfer.chunks import Chunk
from transfer.cutting import sqlite as cutting
from transfer.routes.policy import Refused
from transfer.routes.rows_to_sqlite import WIDE, ReadRow
from transfer.routes.sqlite_to_postgresql_exact import original_value, sql_name
from transfer.units import TableUnit

BATCH = 1 << 19
PIECE = 1 << 20
READ = 1 << 21  # the most of a value that is read with its row
WHOLE = 1 << 25  # and of one that can't be read in pieces
TOO_LONG: Any = object()  # a value that was not read


class SqliteRows:
    """The rows of one table; see RowSource. rowid: its name in SQL, None where the table has none."""

    def __init__(self, snapshot: SqliteSnapshot, unit: TableUnit, rowid: str | None) -> None:
        self.snapshot, self.unit, self.rowid = snapshot, unit, rowid
        self.columns: Sequence[ColumnMapping] = unit.mapping.copied
        self.table = parts(unit.mapping.source)[1]
        self.encoding = UTF16.get(snapshot.encoding)
        self.names = [quote_identifier(column.source) for column in self.columns]
        self.reached: int | None = None
        self.located_by = unit.mapping.locator_columns or ([rowid] if rowid else [])
        self.key = [rowid] if rowid else [quote_identifier(column.name) for column in unit.key.columns]
        located = [sql_name(name) for name in self.located_by]
        reads = [part for name in self.names for part in (f"typeof({name})", self._text(name))]
        self.sql = f"SELECT {', '.join([*located, *self.key, *reads])} FROM {quote_identifier(self.table)}"

    def _text(self, name: str) -> str:
        """A text of UTF-16 as its bytes: SQLite would mend a broken one without a word."""
        return f"CASE typeof({name}) WHEN 'text' THEN CAST({name} AS BLOB) ELSE {name} END" if self.encoding else name

    def batches(self, chunk: Chunk) -> Iterator[list[ReadRow]]:
        """See RowSource."""
        where = cutting.condition(self.unit.key, chunk) if self.unit.key.kind != "whole" else ""
        if self.rowid is None:
            yield from self._ordered(where)
            return
        after: int | None = None  # the last rowid that was read
        while True:
            terms = [term for term in (where, f"{self.rowid} > {after}" if after is not None else "") if term]
            source = f" WHERE {' AND '.join(terms)}" if terms else ""
            batch: list[ReadRow] = []
            self.reached = after
            try:
                with self.snapshot.limited(READ):
                    yield from self._batches(f"{self.sql}{source} ORDER BY {self.rowid}", batch)
                return
            except TooLarge:
                after = self.reached
                if batch:
                    yield batch
                    after = batch[-1].key[-1]
            source = f"{source or ' WHERE 1'}{f' AND {self.rowid} > {after}' if after is not None else ''}"
            found = self.snapshot.first(f"SELECT min({self.rowid}) FROM {quote_identifier(self.table)}{source}")
            assert found is not None
            after = found[0]
            yield [self._single(found[0])]

    def _ordered(self, where: str) -> Iterator[list[ReadRow]]:
        """The rows of a table without rowid; one with a value above WHOLE is read again by its place in their order."""
        ordered = cutting.order(self.unit.key) if self.unit.key.kind != "whole" else ""
        source = f"{f' WHERE {where}' if where else ''}{f' ORDER BY {ordered}' if ordered else ''}"
        place = 0
        while True:
            batch: list[ReadRow] = []
            try:
                with self.snapshot.limited(WHOLE):
                    for found in self._batches(f"{self.sql}{source} LIMIT -1 OFFSET {place}", batch):
                        place += len(found)
                        yield found
                return
            except TooLarge:
                place += len(batch)
            if batch:
                yield batch
            yield [self._apart(f"FROM {quote_identifier(self.table)}{source} LIMIT 1 OFFSET {place}")]
            place += 1

    def _apart(self, source: str) -> ReadRow:
        """The one row that `source` gives; its mark holds what is said of values that are not read."""
        key = [self._one(name, source) for name in [*map(sql_name, self.located_by), *self.key]]
        values = [self._one(name, source) for name in self.names]
        unread: dict[int, Refused] = {place: Unread() for place, value in enumerate(values) if value is TOO_LONG}
        shown = tuple(f"<more than {WHOLE} bytes>" if value is TOO_LONG else value for value in key)
        return ReadRow(tuple(None if value is TOO_LONG else value for value in values), shown, unread)

    def _one(self, name: str, source: str) -> Any:
        """A value of the row that `source` gives; TOO_LONG above WHOLE bytes."""
        try:
            with self.snapshot.limited(WHOLE):
                found = self.snapshot.first(f"SELECT typeof({name}), {self._text(name)} {source}")
        except TooLarge:
            return TOO_LONG
        return self._value(*found) if found is not None else None

    def _batches(self, sql: str, batch: list[ReadRow]) -> Iterator[list[ReadRow]]:
        """Rows in batches; batch holds those that were read and not given yet."""
        size, first = 0, len(self.located_by) + len(self.key)
        for row in self.snapshot.each(sql):
            values = tuple(map(self._value, row[first::2], row[first + 1 :: 2]))
            odd = any(isinstance(value, TextBytes) for value in values)
            batch.append(ReadRow(values, row[:first], False if odd else None))
            size += sum(len(value) for value in row if isinstance(value, bytes)) + 8 * len(row)
            if size >= BATCH:
                self.reached = row[first - 1]
                yield list(batch)
                batch.clear()
                size = 0
        if batch:
            yield list(batch)
            batch.clear()

    def _single(self, number: int) -> ReadRow:
        """A row that is too large to be read at once: its small values, and a mark."""
        values: list[Any] = []
        source = f"FROM {quote_identifier(self.table)} WHERE {self.rowid} = {number}"
        for column, name in zip(self.columns, self.names, strict=True):
            plain = f"CASE WHEN typeof({name}) IN ('integer', 'real') THEN {name} END"
            klass, value = self.snapshot.first(f"SELECT typeof({name}), {plain} {source}") or (b"null", None)
            if klass in (b"text", b"blob") and self.snapshot.size(self.table, column.source, number) <= WIDE:
                value = self._value(klass, b"".join(self.snapshot.pieces(self.table, column.source, number, PIECE)))
            values.append(value)
        located = [sql_name(name) for name in self.located_by]
        key = self.snapshot.first(f"SELECT {', '.join([*located, *self.key])} {source}") or ()
        return ReadRow(tuple(values), tuple(key), True)

    def _value(self, klass: bytes, value: Any) -> Any:
        if klass != b"text" or value is None:
            return value
        if self.encoding is None:
            try:
                return value.decode()
            except UnicodeDecodeError:
                return TextBytes(value)
        try:
            return value.decode(self.encoding)
        except UnicodeDecodeError:
            return TextBytes(utf8_of(value, self.encoding))

    def converter(self, place: int) -> Callable[[Any], Any] | None:
        """See RowSource: values are as they are."""
        return None

    def original(self, place: int, value: Any) -> dict[str, Any]:
        """See RowSource."""
        if isinstance(value, TextBytes):
            return {"class": "text", "hex": value.data.hex()}
        kinds: dict[type, str] = {int: "integer", float: "real", str: "text", bytes: "blob", type(None): "null"}
        return {"class": kinds[type(value)], **original_value(value.encode() if isinstance(value, str) else value)}

    def located(self, row: ReadRow) -> tuple[str, str]:
        """See RowSource."""
        shown = [v.decode(errors="backslashreplace") if isinstance(v, bytes) else v for v in row.key]
        count = len(self.located_by)
        key = dict(zip(self.located_by, shown[:count], strict=True))
        return json.dumps(shown[:count], ensure_ascii=False), json.dumps(key, ensure_ascii=False)

    def large(self, row: ReadRow) -> dict[int, Large | Refused]:
        """See RowSource; odd texts are not large, and stay in the row's values."""
        if self.rowid is None:
            return row.mark or {}
        found: dict[int, Large | Refused] = {}
        number = row.key[-1]
        for place, (column, name) in enumerate(zip(self.columns, self.names, strict=True) if row.mark else ()):
            if row.values[place] is not None:
                continue
            source = f"FROM {quote_identifier(self.table)} WHERE {self.rowid} = {number}"
            klass = (self.snapshot.first(f"SELECT typeof({name}) {source}") or (b"null",))[0]
            if klass != b"null":
                found[place] = self._large(column.source, bytes(klass) == b"text", number)
        return found

    def _large(self, column: str, is_text: bool, number: int) -> Large | Refused:
        size = self.snapshot.size(self.table, column, number)
        if not (is_text and self.encoding):
            return Large(size, is_text, lambda: self.snapshot.pieces(self.table, column, number, PIECE))
        if size > WHOLE:
            return Refused("wide_row", f"a text of {size:,} bytes in UTF-16, which can't be converted in pieces")
        data = utf8_of(b"".join(self.snapshot.pieces(self.table, column, number, PIECE)), self.encoding)
        return Large(len(data), is_text, lambda: iter((data,)))


class Unread(Refused):
    """A value that can't be read in pieces, in a table without rowid."""

    above = WHOLE

    def __init__(self) -> None:
        super().__init__("wide_row", f"a value of more than {WHOLE:,} bytes in a table without rowid")
