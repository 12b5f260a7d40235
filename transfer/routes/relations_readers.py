"""Columns of relational sources as the values that encodings of documents take, read without losing any of them."""

from __future__ import annotations

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
from engines.sqlite.snapshot import UTF16, SqliteSnapshot, utf8_of
from transfer.canonical.arrays_postgresql import OTHER_BOUNDS
from transfer.routes.mysql_facts import facts
from transfer.routes.postgresql_values import value_rows
from transfer.routes.relations_mysql import MYSQL, Convert, or_own_bytes, text
from transfer.routes.relations_odd import bounded

Row = tuple[Any, ...]
LONGEST_VALUE = 16 << 20  # bytes; no document can hold a longer one
FETCHED = 500  # rows of a round trip
LONG = frozenset({"string", "json", "binary", "any", "decimal_text", "labels"})
SHORT_TYPE = re.compile(
    r"(?:n?varchar|n?char|character(?: varying)?|bpchar|varbinary|binary|bit(?: varying)?)\s*\(\d{1,3}\)|bit"
)


@dataclass(frozen=True)
class Column:
    """Expressions of one column, `{t}` being the alias of its table, and how the values read are turned into one.

    length: SQL of its bytes, where it may have many; odd: whether a value may be one of odd(), such as a text that
    is none, which comes with surrogates.
    """

    reads: tuple[str, ...]
    convert: Convert
    length: str | None
    odd: bool = False


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
        elif field.encoding.startswith(ARRAY) and not field.source_type.startswith(UNCAST):
            cast = ELEMENTS.get(field.encoding.rpartition(":")[2])
            read = f"{name}::{cast}" if cast else name
        elif field.encoding in NUMBERS:
            read = f"{name}::numeric"  # money's own text has a sign of currency and commas
        elif field.source_type == "xml":
            read = f"{name}::text"  # its output leaves a plain declaration out
        if field.encoding.startswith(ARRAY):
            return self._array(name, read)
        if not is_long(field):
            return Column((read,), None, None)
        raw = field.source_type in ("text", "bytea", "character varying")
        length = f"coalesce(pg_catalog.octet_length({name if raw else f'{name}::text'}), 0)"
        return Column((f"CASE WHEN {length} <= {LONGEST_VALUE} THEN {read} END",), None, length)

    @staticmethod
    def _array(name: str, read: str) -> Column:
        """The array, and its own text where its bounds have no place in a document."""
        length = f"coalesce(pg_catalog.octet_length({name}::text), 0)"
        fits = f"{length} <= {LONGEST_VALUE}"
        own = f"CASE WHEN {fits} AND {OTHER_BOUNDS.replace('{c}', name)} THEN {name}::text END"
        return Column((f"CASE WHEN {fits} THEN {read} END", own), bounded, length, True)

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


# encoding of elements -> what an array is read as; of a 4-byte float the shortest text is that of another double
NUMBERS = frozenset({"decimal", "decimal_text"})
ELEMENTS = {
    **dict.fromkeys(("string", "json", "interval", "labels"), "text[]"),
    **dict.fromkeys(NUMBERS, "numeric[]"),
    "double": "float8[]",
}
UNCAST = ("character(", "bpchar", "inet")  # a cast to text takes blanks from the former, and gives inet its mask


class Mysql:
    """Values as the server's text, parsed here."""

    def __init__(self, snapshot: MysqlSnapshot) -> None:
        self.snapshot = snapshot

    def column(self, field: FieldMapping, table: str) -> Column:
        name = "{t}." + quote_mysql(field.column).replace("{", "{{").replace("}", "}}")
        read = f"{name} * 1e0" if field.encoding == "double" else name  # a sum would lose the sign of -0
        convert = MYSQL.get(field.encoding, text)
        guard = unmapped(name, facts(self.snapshot, table).columns[field.column].charset)
        if guard is not None:  # the server would send question marks
            own, utf8 = f"CONCAT(x'FF', CAST({name} AS BINARY))", f"CAST({AS_UTF8.format(c=name)} AS BINARY)"
            read, convert = f"IF({guard}, {own}, {utf8})", or_own_bytes(convert)
        if not is_long(field):
            return Column((read,), convert, None, guard is not None)
        length = f"COALESCE(LENGTH({name}), 0)"
        read = f"CASE WHEN {length} <= {LONGEST_VALUE} THEN {read} END"
        return Column((read,), convert, length, guard is not None)

    def quoted(self, name: str) -> str:
        return quote_mysql(name)

    def table(self, full_name: str) -> str:
        return quote_mysql_name(*parts(full_name))

    def rows(self, sql: str, lot: int = FETCHED) -> Iterator[Row]:
        for batch in self.snapshot.rows(sql, lot):
            yield from batch


class Sqlite:
    """Each value with its storage class; text that isn't UTF-8 keeps its bytes as surrogates.

    A text of UTF-16 is read by its own bytes: SQLite would mend a broken one without a word.
    """

    def __init__(self, snapshot: SqliteSnapshot) -> None:
        self.snapshot = snapshot
        self.convert = _sqlite_in(UTF16[snapshot.encoding]) if snapshot.encoding in UTF16 else _sqlite

    def column(self, field: FieldMapping, table: str) -> Column:
        name = "{t}." + quote_sqlite(field.column).replace("{", "{{").replace("}", "}}")
        is_text, value = f"typeof({name}) = 'text'", name
        if self.convert is not _sqlite:
            value = f"CASE WHEN {is_text} THEN CAST({name} AS BLOB) ELSE {name} END"
        if not is_long(field):
            return Column((value, is_text), self.convert, None, True)
        text = f"length(CAST({name} AS BLOB))"
        length = f"(CASE typeof({name}) WHEN 'blob' THEN length({name}) WHEN 'text' THEN {text} ELSE 8 END)"
        read = f"CASE WHEN {length} <= {LONGEST_VALUE} THEN {value} END"
        return Column((read, is_text), self.convert, length, True)

    def quoted(self, name: str) -> str:
        return quote_sqlite(name)

    def table(self, full_name: str) -> str:
        return quote_sqlite(parts(full_name)[1])

    def rows(self, sql: str, lot: int = FETCHED) -> Iterator[Row]:
        return self.snapshot.each(sql)


def _sqlite(value: tuple[Any, int]) -> Any:
    found, is_text = value
    return found.decode(errors="surrogateescape") if is_text and found is not None else found


def _sqlite_in(encoding: str) -> Callable[[Any], Any]:
    def convert(value: tuple[Any, int]) -> Any:
        found, is_text = value
        return _sqlite((utf8_of(found, encoding) if is_text and found is not None else found, is_text))

    return convert
