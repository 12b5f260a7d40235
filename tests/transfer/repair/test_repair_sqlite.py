"""A SQLite target is put right: exactly the differing rows, none without leave, nothing half."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.moving import sqlite_file
from tests.transfer.repair.mending import mending
from transfer.repair.rewriter_sqlite import paused

Pair = Callable[..., tuple[str, str]]
TABLE = "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT, n REAL)"
ROWS = [(n, f"row {n}", n / 4) for n in range(1, 11)]


@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    """Makes two files of the same statements, with rows of a table t in both."""

    def make(*statements: str, rows: list[tuple[Any, ...]] = ROWS) -> tuple[str, str]:
        marks = ", ".join("?" * len(rows[0])) if rows else ""
        inserts = [(f"INSERT INTO t VALUES ({marks})", rows)] if rows else []
        files = [sqlite_file(tmp_path / name, *statements, rows=inserts) for name in ("s.db", "t.db")]
        return f"sqlite:{files[0]}", f"sqlite:{files[1]}"

    return make


def run(url: str, *statements: str) -> None:
    with closing(sqlite3.connect(url.removeprefix("sqlite:"))) as connection, connection:
        for statement in statements:
            connection.execute(statement)


def fetch(url: str, query: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(url.removeprefix("sqlite:"))) as connection:
        return connection.execute(query).fetchall()


def test_different_missing_and_extra_rows_are_put_right(pair: Pair) -> None:
    source, target = pair(TABLE)
    run(target, "UPDATE t SET v = 'x' WHERE id = 3", "DELETE FROM t WHERE id = 5", "INSERT INTO t VALUES (99, 'y', 1)")
    with mending(source, target) as made:
        plan = made.plan()
        (planned,) = plan.tables
        assert (planned.insert, planned.update, planned.delete, planned.columns) == (1, 1, 1, ["v"])
        done = made.repair(plan, deletes=True)
        assert done.clean, done
        assert made.equal
    assert fetch(target, "SELECT * FROM t ORDER BY id") == ROWS


def test_extra_rows_stay_without_leave_to_delete(pair: Pair) -> None:
    source, target = pair(TABLE)
    run(target, "UPDATE t SET v = 'x' WHERE id = 3", "INSERT INTO t VALUES (99, 'y', 1)")
    with mending(source, target) as made:
        done = made.repair(made.plan())
    (table,) = done.tables
    assert (table.updated, table.deleted, table.clean, done.clean) == (1, 0, True, False)
    assert [(left.rows, left.key) for left in table.left] == [(1, {"id": "99"})]
    assert fetch(target, "SELECT v FROM t WHERE id IN (3, 99)") == [("row 3",), ("y",)]


def test_a_plan_is_the_same_until_something_changes(pair: Pair) -> None:
    source, target = pair(TABLE)
    run(target, "UPDATE t SET v = 'x' WHERE id = 3")
    with mending(source, target) as made:
        first = made.plan().hash
    with mending(source, target) as made:
        assert made.plan().hash == first
        with paused(made.target):
            run(target, "UPDATE t SET v = 'y' WHERE id = 3")
        assert made.plan().hash != first


def test_a_row_that_changed_since_is_not_overwritten(pair: Pair) -> None:
    source, target = pair(TABLE)
    run(target, "UPDATE t SET v = 'x' WHERE id IN (3, 4)", "DELETE FROM t WHERE id = 5")
    with mending(source, target) as made:
        plan = made.plan()
        with paused(made.target):
            run(target, "UPDATE t SET v = 'meanwhile' WHERE id = 3", "INSERT INTO t VALUES (5, 'meanwhile', 0)")
        (done,) = made.repair(plan).tables
    assert (done.updated, done.inserted, done.left[0].rows) == (1, 0, 2)
    assert fetch(target, "SELECT v FROM t WHERE id IN (3, 4, 5)") == [("meanwhile",), ("row 4",), ("meanwhile",)]


def test_rows_without_a_key_are_counted(pair: Pair) -> None:
    rows = [("a", 1), ("a", 1), ("a", 1), ("b", None), ("c", 3)]
    source, target = pair("CREATE TABLE t (v TEXT, n INTEGER)", rows=rows)
    run(target, "DELETE FROM t WHERE v = 'a'", "INSERT INTO t VALUES ('a', 1), ('c', 3), ('c', 3), ('d', 0)")
    with mending(source, target) as made:
        plan = made.plan()
        assert (plan.tables[0].by, plan.tables[0].insert, plan.tables[0].delete) == ("whole rows", 2, 3)
        assert made.repair(plan, deletes=True).clean
        assert made.equal
    assert sorted(fetch(target, "SELECT * FROM t"), key=str) == sorted(rows, key=str)


def test_rows_that_lost_their_key_are_deleted_one_by_one(pair: Pair) -> None:
    source, target = pair("CREATE TABLE t (id INTEGER NOT NULL, v TEXT)", "CREATE UNIQUE INDEX u ON t (id)",
                          rows=[(1, "a"), (2, "b")])  # fmt: skip
    run(target, "DROP INDEX u", "INSERT INTO t VALUES (1, 'a'), (2, 'other')", "CREATE INDEX u ON t (id)")
    with mending(source, target) as made:
        for table in made.tables:
            table.key = ["id"]
        assert made.repair(made.plan(), deletes=True).clean
    assert fetch(target, "SELECT * FROM t ORDER BY id") == [(1, "a"), (2, "b")]


def test_a_table_with_triggers_is_refused_by_name(pair: Pair) -> None:
    source, target = pair(TABLE, "CREATE TABLE log (x)")
    run(target, "CREATE TRIGGER noisy AFTER UPDATE ON t BEGIN INSERT INTO log VALUES (1); END")
    run(target, "UPDATE t SET v = 'x' WHERE id = 3", "DELETE FROM log")
    with mending(source, target) as made:
        plan = made.plan()
        (planned,) = plan.tables
        assert planned.refused is not None and planned.refused.code == "TRIGGERS_WOULD_FIRE"
        assert "noisy" in planned.refused.what
        assert not made.repair(plan).clean
    assert fetch(target, "SELECT v FROM t WHERE id = 3") == [("x",)]


def test_tables_that_refer_to_each_other_are_repaired_together(pair: Pair) -> None:
    source, target = pair(
        "CREATE TABLE p (id INTEGER PRIMARY KEY)",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, p_id INTEGER REFERENCES p (id))",
        "INSERT INTO p VALUES (1), (2)",
        rows=[(1, 1), (2, 2)],
    )
    run(target, "DELETE FROM p WHERE id = 2", "DELETE FROM t WHERE id = 2", "INSERT INTO p VALUES (7)",
        "INSERT INTO t VALUES (7, 7)")  # fmt: skip
    with mending(source, target) as made:
        plan = made.plan()
        assert [(table.target, table.group) for table in plan.tables] == [("main.p", 0), ("main.t", 0)]
        assert made.repair(plan, deletes=True).clean
        assert made.equal


def test_a_repair_that_would_break_references_is_taken_back(pair: Pair) -> None:
    source, target = pair(
        "CREATE TABLE p (id INTEGER PRIMARY KEY)",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, p_id INTEGER REFERENCES p (id))",
        rows=[(1, None)],
    )
    run(target, "INSERT INTO p VALUES (7)", "INSERT INTO t VALUES (7, 7)")
    with mending(source, target) as made:
        made.tables = [table for table in made.tables if table.name == "main.p"]
        done = made.repair(made.plan(), deletes=True)
    assert done.tables[0].problem is not None and done.tables[0].problem.code == "REFERENCES_BROKEN"
    assert fetch(target, "SELECT id FROM p") == [(7,)]


@pytest.mark.parametrize(
    "value", ["x'00ff'", "'text with '' and \"'", "9223372036854775807", "1e300", "NULL", "''", "x''", "'12'"]
)
def test_values_of_every_class_arrive_as_they_are(pair: Pair, value: str) -> None:
    source, target = pair('CREATE TABLE "t" (id INTEGER PRIMARY KEY, "v ""%s" BLOB)', rows=[(1, b"old")])
    run(source, f'UPDATE t SET "v ""%s" = {value}')
    with mending(source, target) as made:
        assert made.repair(made.plan()).clean
    assert fetch(target, 'SELECT typeof("v ""%s"), "v ""%s" FROM t') == fetch(
        source, 'SELECT typeof("v ""%s"), "v ""%s" FROM t'
    )


def test_computed_columns_and_tables_without_rowid(pair: Pair) -> None:
    source, target = pair(
        "CREATE TABLE t (a TEXT, b TEXT, c TEXT AS (a || b) STORED, PRIMARY KEY (a, b)) WITHOUT ROWID", rows=[]
    )
    run(source, "INSERT INTO t VALUES ('x', 'y'), ('X', 'y')")
    run(target, "INSERT INTO t VALUES ('x', 'Y')")
    with mending(source, target) as made:
        assert made.repair(made.plan(), deletes=True).clean
        assert made.equal
    assert fetch(target, "SELECT * FROM t ORDER BY a") == [("X", "y", "Xy"), ("x", "y", "xy")]
