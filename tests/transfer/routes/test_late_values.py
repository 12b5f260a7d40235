"""Values that MySQL and MariaDB can't hold, or others of theirs, that come between the plan and the copy.

Each goes by the policy, by whatever way rows travel, and the comparison takes what was set aside for what it is.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest

from engines.errors import DbmoError
from tests.faults.moves import on_mariadb
from tests.servers import MysqlServer, Server
from tests.transfer.routes.late import moved_late
from tests.transfer.routes.test_mysql_to_mysql import COLUMNS

Changed = tuple[str, Callable[[], None]]  # url of a source, and what changes it once all is planned

# column of PostgreSQL, value at the plan, value at the copy, whether the target holds that
LATE = [
    ("double precision", "1.5", "'Infinity'", False),
    ("double precision", "1.5", "'NaN'", False),
    ("real", "1.5", "'-Infinity'", False),
    ("numeric", "1.5", "'NaN'", False),
    ("numeric", "1.5", "1e50", False),
    ("numeric", "1.5", "1.123456789012345678901234567890123", False),
    ("date", "'2020-01-01'", "'0044-03-15 BC'", False),
    ("date", "'2020-01-01'", "'10000-01-01'", False),
    ("timestamp", "'2020-01-01'", "'-infinity'", False),
    ("timestamptz", "'2020-01-01'", "'9999-12-31 23:59:59-01'", False),
    ("text UNIQUE", "'a'", "repeat('x', 300)", False),
    ("text", "'a'", "repeat('x', 70000)", False),
    ("bytea", "'a'", "decode(repeat('00', 70000), 'hex')", False),
    ("int[]", "'{1}'", "'[0:1]={1,2}'", False),
    ("mood", "'sad'", "'new'", False),
    ("json", "'{}'", r"""'{"a": "\u0000"}'""", True),
    ("jsonb", "'{}'", "'[1e4000]'", True),
    ("interval", "'1 day'", "'100000 years'", True),
    ("time", "'01:00'", "'24:00'", True),
    ("bit varying", "b'1'", "repeat('1', 70)::bit varying", True),
]
# what columns of PostgreSQL hold beside a value that keeps their row out
BESIDE = [
    ("numeric(9,2)", "1.50"), ("real", "0.1"), ("money", "1"), ("bool", "false"), ("char(5)", "'a'"),
    ("bytea", r"'\x00ff'"), ("timetz", "'01:02:03+05'"), ("timestamptz", "'2020-01-01 01:02:03+05'"),
    ("interval", "'1 day 2 hours'"), ("uuid", "'550e8400-e29b-41d4-a716-446655440000'"), ("jsonb", """'{"a": 1}'"""),
    ("text[]", """'{a,"b c"}'"""), ("mood[]", "'{sad}'"), ("cidr", "'10.0.0.0/8'"), ("bit(3)", "b'101'"),
    ("pair", "ROW(1, 'x')"), ("truth", "true"), ("text", "repeat('é', 60000)"),
]  # fmt: skip
TYPES = (
    "CREATE TYPE mood AS ENUM ('sad')", "CREATE TYPE pair AS (a int, b text)", "CREATE DOMAIN truth AS boolean",
)  # fmt: skip
# tables of SQLite by what finds a row of theirs, with the values of a key
SHAPES: list[tuple[str, tuple[Any, ...]]] = [
    ("(v {type})", ()),
    ("(id INTEGER PRIMARY KEY, v {type})", (7,)),
    ("(k TEXT PRIMARY KEY, v {type})", ("k",)),
    ("(a INTEGER, b TEXT, v {type}, PRIMARY KEY (a, b))", (7, "b")),
    ("(k TEXT PRIMARY KEY, v {type}) WITHOUT ROWID", ("k",)),
    ("(v {type} NOT NULL)", ()),
]


def ran(url: str, *statements: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


@pytest.fixture(params=[1, 0], ids=["by LOAD DATA", "by INSERT"])
def target(request: pytest.FixtureRequest, mariadb: MysqlServer) -> Iterator[str]:
    """A new database on a server that takes LOAD DATA LOCAL, or doesn't."""
    mariadb.run(f"SET GLOBAL local_infile = {request.param}")
    yield mariadb.create_database()
    mariadb.run("SET GLOBAL local_infile = 1")


def test_values_of_postgresql_go_by_their_policy(postgresql_15: Server, target: str) -> None:
    url = postgresql_15.create_database()
    columns = ", ".join(f"c{n} {column}" for n, (column, *_) in enumerate(LATE))
    row = "INSERT INTO t VALUES ({}, {})"
    ran(url, *TYPES, f"CREATE TABLE t (id int PRIMARY KEY, {columns})")
    ran(url, row.format(1, ", ".join(early for _, early, _, _ in LATE)))

    def change() -> None:
        ran(url, "ALTER TYPE mood ADD VALUE 'new'", row.format(2, ", ".join(late for _, _, late, _ in LATE)))

    copied, compared = moved_late(url, target, change)
    refused = {f"c{n}": "null" for n, (*_, held) in enumerate(LATE) if not held}
    assert {one.column: one.action for one in copied.quarantined} == refused
    assert compared.equal and [table.set_aside for table in compared.tables] == [len(refused)]


