"""Tables of a thousand columns: what is asked of all of them at once is no deeper than the servers' stacks."""

from __future__ import annotations

from pathlib import Path

import pytest

from engines.chained import chained
from tests.moving import fetch, sqlite_file
from tests.mysql_servers import MysqlServer, connected
from tests.transfer.routes.moved import moved

COLUMNS = [f"c{number}" for number in range(1_010)]
MADE = f"CREATE TABLE t (id integer PRIMARY KEY, {', '.join(f'{name} text' for name in COLUMNS)})"
ROWS = "INSERT INTO t (id, c0, c500, c1009) VALUES (1, 'a', 'b', 'c'), (2, NULL, 'é', NULL)"
SUM = "SELECT id, c0, c500, c1009 FROM t ORDER BY id"


@pytest.mark.parametrize("terms", [0, 1, 100, 101, 2_000])
def test_any_number_of_terms_makes_a_shallow_expression(terms: int) -> None:
    text = chained("+", ["1"] * terms)
    assert eval(text or "0") == terms
    assert max((lot.count("+") for lot in text.split(")")), default=0) < 200


def test_a_thousand_columns_of_sqlite_arrive(tmp_path: Path, empty_15: str) -> None:
    moved(f"sqlite:{sqlite_file(tmp_path / 's.db', MADE, ROWS)}", empty_15)
    assert fetch(empty_15, SUM) == [(1, "a", "b", "c"), (2, None, "é", None)]


def test_a_thousand_columns_of_mariadb_arrive(mariadb: MysqlServer, empty_15: str) -> None:
    source = mariadb.create_database()
    with connected(source) as connection, connection.cursor() as cursor:
        cursor.execute("SET SESSION innodb_strict_mode = 0")
        cursor.execute(MADE)
        cursor.execute(ROWS)
    moved(source, empty_15)
    assert fetch(empty_15, SUM) == [(1, "a", "b", "c"), (2, None, "é", None)]
