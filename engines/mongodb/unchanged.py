"""Proving from the server's own log that nothing was written between two moments."""

from __future__ import annotations

import re
from typing import Any

from bson.timestamp import Timestamp
from pymongo.client_session import ClientSession
from pymongo.database import Database
from pymongo.errors import OperationFailure

from engines.mongodb.introspect.server import ROUTER

POSITION = re.compile(r"cluster time (\d+):(\d+)")
WAIT_MS = 200
ROUNDS = 100  # of waiting for the stream to come up to the later moment


def moment(position: str) -> Timestamp | None:
    """The cluster time of a position that names one; None for any other."""
    found = POSITION.fullmatch(position)
    return Timestamp(int(found[1]), int(found[2])) if found else None


def unchanged_since(database: Database[Any], earlier: str, later: str) -> bool:
    """Whether a change stream from the earlier position shows no event of the database up to the later one.

    False where that can't be proved: positions that name no moment, a server without change streams, a log that no
    longer reaches back that far, a user without the right to it. The later moment is over already, so the stream
    passes it soon (its token after an empty answer is that of the whole cluster: periodic no-ops move it).
    """
    begin, end = moment(earlier), moment(later)
    if begin is None or end is None or end < begin:
        return False
    if begin == end:
        return True
    try:
        routed = database.client.admin.command("hello").get("msg") == ROUTER
        with database.client.start_session() as session:
            return _nothing_until(database, session, Timestamp(begin.time, begin.inc + 1), end, routed)
    except OperationFailure:  # the log is shorter, or the right is missing: not proved
        return False


def _nothing_until(
    database: Database[Any], session: ClientSession, start: Timestamp, end: Timestamp, routed: bool
) -> bool:
    """An empty answer has looked at all that the server had committed when the answer before it came.

    That is not so behind a router, which merges the streams of shards: there only the token's time tells.
    """
    committed: Timestamp | None = None
    with database.watch(start_at_operation_time=start, max_await_time_ms=WAIT_MS, session=session) as stream:
        for _ in range(ROUNDS):
            change = stream.try_next()
            if change is not None:
                return bool(change["clusterTime"] > end)
            if _passed(stream.resume_token, end) or (not routed and committed is not None and committed >= end):
                return True
            committed = session.operation_time
    return False


def _passed(token: Any, end: Timestamp) -> bool:
    """Whether a resume token's time is beyond the end: its first nine bytes are a type byte and the cluster time.

    https://github.com/mongodb/mongo/blob/master/src/mongo/db/pipeline/README.md (resume tokens are KeyString of it).
    """
    data = token.get("_data") if token else None
    if not isinstance(data, str) or not data.startswith(TIMESTAMP_BYTE) or len(data) < TIME_DIGITS:
        return False
    seconds, counter = int(data[2:10], 16), int(data[10:18], 16)
    return Timestamp(seconds, counter) > end


TIMESTAMP_BYTE = "82"  # KeyString's type byte of a timestamp
TIME_DIGITS = 18
