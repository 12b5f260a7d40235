"""One consistent moment of a MySQL or MariaDB database: a read-only transaction whose rows come as bytes."""

from __future__ import annotations

import threading
from collections.abc import Generator, Sequence
from contextlib import AbstractContextManager, suppress
from typing import Any

import pymysql

from engines.errors import DbmoError
from engines.meanings import ALTERED
from engines.mysql.altered import Marks, marks_of
from engines.mysql.cancel import cancel
from engines.mysql.errors import translate_error
from engines.mysql.fast_pieces import PieceStream
from engines.mysql.moment import FLAVOURS, Hold, check_joined, holder_of, is_held, token_of
from engines.mysql.quickrows import QuickRowStream
from engines.mysql.rowstream import Row, RowStream
from engines.mysql.session import connect
from engines.protocols import names_moment

START = "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY"
SETTINGS = ("SET SESSION net_write_timeout = 86400",)  # a reader may be told to wait
# MariaDB ends transactions that pause
OWN: dict[str, tuple[str, ...]] = {
    "mariadb": (
        "SET SESSION idle_transaction_timeout = 0",
        "SET SESSION idle_readonly_transaction_timeout = 0",
    ),
    "mysql": (),
}
BATCH_BYTES = 8_000_000  # of values in memory at once
SKIP = 10_000  # rows that are rather read to the end than cancelled
COM_QUERY = 3


