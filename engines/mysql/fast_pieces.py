"""Rows of any size read in pieces: a value of many packets never lies whole in memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pymysql import OperationalError, err
from pymysql.cursors import SSCursor

from engines.mysql.rowstream import ENDS, FAILED, HEADER, LARGEST, LOST, NULL, SHORT, SIZES
from engines.mysql.session import Connection

PIECE = 1 << 18


class PieceStream:
    """A query whose values are read one after the other, each as a size and its pieces. Errors: pymysql.MySQLError.

    finished once its last row, or its error, was read; next_row() first, then size() and pieces() or skip() for every
    column in turn.
    """

    def __init__(self, connection: Connection, sql: str) -> None:
        cursor = SSCursor(connection)
        cursor.execute(sql)
        result = cursor._result
        result.unbuffered_active = False
        result.connection = None
        cursor.connection = None
        self._file: Any = connection._rfile
        self._left = 0  # bytes of the packet that weren't read yet
        self._continued = False
        self._first = b""
        self.finished = False

    def next_row(self) -> bool:
        """Go to the next row; False at the end. What is left of the row before is skipped."""
        while self._left or self._continued:
            self._take(min(self._left, PIECE) or 1)
        if self.finished:
            return False
        size = self._packet()
        self._first = self._read(1)
        self._left -= 1
        if self._first[0] == FAILED or (self._first[0] == ENDS and size < SHORT):
            payload = self._first + self._read(self._left)
            self._left, self.finished = 0, True
            if payload[0] == FAILED:
                err.raise_mysql_exception(payload)
            return False
        return True

    def size(self) -> int | None:
        """Bytes of the next value; None for NULL."""
        first = (self._first or self._take(1))[0]
        self._first = b""
        if first == NULL:
            return None
        return first if first < NULL else int.from_bytes(self._exactly(SIZES[first]), "little")

    def pieces(self, size: int) -> Iterator[bytes]:
        """The bytes of a value of that size, to be read to the end."""
        while size:
            piece = self._take(min(size, PIECE))
            size -= len(piece)
            yield piece

    def whole(self) -> bytes | None:
        """The next value, as one."""
        size = self.size()
        return None if size is None else self._exactly(size)

    def drop(self) -> None:
        """Read what is left and forget it."""
        while not self.finished:
            self.next_row()

    def _exactly(self, size: int) -> bytes:
        return b"".join(self.pieces(size))

    def _take(self, size: int) -> bytes:
        """At most so many bytes of the row, at least one."""
        if not self._left:
            if not self._continued:
                self.finished = True
                raise OperationalError(LOST, "a row of the server ended before its last value")
            self._packet()
            if not self._left:
                return b""
        data = self._read(min(size, self._left))
        self._left -= len(data)
        return data

    def _packet(self) -> int:
        self._left = int.from_bytes(self._read(HEADER)[:3], "little")
        self._continued = self._left == LARGEST
        return self._left

    def _read(self, size: int) -> bytes:
        data: bytes = self._file.read(size) if size else b""
        if len(data) < size:
            self.finished, self._left, self._continued = True, 0, False
            raise OperationalError(LOST, "Lost connection to MySQL server during query")
        return data
