"""What opening, reading and closing a SQLite file leaves behind: nothing."""

from __future__ import annotations

import hashlib
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from engines.errors import DbmoError
from engines.sqlite import files
from engines.sqlite.database import SqliteDatabase

NOBODY = 65534
WRITER = """
import os, sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("PRAGMA journal_mode = " + sys.argv[2])
connection.execute("PRAGMA wal_autocheckpoint = 0")
connection.execute("PRAGMA cache_size = 5")
connection.execute("CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT)")
connection.execute("INSERT INTO t (b) VALUES ('one'), ('two')")
if sys.argv[3] == "clean":
    connection.close()
    sys.exit()
if sys.argv[3] == "half":
    connection.execute("BEGIN")
    connection.executemany("INSERT INTO t (b) VALUES (?)", (("x" * 3000,) for _ in range(500)))
os.kill(os.getpid(), 9)
"""


def write(path: Path, mode: str, end: str) -> None:
    """A database written by another process that ends cleanly, is killed, or is killed in a transaction."""
    done = subprocess.run([sys.executable, "-c", WRITER, str(path), mode, end], check=False)
    assert done.returncode == (0 if end == "clean" else -signal.SIGKILL)


def state(folder: Path, without: str = "-shm") -> dict[str, str]:
    """Names of the files in a folder, and the digests of all but the lock file that readers mark."""
    return {
        file.name: "" if file.name.endswith(without) else hashlib.sha256(file.read_bytes()).hexdigest()
        for file in folder.iterdir()
    }


def read_whole(path: Path) -> list[tuple[object, ...]]:
    database = SqliteDatabase(path, "source")
    try:
        table = database.catalog().tables[0]
        database.profile(table)
        database.position()
        return database.query("SELECT b FROM t ORDER BY a LIMIT 2")
    finally:
        database.close()


@pytest.mark.parametrize(
    ("mode", "end", "drop"),
    [
        ("delete", "clean", []),
        ("persist", "clean", []),
        ("wal", "clean", []),
        ("wal", "kill", []),
        ("wal", "kill", ["-shm"]),
        ("wal", "half", []),
        ("wal", "half", ["-shm"]),
    ],
)
def test_the_files_are_as_they_were(tmp_path: Path, mode: str, end: str, drop: list[str]) -> None:
    path = tmp_path / "x.db"
    write(path, mode, end)
    for suffix in drop:
        files.sidecar(path, suffix).unlink()
    before = state(tmp_path)
    assert read_whole(path) == [("one",), ("two",)]
    assert state(tmp_path) == before


