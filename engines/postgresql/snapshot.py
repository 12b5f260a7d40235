"""One consistent moment of a PostgreSQL database, exported for every process that reads it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import psycopg
from psycopg import sql as psql
from psycopg.pq import TransactionStatus

from engines.errors import DbmoError
from engines.meanings import ALTERED
from engines.postgresql.copy_out import CopyOut
from engines.postgresql.errors import translate_error
from engines.postgresql.money import C_DIGITS
from engines.postgresql.quoting import quote_literal
from engines.postgresql.relations import Known, Relation, find_altered
from engines.postgresql.session import CANCEL_SECONDS, FORMS, configure, connect, is_plain

# Settings of those who only read. Row security would hide rows without a word: off means that it is an error.
READER = {
    "row_security": "off",
    "lock_timeout": "30s",  # somebody who changes a table holds up that table only
    "cursor_tuple_fraction": "1",  # every row of a cursor is fetched
    "max_parallel_workers_per_gather": "0",  # one core of the server at most
    "jit": "off",  # many queries of some milliseconds each
}

# ends with the transaction
STORED = f"SET LOCAL lc_monetary = {quote_literal(FORMS['lc_monetary'])}"
# A crash empties UNLOGGED tables, and may take the last commits, whose transaction ids are then given again: the
# statistics begin anew with it (pg_stat_bgwriter.stats_reset).
MOMENT = """
SELECT pg_catalog.format('snapshot (no crash since %s) %s', pg_catalog.pg_stat_get_bgwriter_stat_reset_time(),
                         pg_catalog.txid_current_snapshot())
