"""COPY ... FROM STDIN over libpq in blocks: memory stays flat whichever side is faster."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import Any

import psycopg
from psycopg.pq import ExecStatus

from engines.postgresql.pgconn import end, flush, start
from engines.protocols import Loaded

BLOCK = 1 << 17  # bytes that are worth a send; a multiple of what a socket holds only costs memory
PIECE = 1 << 18  # of a message that is larger than a block

Block = bytes | memoryview
ESCAPES = ((b"\\", rb"\\"), (b"\n", rb"\n"), (b"\r", rb"\r"), (b"\t", rb"\t"))  # documentation: COPY, text format
COPY_NULL = rb"\N"
# documentation: COPY, binary format
HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)  # no flags, no extension
TRAILER = b"\xff\xff"
NO_VALUE = b"\xff\xff\xff\xff"
AROUND = {"text": 0, "binary": len(HEADER) + len(TRAILER)}  # bytes of a COPY that are no rows


def copy_text_escaped(text: bytes) -> bytes:
    """A value, or a piece of one, as COPY's text format has it."""
    for plain, escaped in ESCAPES:
        if plain in text:
            text = text.replace(plain, escaped)
    return text


def copy_in(connection: psycopg.Connection[Any], statement: str, blocks: Iterable[Block]) -> Loaded:
    """Send blocks into the COPY ... FROM STDIN that ends these statements; rows as the server counted them.

    An error of the blocks ends the COPY on the server too. A second block is taken only when the first one is sent.
    """
    pgconn = connection.pgconn
    start(pgconn, statement, ExecStatus.COPY_IN)
    size = 0
    try:
        for block in blocks:
            size += len(block)
            if len(block) > PIECE:
                view = memoryview(block)
                for at in range(0, len(view), PIECE):
                    pgconn.put_copy_data(view[at : at + PIECE])
                    flush(pgconn)
            else:
                pgconn.put_copy_data(block)
                flush(pgconn)
        pgconn.put_copy_end()
    except BaseException:
        with suppress(psycopg.Error):
            pgconn.put_copy_end(b"the sender stopped")
            flush(pgconn)
            end(pgconn)
        raise
    flush(pgconn)
    return Loaded(end(pgconn), size)
