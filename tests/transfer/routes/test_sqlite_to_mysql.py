"""SQLite to MariaDB: what arrives, read by a plain client, is what the file holds."""

from __future__ import annotations

import math
import sqlite3
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.mysql_servers import connected
from tests.servers import MysqlServer
from tests.transfer.routes.moved import moved

TRAPS = "tab\t nl\n cr\r back\\slash \\N quote' \x00\x08\x1a\x1d\x1e\x1f é😀"
# declared type, values, what a plain client of MariaDB reads
COLUMNS: list[tuple[str, list[Any], list[Any]]] = [
    ("INT", [2**31 - 1, -5], [2**31 - 1, -5]),
    ("BIGINT", [2**63 - 1, -(2**63)], [2**63 - 1, -(2**63)]),
    ("BOOLEAN", [1, 0], [1, 0]),
    ("REAL", [0.1, 5e-324], [0.1, 5e-324]),
    ("DOUBLE", [1.7976931348623157e308, 3], [1.7976931348623157e308, 3.0]),
    ("DECIMAL(10,2)", [1.25, -3], [Decimal("1.25"), Decimal("-3.00")]),
    ("TEXT", [TRAPS, ""], [TRAPS, ""]),
    ("VARCHAR(50)", ["é😀", "\\N"], ["é😀", "\\N"]),
    ("BLOB", [b"\x00\xff\\\n\t\\N'", b""], [b"\x00\xff\\\n\t\\N'", b""]),
    ("DATE", ["2020-02-29", "1000-01-01"], [date(2020, 2, 29), date(1000, 1, 1)]),
    ("DATETIME", ["9999-12-31 23:59:59", "2020-01-01 10:00:00.000001"],
     [datetime(9999, 12, 31, 23, 59, 59), datetime(2020, 1, 1, 10, 0, 0, 1)]),
    ("DATETIME", [1577836800, 1577836801], [datetime(2020, 1, 1), datetime(2020, 1, 1, 0, 0, 1)]),
    ("TIME", ["23:59:59", "00:00:00"], [timedelta(seconds=86399), timedelta()]),
    ("UUID", ["550e8400-e29b-41d4-a716-446655440000"], ["550e8400-e29b-41d4-a716-446655440000"]),
    ("JSON", ['{"a":  1}', "null"], ['{"a":  1}', "null"]),
]  # fmt: skip
# a column of these takes every value by itself
MIXED: list[tuple[str, list[Any], list[Any]]] = [
    ("TIMESTAMPTZ", ["2020-01-01 10:00:00+02:00", "2020-01-01 10:00:00Z"],
     [datetime(2020, 1, 1, 8), datetime(2020, 1, 1, 10)]),
    ("", [5, "te\0xt", b"\x01", 1.5], ["5", '"te\\u0000xt"', '{"$blob": "01"}', "1.5"]),
]  # fmt: skip


def made(path: Path, columns: list[tuple[str, list[Any], list[Any]]], tail: str = "") -> str:
    """A file with a table of these columns, a row for every place in the lists, and one of NULLs; its reference."""
    count = max(len(values) for _, values, _ in columns) + 1
    names = ", ".join(f"c{n} {item[0]}" for n, item in enumerate(columns))
    connection = sqlite3.connect(path)
    connection.execute(f"CREATE TABLE t (id INTEGER PRIMARY KEY, {names}){tail}")
    for number in range(count):
        row = [values[number] if number < len(values) else None for _, values, _ in columns]
        connection.execute(f"INSERT INTO t VALUES ({', '.join('?' * (len(row) + 1))})", (number, *row))
    connection.commit()
    connection.close()
    return f"sqlite:{path}"


def read(url: str, sql: str) -> list[tuple[Any, ...]]:
    """Rows as a plain client gets them."""
    with connected(url) as connection, connection.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())


