"""A migration's folder that changed under the program: nothing is executed that a person did not approve."""

from __future__ import annotations

import fcntl
import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.life import BY, Life, finished, lived, refused
from tests.moving import fetch, sqlite_file
from tests.servers import Server

NOTHING = "SELECT count(*) FROM pg_tables WHERE schemaname IN ('public', '_dbmo')"
TABLE = "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)"
WAIVED = {"rollback": {"waiver": BY}, "constraints": {"rollback_required": False}}


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return sqlite_file(
        tmp_path / "s.db",
        TABLE,
        rows=[("INSERT INTO t VALUES (?, ?)", [(1, "a")])],
    )


@pytest.fixture
def approved(life: Life, source: Path, empty_18: str) -> Life:
    """A migration whose plan was approved and not executed."""
    assert life.ask(source, empty_18, environment="production", **WAIVED).run("--until", "plan").status == 0
    assert life.approve().status == 0
    return life


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory, postgresql_18: Server) -> Iterator[tuple[Life, str]]:
    """Such a migration, and its target."""
    home, url = tmp_path_factory.mktemp("first"), postgresql_18.create_database()
    source = sqlite_file(home / "s.db", TABLE, rows=[("INSERT INTO t VALUES (?, ?)", [(1, "a")])])
    with lived(home) as life:
        assert life.ask(source, url, environment="production", **WAIVED).run("--until", "plan").status == 0
        assert life.approve().status == 0
        yield life, url


@pytest.fixture
def copied(life: Life, first: tuple[Life, str]) -> Life:
    """A copy of its folder, from which nothing will be executed."""
    shutil.copytree(first[0].home, life.home, ignore=shutil.ignore_patterns("server"), dirs_exist_ok=True)
    return life


@pytest.fixture
def target(first: tuple[Life, str]) -> str:
    return first[1]


def edit(life: Life, name: str, change: Callable[[Any], Any]) -> None:
    data = life.read(name)
    change(data)
    (life.folder / name).write_text(json.dumps(data))


def test_an_approved_plan_is_executed(approved: Life, empty_18: str) -> None:
    assert approved.command("execute").status == 0
    assert fetch(empty_18, "SELECT id, v FROM t") == [(1, "a")]


def test_a_source_whose_schema_changed_makes_the_approval_void(approved: Life, source: Path, empty_18: str) -> None:
    with closing(sqlite3.connect(source)) as connection:
        connection.execute("ALTER TABLE t ADD COLUMN w TEXT")
    refused(approved.command("execute"), 3, "SOURCE_SCHEMA_CHANGED")
    refused(approved.run(), 3, "SOURCE_SCHEMA_CHANGED")
    assert fetch(empty_18, NOTHING) == [(0,)]
    assert [approved.command("plan").status, approved.approve().status, approved.command("execute").status] == [0, 0, 0]
    assert fetch(empty_18, "SELECT id, v, w FROM t") == [(1, "a", None)]


@pytest.mark.parametrize(
    ("name", "change", "code"),
    [
        ("plan.json", lambda plan: plan["move"]["statements"][0].update(sql="DROP TABLE t"), "APPROVAL_VOID"),
        ("plan.json", lambda plan: plan["settings"].update(sync=True), "STRATEGY_NOT_EXECUTABLE"),
        ("plan.json", lambda plan: plan.pop("move"), "PLAN_EDITED"),
        ("approval.json", lambda approval: approval.update(by="somebody else"), "APPROVAL_VOID"),
        ("approval.json", lambda approval: approval.update(expires="2999-01-01T00:00:00+00:00"), "APPROVAL_VOID"),
        ("approval.json", lambda approval: approval.update(method="terminal"), "APPROVAL_VOID"),
        ("approval.json", lambda approval: approval.update(signature="no base64"), "APPROVAL_VOID"),
        ("approval.json", lambda approval: approval.pop("by"), "APPROVAL_VOID"),
        ("approval.json", lambda approval: approval.clear(), "APPROVAL_VOID"),
    ],
)
def test_what_was_edited_is_not_executed(
    copied: Life, target: str, name: str, change: Callable[[Any], Any], code: str
) -> None:
    edit(copied, name, change)
    refused(copied.command("execute"), 3, code)
    assert copied.command("status").status in (0, 3)  # 3: there is no plan to tell of
    assert name == "plan.json" or "Approved by" not in (copied.folder / "report.md").read_text()
    assert fetch(target, NOTHING) == [(0,)]


