"""Random MySQL rows arrive in PostgreSQL as they were written, whatever is in them."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pymysql
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.mysql_servers import MysqlServer, plain
from tests.servers import Server
from tests.transfer.routes.moved import moved
from transfer.routes import mysql_read
from transfer.routes.mysql_to_postgresql import MysqlToPostgresql

CREATE = (
    "CREATE TABLE t (id int PRIMARY KEY, i int, u bigint unsigned, n decimal(28,10), f float, d double,"
    " w varchar(50), x text CHARACTER SET utf16, l varchar(50) CHARACTER SET latin1, b varbinary(50), y date,"
    " m datetime(6), s time(6))"
)
PACKED = "double precision"  # of the FLOAT: with a real no table goes in the binary form
ANY_TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=50)
ROW = st.tuples(
    st.none() | st.integers(-(2**31), 2**31 - 1),
    st.none() | st.integers(0, 2**64 - 1),
    st.none() | st.integers(-(10**28) + 1, 10**28 - 1).map(lambda n: Decimal(n).scaleb(-10)),
    st.none() | st.floats(width=32, allow_nan=False, allow_infinity=False).map(lambda f: f + 0.0),
    st.none() | st.floats(allow_nan=False, allow_infinity=False).map(lambda f: f + 0.0),
    st.none() | ANY_TEXT,
    st.none() | ANY_TEXT,
    st.none() | st.text(st.characters(min_codepoint=1, max_codepoint=127) | st.sampled_from("éß€"), max_size=50),
    st.none() | st.binary(max_size=50),
    st.none() | st.dates(),
    st.none() | st.datetimes(),
    st.none() | st.timedeltas(timedelta(hours=-838), timedelta(hours=838)),
)


def _written(url: str, rows: list[tuple[Any, ...]]) -> None:
    with pymysql.connect(**{**plain(url), "autocommit": True}) as connection, connection.cursor() as cursor:
        cursor.execute(CREATE)
        for number, row in enumerate(rows):
            cursor.execute(f"INSERT INTO t VALUES ({number}{', %s' * len(row)})", [_literal(value) for value in row])


def _literal(value: Any) -> Any:
    if isinstance(value, timedelta):
        sign = "-" if value < timedelta(0) else ""
        seconds, micro = divmod(abs(value) // timedelta(microseconds=1), 1_000_000)
        return f"{sign}{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.{micro:06d}"
    if isinstance(value, datetime):
        return value.isoformat(" ", "microseconds")
    if isinstance(value, date):
        return value.isoformat()
    return repr(value) if isinstance(value, float) else value


@settings(max_examples=6, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(rows=st.lists(ROW, min_size=1, max_size=25), joined=st.booleans(), single=st.sampled_from(["real", PACKED]))
def test_random_rows_arrive(
    mariadb: MysqlServer, postgresql_15: Server, rows: list[tuple[Any, ...]], joined: bool, single: str
) -> None:
    source, target = mariadb.create_database(), postgresql_15.create_database()
    _written(source, rows)
    database = source.rpartition("/")[2]
    types = {f"{database}.t.s": "interval", f"{database}.t.u": "numeric(20,0)", f"{database}.t.f": single}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mysql_read, "FEW", -1 if joined else 5_000)
        patch.delattr(MysqlToPostgresql, "_copy" if single == PACKED else "_copy_packed")
        found = moved(source, target, types)
    assert found.quarantined == {f"{database}.t": []}
    with psycopg.connect(target) as connection:
        arrived = connection.execute("SELECT i, u, n, f::float8, d, w, x, l, b, y, m, s FROM t ORDER BY id").fetchall()
    assert arrived == [tuple(row) for row in rows]
