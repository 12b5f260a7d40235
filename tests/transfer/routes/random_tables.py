"""Random tables of every engine: columns of random types with values that all engines hold, and what arrives of them.

What is written and read goes through plain drivers; nothing here shares code with the product but its quoting.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pymysql
from bson import Decimal128
from hypothesis import strategies as st
from psycopg import sql
from pymongo import MongoClient

from conversion.documents.relations_mapping import DocumentMapping, FieldMapping
from conversion.mapping import TableMapping
from engines.mysql.quoting import quote_identifier
from tests.mysql_servers import plain

FIRST = 1000  # year of the first date that MySQL has
NAMES = ["v", "Two words", 'q"uote', "b`tick", "per%cent", "select", "col:on", "é", "$1"]


@dataclass(frozen=True)
class Sort:
    """A sort of column: its values, its type in each engine as source, and what is compared of a value that arrived."""

    values: st.SearchStrategy[Any]
    types: dict[str, str]
    compared: Callable[[Any], Any] = lambda value: value


def _moment(value: Any) -> datetime:
    """A moment as SQLite writes it, or with the zone that MongoDB's driver gives it."""
    found = datetime.fromisoformat(value) if isinstance(value, str) else value
    return found.astimezone(UTC).replace(tzinfo=None) if found.tzinfo else found


def _day(value: Any) -> date:
    return _moment(value).date() if isinstance(value, str | datetime) else value


def _decimal(value: Any) -> Decimal:
    return value.to_decimal() if isinstance(value, Decimal128) else Decimal(str(value))


TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)
TRAPS = st.sampled_from(
    ["", " ", "\\N", "\\.", "NULL", "tab\t", "cr\r\nlf", "back\\slash", "q'\"`", "\x1a\x1e\x1f", "trail  "]
)
SORTS = [
    Sort(
        st.integers(-(2**63), 2**63 - 1) | st.sampled_from([0, -1, 2**53 + 1, 2**63 - 1, -(2**63)]),
        dict.fromkeys(("postgresql", "mysql", "sqlite"), "BIGINT"),
    ),
    Sort(TEXT | TRAPS, {"postgresql": "text", "mysql": "longtext", "sqlite": "TEXT"}),
    Sort(st.binary(max_size=30), {"postgresql": "bytea", "mysql": "longblob", "sqlite": "BLOB"}, bytes),
    Sort(
        st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from([0.1, 5e-324, 1e16, -6.359710432651767e-9]),
        {"postgresql": "double precision", "mysql": "double", "sqlite": "DOUBLE"},
    ),
    Sort(
        st.integers(-(10**20) + 1, 10**20 - 1).map(lambda n: Decimal(n).scaleb(-5)),
        {"postgresql": "numeric(20,5)", "mysql": "decimal(20,5)"},
        _decimal,
    ),
    Sort(st.dates(date(FIRST, 1, 1)), {"postgresql": "date", "mysql": "date", "sqlite": "DATE"}, _day),
    Sort(
        st.datetimes(datetime(FIRST, 1, 1)),
        {"postgresql": "timestamp", "mysql": "datetime(6)"},
        _moment,
    ),
    Sort(st.booleans(), {"postgresql": "boolean"}, bool),
]


@dataclass(frozen=True)
class Table:
    """Columns, and rows whose first value is their key, 0, 1, 2, ..."""

    columns: Sequence[tuple[str, Sort]]
    rows: Sequence[tuple[Any, ...]]


@st.composite
def tables(draw: st.DrawFn, engine: str) -> list[Table]:
    """Some tables of an engine."""
    return [draw(_table(engine)) for _ in range(draw(st.integers(1, 3)))]


@st.composite
def _table(draw: st.DrawFn, engine: str) -> Table:
    names = draw(st.lists(st.sampled_from(NAMES), max_size=6, unique=True))
    usable = [sort for sort in SORTS if engine in sort.types]
    columns = [(name, draw(st.sampled_from(usable))) for name in names]
    row = st.tuples(*(st.none() | sort.values for _, sort in columns))
    found = draw(st.lists(row, max_size=12))
    return Table(columns, [(number, *values) for number, values in enumerate(found)])


def quoted(engine: str, name: str) -> str:
    """An identifier."""
    return quote_identifier(name) if engine == "mysql" else sql.Identifier(name).as_string(None)


def write(engine: str, url: str, made: Sequence[Table]) -> None:
    """Make the tables t0, t1, ... with their rows."""
    with closing(_connect(engine, url)) as connection:
        cursor = connection.cursor()
        for number, table in enumerate(made):
            columns = "".join(f", {quoted(engine, name)} {sort.types[engine]}" for name, sort in table.columns)
            cursor.execute(f"CREATE TABLE t{number} (id INTEGER PRIMARY KEY{columns})")
            for row in table.rows:
                place = ", ".join(["?" if engine == "sqlite" else "%s"] * len(row))
                cursor.execute(f"INSERT INTO t{number} VALUES ({place})", [_given(engine, value) for value in row])
        connection.commit()


def _given(engine: str, value: Any) -> Any:
    """As the driver takes it: PyMySQL writes a double with 15 digits, and sqlite3 no dates."""
    if engine == "sqlite" and isinstance(value, date):
        return value.isoformat()
    return repr(value) if engine == "mysql" and isinstance(value, float) else value


def _connect(engine: str, url: str) -> Any:
    if engine == "sqlite":
        return sqlite3.connect(url.removeprefix("sqlite:"))
    return psycopg.connect(url) if engine == "postgresql" else pymysql.connect(**plain(url))


def read(engine: str, url: str, mapping: TableMapping) -> list[tuple[Any, ...]]:
    """The rows of a target's table with tables, by their key."""
    columns = ", ".join(quoted(engine, column.target) for column in mapping.columns)
    name = quoted(engine, mapping.target.partition(".")[2])
    with closing(_connect(engine, url)) as connection:
        cursor = connection.cursor()
        cursor.execute(f"SELECT {columns} FROM {name} ORDER BY 1")
        return [tuple(row) for row in cursor.fetchall()]


def compared(table: Table, rows: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Rows as they are compared: the classes of the drivers' values don't matter where the values are equal."""
    sorts = [sort for _, sort in table.columns]
    return [
        (row[0], *(None if value is None else sort.compared(value) for value, sort in zip(row[1:], sorts, strict=True)))
        for row in rows
    ]


def documents(url: str, mapping: DocumentMapping) -> list[tuple[Any, ...]]:
    """The documents of a table as its rows."""
    with MongoClient[Any](url, tz_aware=True) as client:
        found = client.get_default_database()[mapping.collection].find(sort=[("_id", 1)])
        return [tuple(_joined(document, field) for field in mapping.fields) for document in found]


def _joined(document: dict[str, Any], field: FieldMapping) -> Any:
    """A value with the microseconds that stand beside it."""
    value: Any = document.get("_id" if field.in_id else field.field)
    more = document.get(field.rest) if field.rest else None
    return value if more is None else value + timedelta(microseconds=more)
