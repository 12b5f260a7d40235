"""Mode diff gives a script that the engine's own client runs, and a way back."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from conversion.result import Overrides
from engines.registry import open_database
from skills.context import SkillContext
from skills.schema_comparator.skill import Input, Output, run

THERE = "CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO people VALUES (1, 'a');"
WANTED = "CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT NOT NULL, born TEXT); CREATE INDEX i ON person (name);"


def made(path: Path, text: str) -> str:
    connection = sqlite3.connect(path)
    connection.executescript(text)
    connection.close()
    return f"sqlite:///{path}"


def compared(source: str, target: str, overrides: Overrides) -> Output:
    opened = [open_database(url) for url in (source, target)]
    given = Input.model_validate(
        {"source": {"url": source}, "target": {"url": target}, "mode": "diff", "overrides": overrides.model_dump()}
    )
    try:
        return run(given, SkillContext(source=opened[0], target=opened[1]))
    finally:
        for database in opened:
            database.close()


def test_the_script_runs_as_text_and_leaves_no_difference(tmp_path: Path) -> None:
    wanted, there = made(tmp_path / "wanted.db", WANTED), made(tmp_path / "there.db", THERE)
    overrides = Overrides(names={"main.person": "people"}, fills={"main.person.name": "'?'"})
    output = compared(wanted, there, overrides)
    assert output.script is not None
    assert output.reverse_script is not None
    connection = sqlite3.connect(tmp_path / "there.db", isolation_level=None)
    connection.executescript(output.script)
    assert connection.execute("SELECT id, name, born FROM person").fetchall() == [(1, "a", None)]
    assert compared(wanted, there, overrides).equal
    connection.executescript(output.reverse_script)
    assert connection.execute("SELECT id, name FROM people").fetchall() == [(1, "a")]
    connection.close()


def test_no_difference_is_no_script(tmp_path: Path) -> None:
    urls = [made(tmp_path / f"{name}.db", WANTED) for name in "ab"]
    output = compared(urls[0], urls[1], Overrides())
    assert (output.equal, output.script, output.differences) == (True, "", [])
    assert output.migration is not None
    assert output.migration.steps == []


def test_a_possible_rename_is_named_in_the_script_that_drops_and_adds(tmp_path: Path) -> None:
    wanted = made(tmp_path / "wanted.db", "CREATE TABLE actor (id INTEGER PRIMARY KEY, first_name TEXT, born TEXT)")
    there = made(tmp_path / "there.db", "CREATE TABLE actor (id INTEGER PRIMARY KEY, given_name TEXT, born TEXT)")
    script = compared(wanted, there, Overrides()).script or ""
    assert "-- perhaps a rename: column main.actor.given_name -> main.actor.first_name" in script
    assert "DESTRUCTIVE" in script
