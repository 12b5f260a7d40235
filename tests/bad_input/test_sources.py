"""Sources that can't be moved as they are: said with their code, the target untouched."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.journeys.life import Life, finished, refused, sha256
from tests.moving import fetch, sqlite_file
from tests.servers import Server

NOTHING = "SELECT count(*) FROM pg_tables WHERE schemaname IN ('public', '_dbmo')"
LOCK = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1])
connection.execute("BEGIN EXCLUSIVE")
print("locked", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return sqlite_file(
        tmp_path / "s.db",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)",
        rows=[("INSERT INTO t VALUES (?, ?)", [(n, "x" * 100) for n in range(1, 2001)])],
    )


def test_an_empty_database(life: Life, empty_18: str, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "s.db")) as connection:
        connection.execute("VACUUM")
    refused(life.ask(tmp_path / "s.db", empty_18).run(), 2, "SOURCE_EMPTY")
    assert fetch(empty_18, NOTHING) == [(0,)]


def test_no_file(life: Life, empty_18: str, tmp_path: Path) -> None:
    ended = life.ask(tmp_path / "s.db", empty_18).run()
    assert ended.status in (2, 4)
    assert str(tmp_path / "s.db") in ended.err
    assert not (tmp_path / "s.db").exists()


def test_a_file_of_something_else(life: Life, empty_18: str, tmp_path: Path) -> None:
    (tmp_path / "s.db").write_bytes(b"%PDF-1.7 and so on, long enough to have a header" * 100)
    before = sha256(tmp_path / "s.db")
    refused(life.ask(tmp_path / "s.db", empty_18).run(), 2, "NOT_A_DATABASE")
    assert sha256(tmp_path / "s.db") == before


def test_a_file_that_was_cut_off(life: Life, empty_18: str, source: Path) -> None:
    source.write_bytes(source.read_bytes()[:100_000])
    before = sha256(source)
    refused(life.ask(source, empty_18).run(), 4, "DATABASE_CORRUPT")
    assert sha256(source) == before
    assert fetch(empty_18, NOTHING) == [(0,)]


def test_a_file_that_another_program_locks_is_waited_for_by_running_again(
    life: Life, empty_18: str, source: Path
) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", LOCK, str(source)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as locker:
        assert locker.stdout is not None
        assert locker.stdout.readline() == "locked\n"
        refused(life.ask(source, empty_18).run(), 4, "DATABASE_LOCKED")
        locker.communicate("")
    finished(life)


def test_a_server_that_is_not_there(life: Life, empty_18: str) -> None:
    refused(life.ask("postgresql://u@127.0.0.1:1/d", empty_18).run(), 4, "SOURCE_UNREACHABLE")


def test_a_database_that_is_not_there(life: Life, postgresql_15: Server, empty_18: str) -> None:
    refused(life.ask(postgresql_15.url("no_such"), empty_18).run(), 2, "DATABASE_MISSING")


def test_a_user_who_may_not_read(life: Life, postgresql_15: Server, empty_15: str, empty_18: str) -> None:
    from tests.moving import change

    change(empty_15, "CREATE TABLE t (id int PRIMARY KEY)", "CREATE ROLE blind LOGIN")
    blind = empty_15.replace("postgres@", "blind@", 1)
    assert "t" in refused(life.ask(blind, empty_18).run(), 3, "SOURCE_RIGHTS_MISSING")


def test_a_declared_version_that_is_another(life: Life, empty_15: str, empty_18: str) -> None:
    declared = {"url": empty_15, "version": "14"}
    life.ask(empty_15, empty_18, source_database=declared)
    refused(life.run(), 3, "DECLARED_FACTS_DIFFER")
