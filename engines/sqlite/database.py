"""An open SQLite file: read-only, and unchanged to the byte when it is closed again."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from engines.catalog import Catalog, Table
from engines.errors import EngineError, UsageError
from engines.profile import Remembers, TableProfile
from engines.protocols import QueryMeasure
from engines.scanning import Told, silent
from engines.sqlite import files
from engines.sqlite.errors import is_stacked, translate_error
from engines.sqlite.forms import register_functions
from engines.sqlite.introspect import read_catalog
from engines.sqlite.plan import bound_by
from engines.sqlite.profile import profile_table
from engines.sqlite.quoting import quote_identifier

__all__ = ["SqliteDatabase", "open_read_only", "translate_error"]

BUSY_SECONDS = 5.0
OLDEST_LIBRARY = (3, 37, 0)  # PRAGMA table_list and STRICT, 2021-11-27
FETCH_ROWS = 1_000
READING = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE}
LOADING_FUNCTIONS = {"load_extension", "fts3_tokenizer"}  # run code or take pointers instead of reading


def open_read_only(path: Path, timeout: float = BUSY_SECONDS) -> sqlite3.Connection:
    """A connection that can't write, in autocommit; timeout is how many seconds it waits for a lock.

    Text that isn't valid UTF-8 comes as surrogate escapes, so that no byte of it is lost. Never `immutable=1`:
    it ignores the -wal and the locks of other programs. sqlite3.Error where SQLite can't open the file.
    """
    connection = sqlite3.connect(
        files.uri(path), uri=True, isolation_level=None, timeout=timeout, check_same_thread=False
    )
    connection.text_factory = _decode
    try:
        register_functions(connection, connection.execute("PRAGMA encoding").fetchone()[0])
    except sqlite3.Error:
        connection.close()
        raise
    return connection


class SqliteDatabase(Remembers):
    """A SQLite database opened `mode=ro`; -wal and -shm files that opening makes are gone after close().

    display: the reference for people. DbmoError with FILE_MISSING, FILE_UNREADABLE, NOT_A_DATABASE,
    DATABASE_CORRUPT, DATABASE_LOCKED or HOT_JOURNAL where it can't be read. What `mode=ro` does to the files
    beside the database, and what is done about it, stands in engines/sqlite/files.py. The connection that was
    opened first is to be closed last; where another program has the file open, that program cleans up.
    """

    engine = "sqlite"

    def __init__(self, path: Path, display: str, timeout: float = BUSY_SECONDS) -> None:
        _check_library()
        files.check_file(path, display)
        self.path = path.resolve()
        self.display = display
        self.left_behind: list[Path] = []
        super().__init__()
        self._sidecars = files.Sidecars(self.path, display)
        try:
            self.connection = open_read_only(self.path, timeout)
        except sqlite3.Error as error:
            self._sidecars.restore()
            raise translate_error(error, display) from error
        try:
            self._check_whole()
        except sqlite3.Error as error:
            self.close()
            raise translate_error(error, display) from error
        except EngineError:
            self.close()
            raise

    def _check_whole(self) -> None:
        """DATABASE_CORRUPT for a file shorter than its header says; a -wal may hold what is missing."""
        self.connection.execute("BEGIN")
        self.connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        header = files.read_header(self.path)
        wal = files.sidecar(self.path, "-wal")
        whole = (wal.exists() and wal.stat().st_size > 0) or header is None or not header.missing_bytes
        self.connection.execute("COMMIT")
        if header is not None and not whole:
            raise EngineError(
                "DATABASE_CORRUPT",
                f"{self.display} is {header.missing_bytes} bytes shorter than its header says: it was cut off.",
                "Copy it again, or restore it from a backup.",
                database=self.display,
                missing_bytes=header.missing_bytes,
            )

    @property
    def version(self) -> str:
        """The version of the SQLite library that reads the file; a file has none of its own."""
        return sqlite3.sqlite_version

    @property
    def identity(self) -> str:
        """`sqlite:` and the absolute path, symbolic links resolved."""
        return f"sqlite:{self.path}"

    def position(self) -> str:
        """A token of what was committed: equal tokens prove that nothing was in between (files.position)."""
        return files.position(self.path)

    def catalog(self) -> Catalog:
        """The whole catalog, read once."""
        if self._catalog is None:
            try:
                self._catalog = read_catalog(self.connection, self.path)
            except sqlite3.Error as error:
                raise translate_error(error, self.display) from error
        return self._catalog

    def profile(self, table: Table, told: Told = silent) -> TableProfile:
        """Classes, ranges and forms of a table's values, scanned once."""
        if table.full_name not in self._profiles:
            try:
                self._profiles[table.full_name] = profile_table(self.connection, table, told)
            except sqlite3.Error as error:
                raise translate_error(error, self.display) from error
        return self._profiles[table.full_name]

    def count(self, table: Table) -> int:
        """Exact number of rows."""
        return int(self.query(f"SELECT count(*) FROM {quote_identifier(table.name)}")[0][0])

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run one reading statement of ours."""
        try:
            return self.connection.execute(sql, parameters).fetchall()
        except (sqlite3.Error, sqlite3.Warning) as error:
            raise self._refused(error) from error

    def measure(self, sql: str) -> QueryMeasure:
        """Run a reading query once to its end: wall and CPU milliseconds, rows, and what bounded it.

        resources holds cpu_ms, the CPU time of this thread; SQLite doesn't say how many rows it visited.
        """
        cursor, rows = self._reading(f"EXPLAIN QUERY PLAN {sql}"), 0
        steps = [str(step[3]) for step in cursor]
        started, cpu = time.perf_counter(), time.thread_time()
        cursor = self._reading(sql)
        try:
            while batch := cursor.fetchmany(FETCH_ROWS):
                rows += len(batch)
        except sqlite3.Error as error:
            raise translate_error(error, self.display) from error
        spent = time.thread_time() - cpu
        milliseconds = (time.perf_counter() - started) * 1000
        return QueryMeasure(
            milliseconds=milliseconds, rows=rows, resources={"cpu_ms": spent * 1000}, bound_by=bound_by(steps)
        )

    def run_workload(self, sql: str, limit: int) -> tuple[list[str], list[tuple[Any, ...]]]:
        """Run one reading query of a workload; NOT_A_READING_QUERY for everything that isn't one."""
        cursor = self._reading(sql)
        try:
            rows = cursor.fetchmany(limit)
        except sqlite3.Error as error:
            raise translate_error(error, self.display) from error
        names = [str(column[0]) for column in cursor.description]
        cursor.close()
        return names, rows

    def _reading(self, sql: str) -> sqlite3.Cursor:
        """A cursor of a statement that SQLite's own parser says only reads; it is compiled under the authorizer."""
        self.connection.set_authorizer(_authorize)
        try:
            cursor = self.connection.execute(sql)
        except (sqlite3.Error, sqlite3.Warning) as error:
            raise self._refused(error) from error
        finally:
            self.connection.set_authorizer(None)
        if cursor.description is None:
            raise UsageError(
                "NOT_A_READING_QUERY",
                "A statement of the workload gives no rows.",
                "Leave only SELECT statements in it.",
            )
        return cursor

    def _refused(self, error: sqlite3.Error | sqlite3.Warning) -> Exception:
        if isinstance(error, sqlite3.Error) or is_stacked(error):
            return translate_error(error, self.display)
        return error

    def cancel(self) -> None:
        """End the query that runs now, from another thread."""
        self.connection.interrupt()

    def privileges_missing(self) -> list[str]:
        """Always empty: a SQLite file that could be opened can be read whole."""
        return []

    def close(self) -> None:
        """Close the connection and take away the files it made; left_behind names those still in use."""
        self.connection.close()
        self.left_behind = self._sidecars.restore()


def _check_library() -> None:
    if sqlite3.sqlite_version_info < OLDEST_LIBRARY:
        raise EngineError(
            "SQLITE_TOO_OLD",
            f"This Python comes with SQLite {sqlite3.sqlite_version}, which can't list what a database holds.",
            "Use a Python whose sqlite3 module is built with SQLite 3.37 or later.",
        )


def _authorize(action: int, first: str | None, second: str | None, _schema: str | None, _inside: str | None) -> int:
    allowed = action in READING and (second or "").lower() not in LOADING_FUNCTIONS
    return sqlite3.SQLITE_OK if allowed else sqlite3.SQLITE_DENY


def _decode(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")
