"""One consistent moment of a MySQL or MariaDB database: a read-only transaction whose rows come as bytes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Sequence

import pymysql

from engines.errors import DbmoError
from engines.mysql.errors import translate_error
from engines.mysql.quickrows import QuickRowStream
from engines.mysql.quoting import quote_identifier, quote_literal, quote_name
from engines.mysql.rowstream import Row, RowStream
from engines.mysql.server import Server
from engines.mysql.session import connect

START = "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY"
# what an administrator may have set for everybody, and what would leave out rows or end a long reading
SETTINGS = (
    "SET SESSION sql_select_limit = 18446744073709551615",
    "SET SESSION sql_big_selects = 1",
    "SET SESSION net_write_timeout = 86400",
)
# version -> setting: MariaDB shows former rows of system-versioned tables, or ends transactions that pause
OWN: dict[str, tuple[tuple[tuple[int, ...], str], ...]] = {
    "mariadb": (
        ((10, 3), "SET SESSION idle_transaction_timeout = 0"),
        ((10, 3), "SET SESSION idle_readonly_transaction_timeout = 0"),
        ((10, 3, 4), "SET SESSION system_versioning_asof = DEFAULT"),
    ),
    "mysql": (),
}
ATTEMPTS = 5  # to find a moment between two equal positions of a binary log
BATCH_BYTES = 8_000_000  # of values in memory at once
SKIP = 10_000  # rows that are rather read to the end than cancelled
NO_RIGHT = frozenset({1044, 1227})
UNKNOWN = "unknown ({})"


class MysqlSnapshot:
    """START TRANSACTION WITH CONSISTENT SNAPSHOT: what InnoDB's tables held then, whoever writes meanwhile.

    url: mysql://... with its secrets resolved; display: the same as people may see it. position: `binlog file:offset`
    and `gtid set` of that moment, else `unknown (why)`; MariaDB says both of the snapshot itself (binlog_snapshot_*),
    MySQL is asked before and behind until nothing was written between. Tables of engines without transactions are read
    as they are at each query: not_transactional(). One query at a time. Errors come as children of DbmoError.
    """

    def __init__(self, url: str, display: str) -> None:
        self.url, self.display = url, display
        self._busy = threading.Event()
        self._stream: RowStream | None = None
        try:
            self.connection, self.server = connect(url, display)
            try:
                self._settle()
                self.refresh()
            except BaseException:
                self.close()
                raise
        except pymysql.MySQLError as error:
            raise translate_error(error, display) from error

    def _settle(self) -> None:
        with self.connection.cursor() as cursor:
            for statement in SETTINGS:
                cursor.execute(statement)
            for since, statement in OWN[self.server.engine]:
                if self.server.number >= since:
                    cursor.execute(statement)
        # from here on the driver gives what the server sent
        self.connection.use_unicode = False
        self.connection.decoders = {}

    def refresh(self) -> None:
        """End the transaction and begin another at a new moment."""
        self._rows("ROLLBACK")
        if self.server.is_mariadb:
            self._rows(START)
            self.position = mariadb_position(self._rows)
            return
        for _ in range(ATTEMPTS):
            before = mysql_position(self._rows, self.server)
            self._rows("ROLLBACK")
            self._rows(START)
            self.position = mysql_position(self._rows, self.server)
            if self.position == before:
                return
        self.position = UNKNOWN.format(f"between {before} and {self.position}")

    def query(self, sql: str) -> list[Row]:
        """All rows of one statement; every value as the server's bytes, None for NULL."""
        return self._rows(sql)

    def rows(self, sql: str, size: int, weight: int = BATCH_BYTES) -> Generator[list[Row], None, None]:
        """Rows of a query in lists of at most size and about weight bytes, as the server finds them.

        A reading that is left early is cancelled on the server.
        """
        self._begin()
        stream: RowStream | None = None
        try:
            stream = self._stream = QuickRowStream(self.connection, sql)
            yield from stream.batches(size, weight)
        except pymysql.MySQLError as error:
            raise translate_error(error, self.display) from error
        finally:
            self._finish(stream)

    def boundaries(self, schema: str, table: str, key: str, rows: int) -> list[int]:
        """Integer keys that end ranges of that many rows each, ascending; the last range is open.

        One walk along the key's index; without an index every step sorts the rest of the table.
        """
        name, column = quote_name(schema, table), quote_identifier(key)
        step = f"SELECT {column} + 0 FROM {name} WHERE {column} {{}} ORDER BY {column} LIMIT 1 OFFSET {rows - 1}"
        found: list[int] = []
        current = self._rows(step.format("IS NOT NULL"))
        while current:
            found.append(int(current[0][0]))
            current = self._rows(step.format(f"> {found[-1]}"))
        return found

    def not_transactional(self, tables: Sequence[tuple[str, str]]) -> dict[tuple[str, str], str]:
        """Which of these (database, table) no snapshot holds, because of their storage engine: its name."""
        found: dict[tuple[str, str], str] = {}
        for start in range(0, len(tables), 500):
            pairs = ", ".join(f"({quote_literal(s)}, {quote_literal(t)})" for s, t in tables[start : start + 500])
            sql = (
                "SELECT t.TABLE_SCHEMA, t.TABLE_NAME, t.ENGINE FROM information_schema.TABLES AS t"
                " JOIN information_schema.ENGINES AS e USING (ENGINE)"
                f" WHERE COALESCE(e.TRANSACTIONS, 'NO') <> 'YES' AND (t.TABLE_SCHEMA, t.TABLE_NAME) IN ({pairs})"
            )
            for schema, table, engine in self._rows(sql):
                found[schema.decode(), table.decode()] = engine.decode()
        return found

    def cancel(self) -> None:
        """End the query that runs now, from another thread, by KILL QUERY over a connection of its own."""
        if self._busy.is_set():
            self._kill()

    def close(self) -> None:
        """End the transaction and the connection."""
        if self.connection.open:
            self.connection.close()

    def _rows(self, sql: str) -> list[Row]:
        self._begin()
        try:
            with self.connection.cursor() as cursor:
                cursor.execute(sql)
                return list(cursor.fetchall()) if cursor.description else []
        except pymysql.MySQLError as error:
            raise translate_error(error, self.display) from error
        finally:
            self._busy.clear()

    def _begin(self) -> None:
        if self._stream is not None:
            raise RuntimeError("a snapshot reads one query at a time: read the one before to its end, or close it")
        self._busy.set()

    def _finish(self, stream: RowStream | None) -> None:
        """Leave the connection ready for the next query, however far this one was read."""
        try:
            if stream is not None and not stream.finished:
                stream.drop(SKIP)
                if not stream.finished:
                    self._kill()
                    stream.drop()
        except pymysql.MySQLError as error:
            if translate_error(error, self.display).code != "CANCELLED":
                raise translate_error(error, self.display) from error
        finally:
            self._stream = None
            self._busy.clear()

    def _kill(self) -> None:
        try:
            other, _ = connect(self.url, self.display)
            with other, other.cursor() as cursor:
                cursor.execute(f"KILL QUERY {int(self.connection.thread_id())}")
        except pymysql.MySQLError as error:
            raise translate_error(error, self.display) from error


