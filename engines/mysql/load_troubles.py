"""What a server says of rows that it would not store as they are, and which of its errors are about rows at all."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pymysql

from engines.mysql.errors import number_of

ROW = re.compile(r" at row (\d+)$")
TOO_WIDE = 1153  # the server's own number for a packet that is too large
CLIENT = range(2000, 3000)  # numbers of errors that the driver found by itself
# numbers of errors that say nothing of a row: they end the copy
LOST_OR_LOCKED = frozenset({1205, 1213, 1021, 1114, 1317, 1290, 1792, 1836, 1969, 3024, 1142, 1143, 1044, 1146, 1054})


@dataclass(frozen=True)
class Trouble:
    """What the server said of a load: error number, words, and which of its rows (from 0; None: it didn't say)."""

    number: int
    words: str
    row: int | None = None


@dataclass(frozen=True)
class Attempt:
    """A load that stands (troubles is empty), or one that was taken back."""

    rows: int = 0
    bytes: int = 0
    troubles: tuple[Trouble, ...] = ()


def trouble(number: int, words: str, before: int = 0) -> Trouble:
    """A warning as the server words it; before: rows of the load that went in other statements."""
    row = ROW.search(words)
    return Trouble(number, words, before + int(row[1]) - 1 if row else None)


def trouble_of(error: pymysql.MySQLError, before: int = 0) -> Trouble | None:
    """The same of an error; None for one that is about no row."""
    number = number_of(error)
    if number is None or number in CLIENT or number in LOST_OR_LOCKED:
        return None
    return trouble(number, str(error.args[1]) if len(error.args) > 1 else str(error), before)
