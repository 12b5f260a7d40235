"""Writing to PostgreSQL: transactions through SQLAlchemy, rows through COPY in the same transaction."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from weakref import ref

import psycopg
import sqlalchemy as sa
from psycopg.pq import TransactionStatus
from sqlalchemy.engine import Connection

from engines.grant import Grant
from engines.postgresql.copying import AROUND, Block, copy_in
from engines.postgresql.database import SESSION, PostgresqlDatabase, translate_error
from engines.postgresql.quoting import quote_identifier
from engines.postgresql.relations import Known, Relation
from engines.postgresql.session import FORMS, TEXTS, configure, connect
from engines.protocols import Loaded

# A chunk's rows and its status are one transaction: when a server crash takes a commit that was not on disk yet, it
# takes both, and the chunk is copied again. What must not be lost is committed with begin(durable=True).
LOADER = {
    "synchronous_commit": "off",
    "default_transaction_read_only": "off",
    "default_transaction_isolation": "read committed",
    "default_transaction_deferrable": "off",
    "row_security": "off",
    "lock_timeout": "0",
}


class PostgresqlWriter(PostgresqlDatabase):
    """A PostgreSQL database that may be written, because a grant says so.

    What it is asked takes and gives texts of values as its load does.
    """

    settings = SESSION | TEXTS

    def __init__(self, dsn: str, display: str, grant: Grant) -> None:
        super().__init__(dsn, display)
        grant.check(self.identity, display)
        self.grant = grant
        self.may_be_replica = False  # known when a session is open
        self._known = Known(self.query, display)
        self._opened: list[ref[psycopg.Connection[Any]]] = []
        self._engine = sa.create_engine(
            "postgresql+psycopg://",
            creator=self._open,
            poolclass=sa.pool.QueuePool,
            pool_size=8,
            max_overflow=-1,
            use_native_hstore=False,  # else it asks the server for a type that nothing here reads
        )

    def _open(self) -> psycopg.Connection[Any]:
        connection = connect(self.dsn)
        try:
            configure(connection, FORMS | LOADER)
            self.may_be_replica = _may_be_replica(connection)
            connection.autocommit = False
        except BaseException:
            connection.close()
            raise
        self._opened.append(ref(connection))
        return connection

    def _running(self) -> list[psycopg.Connection[Any]]:
        """Those of the transactions too: of statements that go on now."""
        opened = [one for found in list(self._opened) if (one := found()) is not None]
        busy = [one for one in opened if one.info.transaction_status is TransactionStatus.ACTIVE]
        return [*super()._running(), *busy]

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
        driver_of(connection).execute(sql.encode(), binary=True)  # binary: the extended protocol, in one round trip

    def load(
        self,
        connection: Connection,
        table: str,
        columns: Sequence[str],
        blocks: Iterable[Block],
        before: Sequence[str] = (),
        form: str = "text",
        encoding: str = "",
    ) -> Loaded:
        """COPY blocks (any cut) into schema.table inside the transaction; its triggers don't fire.

        form: text, or binary with header and trailer, as COPY TO of an equal row type gives it; encoding: of a text
        that isn't in UTF-8, by PostgreSQL's name; before: statements that go to the server with it, a SAVEPOINT for
        instance.

        rows: as the server counted them; bytes: what they took, however many loads they came in. Nothing is committed,
        and memory holds one block at a time. A failed load leaves the transaction in error. Tables that are views or
        have no rows of their own are the caller's matter.
        """
        raw, relation = driver_of(connection), self.relation(table)
        silence, after = relation.silencing(self.may_be_replica)
        if self.may_be_replica:
            silence.insert(0, "SET LOCAL session_replication_role = replica")
        if raw.info.transaction_status is TransactionStatus.IDLE:
            silence.insert(0, "BEGIN")  # as the driver would at the first statement, without a round trip of its own
        names = ", ".join(quote_identifier(column) for column in columns)
        listed = f" ({names})" if names else ""  # a table may have no columns to fill
        encoded = f", ENCODING '{encoding}'" if encoding else ""
        copy = f"COPY {relation.quoted}{listed} FROM STDIN WITH (FORMAT {form}{encoded})"
        loaded = copy_in(raw, "; ".join([*silence, *before, copy]), blocks)
        for statement in after:
            self.run(connection, statement)
        return Loaded(loaded.rows, loaded.bytes - AROUND[form])

    def relation(self, table: str) -> Relation:
        """The table (or view, sequence) that schema.name means, and its triggers; looked up once per writer."""
        return self._known[table]

    def look_up(self, tables: Sequence[str]) -> None:
        """Ask for relations at once that will be needed one by one."""
        self._known.look_up(tables)

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()
        super().close()


def _may_be_replica(connection: psycopg.Connection[Any]) -> bool:
    """Whether the session may set session_replication_role, under which triggers of the target don't fire.

    Superusers may, and those whom a server's owner lets (PostgreSQL 15: GRANT SET ON PARAMETER).
    """
    try:
        connection.execute("SET session_replication_role = replica; RESET session_replication_role")
    except psycopg.errors.InsufficientPrivilege:
        return False
    return True


def driver_of(connection: Connection) -> psycopg.Connection[Any]:
    """The driver's connection under SQLAlchemy's."""
    raw = connection.connection.driver_connection
    assert isinstance(raw, psycopg.Connection)
    return raw


def _cause(error: Exception) -> psycopg.Error:
    origin = error.orig if isinstance(error, sa.exc.DBAPIError) else error
    return origin if isinstance(origin, psycopg.Error) else psycopg.OperationalError(str(error))
