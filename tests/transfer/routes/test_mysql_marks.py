"""Values that PostgreSQL's reader marks on their way into MariaDB: no mark is ever stored, no text taken for one."""

from __future__ import annotations

import psycopg
import pytest

from tests.mysql_servers import connected
from tests.servers import MysqlServer, Server
from tests.transfer.routes.moved import moved
from transfer.routes.mysql_fields import Field
from transfer.routes.mysql_marks import TEXT_MARK, VALUE_MARK, Marks

SOURCE = [
    "CREATE TABLE t (id int PRIMARY KEY, x text, d timestamp, n int, a int[], b bytea, v text, j json)",
    "INSERT INTO t VALUES (1, 'a', '2020-01-01', 1, '{1}', 'a', 'v', '1'),"
    " (3, '!dbmo:malformed!', '2020-01-01', 1, '[0:1]={1,2}', 'b', '', '2')",
]
# NULL where there must be a value: what the server would store is the present moment, the next number, an empty text
TARGET = (
    "CREATE TABLE t (id int PRIMARY KEY, x text NOT NULL, d timestamp NOT NULL, n int NOT NULL, a longtext,"
    " b blob NOT NULL, v enum('v', '') NOT NULL, j json NOT NULL)"
)


@pytest.mark.parametrize("lanes", [1, 2])
def test_neither_a_mark_nor_a_null_is_stored(lanes: int, mariadb: MysqlServer, postgresql_15: Server) -> None:
    url, target = postgresql_15.create_database(), mariadb.create_database()
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in SOURCE:
            connection.execute(statement)
        names = ["x", "d", "n", "b", "v", "j"]
        for number, name in enumerate(names, 10):
            others = ", ".join("NULL" if other == name else other for other in names)
            connection.execute(f"INSERT INTO t (id, {', '.join(names)}) SELECT {number}, {others} FROM t WHERE id = 1")
    with connected(target) as connection, connection.cursor() as cursor:
        cursor.execute(TARGET.replace("PRIMARY KEY", "PRIMARY KEY AUTO_INCREMENT") if lanes > 1 else TARGET)
        result = moved(url, target, made=False, looked=False, parallel=lanes)
        cursor.execute("SELECT id, x, a FROM t ORDER BY id")
        assert list(cursor.fetchall()) == [(1, "a", "[1]"), (3, "!dbmo:malformed!", None)]
    found = {(item.locator, item.column, item.action) for item in result.quarantined["public.t"]}
    assert found == {("[3]", "a", "null")} | {(f"[{n}]", "", "row_withheld") for n in range(10, 16)}


@pytest.mark.parametrize(
    ("mark", "value", "known"),
    [
        (VALUE_MARK, b"!dbmo:out_of_range!1.5", True),
        (VALUE_MARK, b"1.5", False),
        (TEXT_MARK, b"\xff!dbmo:invalid_encoding!81!?", True),
        (TEXT_MARK, b"!dbmo:invalid_encoding!81!?", False),
        (b"", b"!dbmo:out_of_range!1.5", False),
    ],
)
def test_only_what_begins_with_the_fields_own_mark_is_marked(mark: bytes, value: bytes, known: bool) -> None:
    mapping = object()
    marks = Marks([Field(mapping, "", mark=mark), Field(None, "")])  # type: ignore[arg-type]
    block = value + b"\tkey\n"
    assert marks.without(block) == (b"" if known else block)
    assert marks.taken == ([block[:-1]] if known else [])