def test_an_edited_plan_is_not_executed_on_a_scratch_target_either(life: Life, source: Path, empty_18: str) -> None:
    assert life.ask(source, empty_18).run("--until", "plan").status == 0
    edit(life, "plan.json", lambda plan: plan["move"]["statements"][0].update(sql="CREATE TABLE other ()"))
    refused(life.command("execute"), 3, "PLAN_EDITED")
    assert life.command("audit").status == 1
    assert fetch(empty_18, NOTHING) == [(0,)]


@pytest.mark.parametrize("name", ["plan.json", "approval.json", "request.json"])
def test_a_file_that_was_cut_off_is_named(copied: Life, name: str) -> None:
    path = copied.folder / name
    path.write_text(path.read_text()[:40])
    assert name in refused(copied.command("execute"), 2, "FOLDER_DAMAGED")


def test_a_journal_that_is_none_is_named(copied: Life, target: str) -> None:
    for path in copied.folder.glob("journal.db*"):
        path.unlink()
    (copied.folder / "journal.db").write_bytes(b"something else" * 1000)
    refused(copied.command("execute"), 4, "JOURNAL_FAILED")
    assert fetch(target, NOTHING) == [(0,)]


def test_a_key_that_is_no_approvers_does_not_count(copied: Life) -> None:
    from tests.journeys.life import dbmo

    stranger = Life(copied.home)
    stranger.public_key()  # writes another key in the place of the approver's
    assert stranger.approve().status == 0
    assert "not among options.approvers" in refused(copied.command("execute"), 3, "APPROVAL_VOID")
    assert dbmo("approve", copied.folder).status == 2  # nobody is at a terminal


def test_a_backup_that_is_too_old_or_gone_stops_the_execution(approved: Life) -> None:
    (approved.home / "backup.tar").unlink()
    refused(approved.command("execute"), 1, "BACKUP_NOT_VERIFIED")


def test_the_folder_of_another_migration(life: Life, source: Path, empty_18: str) -> None:
    finished(life.ask(source, empty_18))
    before = (life.folder / "plan.json").read_bytes()
    refused(life.ask(source, empty_18, name="another").run(), 2, "FOLDER_OF_ANOTHER_REQUEST")
    refused(life.ask(source, empty_18, options={"chunk_rows": 7}).run(), 2, "FOLDER_OF_ANOTHER_REQUEST")
    assert (life.folder / "plan.json").read_bytes() == before


def test_two_runs_at_once(life: Life, source: Path, empty_18: str) -> None:
    assert life.ask(source, empty_18).run("--until", "plan").status == 0
    with (life.folder / ".lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        refused(life.run(), 3, "FOLDER_IN_USE")
        assert life.command("status").status == 0
    assert fetch(empty_18, NOTHING) == [(0,)]


def test_a_plan_that_is_being_executed_is_not_planned_again(life: Life, source: Path, empty_18: str) -> None:
    finished(life.ask(source, empty_18))
    refused(life.command("plan"), 2, "EXECUTION_BEGAN")


def test_nothing_to_validate_yet(life: Life, source: Path, empty_18: str) -> None:
    assert life.ask(source, empty_18).run("--until", "assess").status == 0
    refused(life.command("validate"), 2, "NO_PLAN")
    assert life.command("plan").status == 0
    refused(life.command("validate"), 2, "NOT_EXECUTED")
