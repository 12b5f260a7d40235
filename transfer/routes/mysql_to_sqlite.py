"""MySQL and MariaDB rows as SQLite's values, by the routes of conversion/from_mysql/types_sqlite.py."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from functools import partial
from typing import Any

from conversion.mapping import ColumnMapping
from engines.catalog import Kind
from engines.errors import EngineError
from engines.full_names import parts
from engines.mysql.quoting import quote_identifier, quote_literal, quote_name
from engines.mysql.snapshot import MysqlSnapshot
from engines.mysql.types import logical_type
from engines.sqlite.writer import Large
from transfer.chunks import Bound, Chunk
from transfer.cutting import mysql as cutting
from transfer.moveplan import KeyColumn, MovePlan
from transfer.routes.mysql_column import Column
from transfer.routes.mysql_columns import exact
from transfer.routes.mysql_exact import original, part_of
from transfer.routes.mysql_facts import facts
from transfer.routes.mysql_lines import AGAIN, key_value
from transfer.routes.mysql_values import MARK
from transfer.routes.policy import Judge, Refused
from transfer.routes.rows_to_sqlite import WIDE, ReadRow, RowsToSqlite
from transfer.units import TableUnit, Unit

MOST_ROWS, BATCH = 2_000, 1 << 19
INT64 = range(-(1 << 63), 1 << 63)
BYTES = (Kind.BINARY, Kind.GEOMETRY)
MARKED = bytes((MARK,))
NO_CHARACTERS = "text that has no characters in UTF-8"


def open_route(plan: MovePlan, unit: Unit, snapshot: Any, writer: Any) -> RowsToSqlite:
    """See transfer.routes.route."""
    assert isinstance(unit, TableUnit)
    return RowsToSqlite(MysqlRows(snapshot, unit), writer, Judge(unit.mapping, plan.policy()))


class MysqlRows:
    """The rows of one table; see RowSource."""

    def __init__(self, snapshot: MysqlSnapshot, unit: TableUnit) -> None:
        self.snapshot, self.unit = snapshot, unit
        self.columns: Sequence[ColumnMapping] = unit.mapping.copied
        self.name = quote_name(*parts(unit.mapping.source))
        self.keys: list[KeyColumn] = unit.key.columns if unit.key.kind == "columns" else []
        live = facts(snapshot, unit.mapping.source).columns
        made = [
            Column(column, logical_type(column.source_type), live[column.source], snapshot.server.is_mariadb)
            for column in self.columns
        ]
        self.reads = [column.name if column.type.kind in BYTES else exact(column) for column in made]
        self.sized = [place for place, column in enumerate(made) if column.live.large]
        reads = [_small(read) if place in self.sized else read for place, read in enumerate(self.reads)]
        wide = " OR ".join(f"IFNULL(LENGTH({self.reads[place]}) > {WIDE}, 0)" for place in self.sized) or "0"
        self.finds = [_finder(key, live[key.name].charset) for key in self.keys]
        found = [f"IF({wide}, {find}, NULL)" for find in self.finds] if self.sized else []
        self.sql = f"SELECT {', '.join([*reads, *map(key_value, self.keys), *found, wide])} FROM {self.name}"
        self.unnamed = 0

    def batches(self, chunk: Chunk) -> Iterator[list[ReadRow]]:
        """See RowSource."""
        where = cutting.condition(self.unit.key, chunk) if self.keys else ""
        count, behind = len(self.columns), len(self.columns) + len(self.keys)
        sql = f"{self.sql}{f' WHERE {where}' if where else ''}"
        marked: list[ReadRow] = []  # one query at a time: they are read again when this one is at its end
        with closing(self.snapshot.rows(sql, MOST_ROWS, BATCH)) as lists:
            for rows in lists:
                batch = [ReadRow(tuple(row[:count]), tuple(row[count:behind])) for row in rows if row[-1] == b"0"]
                marked += [
                    ReadRow(tuple(row[:count]), tuple(row[count:behind]), tuple(row[behind:-1]))
                    for row in rows
                    if row[-1] != b"0"
                ]
                yield batch
        yield from ([row] for row in marked)

    def converter(self, place: int) -> Callable[[Any], Any] | None:
        """See RowSource."""
        column = self.columns[place]
        own = logical_type(column.source_type)
        if column.route == "bit":
            size = ((own.length or 1) + 7) // 8
            return lambda value: int(value).to_bytes(size, "big")
        if column.route == "boolean" and column.target_type == "BOOLEAN":
            return _boolean
        if own.kind in BYTES and column.route in ("bytea", "wkb", "network"):
            return None
        return CONVERTERS.get(column.route, _text)

    def original(self, place: int, value: Any) -> dict[str, Any]:
        """See RowSource."""
        return original(self.columns[place], value)

    def located(self, row: ReadRow) -> tuple[str, str]:
        """See RowSource: the key, else all values and a running number."""
        if self.keys:
            found = dict(zip([key.name for key in self.keys], self._bound(row), strict=True))
            return json.dumps(list(found.values()), ensure_ascii=False), json.dumps(found, ensure_ascii=False)
        self.unnamed += 1
        pairs = zip(self.columns, row.values, strict=True)
        shown = [part_of(logical_type(column.source_type).kind, value) for column, value in pairs]
        return json.dumps([*shown, self.unnamed], ensure_ascii=False), json.dumps(
            dict(zip([column.source for column in self.columns], shown, strict=True)), ensure_ascii=False
        )

    def _is_bytes(self, place: int) -> bool:
        return logical_type(self.columns[place].source_type).kind in BYTES

    def _bound(self, row: ReadRow) -> Bound:
        pairs = zip(self.keys, row.key, strict=True)
        return tuple(
            int(value) if key.kind is Kind.INTEGER else value.hex() if key.kind is Kind.BINARY else value.decode()
            for key, value in pairs
        )

    def large(self, row: ReadRow) -> dict[int, Large | Refused]:
        """See RowSource: the row is found again by the bytes of its key; without a key it can't be."""
        missing = [place for place in self.sized if row.values[place] is None]
        if not self.keys:
            refused = Refused("wide_row", f"a value of more than {WIDE:,} bytes in a table without a key")
            return dict.fromkeys(missing, refused)
        own = " AND ".join(value.decode() for value in row.mark)
        where = f"FROM {self.name} WHERE {own}"
        reads = [self.reads[place] for place in missing]
        asked = ", ".join(f"LENGTH({read}), LEFT(CAST({read} AS BINARY), 1)" for read in reads)
        answer = self.snapshot.query(f"SELECT {asked} {where}")
        if len(answer) != 1:
            raise EngineError(
                "ROWS_LOST",
                f"{len(answer)} rows of {self.unit.name} have the key {self._bound(row)} that one was read with.",
                AGAIN,
            )
        [found] = answer
        large: dict[int, Large | Refused] = {}
        for place, size, first in zip(missing, found[::2], found[1::2], strict=True):
            if size is not None:
                is_text = not self._is_bytes(place)
                sql = f"SELECT {self.reads[place]} {where}"
                large[place] = Large(int(size), is_text, partial(self._pieces, sql))
                if is_text and first == MARKED:
                    large[place] = Refused("invalid_encoding", NO_CHARACTERS)
        return large

    def _pieces(self, sql: str) -> Iterator[bytes]:
        with closing(self.snapshot.pieces(sql)) as rows:
            for stream in rows:
                yield from stream.pieces(stream.size() or 0)