"""


class PostgresqlSnapshot:
    """A REPEATABLE READ, READ ONLY transaction with an exported snapshot.

    position: the transaction snapshot as text. Every write to rows takes a transaction id, so two equal positions
    without running transactions prove that no row changed in between (documentation: System Information Functions).
    Tables may be altered under it: check_unaltered().
    join: the token of the process that exported the snapshot, or of a slot's moment (SlotMoment.token): then position
    also says where the slot's changes begin. plain: its socket is neither encrypted by TLS nor by GSSAPI. money_digits:
    behind the point, as the database's lc_monetary has them; money is read so, whatever FORMS say: its numeric value is
    the amount. Not after read_stored().
    """

    def __init__(self, dsn: str, display: str, join: str | None = None) -> None:
        self._display = display
        self._stored = False
        self._known = Known(self.query, display)
        self.released = 0
        try:
            self.connection = connect(dsn)
        except psycopg.Error as error:
            raise translate_error(error, display) from error
        try:
            self.money_digits = configure(self.connection, FORMS | READER)
            if self.money_digits != C_DIGITS:
                self.connection.execute("RESET lc_monetary")
            self.plain = is_plain(self.connection)
            self._begin(join)
        except BaseException as error:
            self.connection.close()
            if isinstance(error, psycopg.Error):
                raise translate_error(error, display) from error
            raise

    def _begin(self, join: str | None) -> None:
        name, _, slot = (join or "").partition(";")
        self.connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        if name:
            self.connection.execute(psql.SQL("SET TRANSACTION SNAPSHOT {}").format(name))
        self.position = self._text(MOMENT)
        if slot:
            lsn, _, slot_name = slot.partition(";")
            self.position = f"lsn {lsn}, slot {slot_name}, {self.position}"
        # what a slot exported ends with its connection: those who join later join this transaction
        exported = name if name and not slot else self._text("SELECT pg_catalog.pg_export_snapshot()")
        self.token = f"{exported};{slot}" if slot else exported
        if self._stored:
            self.connection.execute(STORED.encode())
        self.connection.execute("SAVEPOINT dbmo_moment")

    def read_stored(self) -> None:
        """Read money from here on as the number that is stored, in the text of FORMS, as a writer's session takes it.

        For rows that go to, or are compared with, another PostgreSQL: the same number, whatever amount that is.
        """
        if self._stored or self.money_digits == C_DIGITS:
            return
        self.recover()
        try:
            self.connection.execute(f"{STORED}; SAVEPOINT dbmo_moment".encode())  # or recover() would undo it
        except psycopg.Error as error:
            raise translate_error(error, self._display) from error
        self._stored = True

    def refresh(self) -> None:
        """Take a new moment, and export it."""
        try:
            self.connection.execute("ROLLBACK")
            self.released += 1
            self._known.forget()
            self._begin(None)
        except psycopg.Error as error:
            raise translate_error(error, self._display) from error

    def recover(self) -> None:
        """After a statement that failed: the transaction is usable again, at the same moment; open cursors are gone."""
        if self.connection.info.transaction_status is TransactionStatus.INERROR:
            try:
                self.released += 1
                self.connection.execute("ROLLBACK TO SAVEPOINT dbmo_moment")
            except psycopg.Error as error:
                raise translate_error(error, self._display) from error

    def alive(self) -> bool:
        """Whether the moment can still be read; asks the server."""
        try:
            self.recover()
            self.query("SELECT 1")
        except DbmoError:
            return False
        return True

    def cancel(self) -> None:
        """End the statement that runs now, from another thread; raises what the server answers."""
        try:
            self.connection.cancel_safe(timeout=CANCEL_SECONDS)
        except psycopg.Error as error:
            raise translate_error(error, self._display) from error

    def _text(self, statement: str) -> str:
        row = self.connection.execute(statement.encode()).fetchone()
        return str(row[0]) if row else ""

    @property
    def version(self) -> int:
        """Server version as a number, 150018 for 15.18."""
        return self.connection.info.server_version

    @property
    def encoding(self) -> str:
        """The encoding of the database by PostgreSQL's name, such as UTF8."""
        return self.connection.info.parameter_status("server_encoding") or ""

    def pages(self, schema: str, table: str) -> int:
        """Pages of a table's main file, for ranges of ctid."""
        name = psql.Identifier(schema, table).as_string(self.connection)
        size = "SELECT pg_catalog.pg_relation_size(%s::regclass) / current_setting('block_size')::bigint"
        ((pages,),) = self.query(size, (name,))
        return int(pages or 0)

    def relation(self, table: str) -> Relation:
        """The table that schema.name means; looked up once."""
        return self._known[table]

    def look_up(self, tables: Sequence[str]) -> None:
        """Ask for relations at once that will be needed one by one."""
        self._known.look_up(tables)

    def check_unaltered(self, tables: Sequence[str]) -> bool:
        """TABLE_ALTERED where one of these was altered, so that what was read of it may lack rows; full names.

        To be asked behind the reading. Gives whether the locks that it holds keep all of them as they are, until
        `released` changes: with a new moment, or recover().
        """
        altered, held = find_altered(tables, self.query)
        if altered:
            raise ALTERED.error(self._display, f"{', '.join(altered)}: TRUNCATE, ALTER, DROP or the like")
        return held

    def query(self, statement: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """All rows of one statement at the snapshot's moment; without parameters percent signs mean nothing."""
        try:
            if not parameters:
                return self.connection.execute(statement.encode()).fetchall()
            return self.connection.execute(statement.encode(), parameters).fetchall()
        except psycopg.Error as error:
            raise translate_error(error, self._display) from error

    def query_binary(self, statement: str) -> list[tuple[Any, ...]]:
        """The same with values in binary form, so that bytes take no more room than they have."""
        try:
            return self.connection.execute(statement.encode(), binary=True).fetchall()
        except psycopg.Error as error:
            raise translate_error(error, self._display) from error

    def hold(self) -> AbstractContextManager[bool]:
        """Readers join by the token, so no lock is needed for them to see one moment."""
        return nullcontext(True)

    def copy_out(self, statement: str) -> CopyOut:
        """The blocks of a COPY ... TO STDOUT, and afterwards how many rows they held."""
        return CopyOut(self.connection, statement, self, self.plain)

    def translate(self, error: psycopg.Error) -> DbmoError:
        """An error of this connection, for people."""
        return translate_error(error, self._display)

    def rows(self, statement: str, size: int, binary: bool = False) -> Iterator[list[tuple[Any, ...]]]:
        """Rows of a query in lists of at most size, through a cursor on the server; binary: as values travel."""
        try:
            with self.connection.cursor(name="dbmo_rows") as cursor:
                cursor.itersize = size
                cursor.execute(statement.encode(), binary=binary or None)
                while batch := cursor.fetchmany(size):
                    yield batch
        except psycopg.Error as error:
            raise translate_error(error, self._display) from error

    def close(self) -> None:
        """End the transaction."""
        self.connection.close()
