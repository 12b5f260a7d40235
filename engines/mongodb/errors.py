"""MongoDB's errors as errors a person can act on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pymongo import errors
from pymongo.errors import PyMongoError

from engines.connection import redact
from engines.errors import DbmoError
from engines.meanings import AGAIN, CANCELLED, DENIED, FAILED, FULL, INVALID, LOGIN, LOST, Meaning

REFUSED = Meaning(
    "DOCUMENT_REFUSED", "{display} refused a document.", "Look at the message: a unique index or a validator."
)
CONFLICT = Meaning("WRITE_CONFLICT", "Two transactions in {display} met at one document.", "Run it again.")
GENERIC = Meaning("MONGODB_ERROR", "{display} answered with an error.", "Look at the message.")
LABELS = ("TransientTransactionError", "UnknownTransactionCommitResult")
# codes of the server: src/mongo/base/error_codes.yml
BY_CODE = {
    13: DENIED,
    18: LOGIN,
    8000: LOGIN,  # Atlas
    50: Meaning("LOCK_TIMEOUT", "An operation in {display} took longer than it may.", AGAIN),
    89: LOST,
    91: FAILED,
    11600: LOST,
    11601: CANCELLED,
    121: REFUSED,
    11000: REFUSED,
    239: Meaning(
        "SNAPSHOT_TOO_OLD",
        "{display} no longer keeps the moment that is being read.",
        "Raise minSnapshotHistoryWindowInSeconds on the server for as long as the reading takes, then run it again.",
    ),
    112: CONFLICT,
    246: CONFLICT,
    251: Meaning(
        "TRANSACTION_ENDED",
        "{display} ended a transaction that took too long, or lost it.",
        "Smaller ranges, or a larger transactionLifetimeLimitSeconds on the server, if it comes again. " + AGAIN,
    ),
    14031: FULL,
}
# classes of the driver, the most special first
BY_CLASS: tuple[tuple[type[PyMongoError], Meaning], ...] = (
    (errors.ServerSelectionTimeoutError, FAILED),
    (errors.ConfigurationError, INVALID),
    (errors.InvalidURI, INVALID),
    (errors.AutoReconnect, LOST),
    (errors.BulkWriteError, REFUSED),
    (errors.ConnectionFailure, FAILED),
)


def denied(error: PyMongoError) -> bool:
    """True where the server refused for want of a right."""
    return isinstance(error, errors.OperationFailure) and BY_CODE.get(error.code or 0) is DENIED


def message(error: PyMongoError) -> str:
    """The first line of what the server or the driver says, without secrets and without values of documents."""
    details: Mapping[str, Any] = (error.details if isinstance(error, errors.OperationFailure) else None) or {}
    if details.get("writeErrors"):
        details = details["writeErrors"][0]
    words = str(details.get("errmsg") or error).split(" dup key:")[0]
    words = words.split(" (configured timeouts:")[0]  # behind it the driver describes itself
    return redact(words.strip().splitlines()[0] if words.strip() else type(error).__name__)[:300]


def translate_error(error: PyMongoError, display: str) -> DbmoError:
    """The error with a code; display is the reference without secrets.

    data: server_code; transient: the whole transaction may be tried again; commit_unknown: nobody knows whether the
    commit took place (both as the server and the driver label errors).
    """
    number = error.code if isinstance(error, errors.OperationFailure) else None
    meaning = BY_CODE.get(number or 0) or next((found for kind, found in BY_CLASS if isinstance(error, kind)), GENERIC)
    transient, unknown = (error.has_error_label(label) for label in LABELS)
    return meaning.error(display, message(error), server_code=number, transient=transient, commit_unknown=unknown)
