"""Writing to PostgreSQL: transactions through SQLAlchemy, rows through COPY in the same transaction."""

from __future__ import annotations

import select
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from engines.errors import Aborted
from engines.grant import Grant
from engines.postgresql.database import PostgresqlDatabase, translate_error
from engines.postgresql.quoting import quote_identifier, quote_name
from engines.postgresql.snapshot import set_forms
from engines.protocols import Loaded


class PostgresqlWriter(PostgresqlDatabase):
    """A PostgreSQL database that may be written, because a grant says so."""

    def __init__(self, dsn: str, display: str, grant: Grant) -> None:
        super().__init__(dsn, display)
        if grant.target != self.identity:
            raise Aborted(
                "GRANT_FOR_ANOTHER_TARGET",
                f"The approval is for another database than {display}.",
                "Point the request at the database that was approved, or plan and approve again.",
            )
        self.grant = grant
        self._engine = sa.create_engine(
            "postgresql+psycopg://", creator=self._open, poolclass=sa.pool.QueuePool, pool_size=8, max_overflow=8
        )

    def _open(self) -> psycopg.Connection[Any]:
        connection = psycopg.connect(self.dsn, autocommit=True, application_name="dbmo")
        set_forms(connection)
        # Rows and chunk status commit together, so a commit lost with the server is copied again.
        connection.execute("SET synchronous_commit = off")
        connection.autocommit = False
        return connection

    @contextmanager
    def begin(self, durable: bool = False) -> Iterator[Connection]:
        """A transaction; durable waits until it, and all before it, is on disk."""
        try:
            with self._engine.begin() as connection:
                if durable:
                    connection.exec_driver_sql("SET LOCAL synchronous_commit = on")
                yield connection
        except (psycopg.Error, sa.exc.DBAPIError) as error:
            raise translate_error(_cause(error), self.display) from error

    def run(self, connection: Connection, sql: str) -> None:
        """Run one statement inside the transaction, its text as it is; a second one is refused by the protocol."""
        _driver(connection).execute(sql.encode(), prepare=True)

    def load(self, connection: Connection, table: str, columns: Sequence[str], blocks: Iterable[bytes]) -> Loaded:
        """COPY text blocks into schema.table inside the transaction."""
        return self._copy(connection, table, columns, blocks, "FORMAT text")

    def load_binary(
        self, connection: Connection, table: str, columns: Sequence[str], blocks: Iterable[bytes]
    ) -> Loaded:
        """COPY binary blocks, as COPY TO of an equal row type gave them."""
        return self._copy(connection, table, columns, blocks, "FORMAT binary")

    def _copy(
        self, connection: Connection, table: str, columns: Sequence[str], blocks: Iterable[bytes], form: str
    ) -> Loaded:
        raw = _driver(connection)
        schema, _, name = table.partition(".")
        names = ", ".join(quote_identifier(column) for column in columns)
        statement = f"COPY {quote_name(schema, name)} ({names}) FROM STDIN WITH ({form})"
        size = 0
        with raw.cursor() as cursor:
            with cursor.copy(statement.encode()) as copy:
                for block in blocks:
                    copy.write(block)
                    size += len(block)
                    _flush(raw)
            return Loaded(cursor.rowcount, size)

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()
        super().close()


def _driver(connection: Connection) -> psycopg.Connection[Any]:
    raw = connection.connection.driver_connection
    assert isinstance(raw, psycopg.Connection)
    return raw


def _cause(error: Exception) -> psycopg.Error:
    origin = error.orig if isinstance(error, sa.exc.DBAPIError) else error
    return origin if isinstance(origin, psycopg.Error) else psycopg.OperationalError(str(error))


def _flush(raw: psycopg.Connection[Any]) -> None:
    """Send what libpq holds: without it the client keeps the whole COPY in memory when the source is faster."""
    while raw.pgconn.flush():
        select.select([], [raw.fileno()], [])
