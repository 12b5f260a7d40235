"""Rows into SQLite from every engine with tables: what arrives is what left, told by plain sqlite3."""

import json
import math
import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pymysql
import pytest

from engines.errors import Aborted
from engines.mysql.url import arguments
from tests.moving import change, fetch, sqlite_file
from tests.servers import Server
from tests.transfer.routes.moved import Moved, moved
from transfer.compare.originals import is_original
from transfer.routes.rows_to_sqlite_within import SqliteToSqlite


def moved_to_file(source: str, target: Path, **settings: Any) -> Moved:
    """Into a file that is there, and empty."""
    return moved(source, f"sqlite:{sqlite_file(target)}", **settings)


def stored(path: Path, query: str = "SELECT * FROM t ORDER BY 1") -> list[tuple[Any, ...]]:
    """Rows, text as bytes so that none is lost, each value with its class."""
    with closing(sqlite3.connect(path)) as connection:
        connection.text_factory = lambda data: ("text", bytes(data))
        return connection.execute(query).fetchall()


ROWS = [
    (1, 1.5, b"\0", "x"),
    (2, None, "text in a blob column", None),
    (3, 2**62, b"", "nul\0in"),
    (4, -0.0, 7, "tab\t\n'\""),
    (5, float("inf"), "1", ""),
]
BROKEN = "INSERT INTO t VALUES (6, CAST(x'ff41' AS TEXT), x'ff', CAST(x'fe' AS TEXT))"
DDL = "CREATE TABLE t (id INTEGER PRIMARY KEY, a, b BLOB, c TEXT)"


