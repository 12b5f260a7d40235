"""Which moment a MySQL or MariaDB snapshot is of, and a lock under which no other moment can pass."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pymysql

from engines.errors import DbmoError, EngineError
from engines.meanings import CROWDED, WAITED
from engines.mysql.errors import BY_NUMBER, translate_error
from engines.mysql.quoting import quote_literal
from engines.mysql.server import Server
from engines.mysql.session import connect
from engines.protocols import UNKNOWN, names_moment

NO_RIGHT = frozenset({1044, 1227})
LOCK_REFUSED = NO_RIGHT | {1045}  # what servers say that somebody else runs for their users (Amazon RDS)
NO_LOCK = "taken without a lock"
HELD = re.compile(r"(.*); held by connection (\d+)", re.DOTALL)
# The lock waits for statements that run, and all who write wait for it: rather several short tries than one long.
LOCK = "FLUSH TABLES WITH READ LOCK"
WAIT_SECONDS = 2
TRIES = 5
PAUSE_SECONDS = 0.5
# The server ends the lock of a holder that says nothing: one that sleeps, or whose network is gone.
SILENT_SECONDS = 30
LOGGING = (
    "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('log_slave_updates', 'log_replica_updates', 'wsrep_on')",
    "SHOW GLOBAL STATUS LIKE 'Slaves_running'",  # MariaDB's
)

Query = Callable[[str], list[tuple[Any, ...]]]


@dataclass(frozen=True)
class Flavour:
    """How a kind of server names the moment of a snapshot.

    place: reads where its binary log stands; alone: whether that place, read without a lock, names exactly what the
    snapshot holds. Only then do two equal places prove one moment, or that nothing was written between them.
    """

    place: Callable[[Query, Server], str]
    alone: bool

    def named(self, place: str, locked: bool) -> str:
        """The position of a snapshot; locked: no commit was under way while it and the place were taken."""
        if self.alone or not names_moment(place):
            return place
        return f"{place}, under a lock" if locked else f"{UNKNOWN} ({NO_LOCK}; {place})"


def mariadb_position(query: Query) -> str:
    """Where the binary log stood when the transaction's snapshot was taken (MariaDB: START TRANSACTION)."""
    found = {name.decode().lower(): value.decode() for name, value in query("SHOW STATUS LIKE 'binlog_snapshot_%'")}
    file, offset = found.get("binlog_snapshot_file", ""), found.get("binlog_snapshot_position", "")
    if not file:
        return f"{UNKNOWN} (the binary log is off)"
    gtid, applied = query(f"SELECT BINLOG_GTID_POS({quote_literal(file)}, {int(offset)}), @@global.gtid_slave_pos")[0]
    place = f"binlog {file}:{offset}" + (f", gtid {gtid.decode()}" if gtid else "")
    # what a replica applied before it was stopped need not stand in its own log
    return _certain(query, place + (f", applied {applied.decode()}" if applied else ""))


def mysql_position(query: Query, server: Server) -> str:
    """Where MySQL's binary log stands now; needs REPLICATION CLIENT. Not tested live."""
    try:
        found = query(server.since(None, (8, 2), "SHOW BINARY LOG STATUS", "SHOW MASTER STATUS"))
    except DbmoError as error:
        if error.data.get("errno") in NO_RIGHT:
            return f"{UNKNOWN} (the user has no REPLICATION CLIENT)"
        raise
    if not found:
        return f"{UNKNOWN} (the binary log is off)"
    file, offset, gtid = found[0][0], found[0][1], found[0][4] if len(found[0]) > 4 else b""
    return _certain(query, f"binlog {file.decode()}:{offset.decode()}" + (f", gtid {gtid.decode()}" if gtid else ""))


FLAVOURS: dict[str, Flavour] = {
    # The transaction begins between two commits of the log, and tells itself which (MariaDB knowledge base, START
    # TRANSACTION, WITH CONSISTENT SNAPSHOT).
    "mariadb": Flavour(lambda query, server: mariadb_position(query), alone=True),
    # A commit is written to the log first, and shown by InnoDB later; GTID_EXECUTED changes at a third time (MySQL
    # manual, binlog_order_commits, sync_binlog; performance_schema.log_status tells file, offset and GTIDs of one time,
    # but nothing of InnoDB's snapshots). FLUSH TABLES WITH READ LOCK waits for commits that are under way and lets
    # none begin (metadata lock COMMIT).
    "mysql": Flavour(mysql_position, alone=False),
}


