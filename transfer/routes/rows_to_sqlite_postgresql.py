"""PostgreSQL rows as SQLite's values: rendered by the server without loss, large ones read in pieces."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import psycopg

from conversion.mapping import ColumnMapping
from engines.catalog import Kind
from engines.full_names import parts
from engines.postgresql.quoting import quote_identifier, quote_literal, quote_name
from engines.postgresql.snapshot import PostgresqlSnapshot
from engines.sqlite.writer import Large, weight
from transfer.canonical.arrays_postgresql import OTHER_BOUNDS
from transfer.canonical.sql_postgresql import OWN_TEXT
from transfer.chunks import Chunk
from transfer.cutting import postgresql as cutting
from transfer.routes.policy import Refused
from transfer.routes.postgresql_own_arrays import own_arrays
from transfer.routes.postgresql_unchecked import (
    LargeUnreadable,
    Unreadable,
    as_bytes,
    is_unchecked,
    is_whole,
    mended,
    readable,
    text_of,
)
from transfer.routes.rows_to_sqlite import WIDE, ReadRow
from transfer.routes.rows_to_sqlite_large import LargeKept
from transfer.units import TableUnit

# How PostgreSQL renders a value for SQLite, per route; the driver gives Python's int, float, str and bytes.
READ: dict[str, str] = {
    "pg_integer": "{c}::bigint",
    "pg_boolean": "{c}::int",
    "pg_real": "{c}::double precision",
    "pg_blob": "{c}",
    "pg_numeric": "{c}::numeric::text",  # money's own text has a sign of currency and commas, as the server is set
    "pg_timestamptz": "({c} AT TIME ZONE 'UTC')::text || '+00:00'",
    "pg_array": f"CASE WHEN {OTHER_BOUNDS} THEN '!' || {{c}}::text ELSE to_json({{c}})::text END",
}
UNBOUND = "!"  # before an array of which a dimension doesn't begin at 1, which JSON has no place for
AS_TEXT = "{c}::text"
NO_TEXTS = frozenset({"pg_integer", "pg_boolean", "pg_real", "pg_blob"})
# types whose values are never large
SMALL = frozenset(
    "smallint integer bigint real double boolean date time timestamp interval uuid numeric money inet cidr macaddr"
    " macaddr8 point line lseg box circle oid tid xid cid".split()
)
MEASURED = frozenset({"text", "bytea", "character"})  # octet_length() of these reads no more than the length
COMPRESSED = 1 << 15  # bytes as stored from which on a value of another type may be large
PIECE = 1 << 20
FIRST, MOST_ROWS, BATCH = 100, 1_000, 1 << 19
BOUNDS = "an array whose bounds don't begin at 1"
INT64 = range(-(1 << 63), 1 << 63)


class PostgresqlRows:
    """The rows of one table; see RowSource."""

    def __init__(self, snapshot: PostgresqlSnapshot, unit: TableUnit) -> None:
        self.snapshot, self.unit = snapshot, unit
        self.columns: Sequence[ColumnMapping] = unit.mapping.copied
        self.name = quote_name(*parts(unit.mapping.source))
        self.keys = unit.key.columns if unit.key.kind == "columns" else []
        self.unchecked = is_unchecked(snapshot.connection)
        own = own_arrays(snapshot.query, unit.mapping.source, self.columns, UNBOUND)
        self.reads = [own.get(column.source) or read(column) for column in self.columns]
        if self.unchecked:
            texts = [column.route not in NO_TEXTS for column in self.columns]
            self.reads = [as_bytes(sql) if text else sql for sql, text in zip(self.reads, texts, strict=True)]
            self.texts = [*texts, *(column.kind is not Kind.INTEGER for column in self.keys), False]
        sizes = {place: size for place, column in enumerate(self.columns) if (size := _large(column))}
        self.sized = list(sizes)
        reads = [
            f"CASE WHEN {sizes[n]} THEN NULL ELSE {sql} END" if n in sizes else sql for n, sql in enumerate(self.reads)
        ]
        keys = [_key(column.name, column.kind, self.unchecked) for column in self.keys]
        wide = " OR ".join(f"coalesce({size}, false)" for size in sizes.values()) or "false"
        self.sql = f"SELECT {', '.join([*reads, *keys, f'CASE WHEN {wide} THEN ctid::text END'])} FROM ONLY {self.name}"
        self.unnamed = 0

    def batches(self, chunk: Chunk) -> Iterator[list[ReadRow]]:
        """See RowSource."""
        where = cutting.condition(self.unit.key, chunk) if self.unit.key.kind != "whole" else ""
        count, number = len(self.columns), FIRST
        try:
            with self.snapshot.connection.cursor(name="dbmo_rows") as cursor:
                cursor.execute(f"{self.sql}{f' WHERE {where}' if where else ''}".encode())
                while rows := cursor.fetchmany(number):
                    if self.unchecked:
                        rows = [self._texts(row) for row in rows]
                    batch = [ReadRow(row[:count], row[count:-1], row[-1]) for row in rows]
                    yield batch
                    number = max(1, min(MOST_ROWS, number * 2, BATCH * len(rows) // max(weight(rows, 8), 1)))
        except psycopg.Error as error:
            raise self.snapshot.translate(error) from error

    def _texts(self, row: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(text_of(v) if text else v for v, text in zip(row, self.texts, strict=True))

    def converter(self, place: int) -> Callable[[Any], Any] | None:
        """See RowSource."""
        column = self.columns[place]
        if column.route == "pg_real":
            return _real
        if column.route == "pg_integer" and _base(column) in ("numeric", "decimal"):
            return _whole
        if column.route == "pg_array":
            return _array
        return readable if self.unchecked and column.route not in NO_TEXTS else None

    def original(self, place: int, value: Any) -> dict[str, Any]:
        """See RowSource: the server's own text."""
        if value is None:
            return {"class": "null"}
        if isinstance(value, Unreadable):
            return {"class": "text", "hex": value.hex()}
        if isinstance(value, bytes):
            return {"class": "text", "text": "\\x" + value.hex()}
        text = str(value)
        return {"class": "text", "text": text.removeprefix(UNBOUND) if self._is_array(place) else text}

    def _is_array(self, place: int) -> bool:
        return self.columns[place].route == "pg_array"

    def located(self, row: ReadRow) -> tuple[str, str]:
        """See RowSource: the key, else all values and a running number."""
        if self.keys:
            names = [column.name for column in self.keys]
            key = [_shown(value) for value in row.key]
            return json.dumps(key, ensure_ascii=False), json.dumps(dict(zip(names, key, strict=True)))
        self.unnamed += 1
        shown = [_shown(value) for value in row.values]
        texts = [None if value is None else str(value) for value in shown]
        return json.dumps([*texts, self.unnamed], ensure_ascii=False), json.dumps({"ctid": row.mark})

    def large(self, row: ReadRow) -> dict[int, Large | Refused]:
        """See RowSource; a row's place (ctid) stays within a snapshot."""
        where = f"FROM ONLY {self.name} WHERE ctid = {quote_literal(str(row.mark))}::pg_catalog.tid"
        missing = [place for place in self.sized if row.values[place] is None]
        sizes = ", ".join(f"octet_length({self.reads[place]})" for place in missing)
        found = self.snapshot.query(f"SELECT {sizes} {where}")[0]
        return {
            place: self._measured(place, where, int(size))
            for place, size in zip(missing, found, strict=True)
            if size is not None
        }

    def _measured(self, place: int, where: str, size: int) -> Large | Refused:
        is_text = self.columns[place].route != "pg_blob"
        pieces = self._pieces(place, where)
        if self._is_array(place) and next(pieces())[:1] == UNBOUND.encode():
            return LargeKept("malformed", BOUNDS, self._pieces(place, where, 1 + len(UNBOUND))())
        if not (is_text and self.unchecked):
            return Large(size, is_text, pieces)
        if is_whole(pieces()):
            return Large(size, is_text, pieces)
        length = sum(len(piece) for piece in mended(pieces()))
        return LargeUnreadable(size, Large(length, True, lambda: mended(pieces())))

    def _pieces(self, place: int, where: str, first: int = 1) -> Callable[[], Iterator[bytes]]:
        read = self.reads[place]

        def pieces() -> Iterator[bytes]:
            start = first
            while True:
                sql = f"SELECT substring({read} FROM {start} FOR {PIECE}) {where}"
                ((piece,),) = self.snapshot.query_binary(sql)
                if not piece:
                    return
                yield piece.encode() if isinstance(piece, str) else bytes(piece)
                start += PIECE

        return pieces


