"""Sessions whose reads all see one moment, on servers that have them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from pymongo.client_session import ClientSession
from pymongo.database import Database
from pymongo.errors import ConfigurationError, OperationFailure

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
    moment = session._snapshot_time
    return session, f"snapshot {moment.time}:{moment.inc}" if moment is not None else f"snapshot of {_now()}"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
