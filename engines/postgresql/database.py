"""An open PostgreSQL database: what it contains, what its rows are, what its queries cost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import psycopg

from engines.errors import EngineError, UsageError
from engines.postgresql.errors import translate_error
from engines.postgresql.money import C_DIGITS
from engines.postgresql.schemas import USER_SCHEMA
from engines.postgresql.session import CANCEL_SECONDS, configure, connect
from engines.profile import Remembers, TableProfile
from engines.protocols import QueryMeasure
from engines.scanning import Told, silent

if TYPE_CHECKING:
    from engines.catalog import Catalog, Table

__all__ = ["PostgresqlDatabase", "translate_error"]

OLDEST = 120000
# set by statements: a pooler such as PgBouncer refuses them as options of the connection
SESSION = {
    "client_encoding": "UTF8",  # SQL_ASCII would give bytes instead of text
    "default_transaction_read_only": "on",
    "search_path": "",
    "statement_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    "standard_conforming_strings": "on",  # so that a backslash in a statement means what its reader took it for
}
DATABASE_IDENTITY = "SELECT oid::text || ':' || datname FROM pg_database WHERE datname = current_database()"
MISSING_RIGHTS = f"""
    SELECT 'USAGE on schema ' || quote_ident(n.nspname)
      FROM pg_namespace n
     WHERE {USER_SCHEMA}
       AND NOT has_schema_privilege(n.oid, 'USAGE')
    UNION ALL
    SELECT CASE c.relkind WHEN 'S' THEN 'SELECT on sequence ' ELSE 'SELECT on table ' END
           || quote_ident(n.nspname) || '.' || quote_ident(c.relname)
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE {USER_SCHEMA}
       AND (c.relkind IN ('r', 'p', 'm', 'f') AND NOT has_table_privilege(c.oid, 'SELECT')
            OR c.relkind = 'S' AND NOT has_sequence_privilege(c.oid, 'SELECT'))
    UNION ALL
    SELECT 'BYPASSRLS for table ' || quote_ident(n.nspname) || '.' || quote_ident(c.relname)
           || ', whose row security hides rows from this user'
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE {USER_SCHEMA}
       AND c.relrowsecurity AND row_security_active(c.oid)
    ORDER BY 1
