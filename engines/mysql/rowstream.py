"""The rows of a query as the server sends them: parsed from whole blocks of the socket, every value as bytes.

The driver reads a packet and then a value at a time through several functions; a comparison reads hundreds of millions.
Protocol: MySQL Source Code Documentation, Text Resultset.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pymysql import OperationalError, err
from pymysql.cursors import SSCursor

from engines.mysql.session import Connection

Row = tuple[Any, ...]  # of bytes or None
BLOCK = 1 << 17
SHORT = 9  # bytes from which on a packet that begins with 0xFE is a row
LARGEST = 0xFFFFFF  # a packet of that size goes on in the next one
HEADER = 4
NULL, ENDS, FAILED = 0xFB, 0xFE, 0xFF
SIZES = {0xFC: 2, 0xFD: 3, 0xFE: 8}  # first byte of a length -> bytes of it
LOST = 2013


def values(data: bytes, start: int, end: int) -> Row:
    """The values of a row's packet, which lies there."""
    row: list[bytes | None] = []
    while start < end:
        length = data[start]
        start += 1
        if length >= NULL:
            if length == NULL:
                row.append(None)
                continue
            width = SIZES[length]
            length = int.from_bytes(data[start : start + width], "little")
            start += width
        row.append(data[start : start + length])
        start += length
    return tuple(row)


class RowStream:
    """A query that was sent; finished once its last row, or its error, was read. Errors: pymysql.MySQLError."""

    def __init__(self, connection: Connection, sql: str) -> None:
        self._file: Any = None
        cursor = SSCursor(connection)
        cursor.execute(sql)
        result = cursor._result
        self.finished = not (result is not None and result.unbuffered_active)
        if result is not None:
            # from here on the driver would wait for rows that are read here
            result.unbuffered_active = False
            result.connection = None
        cursor.connection = None
        self._file = connection._rfile
        self._data = b""
        self._place = 0

    row = staticmethod(values)

    def batches(self, rows: int, weight: int) -> Iterator[list[Any]]:
        """The rows in lists of at most that many, and of about so many bytes (one value more at most)."""
        found: list[Row] = []
        while not self.finished:
            size = self._take(found, rows, weight)
            if len(found) >= rows or size >= weight or self.finished:
                if found:
                    yield found
                found = []

    def drop(self, rows: int | None = None) -> None:
        """Read what is left, or that many rows of it, and forget it."""
        left = rows
        while not self.finished and (left is None or left > 0):
            found: list[Row] = []
            self._take(found, 1_000, BLOCK)
            left = None if left is None else left - len(found)

    def _take(self, found: list[Row], rows: int, weight: int) -> int:
        """Rows until there are enough of them; their bytes in all."""
        size = 0
        while len(found) < rows and size < weight and not self.finished:
            start = self._place
            used_up = self._parse(found, rows, weight - size)
            size += self._place - start
            if used_up:
                size += self._more(found)
        return size

    def _parse(self, found: list[Row], rows: int, weight: int) -> bool:
        """Rows that lie whole in what was read; True where that is used up."""
        data, place = self._data, self._place
        last, most = len(data), place + weight
        used_up = False
        while len(found) < rows and place < most:
            start = place + HEADER
            size = int.from_bytes(data[place : place + 3], "little")
            end = start + size
            if start >= last or end > last or size == LARGEST:
                used_up = True
                break
            place = end
            if data[start] >= ENDS and (data[start] == FAILED or size < SHORT):
                self._end(data[start:end])
                break
            found.append(self.row(data, start, end))
        self._place = place
        return used_up

    def _more(self, found: list[Row]) -> int:
        """Read on; a row of several packets is taken whole. Bytes of such a one."""
        self._fill(HEADER)
        size = self._size()
        if size < LARGEST:
            self._fill(HEADER + size)
            return 0
        parts = []
        while True:
            self._fill(HEADER + size)
            start = self._place + HEADER
            self._place = start + size
            parts.append(self._data[start : self._place])
            if size < LARGEST:
                break
            self._fill(HEADER)
            size = self._size()
        payload = b"".join(parts)
        parts.clear()
        found.append(self.row(payload, 0, len(payload)))
        return len(payload)

    def _size(self) -> int:
        return int.from_bytes(self._data[self._place : self._place + 3], "little")

    def _fill(self, size: int) -> None:
        """At least so many bytes behind the place that was reached."""
        missing = size - (len(self._data) - self._place)
        if missing <= 0:
            return
        block: bytes = self._file.read1(max(missing, BLOCK))
        if len(block) < missing:
            block += self._file.read(missing - len(block)) if block else b""
        if len(block) < missing:
            self.finished = True
            raise OperationalError(LOST, "Lost connection to MySQL server during query")
        self._data, self._place = self._data[self._place :] + block, 0

    def _end(self, payload: bytes) -> None:
        self.finished = True
        if payload[0] == FAILED:
            err.raise_mysql_exception(payload)