def test_postgresql_s_rows_that_stay_out_are_known(postgresql_15: Server, target: str) -> None:
    """Two of them are alike, and without a key only their place tells them apart."""
    url = postgresql_15.create_database()
    columns = ", ".join(f"c{n} {column}" for n, (column, _) in enumerate(BESIDE))
    values = ", ".join(value for _, value in BESIDE)
    ran(url, *TYPES, f"CREATE TABLE alone ({columns}, v numeric NOT NULL)")
    ran(url, f"CREATE TABLE keyed ({columns}, v numeric NOT NULL, k timestamptz PRIMARY KEY)")
    ran(url, "CREATE TABLE large (a boolean, b text, v numeric NOT NULL)", "INSERT INTO large VALUES (true, 'b', 1)")

    def rows(v: str, day: int) -> list[str]:
        twins = f"INSERT INTO alone VALUES ({values}, {v}), ({values}, {v})"
        return [twins, f"INSERT INTO keyed VALUES ({values}, {v}, '2020-01-0{day} 00:00:00.5+03')"]

    ran(url, *rows("1.5", 1))
    large = "INSERT INTO large VALUES (true, repeat(md5('x'), 300000), 'NaN')"  # read and loaded in pieces
    _, compared = moved_late(url, target, lambda: ran(url, *rows("'NaN'", 2), large))
    assert compared.equal
    withheld = {"public.alone": 2, "public.keyed": 1, "public.large": 1}
    assert {table.name: table.withheld for table in compared.tables} == withheld


@pytest.fixture
def wrong_labels(mariadb: MysqlServer) -> Changed:
    """Tables with each type, with a key and without; then rows with ENUM's error value, which nobody else holds."""
    url = mariadb.create_database()
    mode = "SET sql_mode = 'ALLOW_INVALID_DATES,NO_AUTO_VALUE_ON_ZERO'"
    columns = ", ".join(f"c{n} {type_.replace(' INVISIBLE', '')}" for n, (type_, _) in enumerate(COLUMNS))
    for table, key in (("alone", ""), ("keyed", "id int PRIMARY KEY, ")):
        on_mariadb(url, f"CREATE TABLE {table} ({key}{columns}, v enum('a') NOT NULL)")

    def add(label: str, first: int) -> None:
        for number in range(2):
            row = ", ".join(values[number] if number < len(values) else "NULL" for _, values in COLUMNS)
            on_mariadb(url, mode, f"INSERT INTO alone VALUES ({row}, '{label}')")
            on_mariadb(url, mode, f"INSERT INTO keyed VALUES ({first + number}, {row}, '{label}')")

    add("a", 0)
    return url, lambda: add("", 10)


@pytest.mark.parametrize("engine", ["mariadb", "postgresql", "sqlite"])
def test_mariadb_s_rows_that_stay_out_are_known(
    wrong_labels: Changed, engine: str, mariadb: MysqlServer, postgresql_15: Server, tmp_path: Path
) -> None:
    (tmp_path / "target.db").touch()
    targets = {"mariadb": mariadb.create_database, "postgresql": postgresql_15.create_database}
    url, change = wrong_labels
    target = targets[engine]() if engine in targets else f"sqlite:{tmp_path}/target.db"
    _, compared = moved_late(url, target, change)
    assert compared.equal
    assert [table.withheld for table in compared.tables] == [2, 2]


@pytest.mark.parametrize("key", ["k TEXT COLLATE NOCASE PRIMARY KEY", "k TEXT COLLATE NOCASE UNIQUE"])
def test_texts_that_a_key_takes_for_one_end_the_copy_by_name(tmp_path: Path, mariadb: MysqlServer, key: str) -> None:
    """SQLite's NOCASE folds letters of ASCII, MySQL's collations all: none of the two rows may go."""
    path = tmp_path / "source.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(f"CREATE TABLE t ({key})")
        connection.executemany("INSERT INTO t VALUES (?)", [("É",), ("é",)])
    with pytest.raises(DbmoError, match=r"DUPLICATE_KEY.*(é|É)"):
        moved_late(f"sqlite:{path}", mariadb.create_database())


def test_what_the_server_refuses_of_sqlite_is_known_by_its_own_class(tmp_path: Path, target: str) -> None:
    path = tmp_path / "source.db"
    values: dict[str, tuple[Any, Any]] = {"REAL": (1.5, float("inf")), "INT": (1, 2**40), "TEXT": ("a", "x" * 70_000)}
    shapes = [(columns, key, kind) for columns, key in SHAPES for kind in values]

    def add(late: bool) -> None:
        with closing(sqlite3.connect(path)) as connection, connection:
            for number, (_, key, kind) in enumerate(shapes):
                given = [*(part * 2 if late else part for part in key), values[kind][late]]
                connection.execute(f"INSERT INTO t{number} VALUES ({', '.join('?' * len(given))})", given)

    with closing(sqlite3.connect(path)) as connection, connection:
        for number, (columns, _, kind) in enumerate(shapes):
            connection.execute(f"CREATE TABLE t{number} {columns.format(type=kind)}")
    add(late=False)
    copied, compared = moved_late(f"sqlite:{path}", target, lambda: add(late=True))
    assert len(copied.quarantined) == len(shapes)
    assert [table.name for table in compared.tables if not table.equal] == []
