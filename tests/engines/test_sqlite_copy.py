"""A private copy of a SQLite file: one moment of it, made while others write, and gone afterwards."""

import shutil
import sqlite3
from collections import namedtuple
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from engines.errors import EngineError
from engines.sqlite import copy as copying
from engines.sqlite import files
from engines.sqlite.copy import NoRoom, private_copy
from engines.sqlite.snapshot import SqliteSnapshot
from tests.moving import sqlite_file

Usage = namedtuple("Usage", ["total", "used", "free"])


@pytest.fixture(params=["delete", "wal"])
def source(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    path = sqlite_file(
        tmp_path / "s.db",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, v)",
        rows=[("INSERT INTO t VALUES (?, ?)", [(n, "x" * 500) for n in range(3_000)])],
    )
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA journal_mode = {request.param}")
    return path


def rows(path: Path) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("SELECT * FROM t ORDER BY id").fetchall()


def test_a_copy_holds_the_rows_and_the_position_of_the_file_and_is_removed(source: Path, tmp_path: Path) -> None:
    folder = tmp_path / "work" / "source"
    with private_copy(source, "s", folder) as made:
        assert rows(made) == rows(source)
        with closing(SqliteSnapshot(made, "copy")) as here, closing(SqliteSnapshot(source, "s")) as there:
            assert here.position == there.position == here.token
        with closing(sqlite3.connect(source, timeout=0)) as connection, connection:
            connection.execute("DELETE FROM t")  # nobody waits for whoever reads the copy
        assert len(rows(made)) == 3_000
        assert made.stat().st_mode & 0o077 == 0
    assert not folder.exists()


def test_a_file_that_others_write_to_all_the_time_is_copied_at_one_moment(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each row of a pair is changed with the other one: no copy may hold only one of two."""
    monkeypatch.setattr(copying, "STEP_PAGES", 20)
    writes: list[int] = []

    def write() -> bool:
        try:
            with closing(sqlite3.connect(source, timeout=0)) as connection, connection:
                connection.execute("UPDATE t SET v = ? WHERE id IN (0, 2999)", (len(writes),))
            writes.append(len(writes))
        except sqlite3.OperationalError as error:
            assert "locked" in str(error)  # the last attempt holds a reader's lock
        return False

    with private_copy(source, "s", tmp_path / "work", write) as made:
        found = dict(rows(made))
        assert found[0] == found[2_999] < len(writes)
        assert len(found) == 3_000 and writes


def test_what_a_killed_run_left_is_removed_and_nothing_else(source: Path, tmp_path: Path) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    (folder / "mine").write_text("kept")
    (folder / "source.db").write_bytes(b"half of a copy")
    files.note_position(folder / "source.db", "of another moment")
    with private_copy(source, "s", folder) as made:
        assert len(rows(made)) == 3_000
    assert [file.name for file in folder.iterdir()] == ["mine"]


@pytest.mark.parametrize("code", ["SOURCE_COPY_ROOM", "INTERRUPTED"])
def test_without_room_or_after_an_interrupt_nothing_is_left(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    if code == "SOURCE_COPY_ROOM":
        monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(10**9, 10**9, 1_000_000))
    wanted = NoRoom if code == "SOURCE_COPY_ROOM" else EngineError
    with pytest.raises(wanted, match=code), private_copy(source, "s", tmp_path / "work", lambda: True):
        pass
    assert not (tmp_path / "work").exists()