class MysqlSnapshot:
    """START TRANSACTION WITH CONSISTENT SNAPSHOT: what InnoDB's tables held then, whoever writes meanwhile.

    url: mysql://... with its secrets resolved; display: the same as people may see it. position: `binlog file:offset`
    and `gtid set` of that moment, else `unknown (why)`: MariaDB says both of the snapshot itself, of MySQL they are
    known only if it was taken inside hold() (engines/mysql/moment.py, FLAVOURS). Tables of engines without transactions
    are read as they are at each query (engines/mysql/walk.py). One query at a time. Errors come as children of
    DbmoError. Tables may be altered under it: check_unaltered(). marks: what they were before the moment; released: how
    often it gave back its locks on what it had read.

    join: the token of another process's snapshot; SOURCE_CHANGED where its moment can't be shown to be this one.
    to_be_held: whether only a moment taken inside hold() has a position.
    """

    def __init__(self, url: str, display: str, join: str | None = None) -> None:
        self.url, self.display = url, display
        self.locked = Hold(url, display)
        self._taken_under: int | None = None
        self.marks: Marks = {}
        self.released = 0
        self._busy = threading.Event()
        self._stream: RowStream | PieceStream | None = None
        self._asked = False
        try:
            self.connection, self.server = connect(url, display)
            self.flavour = FLAVOURS[self.server.engine]
            try:
                self._settle()
                self._begin_at(join)
            except BaseException:
                self.close()
                raise
        except pymysql.MySQLError as error:
            raise translate_error(error, display) from error

    def _settle(self) -> None:
        with self.connection.cursor() as cursor:
            for statement in (*SETTINGS, *OWN[self.server.engine]):
                cursor.execute(statement)
        # from here on the driver gives what the server sent
        self.connection.use_unicode = False
        self.connection.decoders = {}

    @property
    def token(self) -> str:
        """What another process joins this moment by; good while hold() lasts, or as long as nobody writes."""
        return token_of(self.position, self._taken_under if self._taken_under == self.locked.holder else None)

    def hold(self) -> AbstractContextManager[bool]:
        """A short lock on the whole server under which no new moment passes; False where it can't be had.

        Moments taken and joined inside are equal: call refresh() inside first, then let others join token. How long it
        was held stands in locked.seconds afterwards, why it could not be had in locked.refused.
        """
        return self.locked.held()

    def refresh(self) -> None:
        """End the transaction and begin another at a new moment."""
        self._begin_under(self.locked.holder)

    def _begin_at(self, join: str | None) -> None:
        """The first moment: a new one, or another's, under that one's lock or where need be under one of its own."""
        holder = holder_of(join)
        self._begin_under(holder)
        if join is None:
            return
        if holder is None and not self.flavour.alone and self._stands_at(join):
            with self.hold():
                self.refresh()
        check_joined(self._rows, self.position, join, self.display)

    def _stands_at(self, join: str) -> bool:
        """Whether the log stands where it did, so that a lock may show that the moment is the same."""
        return names_moment(join) and join == self.flavour.named(self.flavour.place(self._rows, self.server), True)

    def _begin_under(self, holder: int | None) -> None:
        """A new moment; holder: the connection of a lock that somebody holds meanwhile."""
        self._rows("ROLLBACK")
        self.released += 1
        self._taken_under = self.locked.holder
        self._rows(START)
        place = self.flavour.place(self._rows, self.server)
        # looked at behind: a lock that was lost meanwhile proves nothing
        locked = not self.flavour.alone and holder is not None and is_held(self._rows, holder)
        self.position = self.flavour.named(place, locked)
        self.to_be_held = self.position != place and not locked

    def mark(self, tables: Sequence[str]) -> None:
        """Note what tables are, by their full names, and take a new moment behind it."""
        self.marks = marks_of(self._rows, self.server, tables)
        self.refresh()

    def check_unaltered(self, tables: Sequence[str]) -> bool:
        """TABLE_ALTERED where one of these is no longer what its mark says; to be asked behind the reading.

        True: what was read is locked as it is, until `released` changes.
        """
        now = marks_of(self._rows, self.server, tables)
        altered = [name for name in tables if name in self.marks and now.get(name) != self.marks[name]]
        if altered:
            raise ALTERED.error(self.display, f"{', '.join(altered)}: ALTER, RENAME or the like")
        return True

    def query(self, sql: str) -> list[Row]:
        """All rows of one statement; every value as the server's bytes, None for NULL."""
        return self._rows(sql)

    def ask(self, sql: str) -> None:
        """Send a statement; answer() must follow, meanwhile the server works and the caller may do something else."""
        self._begin()
        try:
            self.connection._execute_command(COM_QUERY, sql)
        except pymysql.MySQLError as error:
            self._busy.clear()
            raise translate_error(error, self.display) from error
        self._asked = True

    def answer(self) -> list[Row]:
        """All rows of the statement that ask() sent."""
        self._asked = False
        try:
            self.connection._read_query_result()
            return list(self.connection._result.rows or ())
        except pymysql.MySQLError as error:
            raise translate_error(error, self.display) from error
        finally:
            self._busy.clear()

    def recover(self) -> None:
        """After an error: what was asked is read to its end; the moment stays, as long as the connection does."""
        if self._asked:
            with suppress(DbmoError):
                self.answer()

    def rows(
        self, sql: str, size: int, weight: int = BATCH_BYTES, kind: type[RowStream] = QuickRowStream
    ) -> Generator[list[Any], None, None]:
        """Rows of a query in lists of at most size and about weight bytes, as the server finds them.

        kind: how they are taken from what the server sends; LineStream gives the only value of each. A reading that is
        left early is cancelled on the server.
        """
        self._begin()
        stream: RowStream | None = None
        try:
            stream = self._stream = kind(self.connection, sql)
            yield from stream.batches(size, weight)
        except pymysql.MySQLError as error:
            raise translate_error(error, self.display) from error
        finally:
            self._finish(stream)

    def pieces(self, sql: str) -> Generator[PieceStream, None, None]:
        """The rows of a query one after the other, each to be read in pieces before the next is asked for."""
        self._begin()
        stream: PieceStream | None = None
        try:
            stream = self._stream = PieceStream(self.connection, sql)
            while stream.next_row():
                yield stream
        except pymysql.MySQLError as error:
            raise translate_error(error, self.display) from error
        finally:
            self._finish(stream)

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
        if self._stream is not None or self._asked:
            raise RuntimeError("a snapshot reads one query at a time: read the one before to its end, or close it")
        self._busy.set()

    def _finish(self, stream: RowStream | PieceStream | None) -> None:
        """Leave the connection ready for the next query, however far this one was read."""
        try:
            if stream is not None and not stream.finished:
                if isinstance(stream, RowStream):
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
        cancel(self.url, self.display, [self.connection])
