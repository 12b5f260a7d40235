"""The rows of a table as a scan takes them: ranges in SQL, and rows with a large value each by itself."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

from engines.catalog import Table
from engines.scanning import pieces
from engines.sqlite.quoting import quote_identifier
from engines.sqlite.rowid import free_rowid

LARGE = 1 << 18  # bytes of a value from which on its row is looked at by itself
LOWEST, HIGHEST = -(1 << 63), (1 << 63) - 1
ARGUMENTS = 100  # of the 127 that a function may have

T = TypeVar("T")


@dataclass(frozen=True)
class Range:
    """Rows from one rowid to another, both included; whole: the table, whether or not it has rowids."""

    low: int = LOWEST
    high: int = HIGHEST
    whole: bool = False

    def where(self, rowid: str | None) -> tuple[str, tuple[int, ...]]:
        """SQL with WHERE before it, and its parameters."""
        return ("", ()) if self.whole else (f" WHERE {rowid} BETWEEN ? AND ?", (self.low, self.high))


class Rows:
    """The places of a table, found once: so no value larger than LARGE has to be in memory with others.

    rowid: its name in SQL; None where the rows have none, or none by which a value can be read in pieces (views,
    tables WITHOUT ROWID or with generated columns): there large values are loaded, an expression at a time.
    """

    def __init__(self, connection: sqlite3.Connection, table: Table) -> None:
        self.connection, self.table, self.name = connection, table, quote_identifier(table.name)
        plain = table.kind == "table" and not table.options.get("without_rowid")
        self.rowid = free_rowid(column.name for column in table.columns) if plain else None
        self.in_pieces = not any(column.generated for column in table.columns)
        self._places: list[Range | int] = list(self._ranges())

    def each(self, several: Callable[[Range, bool], T], single: Callable[[int], T]) -> Iterator[T]:
        """What several gives of each range, and single of each row with a large value; all rows once.

        several is told whether large values may come: an expression after the other is to be asked for then.
        """
        place = 0
        while place < len(self._places):
            at = self._places[place]
            if isinstance(at, int):
                yield single(at)
            elif (found := self._tried(several, at)) is not None:
                yield found
            elif self.rowid is None or not self.in_pieces:
                yield several(at, True)
            else:
                self._places[place : place + 1] = self._split(at)
                continue
            place += 1

    def _tried(self, several: Callable[[Range, bool], T], at: Range) -> T | None:
        """None where a value is too large."""
        try:
            with limited(self.connection, LARGE):
                return several(at, False)
        except sqlite3.Error as error:
            if not is_too_large(error):
                raise
            return None

    def _ranges(self) -> Iterator[Range]:
        if self.rowid is None:
            yield Range(whole=True)
            return
        low, high = self.connection.execute(
            f"SELECT (SELECT min({self.rowid}) FROM {self.name}), (SELECT max({self.rowid}) FROM {self.name})"
        ).fetchone()
        for above, until in pieces(low, high, self.table.rows):
            yield Range(LOWEST if above is None else above + 1, HIGHEST if until is None else until)

    def _split(self, at: Range) -> list[Range | int]:
        """The rows of a range that hold a large value, and the ranges between them."""
        found: list[Range | int] = []
        low = at.low
        for rowid in self._large(at):
            found += [Range(low, rowid - 1), rowid] if low < rowid else [rowid]
            low = rowid + 1
        if not found:  # what an expression makes of a value is larger than it is
            return self._halves(at)
        return [*found, Range(low, at.high)] if low <= at.high else found

    def _halves(self, at: Range) -> list[Range | int]:
        sql = f"SELECT min({self.rowid}), max({self.rowid}) FROM {self.name} WHERE {self.rowid} BETWEEN ? AND ?"
        first, last = self.connection.execute(sql, (at.low, at.high)).fetchone()
        if first == last:
            return [] if first is None else [first]
        middle = (first + last) // 2
        return [Range(first, middle), Range(middle + 1, last)]

    def _large(self, at: Range) -> Iterator[int]:
        """Rowids of rows with a large value: behind the last row that could be loaded comes one that can't."""
        columns = [quote_identifier(column.name) for column in self.table.columns]
        # typeof() and length() of a blob read the row's header alone; no collation is asked for
        loads = [f"length(substr({column}, 1, 1))" for column in columns]
        lots = (loads[start : start + ARGUMENTS] for start in range(0, len(loads), ARGUMENTS))
        loaded = ", ".join(f"max(0, {', '.join(lot)})" for lot in lots)
        where = f"FROM {self.name} WHERE {self.rowid} BETWEEN ? AND ?"
        low = at.low
        while True:
            try:
                with limited(self.connection, LARGE):
                    for row in self.connection.execute(
                        f"SELECT {self.rowid}, {loaded} {where} ORDER BY {self.rowid}", (low, at.high)
                    ):
                        low = row[0] + 1
                return
            except sqlite3.Error as error:
                if not is_too_large(error):
                    raise
            (rowid,) = self.connection.execute(f"SELECT min({self.rowid}) {where}", (low, at.high)).fetchone()
            yield rowid
            if rowid == at.high:
                return
            low = rowid + 1


@contextmanager
def limited(connection: sqlite3.Connection, size: int) -> Iterator[None]:
    """Meanwhile no value larger than so many bytes is loaded or made: an error that is_too_large()."""
    before = connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, size)
    try:
        yield
    finally:
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, before)


def is_too_large(error: sqlite3.Error) -> bool:
    """Whether a value is larger than limited() allows."""
    return getattr(error, "sqlite_errorname", "") == "SQLITE_TOOBIG"
