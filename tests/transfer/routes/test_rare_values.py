"""Rare types, encodings and settings of servers: every value arrives as it was, or is set aside by its name."""

from __future__ import annotations

import itertools
import json
import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.faults.moves import planned
from tests.moving import change, fetch
from tests.mysql_servers import connected, load_mysql
from tests.servers import MysqlServer, Server
from tests.transfer.routes.documents import documents
from tests.transfer.routes.documents import moved as moved_to_documents
from tests.transfer.routes.moved import moved

NUMBERS = itertools.count(1)


def database(server: Server, encoding: str = "UTF8", **settings: str) -> str:
    """A new database of that encoding, whose sessions begin with these settings."""
    name = f"test_rare_{os.getpid()}_{next(NUMBERS)}"
    server.run(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING '{encoding}' LOCALE 'C'")
    for setting, value in settings.items():
        server.run(f"ALTER DATABASE {name} SET {setting} = '{value}'")
    return server.url(name)


ARRAYS = "CREATE TABLE t (id int PRIMARY KEY, v int[]); INSERT INTO t VALUES (1, '{1}'), (2, '[0:1]={1,2}'),"
ARRAYS += " (3, '[1:2][0:0]={{1},{2}}'), (4, '{}'), (5, '{{1},{2}}')"


@pytest.mark.parametrize("engine", ["mysql", "sqlite"])
def test_arrays_whose_bounds_json_lacks_are_set_aside(
    engine: str, empty_15: str, mariadb: MysqlServer, tmp_path: Path
) -> None:
    change(empty_15, ARRAYS)
    target = f"sqlite:{tmp_path / 'out.db'}" if engine == "sqlite" else mariadb.create_database()
    sqlite3.connect(tmp_path / "out.db").close()

    aside = moved(empty_15, target).quarantined["public.t"]

    found = [(one.locator, one.column, one.action, json.loads(one.original)["text"]) for one in aside]
    assert sorted(found) == [("[2]", "v", "null", "[0:1]={1,2}"), ("[3]", "v", "null", "[1:2][0:0]={{1},{2}}")]
    query = "SELECT id, v FROM t ORDER BY id"
    if engine == "sqlite":
        with closing(sqlite3.connect(tmp_path / "out.db")) as connection:
            rows: list[Any] = connection.execute(query).fetchall()
    else:
        with connected(target) as connection, connection.cursor() as cursor:
            cursor.execute(query)
            rows = list(cursor.fetchall())
    assert rows == [(1, "[1]"), (2, None), (3, None), (4, "[]"), (5, "[[1],[2]]")]


DIGITS = """CREATE TABLE t (id int PRIMARY KEY, a numeric(3,6), b numeric(5,-2), c bpchar, d bpchar UNIQUE);
INSERT INTO t VALUES (1, 0.000123, 123400, 'ab ', 'cd');"""


def test_types_that_postgresql_alone_knows_keep_their_values_in_mariadb(empty_15: str, mariadb: MysqlServer) -> None:
    change(empty_15, DIGITS)
    target = mariadb.create_database()

    assert not any(moved(empty_15, target).quarantined.values())

    with connected(target) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT CONCAT(a, ' ', b), c, d FROM t")
        assert cursor.fetchall() == (("0.000123 123400", "ab ", "cd"),)


STRANGE = {"DateStyle": "SQL, DMY", "IntervalStyle": "sql_standard", "TimeZone": "Asia/Kolkata",
           "extra_float_digits": "-15", "bytea_output": "escape", "array_nulls": "off",
           "standard_conforming_strings": "off"}  # fmt: skip
DEFINED = r"""SET standard_conforming_strings = on; SET array_nulls = on; SET DateStyle = 'ISO, YMD';
CREATE TABLE t (id int PRIMARY KEY, v text[] DEFAULT '{NULL,a\\b}', d date DEFAULT '2020-02-01'::date,
 f float8 DEFAULT 0.1::float8, x text DEFAULT 'a\b', t timestamptz DEFAULT '2020-02-01 10:00+00'::timestamptz,
 w xml);
INSERT INTO t (id, w) VALUES (1, '<?xml version="1.0"?><a/>'); INSERT INTO t (id, v) VALUES (2, '{NULL,"NULL"}');"""
BESIDE = r"""SET IntervalStyle = postgres; SET DateStyle = 'ISO, YMD';
CREATE TABLE t (id int PRIMARY KEY, refused text, b bytea, i interval, d date, f float8, m money);
INSERT INTO t VALUES (1, U&'\2603', '\x616263', '1 year 2 mons -3 days', '2020-03-04', 0.1, '12.50');"""
TEXTS = "SET DateStyle = 'ISO, YMD'; SET extra_float_digits = 1; SET TimeZone = 'UTC'; SET bytea_output = hex;"


def shown(url: str, query: str) -> list[tuple[Any, ...]]:
    """Rows under the usual settings."""
    with psycopg.connect(url) as connection:
        connection.execute(TEXTS.encode())
        return connection.execute(query.encode()).fetchall()


def test_what_a_database_sets_for_its_sessions_changes_no_value_and_no_definition(postgresql_15: Server) -> None:
    source, target = database(postgresql_15, **STRANGE), database(postgresql_15, **STRANGE)
    change(source, DEFINED)

    moved(source, target)
    change(target, "INSERT INTO t (id) VALUES (3)")
    change(source, "INSERT INTO t (id) VALUES (3)")

    query = "SELECT id, v::text, d, f, x, t, w::text FROM t ORDER BY id"
    assert shown(target, query) == shown(source, query)
    assert shown(target, "SELECT count(*) FROM t WHERE v[1] IS NULL AND d = '2020-02-01' AND f = 0.1") == [(3,)]


def test_values_beside_a_refused_one_are_read_as_they_were_written(postgresql_15: Server) -> None:
    source, target = database(postgresql_15), database(postgresql_15, "LATIN1", **STRANGE)
    change(source, BESIDE)

    done = moved(source, target)

    assert [(e.column, e.action) for e in done.quarantined["public.t"]] == [("refused", "converted")]
    assert shown(target, "SELECT b, i = '1 year 2 mons -3 days', d, f, m FROM t") == shown(
        source, "SELECT b, i = '1 year 2 mons -3 days', d, f, m FROM t"
    )


@pytest.mark.parametrize("refused", [False, True], ids=["all rows", "beside a value that is refused"])
@pytest.mark.parametrize(
    ("encoding", "text"), [("SQL_ASCII", rb"caf\351\377"), ("WIN1252", rb"\201\200"), ("EUC_JP", rb"\241\301")]
)
def test_no_byte_is_converted_between_databases_of_one_encoding(
    encoding: str, text: bytes, refused: bool, postgresql_15: Server, postgresql_18: Server
) -> None:
    source, target = database(postgresql_18, encoding), database(postgresql_15, encoding)
    span = b"infinity" if refused else b"1 day"
    with psycopg.connect(source) as connection:
        connection.execute(f"SET client_encoding = {encoding}")
        made = b"INSERT INTO t VALUES (1, E'%s', ARRAY[E'%s'], NULL), (2, E'%s', NULL, '%s')" % (text, text, text, span)
        connection.execute("CREATE TABLE t (id int PRIMARY KEY, v text, a text[], i interval)")
        connection.execute(made)

    found = moved(source, target).quarantined["public.t"]

    assert [(entry.locator, entry.column, entry.action) for entry in found] == [("[2]", "i", "null")] * refused
    texts = f"convert_to(v, '{encoding}'), convert_to(a::text, '{encoding}')"
    query = f"SELECT id, {texts}, nullif(i::text, 'infinity') FROM t ORDER BY id"
    assert fetch(target, query) == fetch(source, query)


def test_what_a_target_has_no_characters_for_is_written_down_in_it(postgresql_15: Server, empty_mariadb: str) -> None:
    load_mysql(empty_mariadb, "CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t VALUES (1, 'é'), (2, '日')")
    target = database(postgresql_15, "LATIN1")

    planned(empty_mariadb, target).run()

    assert fetch(target, "SELECT id, v FROM t ORDER BY id") == [(1, "é"), (2, "?")]
    [(original,)] = fetch(target, "SELECT original FROM _dbmo.quarantine")
    assert json.loads(original) == {"class": "text", "text": "日", "stored": "?"}


BROKEN = {1: "3dd84100", 2: "00de", 3: "3dd800de", 4: "e900"}  # UTF-16, lower byte first


def test_documents_keep_broken_texts_of_utf_16(tmp_path: Path, empty_mongodb: str) -> None:
    with closing(sqlite3.connect(tmp_path / "s.db")) as connection:
        connection.execute("PRAGMA encoding = 'UTF-16le'")
        connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)")
        for number, digits in BROKEN.items():
            connection.execute(f"INSERT INTO t VALUES ({number}, CAST(x'{digits}' AS TEXT))")
        connection.commit()
    moved_to_documents(f"sqlite:{tmp_path / 's.db'}", empty_mongodb, "mongodb")
    assert [json.loads(text)["v"] for text in documents(empty_mongodb, "t")] == [
        {"$binary": {"base64": "7aC9QQ==", "subType": "80"}}, {"$binary": {"base64": "7biA", "subType": "80"}},
        "😀", "é",
    ]  # fmt: skip


