"""Rows of sixty megabytes into MariaDB, whose max_allowed_packet is 16 MB, in little memory."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from tests.moving import change
from tests.mysql_servers import connected
from tests.servers import MysqlServer, Server
from tests.transfer.routes.moved import moved
from tests.transfer.routes.test_too_wide_for_postgresql import withheld
from transfer.routes import postgresql_wide_to_mysql

SIZE = 60_000_000
MOST = 170_000  # KiB; the program itself takes about 100,000
MOVE = (
    "import sys; from tests.memory import peak; from tests.transfer.routes.moved import moved\n"
    "result = moved(*sys.argv[1:3], looked=False)\n"
    "print(sum(result.rows.values()), sum(map(len, result.quarantined.values())), peak())"
)


def move(source: str, target: str) -> tuple[int, int, int]:
    """Rows and values set aside, and KiB, of a process that moves this."""
    done = subprocess.run([sys.executable, "-c", MOVE, source, target], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    rows, aside, memory = map(int, done.stdout.split()[-3:])
    return rows, aside, memory


def seen(target: str) -> list[tuple[object, ...]]:
    """Length and digest of each value, made by the server."""
    with connected(target) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT id, LENGTH(b), MD5(b), LENGTH(x), MD5(x), n FROM t ORDER BY id")
        return list(cursor.fetchall())


def test_postgresql(postgresql_15: Server, mariadb: MysqlServer) -> None:
    url, target = postgresql_15.create_database(), mariadb.create_database()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE t (id int PRIMARY KEY, b bytea, x text, n int)")
        connection.execute(
            "INSERT INTO t VALUES (1, 'a', 'b', 1), (2, decode(repeat('00ff5c0a', %s), 'hex'), repeat(%s, %s), 2)",
            (SIZE // 4, "é\\\t\n", 1_000_000),
        )
        expected = connection.execute(
            "SELECT id, octet_length(b), md5(b), octet_length(x), md5(x), n FROM t ORDER BY id"
        ).fetchall()
    rows, aside, memory = move(url, target)
    assert (rows, aside) == (2, 0)
    assert seen(target) == expected
    assert memory < MOST, memory


def test_a_column_of_another_character_set(postgresql_15: Server, mariadb: MysqlServer) -> None:
    url, target = postgresql_15.create_database(), mariadb.create_database()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE t (id int PRIMARY KEY, x text)")
        connection.execute(
            "INSERT INTO t SELECT n, repeat(c || md5(n::text), 280000) FROM (VALUES (1, 'é'), (2, 'ż')) AS v(n, c)"
        )
        ((digest,),) = connection.execute("SELECT md5(x) FROM t WHERE id = 1").fetchall()
    with connected(target) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE t (id int PRIMARY KEY, x longtext CHARACTER SET latin1)")
        found = moved(url, target, made=False, looked=False)
        cursor.execute("SELECT id, MD5(CONVERT(x USING utf8mb4)) FROM t")
        assert list(cursor.fetchall()) == [(1, digest)]
    assert [json.loads(item.locator) for item in found.quarantined["public.t"]] == [["2"]]


def test_sqlite(tmp_path: Path, mariadb: MysqlServer) -> None:
    target = mariadb.create_database()
    connection = sqlite3.connect(tmp_path / "s.db")
    connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, b BLOB, x TEXT, n INT)")
    connection.execute("INSERT INTO t VALUES (1, x'61', 'b', 1)")
    connection.execute("INSERT INTO t VALUES (2, zeroblob(?), replace(hex(zeroblob(500000)), '00', 'é\t'), 2)", (SIZE,))
    connection.commit()
    connection.close()
    rows, aside, memory = move(f"sqlite:{tmp_path / 's.db'}", target)
    assert (rows, aside) == (2, 0)
    assert [(row[1], row[3]) for row in seen(target)] == [(1, 1), (SIZE, 1_500_000)]
    assert memory < MOST, memory


def test_mariadb(mariadb: MysqlServer) -> None:
    source, target = mariadb.create_database(), mariadb.create_database()
    with connected(source) as connection, connection.cursor() as cursor:
        cursor.execute("SET GLOBAL max_allowed_packet = 1073741824")
    try:
        with connected(source) as connection, connection.cursor() as cursor:
            cursor.execute("CREATE TABLE t (id int PRIMARY KEY, b longblob, x longtext CHARACTER SET latin1, n int)")
            cursor.execute("INSERT INTO t VALUES (1, 'a', 'b', 1)")
            cursor.execute(f"INSERT INTO t VALUES (2, REPEAT(x'00ff5c0a', {SIZE // 4}), REPEAT('é\t', 1000000), 2)")
        rows, aside, memory = move(source, target)
        assert (rows, aside) == (2, 0)
        assert seen(target) == seen(source)
        assert memory < MOST, memory
    finally:
        with connected(source) as connection, connection.cursor() as cursor:
            cursor.execute("SET GLOBAL max_allowed_packet = 16777216")


@pytest.mark.parametrize(("charset", "held"), [("latin1", "é"), ("ascii", "e")])
def test_what_another_character_set_lacks_is_withheld(mariadb: MysqlServer, charset: str, held: str) -> None:
    source, target = mariadb.create_database(), mariadb.create_database()
    with connected(source) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE t (id int PRIMARY KEY, x longtext)")
        cursor.execute(f"INSERT INTO t VALUES (1, REPEAT('{held}', 1000001)), (2, REPEAT('ż', 1000000))")
    with connected(target) as connection, connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE t (id int PRIMARY KEY, x longtext CHARACTER SET {charset})")
        found = moved(source, target, made=False, looked=False)
        cursor.execute(f"SELECT id, x = REPEAT('{held}', 1000001) FROM t")
        assert list(cursor.fetchall()) == [(1, 1)]
    assert [json.loads(item.locator) for items in found.quarantined.values() for item in items] == [["2"]]


def test_without_load_data_a_wide_row_is_withheld_with_its_key(postgresql_15: Server, mariadb: MysqlServer) -> None:
    url, target = postgresql_15.create_database(), mariadb.create_database()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE t (id int PRIMARY KEY, b bytea, x text, n int)")
        connection.execute(
            "INSERT INTO t VALUES (1, 'a', 'b', 1), (2, decode(repeat('00ff5c0a', 4000000), 'hex'), '', 2)"
        )
    with connected(target) as connection, connection.cursor() as cursor:
        cursor.execute("SET GLOBAL local_infile = 0")
    try:
        assert move(url, target)[:2] == (1, 1)
    finally:
        with connected(target) as connection, connection.cursor() as cursor:
            cursor.execute("SET GLOBAL local_infile = 1")


def test_rows_without_a_key_that_differ_in_long_values_alone_are_withheld_one_by_one(
    postgresql_15: Server, mariadb: MysqlServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgresql_wide_to_mysql, "WIDE", 1 << 18)
    url, target = postgresql_15.create_database(), mariadb.create_database()
    long = "(SELECT string_agg(md5(n::text || c), '') FROM generate_series(1, 16000) AS n)"
    change(url, "CREATE TABLE t (n numeric(9, 2), x text, j jsonb)",
           f"INSERT INTO t SELECT 1, {long}, '[1]' FROM (VALUES ('a'), ('b'), ('b')) AS v(c)",
           "INSERT INTO t VALUES (1, 'short', '[1]')")  # fmt: skip
    with connected(target) as connection, connection.cursor() as cursor:
        cursor.execute("SET GLOBAL local_infile = 0")
    try:
        done = moved(url, target, looked=False)
    finally:
        with connected(target) as connection, connection.cursor() as cursor:
            cursor.execute("SET GLOBAL local_infile = 1")
    assert (done.rows, len(done.quarantined["public.t"])) == ({"public.t": 1}, 3)
    assert withheld(url, target, done.plan, done.quarantined["public.t"]) == 3
