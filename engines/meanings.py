"""What servers' errors mean to a person: those that several engines have, and how they become errors of ours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from engines.errors import DbmoError, EngineError, UsageError


@dataclass(frozen=True)
class Meaning:
    """What a kind of error is called, what happened ({display} is the database) and what to do."""

    code: str
    what: str
    remedy: str
    usage: bool = False

    def error(self, display: str, said: str, **data: Any) -> DbmoError:
        """The error; display is the reference without secrets, said the server's own words without secrets."""
        kind = UsageError if self.usage else EngineError
        return kind(self.code, f"{self.what.format(display=display)} ({said})", self.remedy, **data)


AGAIN = "Run the same command again once that is repaired."
LOGIN = Meaning(
    "WRONG_PASSWORD", "{display} refused the login.", "Check the user and the password variable.", usage=True
)
MISSING = Meaning("DATABASE_MISSING", "{display} names a database that doesn't exist.", "Check its name.", usage=True)
DENIED = Meaning(
    "PERMISSION_DENIED", "The user of {display} lacks a right.", "Grant what the message names.", usage=True
)
FAILED = Meaning(
    "CONNECTION_FAILED", "{display} can't be reached.", "Check that the server runs, the host, the port and TLS."
)
LOST = Meaning("CONNECTION_LOST", "The connection to {display} was lost.", "Run the same command again; it goes on.")
CROWDED = Meaning(
    "TOO_MANY_CONNECTIONS", "{display} takes no more connections.", "Close some, or raise max_connections."
)
FULL = Meaning("DISK_FULL", "The server of {display} has no disk space left.", "Make room. " + AGAIN)
MEMORY = Meaning("OUT_OF_MEMORY", "The server of {display} has no memory left.", "Give it memory. " + AGAIN)
WAITED = Meaning("LOCK_TIMEOUT", "A lock in {display} wasn't free in time.", AGAIN)
ALTERED = Meaning(
    "TABLE_ALTERED", "A table of {display} was altered while its rows were read.", "Run the same command again."
)
CANCELLED = Meaning("CANCELLED", "A statement in {display} was cancelled.", AGAIN)
READ_ONLY = Meaning("READ_ONLY", "{display} doesn't take writes in this transaction.", "Use a reading statement.")
INVALID = Meaning(
    "URL_INVALID", "The reference {display} can't be used.", "Correct what the message names.", usage=True
)