def is_held(query: Query, holder: int) -> bool:
    """Whether the connection of a lock is still there; the server shows everybody his own connections."""
    return bool(int(query(f"SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE ID = {holder}")[0][0]))


def holder_of(token: str | None) -> int | None:
    """The connection whose lock a moment was taken under that is held still; None where there is none."""
    found = HELD.fullmatch(token or "")
    return int(found[2]) if found else None


def _certain(query: Query, place: str) -> str:
    """The place in a log that holds every change; else it names no moment."""
    return place if logs_all(_logging(query)) else f"{UNKNOWN} (a replica whose log lacks what it applies; {place})"


def token_of(position: str, holder: int | None) -> str:
    """What another process joins a moment by; holder: the connection of the lock under which it was taken."""
    return position if holder is None else f"{position}; held by connection {holder}"


def check_joined(query: Query, position: str, token: str, display: str) -> None:
    """The moment of this position, taken just now, is the token's, or SOURCE_CHANGED.

    Equal positions are one moment (see Flavour). Where there is none, the lock under which the token's moment was
    taken has to be held still: its connection is the lock's own and is closed to release it.
    """
    found = HELD.fullmatch(token)
    wanted, holder = (found[1], int(found[2])) if found else (token, None)
    if position == wanted and (names_moment(position) or (holder is not None and is_held(query, holder))):
        return
    raise EngineError(
        "SOURCE_CHANGED",
        f"{display} can't be read again at the moment that the others read (theirs: {wanted}; now: {position}).",
        "Run the same command again; with the right RELOAD, or with the binary log on, several connections share one"
        " moment while others write.",
    )


def logs_all(said: Mapping[str, str]) -> bool:
    """Whether every change stands in the server's own binary log; said: of LOGGING, names in lower case.

    What a replica or a node of Galera applies does not, unless log_slave_updates is on (MariaDB knowledge base,
    Replication and Binary Log System Variables). MySQL doesn't say of itself to everybody whether it is a replica.
    """
    if "ON" in (said.get("log_slave_updates"), said.get("log_replica_updates")):
        return True
    return said.get("slaves_running") == "0" and said.get("wsrep_on", "OFF") == "OFF"


def _logging(query: Query) -> dict[str, str]:
    found = [row for statement in LOGGING for row in query(statement)]
    return {name.decode().lower(): value.decode().upper() for name, value in found}


class Hold:
    """FLUSH TABLES WITH READ LOCK on a connection of its own: nobody writes until it is released.

    holder: the id of that connection; None where the lock can't be had: no right (RELOAD), no room for one more
    connection, or others don't let go. It ends by itself after SILENT_SECONDS, which is_held() then tells.
    """

    def __init__(self, url: str, display: str) -> None:
        self.url, self.display = url, display
        self.holder: int | None = None
        self.seconds = 0.0
        self.refused = ""

    @contextmanager
    def held(self) -> Iterator[bool]:
        """While it is held; the lock ends with its connection, so also when this process dies."""
        try:
            connection, _ = connect(self.url, self.display)
        except pymysql.MySQLError as error:
            if BY_NUMBER.get(error.args[0] if error.args else 0) is not CROWDED:
                raise translate_error(error, self.display) from error
            self.refused = str(error.args[-1])
            yield False
            return
        started = time.monotonic()
        try:
            if self._lock(connection):
                started = time.monotonic()
                self.holder = int(connection.thread_id())
            yield self.holder is not None
        finally:
            self.holder = None
            connection.close()
            self.seconds = time.monotonic() - started

    def _lock(self, connection: Any) -> bool:
        with connection.cursor() as cursor:
            cursor.execute(f"SET SESSION lock_wait_timeout = {WAIT_SECONDS}, wait_timeout = {SILENT_SECONDS}")
            for attempt in range(TRIES):
                try:
                    cursor.execute(LOCK)
                    return True
                except pymysql.MySQLError as error:
                    self.refused = str(error.args[-1])
                    if error.args[0] in LOCK_REFUSED:
                        return False
                    if BY_NUMBER.get(error.args[0]) is not WAITED:
                        raise translate_error(error, self.display) from error
                if attempt + 1 < TRIES:
                    time.sleep(PAUSE_SECONDS)
        return False
