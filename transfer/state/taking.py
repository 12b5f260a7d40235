"""Whose an epoch is: a mark of its own for every taking, and what is told of who holds it in the midst of a commit."""

from __future__ import annotations

import json
import os
import socket
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from engines.errors import Aborted, DbmoError
from engines.families import family
from engines.protocols import Writer
from transfer.retry import LABELS, Nature, once_lost

# What two first runs of one target say to each other, who make the same things at once: the one that lost asks again,
# and finds them. PostgreSQL: unique_violation, duplicate_schema, duplicate_table, duplicate_column; MySQL: the row was
# changed; table, column, row are there already; deadlock (manual, server errors).
RACED_STATES = frozenset({"23505", "42P06", "42P07", "42701"})
RACED_NUMBERS = frozenset({1020, 1050, 1060, 1062, 1213})
DUPLICATE_ID = 11000  # MongoDB
HELD = "WRITE_CONFLICT"


def new_mark() -> str:
    """What is written with an epoch by whoever takes it, new for each taking: JSON in ASCII, of host, process and id.

    A COMMIT whose answer was lost is known by it: an epoch without this mark was taken by somebody else.
    """
    return json.dumps({"host": socket.gethostname(), "process": os.getpid(), "id": uuid.uuid4().hex})


def taker(mark: object) -> str:
    """The process that made a mark, as people may find it; "" of none, or of one that isn't read."""
    try:
        found = json.loads(mark) if isinstance(mark, str) else None
        return f"process {found['process']} on {found['host']}" if found else ""
    except (ValueError, KeyError, TypeError):
        return ""


def plan_changed(migration: str, held: str, asked: str) -> Aborted:
    """The target holds a migration under another plan; held, asked: hashes of both."""
    return Aborted(
        "PLAN_CHANGED",
        f"The target holds {migration} under plan {held[:12]}, not {asked[:12]}.",
        "Finish or undo that one (rollback.sql in its artifacts), or use another name for this one.",
    )


def is_raced(error: DbmoError) -> bool:
    """Whether somebody else was quicker, or an earlier try of this one that was still under way."""
    said = error.data.get("sqlstate") in RACED_STATES or error.data.get("errno") in RACED_NUMBERS
    return said or error.data.get("server_code") == DUPLICATE_ID


def judge_of_taking() -> Callable[[DbmoError], Nature]:
    """How errors of taking a run's first epoch are tried again: as those of a first connection.

    Besides, who is raced asks again, and on MongoDB what an older run left open is waited for.
    """
    of_connecting = once_lost()

    def judge(error: DbmoError) -> Nature:
        found = of_connecting(error)
        if is_raced(error):
            return "conflict"
        held = error.code == HELD or any(error.data.get(label) for label in LABELS)
        return "outage" if held else found

    return judge


@dataclass(frozen=True)
class Holders:
    """How a family of engines tells who may hold a migration's epoch.

    asked: SQL of its session's number, the client's address, since when; ends: a statement that ends a session.
    """

    asked: str
    ends: str


# PostgreSQL keeps locks of rows in the rows, and shows only those of their table; whom it shows more than its number of
# is this user's own, or needs pg_read_all_stats. InnoDB shows transactions to who has the right PROCESS.
HOLDERS = {
    "postgresql": Holders(
        """
SELECT DISTINCT a.pid, pg_catalog.concat(a.client_addr::text, ':' || nullif(a.client_port, -1)), a.xact_start::text
  FROM pg_catalog.pg_locks AS l JOIN pg_catalog.pg_stat_activity AS a ON a.pid = l.pid
 WHERE l.relation = '_dbmo.migration'::pg_catalog.regclass AND l.granted AND l.mode <> 'AccessShareLock'
   AND a.datname = pg_catalog.current_database() AND l.pid <> pg_catalog.pg_backend_pid()
 ORDER BY 1
""",
        "SELECT pg_terminate_backend({})",
    ),
    "mysql": Holders(
        "SELECT p.ID, p.HOST, CAST(t.trx_started AS CHAR) FROM information_schema.INNODB_TRX AS t"
        " JOIN information_schema.PROCESSLIST AS p ON p.ID = t.trx_mysql_thread_id"
        " WHERE p.DB = DATABASE() AND p.ID <> CONNECTION_ID() ORDER BY 1",
        "KILL {}",
    ),
}


def held_by(writer: Writer, error: DbmoError, ask: Callable[[], dict[str, Any]]) -> DbmoError:
    """A LOCK_TIMEOUT of a taking, with who holds the epoch and what to do; any other error as it is.

    ask: gives the migration's epoch and taken_by. What can't be asked is left out.
    """
    if error.code != "LOCK_TIMEOUT":
        return error
    try:
        known = ask()
    except DbmoError:
        known = {}
    epoch, process = known.get("epoch"), taker(known.get("taken_by"))
    run = f"run {epoch}" if epoch else "another run"
    sessions = _sessions(writer)
    shown = "; ".join(f"session {number}{_of(address, since)}" for number, address, since in sessions)
    ends = HOLDERS[family(writer.engine)].ends if sessions else ""
    one = f", or its session ({ends.format(sessions[0][0])})" if sessions else ""
    return type(error)(
        error.code,
        f"This migration is held in {writer.display} by {run} of it{f' ({process})' if process else ''}, which stands"
        f" in the midst of a commit{f': {shown}' if shown else ''}.",
        f"If it works, let it finish; if it is suspended, or its machine sleeps, end that process{one}. Then run the"
        " same command again.",
        **error.data,
    )


def _sessions(writer: Writer) -> Sequence[tuple[Any, ...]]:
    """Number, address and begin of sessions that may hold it; none where the server doesn't tell this user."""
    holders = HOLDERS.get(family(writer.engine))
    if holders is None:
        return []
    try:
        return writer.query(holders.asked)
    except DbmoError:
        return []


def _of(address: object, since: object) -> str:
    return (f" from {address}" if address else "") + (f" since {since}" if since else "")
