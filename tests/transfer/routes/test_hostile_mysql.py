"""A MariaDB whose administrator has other habits, as source and as target: rows and catalog are what they are."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.moving import sqlite_file
from tests.mysql_servers import connected, private_mariadb
from tests.servers import MysqlServer, Server, load_sql
from tests.transfer.routes.late import moved_late
from tests.transfer.routes.moved import moved
from tests.transfer.routes.test_mysql_to_mysql import MODE, table_of

SETTINGS = (
    "--sql-mode=ANSI_QUOTES,NO_BACKSLASH_ESCAPES,PAD_CHAR_TO_FULL_LENGTH,NO_ZERO_DATE,NO_ZERO_IN_DATE,IGNORE_SPACE,"
    "PIPES_AS_CONCAT,STRICT_TRANS_TABLES",
    "--default-time-zone=+05:30", "--lower-case-table-names=1", "--character-set-server=latin1",
    "--collation-server=latin1_swedish_ci", "--skip-character-set-client-handshake", "--max-allowed-packet=1M",
    "--group-concat-max-len=1024", "--net-write-timeout=5", "--explicit-defaults-for-timestamp=0",
    "--transaction-isolation=READ-COMMITTED", "--max-statement-time=20", "--max-error-count=0", "--lc-messages=de_DE",
)  # fmt: skip
MORE = (
    "sql_notes = 0", "sql_quote_show_create = 0", "sql_safe_updates = 1", "completion_type = 1", "sql_auto_is_null = 1",
    "system_versioning_asof = '2001-01-01'", "sql_select_limit = 3", "check_constraint_checks = 0",
)  # fmt: skip
PLAIN = "SET NAMES utf8mb4", "SET time_zone = '+00:00', sql_select_limit = 18446744073709551615, foreign_key_checks = 1"
# what all three targets show alike, a value of several packets and rows of another time among it
TABLES = [
    "CREATE TABLE `Mixed` (id int PRIMARY KEY, s timestamp NULL, v varchar(99), e enum('a', 'ü'), y year, big longtext)"
    " WITH SYSTEM VERSIONING CHARACTER SET utf8mb4",
    "INSERT INTO `Mixed` VALUES (1, '2021-06-01 12:00:00', 'é\\\\n''\"|| \\\\', 'ü', 2020, REPEAT('é', 200000)),"
    " (2, NULL, '  x ', NULL, NULL, '')",
    "INSERT INTO `Mixed` (id, v) SELECT seq, seq FROM seq_10_to_6000",
]


@pytest.fixture(scope="module")
def hostile() -> Iterator[MysqlServer]:
    with private_mariadb(*SETTINGS) as server:
        server.run(*(f"SET GLOBAL {setting}" for setting in MORE))
        yield server


@contextmanager
def plainly(url: str) -> Iterator[Any]:
    """A cursor that the settings leave alone."""
    with connected(url) as connection, connection.cursor() as cursor:
        for statement in (*PLAIN, MODE):
            cursor.execute(statement)
        yield cursor


def stored(url: str) -> list[tuple[Any, ...]]:
    """Every value of t by its bytes."""
    with plainly(url) as cursor:
        cursor.execute(
            "SELECT COLUMN_NAME, DATA_TYPE FROM information_schema.COLUMNS"
            " WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 't' ORDER BY ORDINAL_POSITION"
        )
        reads = [f"`{c}` * 1e0" if t in ("float", "double") else f"HEX(`{c}`)" for c, t in cursor.fetchall()]
        cursor.execute(f"SELECT {', '.join(reads)} FROM t ORDER BY 1, 2")
        return list(cursor.fetchall())


@pytest.mark.parametrize(("to", "lanes"), [("hostile", 1), ("hostile", 2), ("plain", 1)])
def test_every_byte_arrives(to: str, lanes: int, hostile: MysqlServer, mariadb: MysqlServer) -> None:
    """Rows of 120,000 bytes are wide here: a packet holds a million."""
    one, other = (hostile, mariadb) if to == "plain" else (mariadb, hostile)
    url, target = one.create_database(), other.create_database()
    with plainly(url) as cursor:
        for statement in table_of():
            cursor.execute(statement)
    result = moved(url, target, parallel=lanes)
    assert not any(result.quarantined.values())
    assert len(stored(url)[0]) > 30 and stored(target) == stored(url)


def test_other_engines_get_what_a_plain_server_would_give(
    hostile: MysqlServer, mariadb: MysqlServer, postgresql_15: Server, tmp_path: Path
) -> None:
    """The database's name in the reference has other letters than the server keeps."""
    found: list[Any] = []
    for number, server in enumerate((hostile, mariadb)):
        url, file = server.create_database(f"MixedCase_{os.getpid()}"), tmp_path / f"{number}.db"
        with plainly(url) as cursor:
            for statement in TABLES:
                cursor.execute(statement)
        target = postgresql_15.create_database()
        sqlite_file(file, "CREATE TABLE other (a)")
        results = moved(url, target), moved(url, f"sqlite:{file}")
        assert not any(items for result in results for items in result.quarantined.values())
        name = "mixed" if server is hostile else "Mixed"
        with psycopg.connect(target) as connection, closing(sqlite3.connect(file)) as other:
            sql = f'SELECT id, s, v, e, y, big FROM "{name}" ORDER BY id'
            found.append((connection.execute(sql).fetchall(), other.execute(sql).fetchall()))
    assert found[0] == found[1] and len(found[0][0]) == 5993


def test_tables_with_capitals_are_found_where_names_are_kept_in_lower_case(
    hostile: MysqlServer, postgresql_15: Server
) -> None:
    url, target = postgresql_15.create_database(), hostile.create_database()
    load_sql(
        url,
        """CREATE TABLE "Orders" (id int GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, "Text" text UNIQUE);
        CREATE TABLE orders ("Order" int REFERENCES "Orders"); CREATE VIEW "All" AS SELECT "Text" FROM "Orders";
        INSERT INTO "Orders" VALUES (1, 'a'), (2, 'b'); INSERT INTO orders VALUES (2)""",
    )
    _, compared = moved_late(url, target)
    assert compared.equal and [table.rows_target for table in compared.tables] == [2, 1]
    with plainly(target) as cursor:
        cursor.execute("SELECT * FROM `ALL`")
        assert list(cursor.fetchall()) == [("a",), ("b",)]
