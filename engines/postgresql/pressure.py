"""What a PostgreSQL server says about its load: active sessions, lag of standbys, the oldest snapshot, commit time."""

from __future__ import annotations

import math
import time
from collections import Counter
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict

from engines.errors import DbmoError
from engines.postgresql.errors import translate_error
from engines.postgresql.session import OPTIONS, configure, connect
from engines.pressure import ANSWER_SECONDS, Unseen

LONGEST_NAME = 63  # characters of an application's name that the server keeps
SESSION = {
    "statement_timeout": f"{ANSWER_SECONDS}s",
    "lock_timeout": f"{ANSWER_SECONDS}s",
    "idle_in_transaction_session_timeout": "0",
    "search_path": "",
}
# pg_stat_activity and pg_stat_replication hide other users' sessions from who is not a member (documentation:
# Predefined Roles); a superuser is a member of every role
SEES_ALL = "SELECT pg_catalog.pg_has_role(current_user, 'pg_read_all_stats', 'MEMBER')"
ACTIVE = (
    "SELECT count(*) FROM pg_catalog.pg_stat_activity"
    " WHERE state = 'active' AND backend_type = 'client backend' AND pid <> pg_catalog.pg_backend_pid()"
)
WAITING = f"{ACTIVE} AND application_name = %s AND wait_event_type = 'Client'"
# replay_lag is NULL for a standby that is level and idle, and counts from when the log was sent, which says nothing of
# one that catches up. It stays as it was where a standby owes an answer to what it was sent, which others give at once;
# the time of its last one is by its own clock. Who only keeps the log (pg_receivewal, a base backup) replays nothing,
# but has a lag that grows
LAGS = """
    SELECT CASE WHEN flush_lsn < sent_lsn THEN pid::text || reply_time::text END,
           greatest(extract(epoch FROM pg_catalog.clock_timestamp() - reply_time), 0)::float8,
           application_name, EXISTS (SELECT FROM pg_catalog.pg_replication_slots AS slot
                                      WHERE slot.active_pid = sender.pid AND slot.slot_type = 'logical'),
           CASE WHEN state = 'catchup' THEN 'infinity' ELSE coalesce(extract(epoch FROM replay_lag), 0)::float8 END
      FROM pg_catalog.pg_stat_replication AS sender
     WHERE state IN ('streaming', 'catchup') AND replay_lsn IS NOT NULL"""
# a standby that replayed all that its primary had at its last word is level, however old the last transaction
# (documentation: Recovery Information Functions, pg_stat_wal_receiver)
OWN_LAG = """
    SELECT pg_catalog.pg_is_in_recovery(),
           CASE WHEN NOT EXISTS (SELECT FROM pg_catalog.pg_stat_wal_receiver) THEN 'infinity'::float8
                WHEN pg_catalog.pg_last_wal_replay_lsn() >= greatest(pg_catalog.pg_last_wal_receive_lsn(),
                         (SELECT latest_end_lsn FROM pg_catalog.pg_stat_wal_receiver)) THEN 0
                ELSE extract(epoch FROM pg_catalog.clock_timestamp() - coalesce(
                         pg_catalog.pg_last_xact_replay_timestamp(), pg_catalog.pg_postmaster_start_time()))
           END::float8"""
# our own snapshots: sessions of this role are always visible, and the program's have the name that the reference says
HELD = (
    "SELECT coalesce(max(pg_catalog.age(backend_xmin)), 0) FROM pg_catalog.pg_stat_activity"
    " WHERE usename = current_user AND application_name = %s AND pid <> pg_catalog.pg_backend_pid()"
)
# the smallest transaction that reaches the disk and the synchronous standbys, without touching a table
TINY_WRITE = (
    "SELECT CASE WHEN NOT pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_logical_emit_message(true, 'dbmo', '') END"
)


class PostgresqlGauge:
    """The answers of engines.pressure.PressureGauge from the statistics views."""

    def __init__(self, dsn: str, display: str) -> None:
        self.dsn, self.display = dsn, display
        self._connection: psycopg.Connection[Any] | None = None
        self._standbys: Counter[str] = Counter()  # the most of each name at once
        self._owed: set[str] = set()  # processes that owed an answer at the last question, with their last one

    def running_threads(self) -> int:
        """Sessions in state active; Unseen without pg_read_all_stats."""
        if not self._one(SEES_ALL):
            raise Unseen("the user is no member of pg_read_all_stats")
        return int(self._one(ACTIVE))

    def waiting_threads(self) -> int:
        """Active sessions of the program's name that wait for their client, at the same server's target too."""
        return int(self._row(WAITING, (self._name,))[0])

    def replicas_lag(self) -> float | None:
        """The largest replay_lag of pg_stat_replication: physical standbys and logical subscribers.

        At least the time since its last answer of one that has owed another since the question before; infinite as
        long as one catches up, or a physical standby is missing that was there before: nobody knows then.
        """
        if not self._one(SEES_ALL):
            raise Unseen("the user is no member of pg_read_all_stats")
        rows = self._rows(LAGS)
        present = Counter(name for _, _, name, logical, _ in rows if not logical)
        self._standbys |= present
        if self._standbys - present:
            return math.inf
        before, self._owed = self._owed, {owed for owed, *_ in rows if owed is not None}
        return max((max(lag, since) if owed in before else lag for owed, since, *_, lag in rows), default=None)

    def own_lag(self) -> float:
        """How far a standby's replay is behind what it received; infinite when it receives nothing."""
        replays, lag = self._row(OWN_LAG)
        if not replays:
            raise Unseen("it is no standby")
        return math.inf if lag == math.inf else max(float(lag), 0.0)

    def held_transactions(self) -> int:
        """Transactions begun since the oldest snapshot of this program: vacuum keeps what they replaced."""
        return int(self._row(HELD, (self._name,))[0])

    def latency_ms(self) -> float:
        """A transaction that writes an empty logical message and commits; on a standby an empty query."""
        self._one("SELECT 1")
        started = time.perf_counter()
        try:
            self._one(TINY_WRITE)
        except DbmoError as error:
            if error.code == "PERMISSION_DENIED":
                raise Unseen("the user may not run pg_logical_emit_message()") from None
            raise
        return (time.perf_counter() - started) * 1000

    def close(self) -> None:
        """Close the connection; the next question opens another."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    @property
    def _name(self) -> str:
        """What the program's sessions are called, as the server keeps it."""
        return str(conninfo_to_dict(self.dsn).get("application_name") or OPTIONS["application_name"])[:LONGEST_NAME]

    def _one(self, sql: str) -> Any:
        return self._row(sql)[0]

    def _row(self, sql: str, given: tuple[str, ...] | None = None) -> tuple[Any, ...]:
        rows = self._rows(sql, given)
        return rows[0] if rows else (None,)

    def _rows(self, sql: str, given: tuple[str, ...] | None = None) -> list[tuple[Any, ...]]:
        try:
            if self._connection is None:
                self._connection = self._connect()
            return self._connection.execute(sql.encode(), given).fetchall()
        except psycopg.Error as error:
            self.close()
            raise translate_error(error, self.display) from error

    def _connect(self) -> psycopg.Connection[Any]:
        connection = connect(self.dsn, application_name="dbmo gauge", connect_timeout=ANSWER_SECONDS)
        try:
            configure(connection, SESSION)
        except BaseException:
            connection.close()
            raise
        return connection
