"""Queries of a SQLite side: rows in batches of bounded size, errors translated."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

from engines.errors import DbmoError
from engines.sqlite.database import translate_error
from engines.sqlite.snapshot import SqliteSnapshot, TooLarge
from transfer.sides.local import BATCH_BYTES, BATCH_ROWS, Rows, size_of

Row = tuple[Any, ...]
SLICE = 8  # rows that are read before their size is looked at
LONG = 4_000_000  # bytes of a slice whose rows are rendered one by one


class Reading:
    """A snapshot's queries; cancelled: makes the error of one that was interrupted."""

    def __init__(self, snapshot: SqliteSnapshot, display: str, cancelled: Callable[[], DbmoError]) -> None:
        self._snapshot = snapshot
        self._display = display
        self._cancelled = cancelled
        self._limited = False

    def batches(self, sql: str, parameters: Row, largest: int | None = None) -> Iterator[Rows]:
        """Rows of a query in batches of bounded size; long ones come one by one.

        largest: TooLarge before a row with a longer text or blob, and maybe before some rows in front of it.
        """
        rows: Rows = []
        size, step = 0, 1
        with self._within(largest):
            opened = self._execute(sql, parameters)
        with closing(opened) as cursor:
            while True:
                try:
                    with self._within(largest):
                        part = self._fetch(cursor, step)
                except TooLarge:
                    if rows:
                        yield rows
                    raise
                if not part:
                    break
                grown = size_of(part)
                long = grown >= LONG
                step = 1 if long else min(SLICE, step * 2)
                if rows and (long or len(rows) >= BATCH_ROWS or size >= BATCH_BYTES):
                    yield rows
                    rows, size = [], 0
                while long and part:
                    yield [part.pop(0)]
                rows += part
                size += grown
        if rows:
            yield rows

    @contextmanager
    def _within(self, largest: int | None) -> Iterator[None]:
        """Not around a yield: another query of the snapshot would be limited too."""
        if largest is None:
            yield
            return
        with self._snapshot.limited(largest):
            self._limited = True
            try:
                yield
            finally:
                self._limited = False

    def rows(self, sql: str, parameters: Row) -> Iterator[Row]:
        """Rows of a query, one after another."""
        with closing(self._execute(sql, parameters)) as cursor:  # one left open would keep an interrupt alive
            while part := self._fetch(cursor, BATCH_ROWS):
                yield from part

    def _execute(self, sql: str, parameters: Row) -> sqlite3.Cursor:
        try:
            return self._snapshot.connection.execute(sql, parameters)
        except (sqlite3.Error, sqlite3.Warning) as error:
            raise self._translated(error) from error

    def _fetch(self, cursor: sqlite3.Cursor, rows: int) -> list[Row]:
        try:
            return cursor.fetchmany(rows)
        except sqlite3.Error as error:
            raise self._translated(error) from error

    def _translated(self, error: sqlite3.Error | sqlite3.Warning) -> Exception:
        if getattr(error, "sqlite_errorname", "") == "SQLITE_TOOBIG" and self._limited:
            return TooLarge(str(error))
        found = translate_error(error, self._display)
        return self._cancelled() if found.code == "INTERRUPTED" else found
