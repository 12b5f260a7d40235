"""PostgreSQL errors as errors a person can act on."""

from __future__ import annotations

import re

import psycopg

from engines.connection import redact
from engines.errors import DbmoError
from engines.meanings import (
    CANCELLED,
    CROWDED,
    DENIED,
    FAILED,
    FULL,
    INVALID,
    LOGIN,
    LOST,
    MEMORY,
    MISSING,
    READ_ONLY,
    WAITED,
    Meaning,
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
    "53100": FULL,
    "53200": MEMORY,
    "42501": DENIED,
    "55P03": WAITED,
    "57014": CANCELLED,
    "25006": READ_ONLY,
}
GENERIC = Meaning(
    "POSTGRESQL_ERROR", "{display} answered with an error.", "Look at the message; nothing was committed."
)
NEVER_UP = ("connection failed", "connection is bad", "connection timeout", "failed to resolve host", "[Errno")
# libpq gives no SQLSTATE for a connection that never came up, only the server's words
BY_WORDS = (
    (r"authentication failed|no password supplied|role \".*\" does not exist", LOGIN),
    (r"too many clients|too many connections|remaining connection slots", CROWDED),
    (r"database \".*\" does not exist", MISSING),
    (r"permission denied for database", DENIED),
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
    return meaning.error(display, words, sqlstate=state)


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
