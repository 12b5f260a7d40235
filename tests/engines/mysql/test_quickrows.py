"""Rows read by known layouts are the rows that the driver reads, whatever they hold."""

from __future__ import annotations

import random

import pytest

from engines.mysql.quickrows import QuickRowStream
from engines.mysql.rowstream import RowStream
from engines.mysql.session import connect
from tests.mysql_servers import load_mysql

# Rows of one packet size and different layouts, lengths around those of the protocol, NULL, empty, a leading 0xFE.
SHAPES = (
    ("a", "bcd"), ("abc", "d"), ("", "abcd"), ("abcd", ""), (None, "abc"), ("abc", None), (None, None), ("", ""),
    ("x" * 249, "y"), ("x" * 250, ""), ("x" * 251, ""), ("x" * 252, ""), ("x" * 70000, "z"), ("ü" * 125, "日本"),
)  # fmt: skip


@pytest.fixture(scope="module")
def url(mariadb) -> str:  # type: ignore[no-untyped-def]
    url: str = mariadb.create_database()
    chance = random.Random(5)
    rows = [SHAPES[n] if n < len(SHAPES) else chance.choice(SHAPES) for n in range(400)]
    values = ", ".join(
        f"({n}, {', '.join('NULL' if text is None else repr(text) for text in row)})" for n, row in enumerate(rows)
    )
    load_mysql(url, f"CREATE TABLE t (id int PRIMARY KEY, a mediumtext, b mediumtext); INSERT INTO t VALUES {values};")
    return url


@pytest.mark.parametrize("rows, weight", [(7, 10**9), (1000, 10**9), (1000, 300), (1, 1)])
def test_as_the_general_way_reads_them(url: str, rows: int, weight: int) -> None:
    found = []
    for stream in (RowStream, QuickRowStream):
        connection, _ = connect(url, "test")
        with connection:
            read = stream(connection, "SELECT id, a, b, a, 'x' FROM t ORDER BY id")
            found.append([tuple(row) for batch in read.batches(rows, weight) for row in batch])
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
                assert cursor.fetchall() == ((1,),)
    assert len(found[0]) == 400
    assert found[0] == found[1]


def test_a_row_of_several_packets(url: str) -> None:
    connection, _ = connect(url, "test")
    with connection, connection.cursor() as cursor:
        cursor.execute("SELECT @@max_allowed_packet")
        size = min(16_777_214, cursor.fetchone()[0] - 100)
        read = QuickRowStream(connection, f"SELECT 'a', REPEAT('x', {size}) UNION ALL SELECT 'b', 'y'")
        rows = [row for batch in read.batches(10, 10**9) for row in batch]
    assert [(row[0], len(row[1])) for row in rows] == [(b"a", size), (b"b", 1)]


def test_an_error_in_the_middle_is_raised(url: str) -> None:
    connection, _ = connect(url, "test")
    with connection:
        sql = "SELECT id, IF(id = 300, (SELECT id FROM t WHERE id < 2), 'v') FROM t ORDER BY id"
        with pytest.raises(Exception, match="more than 1 row"):
            list(QuickRowStream(connection, sql).batches(50, 10**9))