def read(column: ColumnMapping) -> str:
    """SQL that renders a column for SQLite."""
    own = "." in column.source_type  # a cast of somebody's own type may call a function of theirs
    default = OWN_TEXT if own else AS_TEXT
    if column.route == "pg_integer" and _base(column) in ("numeric", "decimal"):
        default = AS_TEXT  # NaN is no bigint
        return default.replace("{c}", quote_identifier(column.source))
    sql = READ.get(column.route, default)
    if column.route == "pg_array" and _base(column) == "money[]":
        sql = sql.replace("to_json({c})", "to_json({c}::numeric[])")
    return sql.replace("{c}", quote_identifier(column.source))


def _base(column: ColumnMapping) -> str:
    """The type without what stands in brackets: character[] of character(3)[]."""
    return re.sub(r"\([^)]*\)", "", column.source_type).strip().lower()


def _large(column: ColumnMapping) -> str:
    """SQL that is true for a value that may be large; "" where none of the type can be."""
    words = _base(column).replace("[]", " []").split()
    name = quote_identifier(column.source)
    if words and words[0] in SMALL and "[]" not in words and "varying" not in words:
        return ""
    if words and words[0] in MEASURED and "[]" not in words:
        return f"octet_length({name}) > {WIDE}"
    return f"pg_catalog.pg_column_size({name}) > {COMPRESSED}"


def _key(name: str, kind: Kind, unchecked: bool) -> str:
    column = quote_identifier(name)
    if kind is Kind.INTEGER:
        return column
    return as_bytes(f"{column}::text") if unchecked else f"{column}::text"


def _shown(value: Any) -> Any:
    """A value in a locator."""
    if isinstance(value, Unreadable):
        return value.decode(errors="backslashreplace")
    return value.hex() if isinstance(value, bytes) else value


def _real(value: float) -> float | str:
    """SQLite would store a NaN as NULL."""
    return "NaN" if math.isnan(value) else value


def _array(value: Any) -> Any:
    """JSON; Refused for an array that JSON has no place for."""
    text = readable(value)
    if text.startswith(UNBOUND):
        raise Refused("malformed", BOUNDS)
    return text


def _whole(text: str) -> int:
    """A numeric without fraction; NaN and infinities have no integer."""
    try:
        number = int(text)
    except ValueError:
        raise Refused("not_finite", f"{text} in an integer column") from None
    if number not in INT64:
        raise Refused("out_of_range", "a number beyond 64 bits")
    return number
