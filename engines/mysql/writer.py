"""Writing to MySQL and MariaDB: transactions through SQLAlchemy, rows by INSERT of many in the same transaction."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from weakref import ref

import pymysql
import sqlalchemy as sa
from pymysql.constants import CLIENT
from sqlalchemy.engine import Connection

from engines.errors import Aborted
from engines.full_names import name_of
from engines.grant import Grant
from engines.mysql.cancel import cancel
from engines.mysql.charsets import folded
from engines.mysql.database import MysqlDatabase, translate_error
from engines.mysql.load import SETTLED, WRITING_MODE
from engines.mysql.load_target import LoadTarget, load_target, load_targets, server_facts
from engines.mysql.quoting import quote_identifier
from engines.mysql.session import connect
from engines.protocols import Loaded

# what an administrator may have set for everybody, and what would refuse or end a long transaction
SETTINGS = ("SET SESSION sql_safe_updates = 0",)
OWN: dict[str, tuple[str, ...]] = {
    "mariadb": (
        "SET SESSION idle_transaction_timeout = 0",
        "SET SESSION idle_write_transaction_timeout = 0",
        # else system-versioned tables get no keys behind their rows
        "SET SESSION system_versioning_alter_history = KEEP",
    ),
    "mysql": (),
}
PARAMETERS = 20_000  # values in one INSERT
INSERT_BYTES = 8 << 20  # of values in one INSERT, half of max_allowed_packet's default in MariaDB
PARTS = 4  # of max_allowed_packet, of which they take one at most: in a literal a byte may become two
LITERAL = 24  # bytes of a number or a date; of a text or blob what stands around it, at most

Row = tuple[Any, ...]


class MysqlWriter(MysqlDatabase):
    """A MySQL or MariaDB database that may be written, because a grant says so.

    The server commits a transaction whenever a statement creates, alters or drops something.
    """

    def __init__(self, url: str, display: str, grant: Grant) -> None:
        super().__init__(url, display)
        grant.check(self.identity, display)
        self.grant = grant
        self._load_facts: tuple[bool, int, int] | None = None
        self._load_targets: dict[str, LoadTarget] = {}
        self._folded: dict[str, frozenset[str]] = {}
        self._opened: list[ref[Any]] = []
        self._engine = sa.create_engine(
            "mysql+pymysql://", creator=self._open, poolclass=sa.pool.QueuePool, pool_size=8, max_overflow=-1
        )
        sa.event.listen(self._engine, "checkin", _forget_settled)

    def _open(self) -> Any:
        connection, server = connect(self.url, self.display, WRITING_MODE, read_only=False, flags=CLIENT.LOCAL_FILES)
        try:
            with connection.cursor() as cursor:
                for statement in (*SETTINGS, *OWN[server.engine]):
                    cursor.execute(statement)
            connection.autocommit(False)
        except BaseException:
            connection.close()
            raise
        self._opened.append(ref(connection))
        return connection

    def cancel(self) -> None:
        """End the statements that run now, those of transactions too, from another thread."""
        super().cancel()
        cancel(self.url, self.display, [one for found in list(self._opened) if (one := found()) is not None])

    @contextmanager
    def begin(self, durable: bool = False) -> Iterator[Connection]:
        """A transaction; how durable its commit is the server says for all (innodb_flush_log_at_trx_commit)."""
        try:
            with self._engine.begin() as connection:
                yield connection
        except (pymysql.MySQLError, sa.exc.DBAPIError) as error:
            raise translate_error(_cause(error), self.display) from error

    def run(self, connection: Connection, sql: str) -> None:
        """Run one statement, its text as it is; a second one is refused by the server."""
        with _driver(connection).cursor() as cursor:
            cursor.execute(sql)

    def load(self, connection: Connection, table: str, columns: Sequence[str], blocks: Iterable[list[Row]]) -> Loaded:
        """Insert lists of rows into database.table inside the transaction; bytes counts texts and blobs only.

        Aborted VALUE_NOT_HOLDABLE where the server stored something near a value and only said so.
        """
        name = quote_identifier(name_of(table))
        # the driver puts values into the text by its percent signs
        names = ", ".join(quote_identifier(column) for column in columns)
        head = f"INSERT INTO {name} ({names}) VALUES ".replace("%", "%%")
        marks = "(" + ", ".join(["%s"] * len(columns)) + ")"
        loaded = size = 0
        most = max(PARAMETERS // max(len(columns), 1), 1), min(INSERT_BYTES, (self.packet - len(head)) // PARTS)
        with _driver(connection).cursor() as cursor:
            for rows in blocks:
                for part, bytes_in_it in _parts(rows, *most):
                    values = [value for row in part for value in row]
                    cursor.execute(head + ", ".join([marks] * len(part)), values)
                    if _driver(connection)._result.warning_count:
                        raise _changed(cursor, table)
                    loaded += len(part)
                    size += bytes_in_it
        return Loaded(loaded, size)

    def load_target(self, name: str) -> LoadTarget:
        """What decides how rows are loaded into a table of this database (engines/mysql/load.py)."""
        if name not in self._load_targets:
            return load_target(self.query, self.database, name, self._facts())
        return self._load_targets[name]

    def look_up(self, tables: Sequence[str]) -> None:
        """Ask at once for what load_target() will be asked one by one."""
        names = [name_of(table) for table in tables]
        self._load_targets |= load_targets(self.query, self.database, names, self._facts())

    def _facts(self) -> tuple[bool, int, int]:
        if self._load_facts is None:
            self._load_facts = server_facts(self.query)
        return self._load_facts

    @property
    def packet(self) -> int:
        """The server's max_allowed_packet in bytes: no statement may be as large."""
        return self._facts()[1]

    def folded(self, charset: str) -> frozenset[str]:
        """The characters that this server stores as another one in a character set (engines/mysql/charsets.py)."""
        if charset not in self._folded:
            self._folded[charset] = folded(self.query, charset)
        return self._folded[charset]

    def driver(self, connection: Connection) -> Any:
        """The driver's connection of a transaction, for the loader."""
        return _driver(connection)

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()
        super().close()


