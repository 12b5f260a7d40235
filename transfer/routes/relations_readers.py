"""Columns of relational sources as the values that encodings of documents take, read without losing any of them."""

from __future__ import annotations

import datetime
import decimal
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from conversion.documents.relations_mapping import FieldMapping
from conversion.documents.relations_values import ARRAY
from engines.families import family
from engines.full_names import parts
from engines.mysql.charsets import AS_UTF8, unmapped
from engines.mysql.quoting import quote_identifier as quote_mysql
from engines.mysql.quoting import quote_name as quote_mysql_name
from engines.mysql.snapshot import MysqlSnapshot
from engines.postgresql.quoting import quote_identifier as quote_postgresql
from engines.postgresql.quoting import quote_name as quote_postgresql_name
from engines.postgresql.snapshot import PostgresqlSnapshot
from engines.sqlite.quoting import quote_identifier as quote_sqlite
from engines.sqlite.snapshot import SqliteSnapshot
from transfer.routes.mysql_facts import facts
from transfer.routes.postgresql_values import value_rows

Row = tuple[Any, ...]
Convert = Callable[[Any], Any] | None  # None: the value is right as it was read
LONGEST_VALUE = 16 << 20  # bytes; no document can hold a longer one
FETCHED = 500  # rows of a round trip
LONG = frozenset({"string", "json", "binary", "any", "decimal_text", "labels"})
SHORT_TYPE = re.compile(
    r"(?:n?varchar|n?char|character(?: varying)?|bpchar|varbinary|binary|bit(?: varying)?)\s*\(\d{1,3}\)|bit"
)
SPAN = re.compile(rb"(-?)(\d+):(\d\d):(\d\d)(?:\.(\d{1,6}))?")


@dataclass(frozen=True)
class Column:
    """Expressions of one column, `{t}` being the alias of its table, and how the values read are turned into one."""

    reads: tuple[str, ...]
    convert: Convert
    length: str | None  # SQL of its bytes, where it may have many


class Source(Protocol):
    """What the route needs of an engine."""

    def column(self, field: FieldMapping, table: str) -> Column:
        """How a column of that table (full name) is read."""
        ...

    def quoted(self, name: str) -> str: ...

    def table(self, full_name: str) -> str:
        """What FROM is given to read the rows of that very table, its partitions included."""
        ...

    def rows(self, sql: str, lot: int = FETCHED) -> Iterator[Row]:
        """The rows of a query; lot 1: held one at a time, so that the sizes of large ones don't add up in memory."""
        ...


def source_of(snapshot: Any, engine: str) -> Source:
    """The reader of a snapshot."""
    made: Source = {"postgresql": Postgresql, "mysql": Mysql, "sqlite": Sqlite}[family(engine)](snapshot)
    return made


def is_long(field: FieldMapping) -> bool:
    """Whether values may have more than some thousand bytes."""
    name = field.encoding.removeprefix(ARRAY)
    return (name in LONG and SHORT_TYPE.fullmatch(field.source_type.lower()) is None) or name != field.encoding


class Postgresql:
    """Values as psycopg reads them where Python has the value, else the server's text."""

    def __init__(self, snapshot: PostgresqlSnapshot) -> None:
        self.snapshot = snapshot

    def column(self, field: FieldMapping, table: str) -> Column:
        name = "{t}." + quote_postgresql(field.column).replace("{", "{{").replace("}", "}}")
        read = name
        if field.encoding == "double":
            read = f"{name}::float8"
        elif field.encoding.startswith(ARRAY) and field.encoding.rpartition(":")[2] in TEXT_ELEMENTS:
            read = f"{name}::text[]"
        if not is_long(field):
            return Column((read,), None, None)
        raw = field.source_type in ("text", "bytea", "character varying")
        length = f"coalesce(pg_catalog.octet_length({name if raw else f'{name}::text'}), 0)"
        return Column((f"CASE WHEN {length} <= {LONGEST_VALUE} THEN {read} END",), None, length)

    def quoted(self, name: str) -> str:
        return quote_postgresql(name)

    def table(self, full_name: str) -> str:
        schema, name = parts(full_name)
        kind = self.snapshot.query(
            "SELECT c.relkind::text FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS s"
            " ON s.oid = c.relnamespace WHERE s.nspname = %s AND c.relname = %s",
            (schema, name),
        )
        only = "" if kind and kind[0][0] == "p" else "ONLY "
        return f"{only}{quote_postgresql_name(schema, name)}"

    def rows(self, sql: str, lot: int = FETCHED) -> Iterator[Row]:
        return value_rows(self.snapshot, sql, lot)


