"""Rows of MariaDB that are too large for a line: each is exactly the row it was marked as, and none is lost."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from engines.errors import EngineError
from tests.moving import sqlite_file
from tests.mysql_servers import connected
from tests.servers import MysqlServer, Server
from tests.transfer.routes.moved import moved
from transfer.routes import mysql_to_mysql, mysql_to_postgresql
from transfer.routes.rows_to_sqlite import WIDE

# columns of a key, and its values as SQL: texts that no literal in UTF-8 says among them
KEYS = [
    ("a varchar(9) CHARACTER SET cp1250", ["x'81'", "x'8341'", "'?B'", "'á'", "''"]),
    ("a varchar(9) CHARACTER SET ascii", ["x'c3a9'", "'?'", "x'80414180'"]),
    ("a char(3) CHARACTER SET sjis", ["'ソ'", "'\\\\'", "'a''b'"]),
    ("a varchar(9) COLLATE utf8mb4_unicode_ci", ["'É'", "'z'", "'%s'", "'\\\\n'"]),
    ("a int, b varchar(9)", ["1, 'x'", "1, 'y'", "2, 'x'"]),
    ("a decimal(30,10)", ["1.0000000001", "1.0000000002", "-7"]),
    ("a datetime(6)", ["'2020-01-01 00:00:00.000001'", "'2020-01-01'"]),
    ("a varbinary(4)", ["x'00'", "x''", "x'ff'", "x'27'"]),
    ("a bigint unsigned", ["18446744073709551615", "0"]),
    ("a uuid", ["'550e8400-e29b-41d4-a716-446655440000'", "'550e8400-e29b-41d4-a716-446655440001'"]),
]


@pytest.mark.parametrize(("columns", "values"), KEYS, ids=[columns for columns, _ in KEYS])
def test_a_wide_row_is_found_again_by_its_very_key(
    columns: str, values: list[str], empty_mariadb: str, tmp_path: Path
) -> None:
    names = ", ".join(part.split()[0] for part in columns.split(", ") if part[0] in "ab")
    with connected(empty_mariadb) as connection, connection.cursor() as cursor:
        cursor.execute("SET sql_mode = ''")
        cursor.execute(f"CREATE TABLE t ({columns}, n int, big longtext, PRIMARY KEY ({names}))")
        for number, value in enumerate(values):
            cursor.execute(f"INSERT INTO t VALUES ({value}, {number}, REPEAT('{number}', {WIDE + 1 + number}))")
        cursor.execute("SELECT COUNT(*) FROM t")
        assert cursor.fetchone() == (len(values),)
    file = sqlite_file(tmp_path / "t.db", "CREATE TABLE other (a)")
    moved(empty_mariadb, f"sqlite:{file}", looked=False)
    with closing(sqlite3.connect(file)) as there:
        found = there.execute("SELECT n, big FROM t ORDER BY n").fetchall()
    assert found == [(number, str(number) * (WIDE + 1 + number)) for number in range(len(values))]


@pytest.mark.parametrize("target", ["postgresql", "mariadb"])
def test_a_wide_row_that_is_gone_when_it_is_read_is_an_error(
    target: str, empty_mariadb: str, mariadb: MysqlServer, postgresql_15: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only a table without transactions can lose one within a snapshot."""
    with connected(empty_mariadb) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE t (id int PRIMARY KEY, x longtext) ENGINE=MyISAM")
        cursor.execute("INSERT INTO t VALUES (1, 'a'), (2, REPEAT('b', 3000000))")
        module = mysql_to_postgresql if target == "postgresql" else mysql_to_mysql
        wide = module.WideRows

        def after_it_was_deleted(*given: Any) -> Any:
            cursor.execute("DELETE FROM t WHERE id = 2")
            return wide(*given)

        monkeypatch.setattr(module, "WideRows", after_it_was_deleted)
        server: Any = postgresql_15 if target == "postgresql" else mariadb
        with pytest.raises(EngineError, match=r"ROWS_LOST.*1 rows .* and 0 were found"):
            moved(empty_mariadb, server.create_database(), looked=False)
