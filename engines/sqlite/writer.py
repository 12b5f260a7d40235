"""Writing to SQLite: transactions through SQLAlchemy, rows by executemany in the same transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from engines.errors import Aborted
from engines.grant import Grant
from engines.protocols import Loaded
from engines.sqlite.database import SqliteDatabase, translate_error
from engines.sqlite.quoting import quote_identifier

Row = tuple[Any, ...]


class SqliteWriter(SqliteDatabase):
    """A SQLite file that may be written, because a grant says so; it is created when it is not there."""

    def __init__(self, path: Path, display: str, grant: Grant) -> None:
        if not path.exists():
            sqlite3.connect(path).close()
        super().__init__(path, display)
        if grant.target != self.identity:
            raise Aborted(
                "GRANT_FOR_ANOTHER_TARGET",
                f"The approval is for another database than {display}.",
                "Point the request at the database that was approved, or plan and approve again.",
            )
        self.grant = grant
        self._engine = sa.create_engine("sqlite://", creator=self._open, poolclass=sa.pool.StaticPool)

        @sa.event.listens_for(self._engine, "begin")
        def _begin(connection: Connection) -> None:
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, isolation_level=None, timeout=5.0, check_same_thread=False)
        connection.execute("PRAGMA foreign_keys = OFF")
        return connection

    @contextmanager
    def begin(self, durable: bool = False) -> Iterator[Connection]:
        """A transaction that holds the write lock; SQLite's commits are always durable."""
        try:
            with self._engine.begin() as connection:
                yield connection
        except (sqlite3.Error, sa.exc.DBAPIError) as error:
            origin = error.orig if isinstance(error, sa.exc.DBAPIError) else error
            assert isinstance(origin, sqlite3.Error)
            raise translate_error(origin, self.display) from error

    def run(self, connection: Connection, sql: str) -> None:
        """Run one statement inside the transaction, its text as it is: percent signs mean nothing."""
        connection.exec_driver_sql(sql, execution_options={"no_parameters": True})

    def load(self, connection: Connection, table: str, columns: Sequence[str], blocks: Iterable[list[Row]]) -> Loaded:
        """Insert lists of rows inside the transaction; bytes counts text and blobs only."""
        raw = connection.connection.driver_connection
        assert isinstance(raw, sqlite3.Connection)
        name = quote_identifier(table.partition(".")[2])
        names = ", ".join(quote_identifier(column) for column in columns)
        marks = ", ".join("?" * len(columns))
        loaded = size = 0
        for rows in blocks:
            raw.executemany(f"INSERT INTO {name} ({names}) VALUES ({marks})", rows)
            loaded += len(rows)
            size += sum(len(value) for row in rows for value in row if isinstance(value, str | bytes))
        return Loaded(loaded, size)

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()
        super().close()
