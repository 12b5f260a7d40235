"""What takes a migration's notes out of a target leaves those of others there, and with the last of them nothing."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from pymongo import MongoClient

from agent.undo_notes import undo_notes
from engines.own_state import notes
from tests.faults.moves import on_mariadb
from tests.moving import change, fetch, sqlite_file
from tests.transfer.test_state import writing
from transfer.state import open_state

OURS, OTHERS = "it's \\ours", "theirs"
COUNT = "SELECT id FROM {}"


def run_sqlite(url: str, lines: list[str]) -> None:
    with closing(sqlite3.connect(url.removeprefix("sqlite:"))) as connection:
        connection.executescript("\n".join(lines))


def run_mongodb(url: str, lines: list[str]) -> None:
    with MongoClient[dict[str, object]](url) as client:
        for line in lines:
            if not line.startswith("--"):
                client.get_default_database().command(json.loads(line.removesuffix(";")))


def ask_sqlite(url: str, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(url.removeprefix("sqlite:"))) as connection:
        return connection.execute(query).fetchall()


def ask_mongodb(url: str, query: str) -> list[tuple[object, ...]]:
    with MongoClient[dict[str, object]](url) as client:
        return [(found["_id"],) for found in client.get_default_database()[query.split()[-1]].find()]


RUN: dict[str, Callable[[str, list[str]], object]] = {
    "postgresql": lambda url, lines: change(url, *lines),
    "mariadb": lambda url, lines: on_mariadb(url, *lines),
    "sqlite": run_sqlite,
    "mongodb": run_mongodb,
}
ASK: dict[str, Callable[[str, str], list[tuple[object, ...]]]] = {
    "postgresql": fetch,
    "mariadb": on_mariadb,
    "sqlite": ask_sqlite,
    "mongodb": ask_mongodb,
}


@pytest.mark.parametrize("engine", RUN)
def test_only_the_migrations_own_notes_go(engine: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    fixture = {"postgresql": "empty_15", "sqlite": ""}.get(engine, f"empty_{engine}")
    url = request.getfixturevalue(fixture) if fixture else f"sqlite:{sqlite_file(tmp_path / 't.db')}"
    for migration in (OURS, OTHERS):
        with writing(url) as writer:
            open_state(writer, migration).start("plan", {}, "head")
    migrations, *_ = notes(engine)
    RUN[engine](url, undo_notes(engine, OURS))
    assert ASK[engine](url, COUNT.format(migrations)) == [(OTHERS,)]
    RUN[engine](url, undo_notes(engine, OTHERS))
    if engine == "postgresql":
        assert fetch(url, "SELECT count(*) FROM pg_namespace WHERE nspname = '_dbmo'") == [(0,)]
    elif engine == "mariadb":
        assert on_mariadb(url, "SHOW TABLES") == []
    else:
        assert ASK[engine](url, COUNT.format(migrations)) == []
