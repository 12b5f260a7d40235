"""An open MySQL or MariaDB database: what it contains, what its rows are, what its queries cost."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import pymysql

from engines.catalog import Catalog, Table
from engines.errors import DbmoError, EngineError, UsageError
from engines.mysql.cancel import cancel
from engines.mysql.errors import translate_error
from engines.mysql.introspect import read_catalog
from engines.mysql.introspect.privileges import own_grants
from engines.mysql.introspect.reader import Reader
from engines.mysql.measure import measure_query, run_query
from engines.mysql.profile import scan
from engines.mysql.quoting import quote_name
from engines.mysql.server import Server
from engines.mysql.session import Connection, connect
from engines.mysql.url import arguments
from engines.profile import Remembers, TableProfile
from engines.protocols import QueryMeasure
from engines.scanning import Told, silent

__all__ = ["MysqlDatabase", "translate_error"]

NEEDED = ("SELECT", "SHOW VIEW", "TRIGGER", "EVENT")
# MariaDB has no UUID of its own before 11; where it lies tells one server of a machine from another
IDENTITIES = {
    "mysql": "SELECT @@GLOBAL.server_uuid",
    "mariadb": "SELECT CONCAT_WS(':', @@GLOBAL.hostname, @@GLOBAL.port, @@GLOBAL.server_id, @@GLOBAL.datadir)",
}


class MysqlDatabase(Remembers):
    """A MySQL or MariaDB database for reading, connected when it is first asked for something.

    url: mysql://user:password@host:port/database?options with its secrets resolved (engines/mysql/url.py); display:
    the same as people may see it. Transactions are read-only. Errors come as children of DbmoError; after
    CONNECTION_LOST the next call connects anew.
    """

    def __init__(self, url: str, display: str) -> None:
        self.url = url
        self.display = display
        self._connection: Connection = None
        self._server: Server | None = None
        super().__init__()
        self._identity: str | None = None
        self._name: str | None = None
        self._busy = threading.Event()

    @property
    def server(self) -> Server:
        """Which server this is; connects."""
        if self._server is None:
            with self._connected():
                pass
        assert self._server is not None
        return self._server

    @property
    def engine(self) -> str:
        """mysql or mariadb, whatever the reference's scheme says; connects."""
        return self.server.engine

    @property
    def version(self) -> str:
        """The server's version in digits and dots, such as 10.11.19."""
        return self.server.version

    @property
    def database(self) -> str:
        """The name of the database; UsageError where the reference has none.

        As the server has it, which may keep all names in lower case (lower_case_table_names); connects.
        """
        name = arguments(self.url)["database"]
        if not name:
            raise UsageError(
                "DATABASE_MISSING", f"{self.display} names no database.", "Write its name behind the host: host/name."
            )
        if self._name is None:
            self._name = str(self.query("SELECT DATABASE()")[0][0])
        return self._name

    @property
    def identity(self) -> str:
        """The server and the database: MySQL's server_uuid; MariaDB's host name, port, server_id and folder."""
        if self._identity is None:
            found = self.query(IDENTITIES[self.engine])[0][0]
            self._identity = f"{self.engine}:{found}:{self.query('SELECT DATABASE()')[0][0]}"
        return self._identity

    def catalog(self) -> Catalog:
        """Everything the database contains; cached until refresh()."""
        if self._catalog is None:
            name = self.database
            with self._connected() as connection:
                self._catalog = read_catalog(connection, self.server, name)
        return self._catalog

    def count(self, table: Table) -> int:
        """Exact number of rows."""
        return int(self.query(f"SELECT COUNT(*) FROM {quote_name(table.schema_name, table.name)}")[0][0])

    def profile(self, table: Table, told: Told = silent) -> TableProfile:
        """Ranges, lengths and forms of the columns' values, by scans of the whole table; cached."""
        if table.full_name not in self._profiles:
            self._profiles[table.full_name] = scan(self.query, table, told)
        return self._profiles[table.full_name]

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run one statement of ours that reads; %s are its parameters, when there are any.

        Two statements in one text are refused by the server (MYSQL_ERROR, errno 1064).
        """
        try:
            return self._asked(sql, parameters)
        except EngineError as error:
            if error.code != "CONNECTION_LOST":
                raise
            return self._asked(sql, parameters)  # a connection that lay idle while the server restarted

    def _asked(self, sql: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
        with self._connected() as connection, connection.cursor() as cursor:
            cursor.execute(sql, tuple(parameters) or None)
            return list(cursor.fetchall()) if cursor.description else []

    def measure(self, sql: str) -> QueryMeasure:
        """Run a reading query once to the last row for its time, and say what it read and what bounds it."""
        with self._connected() as connection:
            return measure_query(connection, sql, self.display)

    def run_workload(self, sql: str, limit: int) -> tuple[list[str], list[tuple[Any, ...]]]:
        """Column names and at most limit rows of a reading query; the transaction is read-only and rolled back."""
        with self._connected() as connection:
            return run_query(connection, sql, limit, self.display)

    def cancel(self) -> None:
        """End the query that runs now, from another thread, by KILL QUERY over a connection of its own."""
        running = self._connection
        if running is not None and self._busy.is_set():
            cancel(self.url, self.display, [running])

    def privileges_missing(self) -> list[str]:
        """What the user may not read: SELECT, SHOW VIEW, TRIGGER and EVENT on the database or its tables."""
        name = self.database
        with self._connected() as connection:
            reader = Reader(connection, self.server, name)
            grants = own_grants(reader)
        missing = [f"{right} on {self.database}.*" for right in NEEDED[1:] if not grants.has(right)]
        if not grants.has("SELECT"):
            catalog = self.catalog()
            names = [table.name for table in catalog.tables] + [view.name for view in catalog.views]
            names += [sequence.name for sequence in catalog.sequences]
            lacking = [name for name in names if not grants.on_table("SELECT", name)]
            missing += [f"SELECT on {self.database}.{name}" for name in lacking] or [f"SELECT on {self.database}.*"]
        return sorted(missing)

    def close(self) -> None:
        """Close the connection; the next call opens another."""
        if self._connection is not None:
            if self._connection.open:
                self._connection.close()
            self._connection = None

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        try:
            if self._connection is None:
                self._connection, self._server = connect(self.url, self.display)
            self._busy.set()
            yield self._connection
        except pymysql.MySQLError as error:
            translated = translate_error(error, self.display)
            if self._connection is not None and (not self._connection.open or translated.code == "CONNECTION_LOST"):
                self.close()
            raise translated from error
        except KeyboardInterrupt:
            # a server goes on with a query whose client is gone; where it can't be told, it notices at the end
            with suppress(DbmoError):
                self.cancel()
            self.close()
            raise
        finally:
            self._busy.clear()
