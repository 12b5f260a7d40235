"""SQLite to SQLite: the library copies rows from one file into the other, each value with its class and bytes.

The source is attached to the writer's connection, read-only. Its transaction there sees the snapshot's moment, or says
so: then, and where the files have different encodings or a row is too large to go through whole, the rows are read
through the snapshot, value by value.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Any

from engines.full_names import parts
from engines.sqlite import files
from engines.sqlite.errors import translate_error
from engines.sqlite.quoting import quote_identifier
from engines.sqlite.snapshot import SqliteSnapshot
from engines.sqlite.writer import SqliteWriter, raw_connection
from transfer.chunks import Chunk, integer
from transfer.cutting import sqlite as cutting
from transfer.routes.policy import Judge
from transfer.routes.route import Copied, Pace
from transfer.routes.rows_to_sqlite import RowsToSqlite
from transfer.routes.rows_to_sqlite_values import SqliteRows
from transfer.routes.sqlite_to_postgresql import rowid_of
from transfer.units import TableUnit

ATTACHED = "dbmo_source"
SAVEPOINT = "dbmo_range"
WHOLE = 1 << 25  # bytes of a value or row that goes through as it is: the library holds it three times
STEP_ROWS = 5_000  # at once, between two looks at the pace
LOWEST, HIGHEST = -(1 << 63), (1 << 63) - 1


class SqliteToSqlite:
    """Rows of one table, by INSERT ... SELECT."""

    def __init__(self, unit: TableUnit, snapshot: SqliteSnapshot, writer: SqliteWriter, judge: Judge) -> None:
        self.unit, self.snapshot, self.writer, self.judge = unit, snapshot, writer, judge
        rowid = rowid_of(snapshot, parts(unit.mapping.source)[1])
        self.rowid = rowid if unit.key.kind == "rowid" else None
        self.values = RowsToSqlite(SqliteRows(snapshot, unit, rowid), writer, judge)
        self.attached = writer.attach(snapshot.path, ATTACHED)
        columns = unit.mapping.copied
        names = ", ".join(quote_identifier(column.target) for column in columns)
        reads = ", ".join(quote_identifier(column.source) for column in columns)
        self.source = f"{ATTACHED}.{quote_identifier(parts(unit.mapping.source)[1])}"
        target = quote_identifier(parts(unit.mapping.target)[1])
        self.sql = f"INSERT INTO main.{target} ({names}) SELECT {reads} FROM {self.source}"

    def copy(self, chunk: Chunk, into: Any, pace: Pace) -> Copied:
        """See Route; bytes: how much the file grew."""
        raw = raw_connection(into)
        if not self.attached or not self._same_moment(raw):
            return self.values.copy(chunk, into, pace)
        before = raw.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, WHOLE)
        raw.execute(f"SAVEPOINT {SAVEPOINT}")
        try:
            copied = self._insert(raw, chunk, pace)
            raw.execute(f"RELEASE {SAVEPOINT}")
            return copied
        except sqlite3.Error as error:
            if getattr(error, "sqlite_errorname", "") != "SQLITE_TOOBIG":
                raise translate_error(error, self.writer.display) from error
            raw.execute(f"ROLLBACK TO {SAVEPOINT}")
            raw.execute(f"RELEASE {SAVEPOINT}")
        finally:
            raw.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, before)
        return self.values.copy(chunk, into, pace)

    def _same_moment(self, raw: sqlite3.Connection) -> bool:
        """Whether this transaction reads the attached file as the snapshot does."""
        raw.execute(f"SELECT count(*) FROM {ATTACHED}.sqlite_master").fetchone()
        return files.position(self.snapshot.path) == self.snapshot.position

    def _insert(self, raw: sqlite3.Connection, chunk: Chunk, pace: Pace) -> Copied:
        rows, start = 0, _size(raw)
        last = start
        for where in self._steps(raw, chunk):
            rows += raw.execute(f"{self.sql}{f' WHERE {where}' if where else ''}").rowcount
            now = _size(raw)
            pace(max(now - last, 0))
            last = now
        return Copied(rows, max(last - start, 0))

    def _steps(self, raw: sqlite3.Connection, chunk: Chunk) -> Iterator[str]:
        """Conditions of the parts of a range."""
        if self.rowid is None:
            yield cutting.condition(self.unit.key, chunk) if self.unit.key.kind != "whole" else ""
            return
        lower, upper = integer(chunk.lower), integer(chunk.upper)
        start, end = LOWEST if lower is None else lower + 1, HIGHEST if upper is None else upper
        while start <= end:
            ((stop,),) = raw.execute(
                f"SELECT max(n) FROM (SELECT {self.rowid} AS n FROM {self.source} WHERE {self.rowid} BETWEEN ? AND ?"
                f" ORDER BY {self.rowid} LIMIT ?)",
                (start, end, STEP_ROWS),
            )
            if stop is None:
                return
            yield f"{self.rowid} BETWEEN {start} AND {stop}"
            start = stop + 1


def _size(raw: sqlite3.Connection) -> int:
    """Bytes of the file that is written, as this transaction sees it."""
    ((pages,),) = raw.execute("PRAGMA main.page_count")
    ((size,),) = raw.execute("PRAGMA main.page_size")
    return int(pages) * int(size)
