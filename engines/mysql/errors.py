"""MySQL and MariaDB errors as errors a person can act on."""

from __future__ import annotations

from dataclasses import dataclass

import pymysql

from engines.connection import redact
from engines.errors import DbmoError, EngineError, UsageError


@dataclass(frozen=True)
class Meaning:
    """What a kind of error is called, what happened ({display} is the database) and what to do."""

    code: str
    what: str
    remedy: str
    usage: bool = False


AGAIN = "Run the same command again once that is repaired."
LOGIN = Meaning(
    "WRONG_PASSWORD", "{display} refused the login.", "Check the user and the password variable.", usage=True
)
FAILED = Meaning(
    "CONNECTION_FAILED", "{display} can't be reached.", "Check that the server runs, the host, the port and TLS."
)
LOST = Meaning("CONNECTION_LOST", "The connection to {display} was lost.", "Run the same command again; it goes on.")
CROWDED = Meaning(
    "TOO_MANY_CONNECTIONS", "{display} takes no more connections.", "Close some, or raise max_connections."
)
DENIED = Meaning("PERMISSION_DENIED", "The user of {display} lacks a right.", "Grant what the message names.", True)
FULL = Meaning("DISK_FULL", "The server of {display} has no disk space left.", "Make room. " + AGAIN)
MEMORY = Meaning("OUT_OF_MEMORY", "The server of {display} has no memory left.", "Give it memory. " + AGAIN)
WAITED = Meaning("LOCK_TIMEOUT", "A lock in {display} wasn't free in time.", AGAIN)
CANCELLED = Meaning("CANCELLED", "A statement in {display} was cancelled.", AGAIN)
READ_ONLY = Meaning("READ_ONLY", "{display} doesn't take writes in this transaction.", "Use a reading statement.")
MISSING = Meaning("DATABASE_MISSING", "{display} names a database that doesn't exist.", "Check its name.", usage=True)
# error number: MySQL manual, Server Error and Client Error Message References; MariaDB error code reference
BY_NUMBER: dict[int, Meaning] = {
    **dict.fromkeys((1045, 1251, 1524, 1698, 1820, 1862, 3118, 4151), LOGIN),
    **dict.fromkeys((1049, 1046), MISSING),
    **dict.fromkeys((1130, 1129, 2001, 2002, 2003, 2005, 2026), FAILED),
    **dict.fromkeys((1053, 1077, 1152, 1158, 1159, 1160, 1161, 1184, 1927, 2006, 2013, 2055, 4031), LOST),
    **dict.fromkeys((1040, 1203, 1226), CROWDED),
    **dict.fromkeys((1044, 1142, 1143, 1227, 1370, 1410, 1873), DENIED),
    **dict.fromkeys((1021, 1114), FULL),
    **dict.fromkeys((1037, 1038, 1041), MEMORY),
    **dict.fromkeys((1205, 1213, 3572), WAITED),
    **dict.fromkeys((1317, 1969, 3024), CANCELLED),
    **dict.fromkeys((1290, 1792, 1836), READ_ONLY),
}
GENERIC = Meaning("MYSQL_ERROR", "{display} answered with an error.", "Look at the message and at the statement.")
LOST_NUMBERS = frozenset(number for number, meaning in BY_NUMBER.items() if meaning is LOST)


def number_of(error: BaseException) -> int | None:
    """The server's or client's error number; None where the driver gives none."""
    first = error.args[0] if error.args else None
    return first if isinstance(first, int) and first > 0 else None


def translate_error(error: pymysql.MySQLError, display: str) -> DbmoError:
    """The error with a code; display is the reference without secrets.

    data holds `errno` (None when there is none). The server's own message is part of what happened.
    """
    number = number_of(error)
    meaning = BY_NUMBER.get(number) if number is not None else None
    if meaning is None:
        closed = number is None and isinstance(error, (pymysql.InterfaceError, pymysql.OperationalError))
        meaning = LOST if closed else GENERIC
    words = str(error.args[1]) if len(error.args) > 1 else str(error)
    lines = redact(words).strip().splitlines()
    said = lines[0][:500] if lines else type(error).__name__
    kind = UsageError if meaning.usage else EngineError
    return kind(meaning.code, f"{meaning.what.format(display=display)} ({said})", meaning.remedy, errno=number)
