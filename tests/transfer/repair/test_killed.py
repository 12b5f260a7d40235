"""A repair that is killed leaves a table as it was or as it should be, never half."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.moving import change, fetch, sqlite_file
from tests.mysql_servers import MysqlServer
from tests.transfer.repair.mending import mending
from tests.transfer.repair.test_repair_mysql import run
from tests.warm import start

ROWS = [(n, f"row {n}") for n in range(1, 1_201)]
DAMAGE = ("UPDATE t SET v = 'x' WHERE id % 3 = 0", "DELETE FROM t WHERE id % 5 = 0", "INSERT INTO t VALUES (9999, 'y')")
FAILPOINTS = [("repair.begun", False), ("repair.before_commit", False), ("repair.after_commit", True)]


def repair(source: str, target: str) -> None:
    with mending(source, target) as made:
        made.repair(made.plan(), deletes=True)


def kill_at(failpoint: str, source: str, target: str) -> None:
    """Repair in a program that ends at the failpoint."""
    process = start(repair, source, target, environment={**os.environ, "DBMO_FAILPOINT": f"{failpoint}:1:kill"})
    _, errors = process.communicate(timeout=60)
    assert process.returncode == -9, errors


@pytest.fixture
def source(tmp_path: Path) -> str:
    created = "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)"
    return f"sqlite:{sqlite_file(tmp_path / 's.db', created, rows=[('INSERT INTO t VALUES (?, ?)', ROWS)])}"


def repaired(source: str, target: str) -> bool:
    """Whether a second run puts right what the killed one left."""
    with mending(source, target) as made:
        plan = made.plan()
        return (not plan.tables or made.repair(plan, deletes=True).clean) and made.equal


@pytest.mark.parametrize(("failpoint", "done"), FAILPOINTS)
def test_on_sqlite(source: str, tmp_path: Path, failpoint: str, done: bool) -> None:
    file = sqlite_file(
        tmp_path / "t.db",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)",
        rows=[("INSERT INTO t VALUES (?, ?)", ROWS)],
    )
    sqlite_file(file, *DAMAGE)

    def held() -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(file)) as connection:
            return connection.execute("SELECT id, v FROM t ORDER BY id").fetchall()

    before = held()
    kill_at(failpoint, source, f"sqlite:{file}")
    assert held() == (ROWS if done else before)
    assert repaired(source, f"sqlite:{file}")


def test_on_postgresql(source: str, empty_18: str) -> None:
    change(
        empty_18,
        "CREATE TABLE t (id bigint PRIMARY KEY, v text)",
        "INSERT INTO t SELECT i, 'row ' || i FROM generate_series(1, 1200) AS i",
        "CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
        *DAMAGE,
        "CREATE TRIGGER t1 BEFORE INSERT OR UPDATE OR DELETE ON t FOR EACH ROW EXECUTE FUNCTION no()",
    )
    held = "SELECT id, v FROM t ORDER BY id"
    before = fetch(empty_18, held)
    kill_at("repair.before_commit", source, empty_18)
    assert fetch(empty_18, held) == before
    assert fetch(empty_18, "SELECT tgenabled FROM pg_trigger WHERE tgname = 't1'") == [("O",)]
    assert repaired(source, empty_18)


def test_on_mariadb(source: str, mariadb: MysqlServer) -> None:
    target = mariadb.create_database("main")
    run(target, "CREATE TABLE t (id bigint PRIMARY KEY, v varchar(40))",
        "INSERT INTO t SELECT seq, CONCAT('row ', seq) FROM seq_1_to_1200", *DAMAGE)  # fmt: skip
    before = run(target, "SELECT id, v FROM t ORDER BY id")
    kill_at("repair.before_commit", source, target)
    assert run(target, "SELECT id, v FROM t ORDER BY id") == before
    assert repaired(source, target)
    run(target, "DROP DATABASE main")