def test_columns_that_mariadb_hides_get_into_documents(empty_mariadb: str, empty_mongodb: str) -> None:
    load_mysql(
        empty_mariadb, "CREATE TABLE t (id int PRIMARY KEY, v int INVISIBLE); INSERT INTO t (id, v) VALUES (1, 2)"
    )
    moved_to_documents(empty_mariadb, empty_mongodb, "mongodb")
    assert [json.loads(text) for text in documents(empty_mongodb, "t")] == [
        {"_id": {"$numberInt": "1"}, "v": {"$numberInt": "2"}}
    ]


def test_blanks_and_floats_in_arrays_get_into_documents_as_they_are(empty_15: str, empty_mongodb: str) -> None:
    change(empty_15, "CREATE TABLE t (id int PRIMARY KEY, c char(3)[], f real[], s int[])",
           "INSERT INTO t VALUES (1, '{a}', '{0.1}', '{1}')")  # fmt: skip
    moved_to_documents(empty_15, empty_mongodb, "mongodb")
    [found] = [json.loads(text) for text in documents(empty_mongodb, "t")]
    assert (found["c"], found["f"]) == (["a  "], [{"$numberDouble": "0.10000000149011612"}])


def test_arrays_of_types_with_a_length_get_into_sqlite(empty_15: str, tmp_path: Path) -> None:
    change(empty_15, "CREATE TABLE t (id int PRIMARY KEY, c char(3)[], n numeric(5,2)[])",
           "INSERT INTO t VALUES (1, '{a}', '{1.50}')")  # fmt: skip
    sqlite3.connect(tmp_path / "out.db").close()
    moved(empty_15, f"sqlite:{tmp_path / 'out.db'}")
    with closing(sqlite3.connect(tmp_path / "out.db")) as connection:
        assert connection.execute("SELECT c, n FROM t").fetchall() == [('["a  "]', "[1.50]")]


