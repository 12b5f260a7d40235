"""Texts of a PostgreSQL database without an encoding (SQL_ASCII), whose bytes nobody has checked."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from typing import Any

import psycopg

from engines.sqlite.writer import Large
from transfer.routes.policy import Refused

NO_UTF8 = "bytes that are no UTF-8"


class Unreadable(bytes):
    """A text that is no UTF-8."""


def is_unchecked(connection: psycopg.Connection[Any]) -> bool:
    """Whether the server's database has no encoding; it sends no text that isn't valid in the client's."""
    return connection.info.parameter_status("server_encoding") == "SQL_ASCII"


def as_bytes(sql: str) -> str:
    """SQL of a text's bytes."""
    return f"pg_catalog.convert_to({sql}, 'SQL_ASCII')"


def text_of(data: bytes | None) -> str | Unreadable | None:
    """The text that as_bytes() has sent, or its bytes where it is none."""
    try:
        return None if data is None else bytes(data).decode()
    except UnicodeDecodeError:
        return Unreadable(data or b"")


class LargeUnreadable(Refused):
    """A large text that is no UTF-8; size: its bytes, instead: what is stored."""

    def __init__(self, size: int, instead: Large) -> None:
        super().__init__("invalid_encoding", NO_UTF8, instead, "")
        self.size = size


def readable(value: Any) -> Any:
    """The value; Refused with a mended one where it is no UTF-8."""
    if isinstance(value, Unreadable):
        raise Refused("invalid_encoding", NO_UTF8, value.decode(errors="replace"))
    return value


def is_whole(pieces: Iterator[bytes]) -> bool:
    """Whether pieces of a text are UTF-8 together."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for piece in pieces:
            decoder.decode(piece)
        decoder.decode(b"", True)
    except UnicodeDecodeError:
        return False
    return True


def mended(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Pieces of a text with U+FFFD for what is no UTF-8."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    for piece in pieces:
        yield decoder.decode(piece).encode()
    yield decoder.decode(b"", True).encode()