@pytest.mark.parametrize("by_value", [False, True])
@pytest.mark.parametrize("ddl", [DDL, DDL.replace("INTEGER PRIMARY KEY", "INT"), f"{DDL} WITHOUT ROWID"])
def test_every_class_and_broken_text_arrive_within_sqlite(
    tmp_path: Path, ddl: str, by_value: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """by_value: as if somebody had written to the source after the snapshot was taken."""
    source = sqlite_file(tmp_path / "s.db", ddl, BROKEN, rows=[("INSERT INTO t VALUES (?, ?, ?, ?)", ROWS)])
    if by_value:
        monkeypatch.setattr(SqliteToSqlite, "_same_moment", lambda self, raw: False)
    run = moved_to_file(f"sqlite:{source}", tmp_path / "out.db")
    assert stored(tmp_path / "out.db") == stored(source)
    assert (run.rows, run.quarantined) == ({"main.t": 6}, {"main.t": []})


def test_what_was_written_after_the_snapshot_is_not_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = sqlite_file(
        tmp_path / "s.db", "PRAGMA journal_mode = WAL", DDL, BROKEN, rows=[("INSERT INTO t VALUES (?, ?, ?, ?)", ROWS)]
    )
    expected, opened = stored(source), SqliteToSqlite.__init__

    def written_meanwhile(self: SqliteToSqlite, *given: Any) -> None:
        opened(self, *given)
        sqlite_file(source, "INSERT INTO t VALUES (99, 1, 1, 1)")

    monkeypatch.setattr(SqliteToSqlite, "__init__", written_meanwhile)
    moved_to_file(f"sqlite:{source}", tmp_path / "out.db")
    assert stored(tmp_path / "out.db") == expected


def test_texts_of_utf16_arrive_in_another_encoding(tmp_path: Path) -> None:
    source = sqlite_file(
        tmp_path / "s.db", "PRAGMA encoding = 'UTF-16le'", DDL, "INSERT INTO t VALUES (1, 2, x'00', 'é😀')"
    )
    moved_to_file(f"sqlite:{source}", tmp_path / "out.db")
    assert stored(tmp_path / "out.db") == [(1, 2, b"\0", ("text", "é😀".encode()))]


POSTGRESQL = """CREATE TABLE t (id int PRIMARY KEY, a bigint, f4 real, f8 double precision, n numeric(10,0),
 n2 numeric(20,5), tx text, c char(3), b bytea, f boolean, d date, ts timestamp, tz timestamptz, j jsonb, ar text[])"""
POSTGRESQL_ROWS = (
    r"""INSERT INTO t VALUES (1, 9223372036854775807, 0.1, 0.1, 42, 123456789012345.12345, E'tab\t\n\\', 'a',
 '\x00ff', true, '2020-02-29', '2020-01-01 1:02:03.5', '2020-01-01 1:02:03+05', '{"b":[1]}', '{x,NULL,"q,\""}')""",
    """INSERT INTO t VALUES (2, NULL, 'NaN', '-infinity', 'NaN', 'NaN', '', NULL, '', false, 'infinity', '-infinity',
 'infinity', 'null', '{}')""",
    "INSERT INTO t (id, tx, b) VALUES (3, repeat('é', 2000000), decode(repeat('ff00', 2000000), 'hex'))",
)


def test_postgresql_values_arrive_and_what_no_integer_is_goes_aside(tmp_path: Path, empty_18: str) -> None:
    change(empty_18, POSTGRESQL, *POSTGRESQL_ROWS)
    run = moved_to_file(empty_18, tmp_path / "out.db")
    with closing(sqlite3.connect(tmp_path / "out.db")) as connection:
        first, second, third = connection.execute("SELECT * FROM t ORDER BY id").fetchall()
    assert first == (
        1, 2**63 - 1, 0.10000000149011612, 0.1, 42, "123456789012345.12345", "tab\t\n\\", "a  ", b"\0\xff", 1,
        "2020-02-29", "2020-01-01 01:02:03.5", "2019-12-31 20:02:03+00:00", '{"b": [1]}', '["x",null,"q,\\""]',
    ) or first[7] == "a"  # fmt: skip
    assert second[1:9] == (None, "NaN", -math.inf, None, "NaN", "", None, b"")
    assert second[9:] == (0, "infinity", "-infinity", "infinity+00:00", "null", "[]")
    assert (third[6], third[8]) == ("é" * 2_000_000, b"\xff\0" * 2_000_000)
    assert [(entry.locator, entry.column, entry.reason) for entry in run.quarantined["public.t"]] == [
        ("[2]", "n", "NaN in an integer column")
    ]


def test_large_arrays_that_json_has_no_place_for_are_known_again(tmp_path: Path, empty_18: str) -> None:
    array = "('[0:1]={x,' || string_agg(md5(n::text), '') || '}')::text[]"
    change(empty_18, "CREATE TABLE t (id int PRIMARY KEY, v text[])", *(
        f"INSERT INTO t SELECT {id}, {array} FROM generate_series(1, {count}) AS n" for id, count in
        ((1, 2_000), (2, 40_000))
    ))  # fmt: skip
    run = moved_to_file(empty_18, tmp_path / "out.db")
    originals = [entry.original for entry in run.quarantined["public.t"]]
    texts = [text.encode() for (text,) in fetch(empty_18, "SELECT v::text FROM t ORDER BY id")]
    assert [sorted(json.loads(original)) for original in originals] == [["class", "text"], ["bytes", "class", "sha256"]]
    for original, text in zip(originals, texts, strict=True):
        other = text.replace(b"0", b"1", 1)
        assert [is_original(original, "text", value, classes=False) for value in (text, other)] == [True, False]


def test_a_row_that_is_withheld_tells_how_long_its_large_values_are(tmp_path: Path, empty_18: str) -> None:
    change(empty_18, "CREATE TABLE t (id int PRIMARY KEY, n numeric(10,0) NOT NULL, v text)",
           "INSERT INTO t VALUES (1, 'NaN', repeat('x', 300000)), (2, 1, NULL)")  # fmt: skip
    [entry] = moved_to_file(empty_18, tmp_path / "out.db", looked=False).quarantined["public.t"]
    assert (entry.action, entry.locator) == ("row_withheld", "[1]")
    assert json.loads(entry.original)["v"] == {"class": "unread", "bytes": 300_000}


def test_a_value_of_which_nothing_was_kept_excuses_no_other() -> None:
    assert not is_original('{"class": "unread", "bytes": null}', "text", b"{1}", classes=False)


MYSQL = """CREATE TABLE t (id int unsigned PRIMARY KEY, a bigint unsigned, f float, d double, n decimal(30,10),
 b1 bit(1), b64 bit(64), v varchar(20), l varchar(20) CHARACTER SET latin1, bi binary(4), bl longblob, tx longtext,
 dt date, dtm datetime(6), ti time(2), y year, e enum('a','b'), s set('x','y'))"""
MYSQL_ROWS = (
    """INSERT INTO t VALUES (1, 9223372036854775807, 16777217, 0.30000000000000004, 12345678901234567890.0123456789,
 1, 18446744073709551615, 'é😀', 'é', x'00ff', x'00ff0a', CONCAT('n', CHAR(0), '\\n'), '0000-00-00',
 '2020-01-02 03:04:05.000006', '-838:59:59', 2020, 'a', 'x,y')""",
    "INSERT INTO t (id, f, d, tx, bl)"
    " VALUES (2, 0.1, 1.7976931348623157e308, REPEAT('é', 200000), REPEAT(x'00ff', 200000))",
)


def test_mysql_values_arrive_with_every_digit(tmp_path: Path, empty_mariadb: str) -> None:
    with closing(pymysql.connect(**arguments(empty_mariadb), autocommit=True)) as connection:
        cursor = connection.cursor()
        for statement in ("SET sql_mode = ''", MYSQL, *MYSQL_ROWS):
            cursor.execute(statement)
    run = moved_to_file(empty_mariadb, tmp_path / "out.db")
    with closing(sqlite3.connect(tmp_path / "out.db")) as connection:
        first, second = connection.execute("SELECT * FROM t ORDER BY id").fetchall()
    assert first == (
        1, 2**63 - 1, 16777216.0, 0.30000000000000004, "12345678901234567890.0123456789", 1, b"\xff" * 8, "é😀", "é",
        b"\0\xff\0\0", b"\0\xff\n", "n\0\n", "0000-00-00", "2020-01-02 03:04:05.000006", "-838:59:59.00", 2020, "a",
        "x,y",
    )  # fmt: skip
    assert second[2:4] == (0.10000000149011612, 1.7976931348623157e308)
    assert (second[11], second[10]) == ("é" * 200_000, b"\0\xff" * 200_000)
    assert not any(run.quarantined.values())


@pytest.mark.parametrize(("policy", "instead"), [("convert", "caf\ufffd"), ("quarantine", None), ("stop", "")])
def test_bytes_that_are_no_text_go_by_the_policy(
    postgresql_15: Server, tmp_path: Path, policy: str, instead: str | None
) -> None:
    """A database in SQL_ASCII holds any bytes, in its keys too; large ones are read in pieces."""
    name = f"test_bytes_{os.getpid()}_{policy}"
    postgresql_15.run(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'SQL_ASCII' LOCALE 'C'")
    with psycopg.connect(postgresql_15.url(name)) as connection:
        connection.execute("CREATE TABLE t (k text PRIMARY KEY, v text)")
        for key, value in [(b"a", b"caf\xe9"), (b"b", "snow \u2603".encode()), (b"\xff", b"c")]:
            connection.execute(b"INSERT INTO t VALUES ('%s', '%s')" % (key, value))
        connection.execute("INSERT INTO t SELECT 'long', repeat(E'\\342\\230\\203', 1000000) || E'\\377'")
    if policy == "stop":
        with pytest.raises(Aborted, match="VALUE_NOT_HOLDABLE"):
            moved_to_file(postgresql_15.url(name), tmp_path / "out.db", policies={"invalid_encoding": policy})
        return
    run = moved_to_file(
        postgresql_15.url(name), tmp_path / "out.db", policies={"invalid_encoding": policy}, chunk_rows=1
    )
    aside = {(entry.key, entry.column): entry.action for entry in run.quarantined["public.t"]}
    with closing(sqlite3.connect(tmp_path / "out.db")) as connection:
        found = dict(connection.execute("SELECT k, v FROM t").fetchall())
    assert (found["a"], found["b"]) == (instead, "snow \u2603")
    assert found["long"] == (None if instead is None else "\u2603" * 1_000_000 + "\ufffd")
    if policy == "convert":
        assert found["\ufffd"] == "c" and set(aside.values()) == {"converted"}
    else:
        assert aside[('{"k": "\\\\xff"}', "")] == "row_withheld" and len(found) == 3


def test_a_value_too_large_for_a_table_without_rowid_is_set_aside_with_its_key(tmp_path: Path) -> None:
    size = (1 << 25) + 1
    source = sqlite_file(
        tmp_path / "s.db",
        "CREATE TABLE t (k TEXT PRIMARY KEY, v BLOB, n INT) WITHOUT ROWID",
        f"INSERT INTO t VALUES ('a', x'01', 1), ('b', zeroblob({size}), 2), ('c', NULL, 3), ('d', zeroblob({size}), 4)",
    )
    run = moved_to_file(f"sqlite:{source}", tmp_path / "out.db")
    with closing(sqlite3.connect(tmp_path / "out.db")) as connection:
        found = connection.execute("SELECT k, v, n FROM t ORDER BY k").fetchall()
    assert found == [("a", b"\1", 1), ("b", None, 2), ("c", None, 3), ("d", None, 4)]
    aside = run.quarantined["main.t"]
    assert [(entry.locator, entry.column, entry.action) for entry in aside] == [
        ('["b"]', "v", "null"),
        ('["d"]', "v", "null"),
    ]
    assert json.loads(aside[0].original) == {"class": "unread", "bytes_above": 1 << 25}
    with pytest.raises(Aborted, match="VALUE_NOT_HOLDABLE"):
        moved_to_file(f"sqlite:{source}", tmp_path / "other.db", policies={"wide_row": "stop"})


def test_numbers_of_mysql_in_columns_of_text_keep_their_digits(tmp_path: Path, empty_mariadb: str) -> None:
    with closing(pymysql.connect(**arguments(empty_mariadb), autocommit=True)) as connection:
        cursor = connection.cursor()
        cursor.execute("CREATE TABLE t (id int PRIMARY KEY, f float, d double, n decimal(20,0), b bigint unsigned)")
        cursor.execute(f"INSERT INTO t VALUES (1, 16777217, 0.30000000000000004, 12345678901234567, {2**64 - 1})")
    name = f"{empty_mariadb.rpartition('/')[2]}.t"
    types = {f"{name}.f": "TEXT", f"{name}.d": "TEXT", f"{name}.n": "INTEGER", f"{name}.b": "INTEGER"}
    run = moved_to_file(empty_mariadb, tmp_path / "out.db", types=types)
    assert stored(tmp_path / "out.db") == [
        (1, ("text", b"16777216"), ("text", b"0.30000000000000004"), 12345678901234567, None)
    ]
    assert [(entry.column, entry.action) for entry in run.quarantined[name]] == [("b", "null")]


def test_money_has_its_digits_alone_whatever_the_currency(empty_18: str, tmp_path: Path) -> None:
    change(
        empty_18, "CREATE DOMAIN fee AS money",
        "CREATE TABLE t (id int PRIMARY KEY, m money, f fee)", "INSERT INTO t VALUES (1, -1234567.5, 0.1)",
    )  # fmt: skip
    moved_to_file(empty_18, tmp_path / "out.db")
    assert stored(tmp_path / "out.db") == [(1, ("text", b"-1234567.50"), ("text", b"0.10"))]
