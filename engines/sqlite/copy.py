"""A private copy of a SQLite file at one moment, by SQLite's own backup, in steps between which others may write."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from engines.errors import EngineError
from engines.sqlite import files
from engines.sqlite.database import SqliteDatabase
from engines.sqlite.errors import translate_error
from engines.sqlite.snapshot import SqliteSnapshot

STEP_PAGES = 1_000
RESTARTS = 3  # after so many writes meanwhile the rest is copied in one step, under the lock of a reader
ROOM = 64_000_000  # bytes that must stay free beside the copy
NAME = "source.db"
Cancelled = Callable[[], bool]


class _Disturbed(Exception):
    """Somebody wrote while a step was waited for, again and again: SQLite begins such a backup anew each time."""


class NoRoom(EngineError):
    """There is too little room for a copy."""


@contextmanager
def private_copy(path: Path, display: str, folder: Path, cancelled: Cancelled = lambda: False) -> Iterator[Path]:
    """A copy in a folder of its own, which is removed afterwards; what a killed run has left there goes first.

    Its position (engines/sqlite/files.py) is that of the file at the moment that was copied. NoRoom SOURCE_COPY_ROOM,
    INTERRUPTED when cancelled.
    """
    remove_copy(folder)
    folder.mkdir(parents=True, mode=0o700, exist_ok=True)
    try:
        _check_room(path, display, folder)
        made = folder / NAME
        position = _copied(path, display, made, cancelled)
        files.note_position(made, position)
        yield made
    finally:
        remove_copy(folder)


def remove_copy(folder: Path) -> None:
    """Remove what private_copy() makes, and nothing else."""
    for suffix in ("", "-journal", "-wal", "-shm", files.POSITION):
        files.sidecar(folder / NAME, suffix).unlink(missing_ok=True)
    if folder.exists() and not any(folder.iterdir()):
        folder.rmdir()


def locks_writers(path: Path) -> bool:
    """Whether a reader keeps writers from committing: not so in WAL mode."""
    header = files.read_header(path)
    return header is not None and header.versions != files.WAL_VERSIONS


def _check_room(path: Path, display: str, folder: Path) -> None:
    needed = sum(file.stat().st_size for file in (path, files.sidecar(path, "-wal")) if file.exists()) + ROOM
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise NoRoom(
            "SOURCE_COPY_ROOM",
            f"A private copy of {display} needs {needed:,} bytes in {folder}, where {free:,} are free.",
            "Make room, put the migration's folder on another disk, or set options.source_copy to never.",
        )


def _copied(path: Path, display: str, made: Path, cancelled: Cancelled) -> str:
    """Copy the file; the position that was copied."""
    made.touch(mode=0o600, exist_ok=False)
    with closing(sqlite3.connect(made, isolation_level=None)) as target:
        target.execute("PRAGMA synchronous = OFF")
        try:
            position = _between(path, display, target, cancelled) or _at_once(path, display, target, cancelled)
            target.execute("PRAGMA journal_mode = DELETE")
        except sqlite3.Error as error:
            raise translate_error(error, str(made)) from error
    return position


def _between(path: Path, display: str, target: sqlite3.Connection, cancelled: Cancelled) -> str | None:
    """Copy in small steps, the file unlocked between them; None where others write too often."""
    with closing(SqliteDatabase(path, display)) as source:
        for _ in range(RESTARTS):
            before = source.position()
            try:
                source.connection.backup(target, pages=STEP_PAGES, progress=_watch(cancelled))
            except _Disturbed:
                return None
            if source.position() == before:
                return before
    return None


def _at_once(path: Path, display: str, target: sqlite3.Connection, cancelled: Cancelled) -> str:
    """Copy inside a read transaction: writers wait as long as reading the file once takes."""
    with closing(SqliteSnapshot(path, display)) as snapshot:
        snapshot.connection.backup(target, pages=STEP_PAGES, progress=_watch(cancelled))
        return snapshot.position


def _watch(cancelled: Cancelled) -> Callable[[int, int, int], None]:
    """Ends a backup that somebody cancelled, or that too often began anew or had to wait for a writer."""
    least: int | None = None
    restarts = 0

    def watch(status: int, remaining: int, total: int) -> None:
        nonlocal least, restarts
        if cancelled():
            raise EngineError("INTERRUPTED", "The copying was interrupted.", "Run the same command again to go on.")
        restarts += least is not None and remaining >= least
        least = remaining
        if restarts > RESTARTS:
            raise _Disturbed

    return watch
