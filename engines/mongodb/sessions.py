"""Sessions whose reads all see one moment, on servers that have them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from bson.timestamp import Timestamp
from pymongo.client_session import ClientSession
from pymongo.database import Database
from pymongo.errors import ConfigurationError, OperationFailure

UNSHARED = "none"  # the token of a moment that there isn't
WINDOW = "minSnapshotHistoryWindowInSeconds"  # how long a server keeps moments
UNAUTHORIZED = 13  # src/mongo/base/error_codes.yml
NO_MOMENT = "no single moment, read from {now} on: {reason}"


def snapshot_session(database: Database[Any]) -> tuple[ClientSession | None, str]:
    """A session of one moment, and that moment's name; None and words that say why where the server has none.

    Replica sets and sharded clusters from version 5 on have them, a standalone server has not. The caller ends the
    session.
    """
    session = database.client.start_session(snapshot=True)
    try:
        database.command("find", "_dbmo.moment", limit=1, session=session)
    except (OperationFailure, ConfigurationError) as error:
        session.end_session()
        refused = isinstance(error, OperationFailure) and error.code == UNAUTHORIZED
        reason = "no right to a snapshot" if refused else "the server gives no snapshots"
        return None, NO_MOMENT.format(now=_now(), reason=reason)
    except BaseException:
        session.end_session()
        raise
    moment = moment_of(session)
    return session, f"snapshot {text_of(moment)}" if moment is not None else f"snapshot of {_now()}"


def session_at(database: Database[Any], moment: str) -> ClientSession:
    """A session at the moment of another one, by its text: the driver asks for it with atClusterTime."""
    seconds, _, counter = moment.partition(":")
    session = database.client.start_session(snapshot=True)
    given: Any = session  # the driver has no public way to give a session its time
    given._snapshot_time = Timestamp(int(seconds), int(counter))
    return session


def moment_of(session: ClientSession | None) -> Timestamp | None:
    """The cluster time that a snapshot session reads at; None before its first reading, or without one."""
    return session._snapshot_time if session is not None else None


def cluster_time(database: Database[Any]) -> Timestamp | None:
    """The time of the last operation that the server knows of; None on a standalone server, which has no log."""
    answer = database.client.admin.command("ping")
    found = answer.get("operationTime")
    return found if isinstance(found, Timestamp) else None


def text_of(moment: Timestamp) -> str:
    """A cluster time as seconds:counter."""
    return f"{moment.time}:{moment.inc}"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