def mariadb_position(query: Callable[[str], list[Row]]) -> str:
    """Where the binary log stood when the transaction's snapshot was taken (MariaDB: START TRANSACTION)."""
    found = {name.decode().lower(): value.decode() for name, value in query("SHOW STATUS LIKE 'binlog_snapshot_%'")}
    file, offset = found.get("binlog_snapshot_file", ""), found.get("binlog_snapshot_position", "")
    if not file:
        return UNKNOWN.format("the binary log is off")
    gtid = query(f"SELECT BINLOG_GTID_POS({quote_literal(file)}, {int(offset)})")[0][0]
    return f"binlog {file}:{offset}" + (f", gtid {gtid.decode()}" if gtid else "")


def mysql_position(query: Callable[[str], list[Row]], server: Server) -> str:
    """Where MySQL's binary log stands now; needs REPLICATION CLIENT. Not tested live."""
    try:
        found = query(server.since(None, (8, 2), "SHOW BINARY LOG STATUS", "SHOW MASTER STATUS"))
    except DbmoError as error:
        if error.data.get("errno") in NO_RIGHT:
            return UNKNOWN.format("the user has no REPLICATION CLIENT")
        raise
    if not found:
        return UNKNOWN.format("the binary log is off")
    file, offset, gtid = found[0][0], found[0][1], found[0][4] if len(found[0]) > 4 else b""
    return f"binlog {file.decode()}:{offset.decode()}" + (f", gtid {gtid.decode()}" if gtid else "")