def test_an_unfinished_write_in_the_journal_is_refused_and_left(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    write(path, "delete", "half")
    assert files.sidecar(path, "-journal").stat().st_size
    before = state(tmp_path, without="none")
    with pytest.raises(DbmoError) as caught:
        SqliteDatabase(path, "source")
    assert caught.value.code == "HOT_JOURNAL"
    assert state(tmp_path, without="none") == before


def test_an_empty_file_keeps_its_log(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    write(path, "wal", "kill")
    path.write_bytes(b"")
    before = state(tmp_path, without="none")
    with pytest.raises(DbmoError) as caught:
        SqliteDatabase(path, "source")
    assert caught.value.code == "DATABASE_CORRUPT"
    assert state(tmp_path, without="none") == before


@pytest.fixture
def public_folder() -> Iterator[Path]:
    """A folder that every user may read and only this one may write."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


def as_nobody(path: Path) -> str:
    """The first value that a user without rights of its own reads from the database, or the error's code."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.setgroups([])
        os.setuid(NOBODY)
        try:
            database = SqliteDatabase(path, "source")
            text = str(database.query("SELECT b FROM t LIMIT 1")[0][0])
            database.close()
        except DbmoError as error:
            text = error.code
        os.write(writer, text.encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as stream:
        found = stream.read().decode()
    assert os.waitpid(child, 0)[1] == 0
    return found


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become a user who may not write: run the tests as root")
@pytest.mark.parametrize(
    ("mode", "end", "rights", "outcome"),
    [
        ("delete", "clean", 0o644, "one"),
        ("delete", "clean", 0o600, "FILE_UNREADABLE"),
        ("wal", "clean", 0o644, "FILE_UNREADABLE"),
        ("wal", "kill", 0o644, "one"),
    ],
)
def test_a_folder_that_may_not_be_written(public_folder: Path, mode: str, end: str, rights: int, outcome: str) -> None:
    path = public_folder / "x.db"
    write(path, mode, end)
    path.chmod(rights)
    before = state(public_folder, without="none")
    assert as_nobody(path) == outcome
    assert state(public_folder, without="none") == before


def test_files_in_use_by_another_program_are_left_to_it(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    write(path, "wal", "clean")
    database = SqliteDatabase(path, "source")
    hold = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute('SELECT * FROM t').fetchall(); print(1)"
    with subprocess.Popen(
        [sys.executable, "-c", hold + "; sys.stdout.flush(); input()", str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as other:
        assert other.stdout is not None
        other.stdout.readline()
        database.close()
        assert {file.name for file in database.left_behind} == {"x.db-shm", "x.db-wal"}
        assert files.sidecar(path, "-shm").exists()
        other.communicate(b"\n")


def test_connections_of_one_process_clean_up_in_any_order(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    write(path, "wal", "clean")
    first, second = SqliteDatabase(path, "source"), SqliteDatabase(path, "source")
    first.close()
    assert first.left_behind
    assert second.query("SELECT count(*) FROM t") == [(2,)]
    second.close()
    assert [file.name for file in tmp_path.iterdir()] == ["x.db"]


def test_reading_the_position_keeps_the_lock_of_an_open_transaction(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    write(path, "delete", "clean")
    database = SqliteDatabase(path, "source")
    database.connection.execute("BEGIN")
    database.query("SELECT count(*) FROM t")
    database.position()
    change = (
        "import sqlite3, sys; sqlite3.connect(sys.argv[1], timeout=0, isolation_level=None).execute('DELETE FROM t')"
    )
    done = subprocess.run([sys.executable, "-c", change, str(path)], capture_output=True, text=True, check=False)
    assert "database is locked" in done.stderr
    database.close()


@pytest.mark.parametrize("mode", ["delete", "wal"])
@pytest.mark.parametrize("checkpoint", [False, True])
def test_every_commit_changes_the_position(tmp_path: Path, mode: str, checkpoint: bool) -> None:
    path = tmp_path / "x.db"
    write(path, mode, "clean")
    writer = sqlite3.connect(path, isolation_level=None)
    seen = {files.position(path)}
    for number in range(5):
        writer.execute("UPDATE t SET b = ? WHERE a = 1", (str(number),))
        if checkpoint:
            writer.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        seen.add(files.position(path))
    writer.close()
    seen.add(files.position(path))
    assert len(seen) >= 6


@pytest.mark.parametrize(("mode", "end"), [("delete", "clean"), ("wal", "clean"), ("wal", "kill"), ("wal", "half")])
def test_reading_and_rolling_back_keep_the_position(tmp_path: Path, mode: str, end: str) -> None:
    path = tmp_path / "x.db"
    write(path, mode, end)
    before = files.position(path)
    read_whole(path)
    assert files.position(path) == before


def test_a_transaction_that_is_not_committed_keeps_the_position(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    write(path, "wal", "kill")
    writer = sqlite3.connect(path, isolation_level=None)
    writer.execute("PRAGMA cache_size = 5")
    before = files.position(path)
    writer.execute("BEGIN")
    writer.executemany("INSERT INTO t (b) VALUES (?)", (("x" * 3000,) for _ in range(500)))
    during = files.position(path)
    writer.execute("ROLLBACK")
    assert (during, files.position(path)) == (before, before)
    writer.execute("INSERT INTO t (b) VALUES ('after')")
    assert files.position(path) != before
    writer.close()


@pytest.mark.parametrize(
    "name",
    [
        "plain.db",
        "a b.db",
        "100%.db",
        "what?.db",
        "x#y.db",
        "%41.db",
        "q'\"`.db",
        "ünï🦊.db",
        "new\nline.db",
        "a;b&c=d.db",
    ],
)
def test_paths_of_any_kind_open(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    write(path, "wal", "clean")
    assert read_whole(path) == [("one",), ("two",)]
    assert [file.name for file in tmp_path.iterdir()] == [name]


def test_the_empty_log_that_readers_make_is_no_change(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    write(path, "wal", "clean")
    before = files.position(path)
    database = SqliteDatabase(path, "source")
    assert files.sidecar(path, "-wal").exists()
    assert database.position() == before
    database.close()
