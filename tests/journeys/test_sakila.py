"""Sakila's SQLite schema, without rows, on PostgreSQL 15 and 18: every table, column, key and reference is there."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.life import BY, Life, finished, sqlite_from
from tests.moving import fetch

TRIGGERS = {"accept": [{"object": "*", "kind": "trigger", **BY}]}
CONSTRAINTS = """
    SELECT conrelid::regclass::text, conkey, confrelid::regclass::text FROM pg_constraint
    WHERE contype = '{}' AND connamespace = 'public'::regnamespace"""


@pytest.fixture
def sakila(tmp_path: Path, corpora: Path) -> Path:
    return sqlite_from(corpora / "schemas/sakila/sqlite.sql", tmp_path / "sakila.db")


def declared(path: Path) -> dict[str, Any]:
    """What SQLite itself says of the file."""
    with closing(sqlite3.connect(path)) as connection:

        def names(kind: str) -> set[str]:
            query = "SELECT name FROM sqlite_master WHERE type = ? AND name NOT LIKE 'sqlite_%'"
            return {row[0] for row in connection.execute(query, (kind,))}

        def pragma(name: str, table: str) -> list[tuple[Any, ...]]:
            return connection.execute(f'SELECT * FROM pragma_{name}("{table}")').fetchall()

        tables = names("table")
        return {
            "columns": {(table, row[1]) for table in tables for row in pragma("table_info", table)},
            "keys": {table for table in tables if any(row[5] for row in pragma("table_info", table))},
            "references": sorted((t, row[2]) for t in tables for row in pragma("foreign_key_list", t) if row[1] == 0),
            "views": names("view"),
        }


@pytest.mark.parametrize("server", ["empty_15", "empty_18"])
def test_sakila_is_there_whole(life: Life, sakila: Path, server: str, request: pytest.FixtureRequest) -> None:
    target = request.getfixturevalue(server)
    finished(life.ask(sakila, target, options=TRIGGERS))
    wanted = declared(sakila)
    columns = fetch(
        target,
        "SELECT table_name, column_name FROM information_schema.columns JOIN information_schema.tables "
        "USING (table_schema, table_name) WHERE table_schema = 'public' AND table_type = 'BASE TABLE'",
    )
    assert set(columns) == wanted["columns"]
    assert {row[0] for row in fetch(target, CONSTRAINTS.format("p"))} == wanted["keys"]
    assert sorted((row[0], row[2]) for row in fetch(target, CONSTRAINTS.format("f"))) == wanted["references"]
    assert {row[0] for row in fetch(target, "SELECT viewname FROM pg_views WHERE schemaname = 'public'")} == (
        wanted["views"]
    )
    assert life.command("audit").status == 0


def test_what_nobody_accepted_stops_the_plan_by_name(life: Life, sakila: Path, empty_18: str) -> None:
    with closing(sqlite3.connect(sakila)) as connection:
        connection.execute("CREATE TRIGGER odd AFTER UPDATE ON actor BEGIN UPDATE actor SET first_name = 1; END")
    ended = life.ask(sakila, empty_18).run("--until", "plan")
    assert ended.status == 3
    assert "main.actor.odd" in ended.err
    assert "[FEATURE_UNSUPPORTED]" in ended.err
    assert "main.actor.odd" in [one["object"] for one in life.read("artifacts/planning/omissions.json")]
    assert fetch(empty_18, "SELECT count(*) FROM pg_tables WHERE schemaname IN ('public', '_dbmo')") == [(0,)]
