"""What SQLite's result codes mean for a person."""

from __future__ import annotations

import sqlite3
from typing import NamedTuple

from engines.errors import DbmoError, EngineError, UsageError


class Meaning(NamedTuple):
    """The error of ours that a result code becomes; {display} is the database, {reason} SQLite's own words."""

    code: str
    what: str
    remedy: str
    kind: type[DbmoError] = EngineError


RECOVER = (
    "Open it once with its application or with `sqlite3`, which undoes the unfinished write, then run the same "
    "command again."
)
FOLDER = (
    "Make the file and its folder writable for this user (nothing is written to the database), or copy the file "
    "together with its -wal to such a folder."
)

MEANINGS: dict[str, Meaning] = {
    "SQLITE_NOTADB": Meaning(
        "NOT_A_DATABASE",
        "{display} is not a SQLite database, or it is an encrypted one.",
        "Check the path; decrypt an encrypted file with its own application first.",
        UsageError,
    ),
    "SQLITE_CANTOPEN": Meaning(
        "FILE_UNREADABLE", "{display} can't be opened: {reason}.", "Check that this user may read the file."
    ),
    "SQLITE_PERM": Meaning(
        "FILE_UNREADABLE", "{display} can't be opened: {reason}.", "Check that this user may read the file."
    ),
    "SQLITE_IOERR": Meaning(
        "FILE_UNREADABLE",
        "{display} can't be read: {reason}.",
        "Check the disk that holds it, then run the same command again.",
    ),
    "SQLITE_BUSY": Meaning(
        "DATABASE_LOCKED",
        "{display} is locked by another program.",
        "Wait until its write has ended or stop it, then run the same command again.",
    ),
    "SQLITE_BUSY_RECOVERY": Meaning(
        "DATABASE_LOCKED",
        "{display} is being recovered by another program.",
        "Wait until that has ended, then run the same command again.",
    ),
    "SQLITE_LOCKED": Meaning(
        "DATABASE_LOCKED",
        "{display} is locked by another connection.",
        "Wait until its write has ended, then run the same command again.",
    ),
    "SQLITE_CORRUPT": Meaning(
        "DATABASE_CORRUPT",
        "{display} is damaged: {reason}.",
        "Restore it from a backup, or save what is left with `sqlite3 FILE .recover`.",
    ),
    "SQLITE_READONLY_ROLLBACK": Meaning(
        "HOT_JOURNAL", "{display} was left in the middle of a write by a program that died.", RECOVER
    ),
    "SQLITE_READONLY_DIRECTORY": Meaning(
        "FILE_UNREADABLE", "{display} is in WAL mode in a folder where SQLite can't make its -shm file.", FOLDER
    ),
    "SQLITE_READONLY_CANTINIT": Meaning(
        "FILE_UNREADABLE", "{display} is in WAL mode and its -shm file can't be made.", FOLDER
    ),
    "SQLITE_READONLY": Meaning("SOURCE_READ_ONLY", "{display} is open for reading only.", "Nothing was written."),
    "SQLITE_AUTH": Meaning(
        "NOT_A_READING_QUERY",
        "The query on {display} does more than read: {reason}.",
        "Leave only SELECT statements in the workload.",
        UsageError,
    ),
    "SQLITE_FULL": Meaning(
        "DISK_FULL",
        "There is no room left for {display}: {reason}.",
        "Free some space, then run the same command again.",
    ),
    "SQLITE_INTERRUPT": Meaning("INTERRUPTED", "The query on {display} was stopped.", "Run the same command again."),
    "SQLITE_NOMEM": Meaning(
        "OUT_OF_MEMORY", "There is not enough memory to read {display}.", "Free some, then run the same command again."
    ),
}
OTHER = Meaning("QUERY_FAILED", "SQLite refused a query on {display}: {reason}.", "Check the query and the database.")
FORBIDDEN_FUNCTION = "not authorized to use function"
STACKED = "one statement at a time"


def translate_error(error: sqlite3.Error | sqlite3.Warning, display: str) -> DbmoError:
    """The error of ours for one of the driver's; display is the database as people may see it.

    Extended result codes that the table doesn't name fall back to their primary code (SQLITE_BUSY_SNAPSHOT to
    SQLITE_BUSY). https://www.sqlite.org/rescode.html (3.40)
    """
    reason = str(error).rstrip(".")
    if is_stacked(error):
        return UsageError(
            "STACKED_STATEMENTS",
            f"More than one statement was given to {display} at once.",
            "Give one statement at a time.",
        )
    name = str(getattr(error, "sqlite_errorname", "") or "")
    if FORBIDDEN_FUNCTION in reason:
        name = "SQLITE_AUTH"  # the authorizer's refusal of a function comes with the general code
    meaning = MEANINGS.get(name) or MEANINGS.get("_".join(name.split("_")[:2])) or OTHER
    return meaning.kind(
        meaning.code,
        meaning.what.format(display=display, reason=reason),
        meaning.remedy,
        database=display,
        sqlite_error=name,
    )


def is_stacked(error: BaseException) -> bool:
    """Whether the driver refused a second statement (Python 3.11 warns, 3.12 raises ProgrammingError)."""
    return STACKED in str(error)
