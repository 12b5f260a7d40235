"""Rows that a MySQL server writes as lines of PostgreSQL's COPY text, and what the client makes of them.

A line's values are delimited by bytes that UTF-8 doesn't have, so that nothing in a text can be taken for them; the
client escapes whole blocks. A row with a value that the fast form isn't right for (its guard is true) is written with
the bytes of every value in hex instead, and goes the exact way; a row too large for one line is only marked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from engines.catalog import Kind
from engines.errors import EngineError
from engines.mysql.quoting import quote_identifier
from engines.postgresql.copying import COPY_NULL, copy_text_escaped
from transfer.moveplan import ChunkKey, KeyColumn
from transfer.routes.mysql_columns import Written

DELIMITER, END = b"\xfe", b"\xfd"
EXACT, WIDE = b"\xfa", b"\xfc"  # first byte of lines that aren't plain
NULL = b"\xff\xf9\xf8\xfb"
AGAIN = "Look whether its storage engine has transactions, and whether somebody writes; run the same command again."


class Care(IntEnum):
    """How much is looked at before a row is taken as plain: each step finds more and costs more."""

    PACKED = 0
    PLAIN = 1
    CAREFUL = 2
    EXACT = 3
    ASKED = 4


class Unproved(Exception):
    """A block isn't what its lines should be: a text holds bytes that its character set doesn't have."""


def check_wide(found: int, expected: int, name: str) -> None:
    """EngineError ROWS_LOST where the rows too large for a line were not those that lines had been marked for."""
    if found != expected:
        raise EngineError(
            "ROWS_LOST",
            f"{expected:,} rows of {name} were too large for a line, and {found:,} were found when they were read.",
            AGAIN,
        )


def constant(value: bytes) -> str:
    """SQL of bytes; a CAST, because a hex literal would be brought into the character set of what is beside it."""
    return f"CAST(x'{value.hex()}' AS BINARY)"


@dataclass(frozen=True)
class Lines:
    """SQL of the lines of one table; wide: SQL that is true for a row too large for a line."""

    columns: Sequence[Written]
    nullable: Sequence[bool]
    key: ChunkKey
    wide: str | None = None

    def sql(self, care: Care) -> str:
        """A line without its end."""
        guards = [f"({column.guard})" for column in self.columns if column.guard]
        if care >= Care.CAREFUL:
            guards += [f"({column.careful})" for column in self.columns if column.careful]
        line = self.exact if care >= Care.EXACT else self.plain
        if care < Care.EXACT and guards:
            line = f"IF({' OR '.join(guards)}, {self.exact}, {line})"
        return line if self.wide is None else f"IF({self.wide}, {constant(WIDE)}, {line})"

    @property
    def plain(self) -> str:
        """SQL of a row whose values are PostgreSQL's texts."""
        pairs = zip(self.columns, self.nullable, strict=True)
        values = [f"IFNULL({c.plain}, {constant(NULL)})" if null else c.plain for c, null in pairs]
        return _joined(values)

    @property
    def exact(self) -> str:
        """SQL of a row whose values, and then its key, are bytes in hex."""
        values = [*(column.exact for column in self.columns), *(key_value(column) for column in self.key.columns)]
        return _joined([constant(EXACT), *(f"IFNULL(HEX({value}), {constant(NULL)})" for value in values)])


def key_value(column: KeyColumn) -> str:
    """SQL of the bytes of a key's value: text as UTF-8."""
    name = quote_identifier(column.name)
    if column.kind is Kind.BINARY:
        return name
    return f"CONVERT({name} USING utf8mb4)" if column.kind in (Kind.TEXT, Kind.CHAR) else f"CONCAT({name})"


def _joined(values: list[str]) -> str:
    """A single value would be left out where it is NULL, and a CONCAT_WS of one is the same."""
    return f"CONCAT_WS({constant(DELIMITER)}, {', '.join(values)})"


@dataclass
class Block:
    """Lines as COPY text. text: the plain ones; exact: values and key of the others; wide: how many are too large."""

    text: bytes
    exact: list[list[bytes | None]]
    wide: int


def block(lines: bytes) -> Block:
    """Lines that each end with END as a block; Unproved where one isn't what it says.

    A delimiter that is part of a text makes a column or a row too many: the columns PostgreSQL counts (bad COPY file
    format), the rows the caller compares with what was read.
    """
    exact: list[list[bytes | None]] = []
    wide = 0
    if EXACT in lines or WIDE in lines:
        plain = []
        for line in lines.split(END)[:-1]:
            if line[:1] == EXACT:
                exact.append([None if value == NULL else _unhexed(value) for value in line.split(DELIMITER)[1:]])
            elif line == WIDE:
                wide += 1
            else:
                plain.append(line)
        lines = END.join(plain) + END if plain else b""
    return Block(copy_text(lines), exact, wide)


def copy_text(lines: bytes) -> bytes:
    """Lines in COPY's text format (PostgreSQL documentation, COPY, Text Format)."""
    lines = copy_text_escaped(lines)
    if b"\xff" in lines:
        lines = lines.replace(NULL, COPY_NULL)
    return lines.replace(DELIMITER, b"\t").replace(END, b"\n")


def _unhexed(value: bytes) -> bytes:
    try:
        return bytes.fromhex(value.decode("ascii"))
    except ValueError:
        raise Unproved from None
