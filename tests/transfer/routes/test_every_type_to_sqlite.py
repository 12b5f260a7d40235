"""Every value of every type of PostgreSQL and MariaDB in SQLite, beside what its own server says of it."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.moving import sqlite_file
from tests.mysql_servers import connected
from tests.servers import MysqlServer
from tests.transfer.routes import test_mysql_to_mysql as mysql
from tests.transfer.routes import test_postgresql_to_postgresql as postgresql
from tests.transfer.whole import whole

# type -> SQL of what SQLite is to hold of {c}, where it isn't the server's own text
OF_POSTGRESQL = {
    "smallint": "{c}", "integer": "{c}", "bigint": "{c}", "boolean": "{c}::int", "bytea": "{c}",
    "real": "{c}::float8", "double precision": "{c}", "money": "{c}::numeric::text",
    "timestamp(3) with time zone": "({c} AT TIME ZONE 'UTC')::text || '+00:00'",
    "integer[]": "CASE WHEN array_lower({c}, 1) = 0 THEN NULL ELSE to_json({c})::text END",
    "text[]": "to_json({c})::text", "mood[]": "to_json({c})::text",
}  # fmt: skip
NUMBERS = ("tinyint", "smallint", "int ", "year")
# what begins so -> the same of MariaDB
OF_MARIADB = {
    **dict.fromkeys(NUMBERS, "{c} + 0"), "bigint": "CAST({c} AS CHAR)", "float": "{c} * 1e0", "double": "{c} * 1e0",
    "bit(1)": "{c} + 0", "bit": "{c}", "binary": "{c}", "varbinary": "{c}", "tinyblob": "{c}", "longblob": "{c}",
    "geometry": "{c}", "point": "{c}", "timestamp": "CONCAT({c}, '+00:00')",
    "json": "CONVERT({c} USING utf8mb4)", "date": "CAST({c} AS CHAR)", "time": "CAST({c} AS CHAR)",
    "decimal": "CAST({c} AS CHAR)", "uuid": "CAST({c} AS CHAR)", "inet": "CAST({c} AS CHAR)",
}  # fmt: skip


def stored(path: Path, query: str) -> list[tuple[Any, ...]]:
    """Rows of a file; of a NaN, which equals nothing, its name."""
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(query).fetchall()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return sqlite_file(tmp_path / "out.db")


def test_values_of_postgresql(empty_15: str, file: Path) -> None:
    tables = postgresql.fill(empty_15)
    done = whole(empty_15, f"sqlite:{file}")
    with psycopg.connect(empty_15) as connection:
        connection.execute("SET TimeZone = UTC")
        for table, native in zip(tables, postgresql.VALUES, strict=True):
            shown = OF_POSTGRESQL.get(native, "{c}::text").replace("{c}", "v")
            expected = [
                _named(value) for (value,) in connection.execute(f"SELECT {shown} FROM {table} ORDER BY id".encode())
            ]
            assert [value for (value,) in stored(file, f"SELECT v FROM {table} ORDER BY id")] == expected, native
    [entry] = done.output.quarantined
    assert (entry.action, json.loads(entry.original)["text"]) == ("null", "[0:1]={1,2}")
    assert done.differing(level="rows") == []


def test_values_of_mariadb(mariadb: MysqlServer, file: Path) -> None:
    url = mysql.source(mariadb, *mysql.table_of())
    done = whole(url, f"sqlite:{file}")
    lost = "varchar(20) CHARACTER SET cp1250"  # it has no character for one of the bytes
    assert [(entry.key, entry.column, entry.action) for entry in done.output.quarantined] == [
        ('{"id": 0}', f"c{[native for native, _ in mysql.COLUMNS].index(lost)}", "converted"),
        (f'{{"id": {2**64 - 1}}}', "", "row_withheld"),
    ]
    shown = [_of_mariadb(native).replace("{c}", f"c{n}") for n, (native, _) in enumerate(mysql.COLUMNS)]
    with connected(url) as connection, connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(shown)} FROM t WHERE id < {2**63} ORDER BY id")
        expected = cursor.fetchall()
    found = stored(file, f"SELECT {', '.join(f'c{n}' for n in range(len(shown)))} FROM t ORDER BY id")
    for place, (native, _) in enumerate(mysql.COLUMNS):
        assert [row[place] for row in found] == [row[place] for row in expected], native
    assert done.differing(level="rows") == []


def _named(value: Any) -> Any:
    return "NaN" if isinstance(value, float) and value != value else value


def _of_mariadb(native: str) -> str:
    return next((sql for begin, sql in OF_MARIADB.items() if f"{native} ".startswith(begin)), "{c}")
