"""A password stands in the environment alone: in no file of the folder and in no output."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.life import Life, finished, refused
from tests.moving import sqlite_file
from tests.servers import Server

MARKED = "xyzzy-Geheim-4711"


@pytest.fixture
def guarded(postgresql_15: Server) -> Iterator[str]:
    """A database of a user who needs a password; the reference takes it from PGPASS_MARKED."""
    rules = postgresql_15.folder / "data" / "pg_hba.conf"
    before = rules.read_text()
    rules.write_text(f"local all marked scram-sha-256\n{before}")
    postgresql_15.run("DO $$ BEGIN CREATE ROLE marked; EXCEPTION WHEN duplicate_object THEN NULL; END $$")
    postgresql_15.run(f"ALTER ROLE marked LOGIN SUPERUSER PASSWORD '{MARKED}'")
    postgresql_15.run("SELECT pg_reload_conf()")
    yield postgresql_15.create_database().replace("postgres@", "marked:${PGPASS_MARKED}@", 1)
    rules.write_text(before)
    postgresql_15.run("SELECT pg_reload_conf()")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return sqlite_file(
        tmp_path / "s.db",
        "CREATE TABLE id (id INTEGER PRIMARY KEY, password TEXT)",
        rows=[("INSERT INTO id VALUES (?, ?)", [(1, "a"), (2, "b")])],
    )


def places(folder: Path, secret: str) -> list[str]:
    """Files of the folder that hold the text, in any part of them."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [str(path) for path in files if secret.encode() in path.read_bytes()]


def test_a_password_is_in_no_file_and_no_output(
    life: Life, source: Path, guarded: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGPASS_MARKED", MARKED)
    told = [finished(life.ask(source, guarded), "--json"), *(life.command(name) for name in ("status", "audit"))]
    assert {ended.status for ended in told} == {0}
    assert MARKED not in "".join(ended.out + ended.err for ended in told)
    assert places(life.folder, MARKED) == []


def test_a_wrong_password_is_said_and_not_repeated(
    life: Life, source: Path, guarded: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGPASS_MARKED", "wrong-" + MARKED)
    ended = life.ask(source, guarded).run()
    assert MARKED not in refused(ended, 2, "WRONG_PASSWORD")
    assert MARKED not in ended.out + ended.err
    assert places(life.folder, MARKED) == []


@pytest.mark.parametrize("word", ["id", "password", "public", "postgresql"])
def test_a_password_that_is_an_everyday_word_changes_no_file(
    life: Life, source: Path, guarded: str, monkeypatch: pytest.MonkeyPatch, word: str, postgresql_15: Server
) -> None:
    postgresql_15.run(f"ALTER ROLE marked PASSWORD '{word}'")
    monkeypatch.setenv("PGPASS_MARKED", word)
    finished(life.ask(source, guarded))
    assert [c["target"] for c in life.read("plan.json")["move"]["tables"][0]["columns"]] == ["id", "password"]
    assert life.command("audit").status == 0


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://u:{MARKED}@h/d",
        f"postgresql://u@h/d?password={MARKED}",
        f"postgresql://u:{MARKED}${{MORE}}@h/d",
        f"mysql://u:{MARKED}@h/d",
    ],
)
def test_a_password_in_the_request_is_refused(life: Life, source: Path, url: str) -> None:
    ended = life.ask(source, url).run()
    assert MARKED not in refused(ended, 2, "LITERAL_PASSWORD") + ended.out + ended.err
    assert not life.folder.exists() or places(life.folder, MARKED) == []
