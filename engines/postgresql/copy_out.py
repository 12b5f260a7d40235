"""What a COPY ... TO STDOUT gives, in blocks: from the socket itself where nothing is encrypted, else through libpq."""

from __future__ import annotations

import os
import select
import socket
from collections.abc import Generator, Iterator
from contextlib import closing, suppress
from typing import Any, Protocol

import psycopg
from psycopg.pq import ExecStatus, TransactionStatus
from psycopg.pq.abc import PGconn

from engines.errors import DbmoError
from engines.postgresql.copying import BLOCK, PIECE, Block
from engines.postgresql.frames import Frames
from engines.postgresql.pgconn import end, flush, result, start


class Ends(Protocol):
    """What the owner of a connection does when a COPY fails or is left early."""

    def cancel(self) -> None:
        """End the statement that runs."""

    def recover(self) -> None:
        """Make the transaction usable again."""

    def translate(self, error: psycopg.Error) -> DbmoError:
        """The error for people."""


class CopyOut:
    """What a COPY ... TO STDOUT gives, joined to blocks; a row larger than a block comes in pieces.

    Iterate it once, and close it. rows: what the server says it sent, known after the last block. When it fails or is
    left early, the statement is cancelled and the transaction made usable again.
    """

    def __init__(self, connection: psycopg.Connection[Any], statement: str, ends: Ends, plain: bool = False) -> None:
        self.connection, self.statement, self._ends, self._plain = connection, statement, ends, plain
        self.rows: int | None = None
        self._running = self._read()

    def __iter__(self) -> Iterator[Block]:
        return self._running

    def close(self) -> None:
        """End the statement if it was not read to its end."""
        self._running.close()

    def _read(self) -> Generator[Block, None, None]:
        try:
            yield from self._frames() if self._plain else self._messages()
        except psycopg.Error as error:
            raise self._ends.translate(error) from error
        except OSError as error:
            raise self._ends.translate(psycopg.OperationalError(str(error))) from error

    def _messages(self) -> Generator[Block, None, None]:
        """Through libpq, which holds each row as a whole."""
        pgconn = self.connection.pgconn
        try:
            start(pgconn, self.statement, ExecStatus.COPY_OUT)
            yield from _blocks(pgconn)
            self.rows = end(pgconn)
        finally:
            if self.rows is None:
                self._abandon(pgconn)

    def _frames(self) -> Generator[Block, None, None]:
        """From the socket under libpq, which is idle before and after and never knows of it."""
        pgconn, frames = self.connection.pgconn, Frames()
        with closing(socket.socket(fileno=os.dup(pgconn.socket))) as wire:
            try:
                text = self.statement.encode() + b"\0"
                _send(wire, b"Q" + (len(text) + 4).to_bytes(4, "big") + text)
                while not frames.ended:
                    yield from frames.feed(_received(wire))
                if frames.error is not None:
                    raise frames.error
                self.rows = frames.rows
            finally:
                if self.rows is None:
                    self._abandon_frames(wire, frames)

    def _abandon_frames(self, wire: socket.socket, frames: Frames) -> None:
        with suppress(psycopg.Error, DbmoError, OSError):
            if not frames.ended:
                self._ends.cancel()
            while not frames.ended:
                for _ in frames.feed(_received(wire)):
                    pass
            # an empty statement tells libpq that the transaction is in error
            self.connection.pgconn.send_query(b"")
            flush(self.connection.pgconn)
            while result(self.connection.pgconn) is not None:
                pass
            self._ends.recover()

    def _abandon(self, pgconn: PGconn) -> None:
        """Leave the connection at the end of the statement, whatever the server was about to send."""
        if pgconn.transaction_status == TransactionStatus.ACTIVE:
            with suppress(psycopg.Error, DbmoError):
                self._ends.cancel()
                for _ in _blocks(pgconn):
                    pass
        with suppress(psycopg.Error):
            end(pgconn)
        with suppress(DbmoError):
            self._ends.recover()


def _send(wire: socket.socket, data: bytes) -> None:
    poll = select.poll()
    poll.register(wire, select.POLLOUT)
    while data:
        try:
            data = data[wire.send(data) :]
        except BlockingIOError:
            poll.poll()


def _received(wire: socket.socket) -> bytes:
    """What came next; OperationalError when the server closed the connection."""
    while True:
        try:
            data = wire.recv(PIECE)
        except BlockingIOError:
            poll = select.poll()
            poll.register(wire, select.POLLIN)
            poll.poll()
            continue
        if not data:
            raise psycopg.OperationalError("server closed the connection unexpectedly")
        return data


def _blocks(pgconn: PGconn) -> Iterator[Block]:
    """Messages joined to blocks until the end of the COPY; its result is still to be fetched."""
    get, consume = pgconn.get_copy_data, pgconn.consume_input
    poll = select.poll()
    poll.register(pgconn.socket, select.POLLIN)
    parts: list[Block] = []
    add = parts.append
    size = 0
    while True:
        count, data = get(1)
        if count > 0:
            add(data)
            size += count
            if size < BLOCK:
                continue
            if size > PIECE:
                yield from _large(parts)
            else:
                yield b"".join(parts)
            parts.clear()
            size = 0
        elif count == 0:
            consume()
            count, data = get(1)
            if count > 0:
                add(data)
                size += count
            elif count == 0:
                poll.poll()
                consume()
            else:
                break
        else:
            break
    if parts:
        yield b"".join(parts)


def _large(parts: list[Block]) -> Iterator[Block]:
    """The blocks of a list whose last message is large, without a copy of that one as a whole."""
    last = parts.pop()
    if parts:
        yield b"".join(parts)
    parts.clear()
    view = memoryview(last)
    for at in range(0, len(view), PIECE):
        yield view[at : at + PIECE]
