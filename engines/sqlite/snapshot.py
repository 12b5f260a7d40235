"""One consistent moment of a SQLite file, joined by every process that reads it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from engines.errors import EngineError
from engines.sqlite.database import SqliteDatabase, translate_error
from engines.sqlite.quoting import quote_identifier

Row = tuple[Any, ...]
ATTEMPTS = 20


class InvalidText(ValueError):
    """Text of the database that is not valid in its encoding."""


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
        self.position = self._start()
        self.token = self.position
        if join is not None and join != self.position:
            self.close()
            raise EngineError(
                "SOURCE_CHANGED",
                f"{display} was written to while readers were starting.",
                "Run the same command again; nothing was lost.",
            )

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

    def boundaries(self, table: str, key: str, rows: int) -> list[int]:
        """Integer keys that end ranges of that many rows each, ascending; the last range is open."""
        name, column = quote_identifier(table), quote_identifier(key)
        found: list[int] = []
        step = f"SELECT {column} FROM {name} WHERE {column} > ? ORDER BY {column} LIMIT 1 OFFSET ?"
        first = f"SELECT {column} FROM {name} ORDER BY {column} LIMIT 1 OFFSET ?"
        current = self.connection.execute(first, (rows - 1,)).fetchone()
        while current is not None:
            found.append(int(current[0]))
            current = self.connection.execute(step, (current[0], rows - 1)).fetchone()
        return found

    def text_batches(self, sql: str, parameters: Row, size: int) -> Iterator[list[Row]]:
        """The same with text as str, which tells it from blobs; InvalidText at text that is not UTF-8."""
        cursor = self.connection.execute(sql, parameters)
        while True:
            self.connection.text_factory = str
            try:
                batch = cursor.fetchmany(size)
            except sqlite3.OperationalError as error:
                if "decode" in str(error):
                    raise InvalidText(str(error)) from error
                raise translate_error(error, self._display) from error
            except sqlite3.Error as error:
                raise translate_error(error, self._display) from error
            finally:
                self.connection.text_factory = bytes
            if not batch:
                return
            yield batch

    def batches(self, sql: str, parameters: Row, size: int) -> Iterator[list[Row]]:
        """Rows of a query in lists of at most size; text comes as bytes."""
        try:
            cursor = self.connection.execute(sql, parameters)
            while batch := cursor.fetchmany(size):
                yield batch
        except sqlite3.Error as error:
            raise translate_error(error, self._display) from error

    def close(self) -> None:
        """End the read transaction; the file is left as it was."""
        self._database.close()
