"""A MariaDB target that takes little at once: statements of 64 kB, no LOAD DATA LOCAL, a second's patience."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from decimal import Decimal

import psycopg
import pytest

from engines.grant import Grant
from engines.mysql.database import MysqlDatabase
from engines.mysql.writer import MysqlWriter
from tests.faults.moves import on_mariadb
from tests.mysql_servers import connected
from tests.servers import MysqlServer, Server
from tests.transfer.routes.late import moved_late

SMALL = {"max_allowed_packet": 65_536, "local_infile": 0, "net_read_timeout": 1}


@pytest.fixture
def small(mariadb: MysqlServer) -> Iterator[str]:
    """A new database; the settings are for sessions to come, and are put back."""
    url = mariadb.create_database()
    with connected(mariadb.admin) as connection, connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(f'@@GLOBAL.{name}' for name in SMALL)}")
        (before,) = cursor.fetchall()
        for name, value in SMALL.items():
            cursor.execute(f"SET GLOBAL {name} = {value}")
        yield url
        for name, value in zip(SMALL, before, strict=True):
            cursor.execute(f"SET GLOBAL {name} = {value}")


def filled(server: Server, *statements: str) -> str:
    url = server.create_database()
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())
    return url


def test_a_row_that_no_statement_holds_is_withheld_with_its_key(postgresql_15: Server, small: str) -> None:
    """A value of 3 MB, and one whose digits don't fit into a statement, though its bytes do."""
    url = filled(
        postgresql_15,
        "CREATE TABLE t (id int PRIMARY KEY, v text, b bytea)",
        "INSERT INTO t VALUES (1, 'a', 'b'), (2, repeat('x', 3000000), ''),"
        " (3, '', decode(repeat('00ff', 20000), 'hex')), (4, repeat('\\''é', 5000), 'd')",
    )
    copied, compared = moved_late(url, small)
    aside = [(json.loads(one.key)["id"], one.column, one.action) for one in copied.quarantined]
    assert aside == [(2, "", "row_withheld"), (3, "", "row_withheld")]
    assert "max_allowed_packet" in copied.quarantined[0].reason
    assert json.loads(copied.quarantined[0].original)["v"]["bytes"] == 3_000_000
    assert on_mariadb(small, "SELECT id FROM t ORDER BY id") == [(1,), (4,)]
    assert compared.equal
    assert [table.withheld for table in compared.tables] == [2]


def test_many_numbers_go_in_statements_that_it_takes(small: str) -> None:
    """Each takes little, and 20,000 of them more than the server takes at once."""
    on_mariadb(small, "CREATE TABLE t (a bigint, b double, c datetime(6), d decimal(65))")
    row = (-(2**63), -1.2345678901234567e-300, datetime(2020, 1, 1, 1, 2, 3, 456_789), Decimal("9" * 65))
    with closing(MysqlDatabase(small, small)) as database:
        grant = Grant("test", database.identity, "", scratch=True)
    with closing(MysqlWriter(small, small, grant)) as writer, writer.begin() as connection:
        writer.load(connection, f"{writer.database}.t", list("abcd"), [[row] * 5_000])
    assert on_mariadb(small, "SELECT COUNT(*), MIN(a), MIN(d) FROM t") == [(5_000, row[0], row[3])]
