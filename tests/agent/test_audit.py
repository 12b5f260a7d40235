"""`dbmo audit` finds whatever was changed after it was written."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.journeys.life import Life, finished, lived
from tests.moving import change, sqlite_file
from tests.servers import Server

PLANNED = "SELECT number FROM entry WHERE kind = 'plan'"
STARTED = "SELECT number FROM entry WHERE kind = 'execution started'"


@pytest.fixture(scope="module")
def finished_life(tmp_path_factory: pytest.TempPathFactory, postgresql_18: Server) -> Iterator[Life]:
    home = tmp_path_factory.mktemp("audited")
    source = sqlite_file(
        home / "s.db",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)",
        rows=[("INSERT INTO t VALUES (?, ?)", [(1, "a"), (2, "b")])],
    )
    with lived(home) as life:
        finished(life.ask(source, postgresql_18.create_database()))
        yield life


@pytest.fixture
def copy(finished_life: Life, tmp_path: Path) -> Life:
    """The same migration's folder in another place; the target is the same."""
    shutil.copytree(finished_life.folder, tmp_path / "out")
    return Life(tmp_path)


def on_journal(statement: str) -> Callable[[Life], None]:
    def run(life: Life) -> None:
        with closing(sqlite3.connect(life.folder / "journal.db")) as connection, connection:
            connection.execute(statement)

    return run


def on_json(name: str, key: str) -> Callable[[Life], None]:
    def run(life: Life) -> None:
        data = life.read(name)
        data[key] = {} if isinstance(data[key], dict) else "other"
        (life.folder / name).write_text(json.dumps(data))

    return run


def test_what_was_left_alone_is_verified(copy: Life) -> None:
    ended = copy.command("audit", "--json")
    assert (ended.status, ended.data["problems"]) == (0, []), ended.out
    assert len(ended.data["verified"]) == 5


@pytest.mark.parametrize(
    ("tamper", "named"),
    [
        (on_journal("UPDATE entry SET body = '{}' WHERE number = 4"), "Entry 4"),
        (on_journal("DELETE FROM entry WHERE number = 7"), "Entry 7 is missing"),
        (on_journal("DELETE FROM entry WHERE number = (SELECT max(number) FROM entry)"), "contract.json"),
        (on_journal(f"DELETE FROM entry WHERE number > ({PLANNED})"), "The target holds this migration"),
        (on_journal(f"DELETE FROM entry WHERE number > ({STARTED})"), "contract.json is not the one"),
        (on_json("plan.json", "strategy"), "plan.json has hash"),
        (on_json("contract.json", "assessment"), "contract.json"),
        (lambda life: (life.folder / "contract.json").unlink(), "contract.json is missing"),
        (lambda life: (life.folder / "artifacts/planning/rollback.sql").unlink(), "rollback.sql is missing"),
        (lambda life: (life.folder / "artifacts/planning/rollback.sql").write_text(""), "rollback.sql was changed"),
    ],
)
def test_what_was_changed_is_named(copy: Life, tamper: Callable[[Life], None], named: str) -> None:
    tamper(copy)
    ended = copy.command("audit")
    assert ended.status == 1
    assert any(line.startswith("WRONG: ") and named in line for line in ended.out.splitlines()), ended.out


def test_a_target_that_knows_another_story_is_named(copy: Life, finished_life: Life) -> None:
    url = json.loads(finished_life.request.read_text())["target_database"]["url"]
    change(url, "UPDATE _dbmo.migration SET journal_head = repeat('f', 64)")
    ended = copy.command("audit")
    assert ended.status == 1
    assert "does not stand in this journal" in ended.out