def test_an_integer_beside_values_of_any_class_gets_into_postgresql(tmp_path: Path, empty_18: str) -> None:
    values = [1, 1.5, "x", b"\0", "nul\0in"]
    with closing(sqlite3.connect(tmp_path / "s.db")) as connection:
        connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, v)")
        connection.executemany("INSERT INTO t VALUES (?, ?)", enumerate(values))
        connection.commit()
    aside = moved(f"sqlite:{tmp_path / 's.db'}", empty_18).quarantined["main.t"]
    assert [one.action for one in aside] == ["converted"]
    assert fetch(empty_18, "SELECT v FROM t ORDER BY id") == [(1,), (1.5,), ("x",), ({"$blob": "00"},), ("nulin",)]


def test_tables_whose_key_an_extension_orders_are_cut_by_pages(postgresql_15: Server, tmp_path: Path) -> None:
    source = database(postgresql_15)
    change(source, "CREATE EXTENSION ltree", "CREATE TABLE t (v ltree PRIMARY KEY)",
           "INSERT INTO t SELECT ('a.' || n)::ltree FROM generate_series(1, 20) AS n")  # fmt: skip
    sqlite3.connect(tmp_path / "out.db").close()
    run = moved(source, f"sqlite:{tmp_path / 'out.db'}")
    assert (run.plan.keys["public.t"].kind, run.rows) == ("ctid", {"public.t": 20})


def test_no_digit_of_a_small_double_of_mariadb_is_cut_off(empty_mariadb: str, tmp_path: Path) -> None:
    numbers = [-6.3597104326517675e-09, -1.2345678901234568e-15, -1.2345678901234568e-16, -2.2250738585072014e-308]
    rows = ", ".join(f"({place}, {number!r})" for place, number in enumerate(numbers))
    load_mysql(empty_mariadb, f"CREATE TABLE t (id int PRIMARY KEY, d double); INSERT INTO t VALUES {rows}")
    sqlite3.connect(tmp_path / "out.db").close()
    moved(empty_mariadb, f"sqlite:{tmp_path / 'out.db'}")
    with closing(sqlite3.connect(tmp_path / "out.db")) as connection:
        assert [d for (d,) in connection.execute("SELECT d FROM t ORDER BY id")] == numbers
