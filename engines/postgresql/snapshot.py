"""One consistent moment of a PostgreSQL database, exported for every process that reads it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
from psycopg import sql as psql
from psycopg.conninfo import conninfo_to_dict
from psycopg.pq import TransactionStatus

from engines.postgresql.database import CONNECT_SECONDS, translate_error

# Text forms of values must not depend on the server's settings (documentation: COPY, client connection defaults).
FORMS = {
    "DateStyle": "ISO, YMD",
    "IntervalStyle": "postgres",
    "TimeZone": "UTC",
    "extra_float_digits": "3",
    "bytea_output": "hex",
    "lc_monetary": "C",
    "client_encoding": "UTF8",
    "search_path": "",
    "statement_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
}
# Settings of those who only read. Row security would hide rows without a word: off means that it is an error.
READER = {
    "row_security": "off",
    "standard_conforming_strings": "on",
    "lock_timeout": "30s",  # somebody who changes a table holds up that table only
    "cursor_tuple_fraction": "1",  # every row of a cursor is fetched
    "max_parallel_workers_per_gather": "0",  # one core of the server at most
    "jit": "off",  # many queries of some milliseconds each
}
BLOCK = 1 << 18
CANCEL_SECONDS = 10.0
TRANSACTION_TIMEOUT_SINCE = 170000


def set_forms(connection: psycopg.Connection[Any]) -> None:
    """Make the session write and read values in one form, whatever the server's defaults."""
    for name, value in FORMS.items():
        connection.execute("SELECT pg_catalog.set_config(%s, %s, false)", (name, value))


class PostgresqlSnapshot:
    """A REPEATABLE READ, READ ONLY transaction with an exported snapshot.

    position: the transaction snapshot as text. Every write to rows takes a transaction id, so two equal positions
    without running transactions prove that no row changed in between (documentation: System Information Functions).
    join: the token of the process that exported the snapshot.
    """

    def __init__(self, dsn: str, display: str, join: str | None = None) -> None:
        self._display = display
        try:
            wait = conninfo_to_dict(dsn).get("connect_timeout", CONNECT_SECONDS)
            self.connection = psycopg.connect(dsn, autocommit=True, application_name="dbmo", connect_timeout=wait)
        except psycopg.Error as error:
            raise translate_error(error, display) from error
        try:
            set_forms(self.connection)
            for name, value in READER.items():
                self.connection.execute("SELECT pg_catalog.set_config(%s, %s, false)", (name, value))
            if self.version >= TRANSACTION_TIMEOUT_SINCE:
                self.connection.execute("SELECT pg_catalog.set_config('transaction_timeout', '0', false)")
            self._begin(join)
        except psycopg.Error as error:
            self.connection.close()
            raise translate_error(error, display) from error

    def _begin(self, join: str | None) -> None:
        self.connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        if join is not None:
            self.connection.execute(psql.SQL("SET TRANSACTION SNAPSHOT {}").format(join))
        self.position = f"snapshot {self._text('SELECT pg_catalog.txid_current_snapshot()::text')}"
        self.token = join or self._text("SELECT pg_catalog.pg_export_snapshot()")
        self.connection.execute("SAVEPOINT dbmo_moment")

    def refresh(self) -> None:
        """Take a new moment, and export it."""
        try:
            self.connection.execute("ROLLBACK")
            self._begin(None)
        except psycopg.Error as error:
            raise translate_error(error, self._display) from error

    def recover(self) -> None:
        """After a statement that failed: the transaction is usable again, at the same moment; open cursors are gone."""
        if self.connection.info.transaction_status is TransactionStatus.INERROR:
            self.connection.execute("ROLLBACK TO SAVEPOINT dbmo_moment")

    def cancel(self) -> None:
        """End the statement that runs now, from another thread."""
        self.connection.cancel_safe(timeout=CANCEL_SECONDS)

    def _text(self, statement: str) -> str:
        row = self.connection.execute(statement.encode()).fetchone()
        return str(row[0]) if row else ""

    @property
    def version(self) -> int:
        """Server version as a number, 150018 for 15.18."""
        return self.connection.info.server_version

    def boundaries(self, schema: str, table: str, key: str, rows: int) -> list[int]:
        """Integer keys that end ranges of that many rows each, ascending; the last range is open."""
        parts = {"name": psql.Identifier(schema, table), "key": psql.Identifier(key)}
        first = psql.SQL("SELECT {key} FROM ONLY {name} ORDER BY {key} OFFSET %s LIMIT 1").format(**parts)
        step = psql.SQL("SELECT {key} FROM ONLY {name} WHERE {key} > %s ORDER BY {key} OFFSET %s LIMIT 1").format(
            **parts
        )
        found: list[int] = []
        current = self.connection.execute(first, (rows - 1,)).fetchone()
        while current is not None:
            found.append(int(current[0]))
            current = self.connection.execute(step, (current[0], rows - 1)).fetchone()
        return found

    def pages(self, schema: str, table: str) -> int:
        """Pages of a table's main file, for ranges of ctid."""
        name = psql.Identifier(schema, table).as_string(self.connection)
        row = self.connection.execute(
            "SELECT pg_catalog.pg_relation_size(%s::regclass) / current_setting('block_size')::bigint", (name,)
        ).fetchone()
        return int(row[0]) if row else 0

    def copy_out(self, statement: str) -> Iterator[bytes]:
        """What a COPY ... TO STDOUT gives, joined to blocks that are worth a send."""
        try:
            with self.connection.cursor() as cursor, cursor.copy(statement.encode()) as copy:
                pending: list[bytes] = []
                size = 0
                for data in copy:
                    pending.append(bytes(data))
                    size += len(data)
                    if size >= BLOCK:
                        yield b"".join(pending)
                        pending, size = [], 0
                if pending:
                    yield b"".join(pending)
        except psycopg.Error as error:
            raise translate_error(error, self._display) from error

    def rows(self, statement: str, size: int) -> Iterator[list[tuple[Any, ...]]]:
        """Rows of a query in lists of at most size, through a cursor on the server."""
        try:
            with self.connection.cursor(name="dbmo_rows") as cursor:
                cursor.itersize = size
                cursor.execute(statement.encode())
                while batch := cursor.fetchmany(size):
                    yield batch
        except psycopg.Error as error:
            raise translate_error(error, self._display) from error

    def close(self) -> None:
        """End the transaction."""
        self.connection.close()
