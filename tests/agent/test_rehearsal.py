"""Rehearsals: the plan and its way back on scratch; without one that went through a production target stays closed."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

import engines.embedded
from agent.folder import Folder
from agent.orchestrator import Orchestrator
from agent.rehearsal import rehearse
from agent.report.stretches import Stretch, measured_work
from engines.errors import EngineError
from tests.journeys.life import Life, refused, start
from tests.moving import fetch, sqlite_file

LEFT = "SELECT count(*) FROM pg_class WHERE relnamespace IN (SELECT oid FROM pg_namespace WHERE nspname = 'public')"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return sqlite_file(
        tmp_path / "s.db",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER)",
        "CREATE VIEW v AS SELECT id FROM t",
        rows=[("INSERT INTO t VALUES (?, ?)", [(n, "three" if n == 3 else n) for n in range(1, 301)])],
    )


def measured(life: Life) -> list[Stretch]:
    with closing(Folder.open(life.folder)) as folder:
        return measured_work(list(folder.journal.entries()))


def test_it_goes_through_and_leaves_nothing(life: Life, source: Path, empty_18: str) -> None:
    assert life.ask(source, empty_18, environment="production").run("--until", "plan").status == 0
    assert life.approve().status == 0
    refused(life.command("execute"), 1, "ROLLBACK_NOT_REHEARSED")
    folder = Folder.open(life.folder)
    run = Orchestrator(folder)
    run.interrupt.set()  # Ctrl-C
    with pytest.raises(EngineError, match="You stopped"):
        rehearse(run, run.needed_plan())
    folder.close()
    assert not (life.folder / "rehearsal.json").exists()
    killed = start("rehearse", life.folder, DBMO_FAILPOINT="chunk.after_commit:1:kill")
    assert (killed.communicate(timeout=120), killed.returncode)[1] == -9
    told = life.command("rehearse", "--json")
    assert (told.status, told.data["passed"], told.data["rolled_back"]) == (0, True, True), told.err
    scratch = engines.embedded.open_embedded(life.folder / "server").uri("rehearsal")
    assert fetch(scratch, LEFT) == [(0,)]
    assert fetch(scratch, "SELECT count(*) FROM pg_namespace WHERE nspname = '_dbmo'") == [(0,)]
    assert fetch(empty_18, LEFT) == [(0,)]
    assert life.command("report").status == 0
    assert "committed in the target" not in (life.folder / "report.md").read_text()
    assert life.command("execute").status == 0
    assert [piece.name for piece in measured(life)].count("copy") == 1
    assert fetch(empty_18, "SELECT id, n FROM t ORDER BY id LIMIT 3") == [(1, 1), (2, 2), (3, None)]


def test_one_that_fails_keeps_the_target_closed(life: Life, source: Path, empty_18: str) -> None:
    life.ask(source, empty_18, environment="production", options={"policies": {"unholdable": "stop"}})
    ended = life.run()
    assert "rehearsal FAILED" in ended.err
    assert "left nothing behind" in ended.err
    assert "the rehearsal failed" in refused(ended, 1, "ROLLBACK_NOT_REHEARSED")
    assert life.command("rehearse").status == 1
    assert "main.t" in life.read("artifacts/planning/rehearsal.json")["detail"]
    assert fetch(empty_18, LEFT) == [(0,)]


def test_one_of_another_plan_does_not_count(life: Life, source: Path, empty_18: str) -> None:
    assert life.ask(source, empty_18, environment="production").run("--until", "rehearse").status == 0
    with closing(sqlite3.connect(source)) as connection:
        connection.execute("CREATE TABLE more (id INTEGER PRIMARY KEY)")
    assert life.command("plan").status == 0
    assert life.approve().status == 0
    assert "another plan" in refused(life.command("execute"), 1, "ROLLBACK_NOT_REHEARSED")