TEXT_ELEMENTS = frozenset({"string", "json", "interval", "labels"})


class Mysql:
    """Values as the server's text, parsed here."""

    def __init__(self, snapshot: MysqlSnapshot) -> None:
        self.snapshot = snapshot

    def column(self, field: FieldMapping, table: str) -> Column:
        name = "{t}." + quote_mysql(field.column).replace("{", "{{").replace("}", "}}")
        read = f"{name} + 0e0" if field.encoding == "double" else name
        convert = MYSQL.get(field.encoding, _text)
        guard = unmapped(name, facts(self.snapshot, table).columns[field.column].charset)
        if guard is not None:  # the server would send question marks
            own, utf8 = f"CONCAT(x'FF', CAST({name} AS BINARY))", f"CAST({AS_UTF8.format(c=name)} AS BINARY)"
            read, convert = f"IF({guard}, {own}, {utf8})", _own_bytes(convert)
        if not is_long(field):
            return Column((read,), convert, None)
        length = f"COALESCE(LENGTH({name}), 0)"
        return Column((f"CASE WHEN {length} <= {LONGEST_VALUE} THEN {read} END",), convert, length)

    def quoted(self, name: str) -> str:
        return quote_mysql(name)

    def table(self, full_name: str) -> str:
        return quote_mysql_name(*parts(full_name))

    def rows(self, sql: str, lot: int = FETCHED) -> Iterator[Row]:
        for batch in self.snapshot.rows(sql, lot):
            yield from batch


class Sqlite:
    """Each value with its storage class; text that isn't UTF-8 keeps its bytes as surrogates."""

    def __init__(self, snapshot: SqliteSnapshot) -> None:
        self.snapshot = snapshot

    def column(self, field: FieldMapping, table: str) -> Column:
        name = "{t}." + quote_sqlite(field.column).replace("{", "{{").replace("}", "}}")
        if not is_long(field):
            return Column((name, f"typeof({name}) = 'text'"), _sqlite, None)
        text = f"length(CAST({name} AS BLOB))"
        length = f"(CASE typeof({name}) WHEN 'blob' THEN length({name}) WHEN 'text' THEN {text} ELSE 8 END)"
        read = f"CASE WHEN {length} <= {LONGEST_VALUE} THEN {name} END"
        return Column((read, f"typeof({name}) = 'text'"), _sqlite, length)

    def quoted(self, name: str) -> str:
        return quote_sqlite(name)

    def table(self, full_name: str) -> str:
        return quote_sqlite(parts(full_name)[1])

    def rows(self, sql: str, lot: int = FETCHED) -> Iterator[Row]:
        return self.snapshot.each(sql)


def _sqlite(value: tuple[Any, int]) -> Any:
    found, is_text = value
    return found.decode(errors="surrogateescape") if is_text and found is not None else found


def _text(value: bytes) -> str:
    return value.decode(errors="surrogateescape")


def _own_bytes(convert: Convert) -> Convert:
    """The conversion, and what keeps a text's own bytes where it has no code points: they stand behind 0xFF."""

    def converted(value: bytes) -> Any:
        if value[:1] == b"\xff":
            return value[1:].decode("ascii", errors="surrogateescape")
        return value if convert is None else convert(value)

    return converted


def _decimal(value: bytes) -> decimal.Decimal:
    return decimal.Decimal(value.decode())


def _date(value: bytes) -> Any:
    try:
        return datetime.date.fromisoformat(value.decode())
    except ValueError:  # a day that no calendar has
        return value.decode()


def _moment(value: bytes) -> Any:
    try:
        return datetime.datetime.fromisoformat(value.decode())
    except ValueError:
        return value.decode()


def _span(value: bytes) -> Any:
    found = SPAN.fullmatch(value)
    if found is None:
        return value.decode()
    hours, minutes, seconds = (int(part) for part in found.groups()[1:4])
    micros = int((found[5] or b"").ljust(6, b"0"))
    span = datetime.timedelta(hours=hours, minutes=minutes, seconds=seconds, microseconds=micros)
    return -span if found[1] else span


# encoding -> how the server's text of a value is read; others are text
MYSQL: dict[str, Convert] = {
    **dict.fromkeys(("int", "long", "unsigned", "number", "flag", "bool"), int),
    **dict.fromkeys(("decimal", "decimal_text"), _decimal),
    **dict.fromkeys(("timestamp", "timestamp_long", "moment", "moment_long"), _moment),
    "double": float,
    "binary": None,
    "date": _date,
    "time": _span,
    "duration": _span,
}
