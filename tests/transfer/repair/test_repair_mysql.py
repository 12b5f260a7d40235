"""A MariaDB target is put right: row by row, with its own numbers, without triggers, by keys in any collation."""

from contextlib import closing
from typing import Any

import pymysql
import pytest

from tests.moving import change, fetch
from tests.mysql_servers import MysqlServer, plain
from tests.transfer.repair.mending import mending

TABLE = "CREATE TABLE t (id int AUTO_INCREMENT PRIMARY KEY, v varchar(40), n decimal(10,2))"
FILL = "INSERT INTO t (v, n) SELECT CONCAT('row ', seq), seq / 4 FROM seq_1_to_20"


def run(url: str, *statements: str) -> list[tuple[Any, ...]]:
    """Run statements by plain PyMySQL; the rows of the last one."""
    with closing(pymysql.connect(**plain(url), autocommit=True)) as connection, connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
        return list(cursor.fetchall())


@pytest.fixture
def pair(mariadb: MysqlServer) -> Any:
    """Makes two databases of the same statements."""

    def make(*statements: str) -> tuple[str, str]:
        urls = (mariadb.create_database(), mariadb.create_database())
        for url in urls:
            run(url, *statements)
        return urls

    return make


def test_rows_are_put_right_with_their_numbers(pair: Any) -> None:
    source, target = pair(TABLE, FILL)
    run(source, "SET sql_mode = 'NO_AUTO_VALUE_ON_ZERO'", "INSERT INTO t VALUES (0, 'zero', NULL)")
    run(target, "UPDATE t SET v = 'x%s', n = NULL WHERE id = 3", "DELETE FROM t WHERE id IN (5, 20)",
        "INSERT INTO t VALUES (99, 'y', 1)")  # fmt: skip
    with mending(source, target) as made:
        plan = made.plan()
        assert (plan.tables[0].insert, plan.tables[0].update, plan.tables[0].delete) == (3, 1, 1)
        done = made.repair(plan, deletes=True)
        assert done.clean, done
        assert made.equal


def test_a_table_with_triggers_is_refused_by_name(pair: Any) -> None:
    source, target = pair(TABLE, FILL)
    run(target, "UPDATE t SET v = 'x' WHERE id = 3",
        "CREATE TRIGGER noisy BEFORE UPDATE ON t FOR EACH ROW SET NEW.v = 'fired'")  # fmt: skip
    with mending(source, target) as made:
        (planned,) = made.plan().tables
    assert planned.refused is not None and planned.refused.code == "TRIGGERS_WOULD_FIRE"


def test_case_twins_and_blanks_in_keys_are_told_apart(pair: Any) -> None:
    source, target = pair(
        "CREATE TABLE t (`k%s` varchar(20) COLLATE utf8mb4_bin PRIMARY KEY, v int)",
        "INSERT INTO t VALUES ('a', 1), ('A', 2), ('ä', 3)",
    )
    run(target, "UPDATE t SET v = 9 WHERE `k%s` = 'A'", "DELETE FROM t WHERE `k%s` = 'ä'")
    with mending(source, target) as made:
        assert made.repair(made.plan()).clean
        assert made.equal


def test_rows_without_a_key_are_counted(pair: Any) -> None:
    source, target = pair("CREATE TABLE t (v varchar(9), x int)", "INSERT INTO t VALUES ('a', 1), ('b', NULL)")
    run(source, "INSERT INTO t VALUES ('a', 1)")
    run(target, "INSERT INTO t VALUES ('b', NULL), ('b', NULL), ('A', 1)")
    with mending(source, target) as made:
        plan = made.plan()
        assert (plan.tables[0].insert, plan.tables[0].delete) == (1, 3)
        done = made.repair(plan, deletes=True)
        assert done.clean, done
        assert made.equal


def test_an_engine_without_transactions_is_refused(pair: Any) -> None:
    source, target = pair(TABLE, FILL)
    run(target, "ALTER TABLE t ENGINE = MyISAM", "UPDATE t SET v = 'x' WHERE id = 3")
    with mending(source, target) as made:
        (done,) = made.repair(made.plan()).tables
    assert done.problem is not None and done.problem.code == "NO_TRANSACTIONS"


def test_rows_of_other_tables_never_go_along(pair: Any) -> None:
    source, target = pair(
        "CREATE TABLE p (id int PRIMARY KEY)",
        "CREATE TABLE c (id int, p_id int, FOREIGN KEY (p_id) REFERENCES p (id) ON DELETE CASCADE)",
    )
    run(target, "INSERT INTO p VALUES (7)", "INSERT INTO c VALUES (1, 7)")
    with mending(source, target) as made:
        made.tables = [table for table in made.tables if table.target.endswith(".p")]
        (done,) = made.repair(made.plan(), deletes=True).tables
    assert done.problem is not None and done.problem.code == "REFERENCES_WOULD_FOLLOW"
    assert run(target, "SELECT count(*) FROM c") == [(1,)]


VALUES = [
    ("double", "1e300"), ("float", "0.1"), ("bigint unsigned", "18446744073709551615"), ("char(5)", "'a'"),
    ("varbinary(4)", "x'00ff5c27'"), ("bit(12)", "b'101'"), ("datetime(6)", "'2024-01-31 23:59:59.000001'"),
    ("date", "'0000-00-00'"), ("time(3)", "'-838:59:59'"), ("year", "2024"), ("enum('x','y')", "'y'"),
    ("set('b','a')", "'b,a'"), ("json", """'{"b": 1.0,  "a": 2}'"""), ("text", r"'a\\N\nb''%s'"),
    ("point", "POINT(1, 2)"),
    ("uuid", "UUID()"), ("inet6", "'::1'"), ("boolean", "true"),
]  # fmt: skip


def test_values_of_every_type_arrive_as_they_are(pair: Any) -> None:
    columns = ", ".join(f"`c {n}` {native}" for n, (native, _) in enumerate(VALUES))
    source, target = pair(f"CREATE TABLE t (id int PRIMARY KEY, {columns})", "INSERT INTO t (id) VALUES (1)")
    row = ", ".join(value for _, value in VALUES)
    run(source, "SET sql_mode = ''", "DELETE FROM t", f"INSERT INTO t VALUES (1, {row}), (2, {row})")
    with mending(source, target) as made:
        done = made.repair(made.plan())
        assert done.clean, done
        assert made.equal
    assert run(target, "SELECT * FROM t") == run(source, "SELECT * FROM t")


def test_from_mariadb_to_postgresql_and_back(mariadb: MysqlServer, empty_18: str) -> None:
    url = mariadb.create_database()
    name = url.rpartition("/")[2]
    columns = "id int PRIMARY KEY, v text, n decimal(10,2), d double precision"
    rows = "INSERT INTO t VALUES (1, 'ä\nb', 1.50, 0.1), (2, NULL, NULL, NULL), (3, 'c', -1, 1e20)"
    run(url, f"CREATE TABLE t ({columns})", rows)
    change(empty_18, f'CREATE SCHEMA "{name}"', f'CREATE TABLE "{name}".t ({columns})')
    with mending(url, empty_18) as made:
        done = made.repair(made.plan())
        assert done.clean, done
    assert fetch(empty_18, f'SELECT id, v, n::text FROM "{name}".t ORDER BY id') == [
        (1, "ä\nb", "1.50"), (2, None, None), (3, "c", "-1.00")
    ]  # fmt: skip
    run(url, "DELETE FROM t WHERE id < 3", "UPDATE t SET d = 5")
    with mending(empty_18, url) as made:
        done = made.repair(made.plan())
        assert done.clean, done
        assert made.equal