@pytest.mark.parametrize(
    ("columns", "tail", "lanes"),
    [
        (COLUMNS, "", 1),
        (COLUMNS, "", 2),
        (COLUMNS, " WITHOUT ROWID", 1),
        (COLUMNS + MIXED, "", 1),
        (COLUMNS + MIXED, " WITHOUT ROWID", 1),
    ],
    ids=["load", "insert", "without rowid", "value by value", "value by value, without rowid"],
)
def test_values_arrive_as_they_were(
    tmp_path: Path, mariadb: MysqlServer, columns: list[Any], tail: str, lanes: int
) -> None:
    target = mariadb.create_database()
    result = moved(made(tmp_path / "s.db", columns, tail), target, parallel=lanes)
    assert result.quarantined == {"main.t": []}
    found = read(target, "SELECT * FROM t ORDER BY id")
    for place, (_, _, expected) in enumerate(columns):
        values = [row[place + 1] for row in found]
        assert values == expected + [None] * (len(found) - len(expected)), columns[place][0]


REFUSED = [
    ("REAL", math.inf, "real", "not_finite"),
    ("DATE", "0999-12-31", "text", "date_range"),
    ("DATE", "2020-02-30", "text", "date_range"),
    ("INT", "five", "text", "wrong_class"),
    ("BLOB", 7, "integer", "wrong_class"),
]


def test_what_mariadb_has_not_is_set_aside_with_its_row(tmp_path: Path, mariadb: MysqlServer) -> None:
    good = {"REAL": 1.5, "DATE": "2020-01-01", "INT": 1, "BLOB": b"x"}
    columns: list[Any] = [(kind, [good[kind]] * 300 + [bad], []) for kind, bad, _, _ in REFUSED]
    target = mariadb.create_database()
    types = {f"main.t.c{n}": {"REAL": "double", "DATE": "date", "INT": "int", "BLOB": "blob"}[item[0]] for n, item in
             enumerate(REFUSED)}  # fmt: skip
    result = moved(made(tmp_path / "s.db", columns), target, types=types)
    found = {entry.column: (entry.locator, entry.action) for entry in result.quarantined["main.t"]}
    assert found == {f"c{n}": ("[300]", "null") for n in range(len(REFUSED))}
    assert read(target, "SELECT COUNT(*), COUNT(c0), COUNT(c1), COUNT(c4) FROM t") == [(302, 300, 300, 300)]


def test_text_that_is_no_utf_8_becomes_what_the_policy_says(tmp_path: Path, mariadb: MysqlServer) -> None:
    connection = sqlite3.connect(tmp_path / "s.db")
    connection.executescript(
        "CREATE TABLE t (x TEXT, n INT); INSERT INTO t VALUES ('a', 1), (CAST(x'61ff62' AS TEXT), 2), ('c', 3)"
    )
    connection.close()
    target = mariadb.create_database()
    result = moved(f"sqlite:{tmp_path / 's.db'}", target)
    assert [(e.locator, e.action) for e in result.quarantined["main.t"]] == [("[2]", "converted")]
    assert read(target, "SELECT x FROM t ORDER BY n") == [("a",), ("a\ufffdb",), ("c",)]


rows = st.tuples(
    st.text(st.characters(exclude_categories=["Cs"])) | st.none(),
    st.binary() | st.none(),
    st.floats(allow_nan=False, allow_infinity=False) | st.none(),
    st.integers(-(2**63), 2**63 - 1) | st.none(),
)


@given(st.lists(rows, min_size=1, max_size=30))
@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_rows_arrive_as_they_were(tmp_path: Path, mariadb: MysqlServer, values: list[tuple[Any, ...]]) -> None:
    path = tmp_path / "s.db"
    path.unlink(missing_ok=True)
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, x TEXT, b BLOB, r REAL, n BIGINT)")
    connection.executemany("INSERT INTO t VALUES (?, ?, ?, ?, ?)", [(n, *row) for n, row in enumerate(values)])
    connection.commit()
    connection.close()
    types = {"main.t.x": "longtext", "main.t.b": "longblob", "main.t.r": "double", "main.t.n": "bigint"}
    target = mariadb.create_database()
    result = moved(f"sqlite:{path}", target, types=types)
    assert result.quarantined == {"main.t": []}
    assert read(target, "SELECT x, b, r, n FROM t ORDER BY id") == values
