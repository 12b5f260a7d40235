"""LOAD DATA LOCAL from memory: what the server asks for is answered with our blocks, and nothing else ever is.

A server may answer any statement by asking the client for a file. The driver is connected without its own handling of
that, so it refuses; only the answer to our own LOAD DATA, for the name that we gave, is served here, from memory.
Protocol: MySQL Source Code Documentation, LOCAL INFILE Request.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pymysql
from pymysql.constants import COMMAND
from pymysql.protocol import OKPacketWrapper

from engines.errors import EngineError

NAME = "dbmo rows"
REQUEST = 0xFB  # first byte of the server's request
PACKET = 1 << 20  # bytes in one packet at most; max_allowed_packet is never below 1 kB, and that is asked for


@dataclass(frozen=True)
class Answer:
    """What the server said: rows that are in the table now, warnings and notes, bytes that were sent."""

    rows: int
    warnings: int
    bytes: int


def load_local(connection: Any, statement: bytes, pieces: Iterable[bytes], packet: int = PACKET) -> Answer:
    """Run a LOAD DATA LOCAL INFILE 'dbmo rows' whose file is these pieces, however they are cut.

    Errors are the driver's; one of the pieces' source is raised after the statement was ended, with what was sent of it
    in the transaction: roll it back.
    """
    connection._execute_command(COMMAND.COM_QUERY, statement)
    first = connection._read_packet()
    asked = bytes(first.get_all_data())
    if asked[:1] != bytes([REQUEST]):
        raise pymysql.OperationalError(2014, "the server did not ask for the rows of LOAD DATA LOCAL")
    if asked[1:] != NAME.encode():
        _end(connection)
        raise EngineError(
            "FOREIGN_FILE_REQUESTED",
            "The server asked for a file that nobody offered; nothing was sent.",
            "Find out what answers at this address before you connect to it again.",
        )
    size = 0
    try:
        for piece in pieces:
            view = memoryview(piece)
            for start in range(0, len(piece), packet):
                connection.write_packet(bytes(view[start : start + packet]))
            size += len(piece)
    except pymysql.MySQLError:
        raise
    except BaseException:
        with contextlib.suppress(pymysql.MySQLError, OSError):
            _end(connection)
        raise
    done = _end(connection)
    return Answer(done.affected_rows, done.warning_count, size)


def _end(connection: Any) -> OKPacketWrapper:
    """The empty packet behind the last one, and the server's answer to all."""
    connection.write_packet(b"")
    answer = connection._read_packet()
    if not answer.is_ok_packet():
        raise pymysql.OperationalError(2014, "the server's answer to LOAD DATA LOCAL was not understood")
    return OKPacketWrapper(answer)