"""


class PostgresqlDatabase(Remembers):
    """A PostgreSQL database for reading, connected when it is first asked for something.

    dsn: a libpq URI or connection string with its secrets resolved; display: the same as people may see it. Every
    transaction is read-only by default. Errors come as children of DbmoError (`translate_error`); after
    CONNECTION_LOST the next call connects anew.
    """

    engine = "postgresql"
    settings: Mapping[str, str] = SESSION

    def __init__(self, dsn: str, display: str) -> None:
        self.dsn = dsn
        self.display = display
        self._connection: psycopg.Connection[Any] | None = None
        super().__init__()
        self._identity: str | None = None
        self._money_digits = C_DIGITS

    @property
    def version(self) -> str:
        """The server's version as it calls itself, such as 15.18."""
        return self._text("SELECT split_part(current_setting('server_version'), ' ', 1)")

    @property
    def version_number(self) -> int:
        """The server's version as a number, such as 150018."""
        with self._connected() as connection:
            return connection.info.server_version

    @property
    def encoding(self) -> str:
        """The encoding of the database by PostgreSQL's name, such as UTF8."""
        with self._connected() as connection:
            return connection.info.parameter_status("server_encoding") or ""

    @property
    def money_digits(self) -> int:
        """Digits behind the point of the type money, as the database's (or the user's) lc_monetary has them."""
        with self._connected():
            return self._money_digits

    @property
    def database(self) -> str:
        """The name of the database."""
        with self._connected() as connection:
            return connection.info.dbname

    @property
    def identity(self) -> str:
        """The cluster's system identifier (without the right to see it: the server's address) and the database.

        A physical copy of a cluster (standby, base backup) has the identifier of its original.
        """
        if self._identity is None:
            self._identity = f"postgresql:{self._cluster()}:{self._text(DATABASE_IDENTITY)}"
        return self._identity

    def catalog(self) -> Catalog:
        """Everything the database contains, read in one transaction; cached until refresh()."""
        if self._catalog is None:
            from engines.postgresql.introspect import read_catalog  # a copy reads none

            with self._connected() as connection:
                self._catalog = read_catalog(connection)
        return self._catalog

    def count(self, table: Table) -> int:
        """Exact number of rows; those of an inheritance child are not its parent's, those of a partition are."""
        from engines.postgresql.profile import rows_of

        return int(self.query(f"SELECT count(*) FROM {rows_of(table)}")[0][0])

    def profile(self, table: Table, told: Told = silent) -> TableProfile:
        """Rows, NULLs per column (classes `value` and `null`), and bytes of the longest text or binary value."""
        if table.full_name not in self._profiles:
            from engines.postgresql.profile import scan

            self._profiles[table.full_name] = scan(self.query, table)
            told(self._profiles[table.full_name].rows)
        return self._profiles[table.full_name]

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run one prepared statement of ours that reads; %s are its parameters, when there are any.

        Two statements in one text are refused by the protocol (POSTGRESQL_ERROR, sqlstate 42601).
        """
        try:
            return self._asked(sql, parameters)
        except EngineError as error:
            if error.code != "CONNECTION_LOST":
                raise
            return self._asked(sql, parameters)  # a connection that lay idle while the server restarted

    def _asked(self, sql: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
        with self._connected() as connection:
            cursor = connection.execute(sql, parameters or None, prepare=True)
            return cursor.fetchall() if cursor.description else []

    def measure(self, sql: str) -> QueryMeasure:
        """Run a reading query once to the last row for its time, and once under EXPLAIN ANALYZE for its cost."""
        from engines.postgresql.measure import measure_query

        with self._connected() as connection:
            return measure_query(connection, sql)

    def run_workload(self, sql: str, limit: int) -> tuple[list[str], list[tuple[Any, ...]]]:
        """Column names and at most limit rows of a reading query; the transaction is read-only and rolled back."""
        from engines.postgresql.measure import run_query

        with self._connected() as connection:
            return run_query(connection, sql, limit)

    def cancel(self) -> None:
        """End the query that runs now, from another thread."""
        for connection in self._running():
            try:
                connection.cancel_safe(timeout=CANCEL_SECONDS)
            except psycopg.Error as error:
                raise translate_error(error, self.display) from error

    def _running(self) -> list[psycopg.Connection[Any]]:
        """Open connections on which a statement may run."""
        return [self._connection] if self._connection is not None and not self._connection.closed else []

    def privileges_missing(self) -> list[str]:
        """What the user may not read: USAGE on schemas, SELECT on tables and sequences, rows behind row security."""
        return [str(row[0]) for row in self.query(MISSING_RIGHTS)]

    def close(self) -> None:
        """Close the connection; the next call opens another."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    @contextmanager
    def _connected(self) -> Iterator[psycopg.Connection[Any]]:
        try:
            if self._connection is None:
                self._connection = self._connect()
            yield self._connection
        except psycopg.Error as error:
            if self._connection is not None and self._connection.closed:
                self._connection = None
            raise translate_error(error, self.display) from error

    def _connect(self) -> psycopg.Connection[Any]:
        connection = connect(self.dsn)
        try:
            if connection.info.server_version < OLDEST:
                raise UsageError(
                    "UNSUPPORTED_VERSION",
                    f"{self.display} is PostgreSQL {connection.info.server_version // 10000}.",
                    "PostgreSQL 12 to 18 are supported.",
                )
            self._money_digits = configure(connection, self.settings)
        except BaseException:
            connection.close()
            raise
        return connection

    def _text(self, sql: str) -> str:
        return str(self.query(sql)[0][0])

    def _cluster(self) -> str:
        if self._text("SELECT has_function_privilege('pg_catalog.pg_control_system()', 'EXECUTE')") == "True":
            return self._text("SELECT system_identifier FROM pg_catalog.pg_control_system()")
        address = self._text("SELECT coalesce(host(inet_server_addr()), '')")
        with self._connected() as connection:
            return f"{address or connection.info.host}:{connection.info.port}"
