"""Plans: the specification's own example, the same plan twice, and strategies that this version can't execute."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.journeys.life import CHECKOUT, Life, dbmo
from tests.moving import change, fetch, sqlite_file

EXAMPLE = CHECKOUT / "examples" / "postgresql-12-to-16.json"
SLOW = {"constraints": {"max_downtime_minutes": 0}}
NOTHING = "SELECT count(*) FROM pg_tables WHERE schemaname IN ('public', '_dbmo')"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return sqlite_file(
        tmp_path / "s.db",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)",
        rows=[("INSERT INTO t VALUES (?, ?)", [(n, f"row {n}") for n in range(1, 101)])],
    )


def test_the_specifications_example_is_planned_from_declared_facts(tmp_path: Path) -> None:
    first, second = (dbmo("run", EXAMPLE, "--until", "plan", "--json", "--out", tmp_path / name) for name in "ab")
    assert (first.status, second.status) == (0, 0), first.err
    assert (tmp_path / "a/plan.json").read_bytes() == (tmp_path / "b/plan.json").read_bytes()
    plan = first.data["plan"]
    assert plan["migration_strategy"] == "blue-green"
    tools = {tool["name"] for tool in plan["tools"]}
    assert {"pg_dump", "logical replication"} <= tools
    assert "declared, not measured: version, size_gb" in first.err
    declared = {name for name, entry in first.data["audit"]["evidence"].items() if entry["source"] == "declared"}
    assert "/assessment/source_database" in declared


def test_declared_facts_are_never_executed(tmp_path: Path) -> None:
    ended = dbmo("run", EXAMPLE, "--out", tmp_path)
    assert ended.status == 3
    assert "rests on declared facts" in ended.err


def test_two_folders_give_one_plan(life: Life, source: Path, empty_18: str) -> None:
    life.ask(source, empty_18)
    hashes = set()
    for name in "ab":
        dbmo("run", life.request, "--until", "plan", "--out", life.home / name)
        hashes.add(dbmo("status", life.home / name, "--json").data["plan"])
    assert len(hashes) == 1
    assert (life.home / "a/plan.json").read_bytes() == (life.home / "b/plan.json").read_bytes()


def test_rows_that_are_added_do_not_change_the_plan(life: Life, source: Path, empty_18: str) -> None:
    def planned() -> str:
        assert life.ask(source, empty_18).run("--until", "plan").status == 0
        return str(life.command("status", "--json").data["plan"])

    before = planned()
    with closing(sqlite3.connect(source)) as connection, connection:
        connection.execute("INSERT INTO t SELECT id + 1000, v FROM t")
    assert planned() == before
    with closing(sqlite3.connect(source)) as connection, connection:
        connection.execute("ALTER TABLE t ADD COLUMN w INTEGER")
    assert planned() != before


def test_a_plan_stays_approved_once_its_sqlite_target_is_there(life: Life, source: Path, tmp_path: Path) -> None:
    target = tmp_path / "target.db"
    life.ask(source, f"sqlite:{target}", environment="production")
    assert life.run("--until", "plan").status == 0
    before = life.command("status", "--json").data["plan"]
    assert life.approve().status == 0
    sqlite_file(target)
    assert life.run("--until", "plan").status == 0
    assert life.command("status", "--json").data["plan"] == before
    assert life.command("rehearse").status == 0
    ended = life.command("execute")
    assert ended.status == 0, ended.err
    with closing(sqlite3.connect(target)) as connection:
        assert connection.execute("SELECT count(*) FROM t").fetchone() == (100,)


def test_a_strategy_with_change_sync_is_refused_before_anything_is_written(
    life: Life, empty_15: str, empty_18: str
) -> None:
    change(empty_15, "CREATE TABLE t (id int PRIMARY KEY)", "INSERT INTO t VALUES (1)")
    ended = life.ask(empty_15, empty_18, environment="production", **SLOW).run()
    assert (ended.status, "[STRATEGY_NOT_EXECUTABLE]" in ended.err) == (3, True), ended.err
    assert "rehearse" not in ended.err
    assert life.approve().status == 0
    again = life.command("execute")
    assert (again.status, "[STRATEGY_NOT_EXECUTABLE]" in again.err) == (3, True), again.err
    assert fetch(empty_18, NOTHING) == [(0,)]