def _changed(cursor: Any, table: str) -> Aborted:
    cursor.execute("SHOW WARNINGS")
    words = "; ".join(str(said[2]) for said in cursor.fetchmany(3))
    return Aborted(
        "VALUE_NOT_HOLDABLE",
        f"{table} would not hold a value as it is: {words}.",
        "Give the column a type that holds it (options.overrides), or mend the value in the source; plan again.",
    )


def _parts(rows: list[Row], most: int, most_bytes: int) -> Iterator[tuple[list[Row], int]]:
    """Rows in parts of at most that many and about so many bytes, with the bytes of texts and blobs in each."""
    part: list[Row] = []
    size = 0
    for row in rows:
        bytes_in_it = sum(map(_bytes, row))
        literals = (len(part) + 1) * len(row) * LITERAL
        if part and (len(part) >= most or size + bytes_in_it + literals > most_bytes):
            yield part, size
            part, size = [], 0
        part.append(row)
        size += bytes_in_it
    if part:
        yield part, size


def _bytes(value: Any) -> int:
    """Of a text or blob."""
    if isinstance(value, str):
        return len(value) if value.isascii() else len(value.encode(errors="surrogatepass"))
    return len(value) if isinstance(value, bytes) else 0


def _forget_settled(connection: Any, record: Any) -> None:
    """Close a connection that a load left in its midst: its session doesn't check references."""
    if getattr(connection, SETTLED, False):
        record.invalidate()


def _driver(connection: Connection) -> Any:
    return connection.connection.driver_connection


def _cause(error: Exception) -> pymysql.MySQLError:
    origin = error.orig if isinstance(error, sa.exc.DBAPIError) else error
    return origin if isinstance(origin, pymysql.MySQLError) else pymysql.OperationalError(str(error))
