"""One consistent moment of a SQLite file, joined by every process that reads it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from io import SEEK_END, BytesIO
from pathlib import Path
from typing import Any

from engines.errors import EngineError, UsageError
from engines.sqlite import blobs
from engines.sqlite.database import SqliteDatabase, translate_error

Row = tuple[Any, ...]
ATTEMPTS = 20
UTF16 = {"UTF-16le": "utf-16-le", "UTF-16be": "utf-16-be"}  # PRAGMA encoding -> Python's name


class TooLarge(ValueError):
    """A value, or what a statement makes of several, is larger than limited() allows; nothing of it was loaded."""


class SqliteSnapshot:
    """A read transaction whose position names exactly the moment that is read.

    join: the token of another process's snapshot; SOURCE_CHANGED if something was committed since. In
    rollback-journal mode the shared lock keeps writers from committing while it is held; in WAL mode they may,
    and what is read stays the old moment.
    """

    def __init__(self, path: Path, display: str, join: str | None = None) -> None:
        self._database = SqliteDatabase(path, display)
        self._display = display
        self.connection = self._database.connection
        self.connection.text_factory = bytes
        self.encoding = str(self.connection.execute("PRAGMA encoding").fetchone()[0], "ascii")
        self.position = self._start()
        self.token = self.position
        if join is not None and join != self.position:
            self.close()
            raise EngineError(
                "SOURCE_CHANGED",
                f"{display} was written to while readers were starting.",
                "Run the same command again; nothing was lost.",
            )

    @property
    def path(self) -> Path:
        """The file, its symbolic links resolved."""
        return self._database.path

    def refresh(self) -> None:
        """Read at a new moment, which position and token then name; SOURCE_BUSY where none is quiet."""
        self.connection.execute("ROLLBACK")
        self.token = self.position = self._start()

    def _start(self) -> str:
        for _ in range(ATTEMPTS):
            before = self._database.position()
            self.connection.execute("BEGIN")
            self.connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
            if self._database.position() == before:
                return before
            self.connection.execute("ROLLBACK")
        raise EngineError(
            "SOURCE_BUSY",
            f"{self._display} is being written to all the time; no quiet moment was found to start reading.",
            "Pause the writers for a second, then run the same command again.",
        )

    def query(self, sql: str, parameters: Row = ()) -> list[Row]:
        """All rows of one statement; text comes as bytes."""
        try:
            return self.connection.execute(sql, parameters).fetchall()
        except sqlite3.Error as error:
            raise translate_error(error, self._display) from error

    def check_columns(self, table: str, names: Iterable[str]) -> None:
        """UsageError COLUMN_MISSING where a table lacks one: SQLite takes an unknown name in "" for a text."""
        rows = self.query("SELECT name FROM pragma_table_xinfo(?)", (table,))
        there = {bytes(name).lower() for (name,) in rows}  # of bytes: the letters of ASCII, as SQLite does
        missing = [name for name in names if name.encode().lower() not in there]
        if rows and missing:
            raise UsageError(
                "COLUMN_MISSING",
                f"{table} of {self._display} has no column {', '.join(missing)}.",
                "Plan the migration again.",
            )

    def hold(self) -> AbstractContextManager[bool]:
        """Readers join by the token, and see at once when somebody wrote: nothing is locked."""
        return nullcontext(False)

    def recover(self) -> None:
        """A failed statement leaves the read transaction as it was."""

    def cancel(self) -> None:
        """End the statement that runs now, from another thread."""
        with suppress(sqlite3.ProgrammingError):  # closed meanwhile
            self.connection.interrupt()

    def each(self, sql: str, parameters: Row = ()) -> Iterator[Row]:
        """The rows of a statement one at a time; text comes as bytes. TooLarge where limited() says so."""
        try:
            yield from self.connection.execute(sql, parameters)
        except sqlite3.Error as error:
            raise self._meant(error) from error

    def first(self, sql: str, parameters: Row = ()) -> Row | None:
        """The first row of a statement, None where it gives none; text comes as bytes. TooLarge as each()."""
        try:
            found: Row | None = self.connection.execute(sql, parameters).fetchone()
        except sqlite3.Error as error:
            raise self._meant(error) from error
        return found

    def _meant(self, error: sqlite3.Error) -> Exception:
        if getattr(error, "sqlite_errorname", "") == "SQLITE_TOOBIG":
            return TooLarge(str(error))
        return translate_error(error, self._display)

    @contextmanager
    def limited(self, size: int) -> Iterator[None]:
        """Meanwhile no text or blob larger than so many bytes is loaded or made: TooLarge."""
        before = self.connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, size)
        try:
            yield
        finally:
            self.connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, before)

    def size(self, table: str, column: str, rowid: int) -> int:
        """Bytes of a text or blob, which is not loaded unless it can't be opened; in the encoding of the database."""
        with self._blob(table, column, rowid) as blob:
            return blob.seek(0, SEEK_END) if isinstance(blob, BytesIO) else len(blob)

    def pieces(self, table: str, column: str, rowid: int, size: int) -> Iterator[bytes]:
        """A text or blob in pieces of at most size bytes, in the encoding of the database."""
        with self._blob(table, column, rowid) as blob:
            while piece := blob.read(size):
                yield piece

    @contextmanager
    def _blob(self, table: str, column: str, rowid: int) -> Iterator[sqlite3.Blob | BytesIO]:
        try:
            if not blobs.opens(self.connection, table, column):
                yield BytesIO(blobs.whole(self.connection, table, column, rowid))
                return
            with self.connection.blobopen(table, column, rowid, readonly=True) as blob:
                yield blob
        except sqlite3.Error as error:
            raise translate_error(error, self._display) from error

    def batches(self, sql: str, parameters: Row, size: int) -> Iterator[list[Row]]:
        """Rows of a query in lists of at most size; text comes as bytes. TooLarge as each()."""
        try:
            cursor = self.connection.execute(sql, parameters)
            while batch := cursor.fetchmany(size):
                yield batch
        except sqlite3.Error as error:
            raise self._meant(error) from error

    def close(self) -> None:
        """End the read transaction; the file is left as it was."""
        self._database.close()


def utf8_of(data: bytes, encoding: str) -> bytes:
    """The bytes of a text of UTF-16 in UTF-8, halves of surrogate pairs each by themselves; encoding: UTF16's."""
    even = data[: len(data) // 2 * 2]
    return even.decode(encoding, "surrogatepass").encode("utf-8", "surrogatepass")