def _finder(key: KeyColumn, charset: str | None) -> str:
    """SQL that writes the condition under which the row with this key is found: `name` = a literal of the value.

    A text is compared in its own character set, byte for byte the same, since some have no other way to be written.
    """
    name = quote_identifier(key.name)
    begin = f"{name} = "
    if key.kind is Kind.BINARY:
        return f"CONCAT({quote_literal(begin + 'x')}, QUOTE(HEX({name})))"
    if charset is not None:
        return f"CONCAT({quote_literal(f'{begin}_{charset} x')}, QUOTE(HEX({name})))"
    if key.kind in (Kind.INTEGER, Kind.DECIMAL):
        return f"CONCAT({quote_literal(begin)}, {name})"
    return f"CONCAT({quote_literal(begin)}, QUOTE({name}))"


def _small(read: str) -> str:
    return f"IF(LENGTH({read}) > {WIDE}, NULL, {read})"


def _integer(value: bytes) -> int:
    number = int(value)
    if number not in INT64:
        raise Refused("out_of_range", "an integer beyond 63 bits")
    return number


def _boolean(value: bytes) -> int:
    if value not in (b"0", b"1"):
        raise Refused("not_boolean", "neither 0 nor 1 in a boolean column")
    return int(value)


def _text(value: bytes) -> str:
    """Text as UTF-8; what the server marked has bytes that no character stands for."""
    if value[:1] == MARKED:
        size, _, rest = value[1:].partition(b":")
        raise Refused("invalid_encoding", NO_CHARACTERS, rest[: int(size)].decode(errors="replace"))
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise Refused("invalid_encoding", NO_CHARACTERS, value.decode(errors="replace")) from None


def _moment(value: bytes) -> str:
    return value.decode() + "+00:00"


CONVERTERS: dict[str, Callable[[bytes], Any]] = {
    "integer": _integer,
    "boolean": _integer,
    "bit_boolean": _integer,
    "bit_integer": _integer,
    "double": float,
    "timestamptz": _moment,
}
