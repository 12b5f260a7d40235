"""The messages of a COPY ... TO STDOUT as a plain socket gives them: rows joined to blocks without a driver per row.

Format: PostgreSQL documentation, "Message Formats": a byte that says the kind, a length that counts itself, the body.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from functools import lru_cache

import psycopg

ROW, DONE, COMPLETE, READY, ERROR = b"dcCZE"
HEAD = struct.Struct(">BI")
BLOCK = 1 << 17  # bytes of rows that are worth a send
ALIKE = 8  # rows of one length behind each other, from which on more are expected
LOTS = (128, 32, 8)  # rows that are taken at once


@lru_cache(maxsize=32)
def _cells(size: int, count: int) -> struct.Struct:
    """So many frames of rows of that many bytes: heads and bodies."""
    return struct.Struct(f"5s{size}s" * count)


class Frames:
    """Takes what came, in any pieces, and gives the rows' bytes in blocks; a long row comes in pieces of its own.

    ended: the server waits for the next statement. rows: of the command tag. error: what it says went wrong.
    """

    def __init__(self) -> None:
        self.ended = False
        self.rows = 0
        self.error: psycopg.Error | None = None
        self._rest = b""
        self._missing = 0  # bytes of a row of which the beginning was given already
        self._parts: list[bytes] = []
        self._size = 0
        self._alike = 0  # rows in a row that were as long as the one before
        self._before = 0

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The blocks that are whole now."""
        if self._missing:
            yield from self._taken()
            yield data[: self._missing]
            taken = min(self._missing, len(data))
            self._missing -= taken
            data = data[taken:]
        elif self._rest:
            data = self._rest + data
        place = self._walk(data)
        self._size += place
        if place + 5 <= len(data) and data[place] == ROW and HEAD.unpack_from(data, place)[1] > BLOCK:
            yield from self._taken()
            yield data[place + 5 :]
            self._missing = HEAD.unpack_from(data, place)[1] + 1 - (len(data) - place)
            place = len(data)
        self._rest = data[place:]
        if self._size >= BLOCK or self.ended:
            yield from self._taken()

    def _taken(self) -> Iterator[bytes]:
        if self._parts:
            yield b"".join(self._parts)
        self._parts, self._size = [], 0

    def _walk(self, data: bytes) -> int:
        """Take every whole message; where the first that isn't whole begins."""
        unpack, add = HEAD.unpack_from, self._parts.append
        place, end = 0, len(data)
        last = end - 5
        alike, before = self._alike, self._before
        while place <= last:
            kind, size = unpack(data, place)
            after = place + 1 + size
            if after > end:
                break
            if kind == ROW:
                add(data[place + 5 : after])
                if size != before:
                    alike, before = 0, size
                elif (alike := alike + 1) >= ALIKE:
                    model, after = place, self._several(data, place, after)
                    alike = ALIKE - 1 if after - model > ALIKE * size else 0
            else:
                self._told(kind, data[place + 5 : after])
            place = after
        self._alike, self._before = alike, before
        return place

    def _several(self, data: bytes, model: int, place: int) -> int:
        """Take rows from a place on as long as their frames are as long as the one at model; where they end.

        In binary form those of numbers, moments and fixed texts are; many at once take a third of the time.
        """
        head, step = data[model : model + 5], place - model
        for count in LOTS:
            while place + count * step <= len(data):
                cells = _cells(step - 5, count).unpack_from(data, place)
                heads = cells[::2]
                if heads.count(head) < count:
                    count = next(n for n, found in enumerate(heads) if found != head)
                    self._parts.extend(cells[1 : 2 * count : 2])
                    return place + count * step
                self._parts.extend(cells[1::2])
                place += count * step
        return place

    def _told(self, kind: int, body: bytes) -> None:
        """What is no row: notices and changed settings say nothing about the rows."""
        if kind == COMPLETE:
            tag = body.rstrip(b"\0").split()
            self.rows = int(tag[-1]) if tag[0] == b"COPY" and tag[-1].isdigit() else 0
        elif kind == ERROR:
            self.error = _error(body)
        elif kind == READY:
            self.ended = True


def _error(body: bytes) -> psycopg.Error:
    """The server's error by its code and first words; its details, which may hold values of rows, are left out."""
    fields = {part[:1]: part[1:].decode(errors="replace") for part in body.split(b"\0") if part}
    try:
        kind: type[psycopg.Error] = psycopg.errors.lookup(fields.get(b"C", ""))
    except KeyError:
        kind = psycopg.DatabaseError
    return kind(fields.get(b"M", "the server ended the COPY"))
