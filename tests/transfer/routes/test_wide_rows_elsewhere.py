"""Rows of forty megabytes into SQLite and MongoDB: in pieces, or set aside with the key, in little memory."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from tests.moving import sqlite_file
from tests.mysql_servers import connected
from tests.servers import MysqlServer, Server
from tests.transfer.routes.documents import documents

SIZE = 40_000_000
MOST = 190_000  # KiB; the program itself takes 80,000 to 95,000, and SQLite holds a row twice that it inserts
TO_SQLITE = """
import sys
from tests.memory import peak
from tests.transfer.routes.moved import moved
found = moved(*sys.argv[1:3], looked=False)
print(peak(), sum(map(len, found.quarantined.values())))
"""
TO_MONGODB = """
import sys
from tests.memory import peak
from tests.transfer.routes.documents import moved
found = moved(*sys.argv[1:3], "mongodb")
print(peak(), *(entry.locator for _, entry in found.aside))
"""


def run(script: str, source: str, target: str) -> str:
    """What a process that moves this says behind the KiB that it took at most, which are checked."""
    done = subprocess.run([sys.executable, "-c", script, source, target], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    memory, _, rest = done.stdout.strip().rpartition("\n")[2].partition(" ")
    assert int(memory) < MOST
    return rest


def of_postgresql(server: Server) -> str:
    url = server.create_database()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE t (id int PRIMARY KEY, b bytea, n int)")
        connection.execute("ALTER TABLE t ALTER b SET STORAGE EXTERNAL")
        connection.execute(
            "INSERT INTO t VALUES (1, 'a', 1), (2, decode(repeat('00ff5c0a', %s), 'hex'), 2)", (SIZE // 4,)
        )
    return url


def of_sqlite(folder: Path) -> str:
    with closing(sqlite3.connect(folder / "s.db")) as connection, connection:
        connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, b BLOB, n INT)")
        connection.execute("INSERT INTO t VALUES (1, x'61', 1), (2, zeroblob(?), 2)", (SIZE,))
    return f"sqlite:{folder / 's.db'}"


def of_mariadb(server: MysqlServer) -> str:
    url = server.create_database()
    server.run("SET GLOBAL max_allowed_packet = 1073741824")
    try:
        with connected(url) as connection, connection.cursor() as cursor:
            cursor.execute("CREATE TABLE t (id int PRIMARY KEY, b longblob, n int)")
            cursor.execute(f"INSERT INTO t VALUES (1, 'a', 1), (2, REPEAT(x'00ff5c0a', {SIZE // 4}), 2)")
    finally:
        server.run("SET GLOBAL max_allowed_packet = 16777216")
    return url


@pytest.fixture(scope="module", params=["postgresql", "mariadb", "sqlite"])
def wide(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The url of a source whose second row is wide."""
    if request.param == "postgresql":
        return of_postgresql(request.getfixturevalue("postgresql_15"))
    if request.param == "mariadb":
        return of_mariadb(request.getfixturevalue("mariadb"))
    return of_sqlite(tmp_path_factory.mktemp("wide"))


def test_sqlite_takes_it_in_pieces(wide: str, tmp_path: Path) -> None:
    target = sqlite_file(tmp_path / "target.db", "PRAGMA user_version = 1")
    assert run(TO_SQLITE, wide, f"sqlite:{target}") == "0"
    with closing(sqlite3.connect(target)) as connection:
        found = connection.execute("SELECT id, length(b), n FROM t ORDER BY id").fetchall()
    assert found == [(1, 1, 1), (2, SIZE, 2)]


def test_mongodb_takes_no_such_document(wide: str, empty_mongodb: str) -> None:
    assert json.loads(run(TO_MONGODB, wide, empty_mongodb)) in ([2], ["2"])
    assert len(documents(empty_mongodb, "t")) == 1
