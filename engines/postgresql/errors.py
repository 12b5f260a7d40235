"""PostgreSQL errors as errors a person can act on."""

from __future__ import annotations

import re
from dataclasses import dataclass

import psycopg

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
MISSING = Meaning("DATABASE_MISSING", "{display} names a database that doesn't exist.", "Check its name.", usage=True)
FAILED = Meaning(
    "CONNECTION_FAILED", "{display} can't be reached.", "Check that the server runs and the host and port."
)
LOST = Meaning("CONNECTION_LOST", "The connection to {display} was lost.", "Run the same command again; it goes on.")
CROWDED = Meaning(
    "TOO_MANY_CONNECTIONS", "{display} takes no more connections.", "Close some, or raise max_connections."
)
# SQLSTATE, or its class (two characters): PostgreSQL documentation, appendix A
BY_STATE = {
    "28": LOGIN,
    "3D000": MISSING,
    "08": LOST,
    "57P01": LOST,
    "57P02": LOST,
    "57P03": FAILED,
    "53300": CROWDED,
    "53100": Meaning("DISK_FULL", "The server of {display} has no disk space left.", "Make room. " + AGAIN),
    "53200": Meaning("OUT_OF_MEMORY", "The server of {display} has no memory left.", "Give it memory. " + AGAIN),
    "42501": Meaning(
        "PERMISSION_DENIED", "The user of {display} lacks a right.", "Grant what the message names.", usage=True
    ),
    "55P03": Meaning("LOCK_TIMEOUT", "A lock in {display} wasn't free in time.", AGAIN),
    "57014": Meaning("CANCELLED", "A statement in {display} was cancelled.", AGAIN),
    "25006": Meaning("READ_ONLY", "{display} doesn't take writes in this transaction.", "Use a reading statement."),
}
GENERIC = Meaning(
    "POSTGRESQL_ERROR", "{display} answered with an error.", "Look at the message; nothing was committed."
)
INVALID = Meaning(
    "URL_INVALID", "The reference {display} can't be used.", "Correct what the message names.", usage=True
)
NEVER_UP = ("connection failed", "connection is bad", "connection timeout", "failed to resolve host", "[Errno")
# libpq gives no SQLSTATE for a connection that never came up, only the server's words
BY_WORDS = (
    (r"authentication failed|no password supplied|role \".*\" does not exist", LOGIN),
    (r"too many clients|too many connections|remaining connection slots", CROWDED),
    (r"database \".*\" does not exist", MISSING),
    (r"permission denied for database", BY_STATE["42501"]),
)


def translate_error(error: psycopg.Error, display: str) -> DbmoError:
    """The error with a code; display is the reference without secrets.

    data holds `sqlstate` (None when the server gave none). The server's own message is part of what happened,
    without its DETAIL and CONTEXT, which may hold values of rows.
    """
    state = error.sqlstate
    meaning = _meaning(error)
    lines = (error.diag.message_primary or str(error)).strip().splitlines()
    words = redact(lines[0] if lines else type(error).__name__)[:500]
    kind = UsageError if meaning.usage else EngineError
    return kind(meaning.code, f"{meaning.what.format(display=display)} ({words})", meaning.remedy, sqlstate=state)


def _meaning(error: psycopg.Error) -> Meaning:
    state = error.sqlstate
    if state is not None:
        return BY_STATE.get(state) or BY_STATE.get(state[:2]) or GENERIC
    words = str(error)
    if words.startswith(NEVER_UP):
        return next((meaning for pattern, meaning in BY_WORDS if re.search(pattern, words)), FAILED)
    if isinstance(error, psycopg.ProgrammingError):
        return INVALID
    return LOST if isinstance(error, psycopg.OperationalError) else GENERIC
