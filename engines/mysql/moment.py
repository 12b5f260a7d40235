"""Which moment a MySQL or MariaDB snapshot is of, and a lock under which no other moment can pass."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pymysql

from engines.errors import DbmoError, EngineError
from engines.meanings import WAITED
from engines.mysql.errors import BY_NUMBER, translate_error
from engines.mysql.quoting import quote_literal
from engines.mysql.server import Server
from engines.mysql.session import connect

NO_RIGHT = frozenset({1044, 1227})
UNKNOWN = "unknown ({})"
HELD = re.compile(r"(.*); held by connection (\d+)", re.DOTALL)
# The lock waits for statements that run, and all who write wait for it: rather several short tries than one long.
LOCK = "FLUSH TABLES WITH READ LOCK"
WAIT_SECONDS = 2
TRIES = 5
PAUSE_SECONDS = 0.5
LOGGING = (
    "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('log_slave_updates', 'log_replica_updates', 'wsrep_on')",
    "SHOW GLOBAL STATUS LIKE 'Slaves_running'",  # MariaDB's
)

Query = Callable[[str], list[tuple[Any, ...]]]


def mariadb_position(query: Query) -> str:
    """Where the binary log stood when the transaction's snapshot was taken (MariaDB: START TRANSACTION)."""
    found = {name.decode().lower(): value.decode() for name, value in query("SHOW STATUS LIKE 'binlog_snapshot_%'")}
    file, offset = found.get("binlog_snapshot_file", ""), found.get("binlog_snapshot_position", "")
    if not file:
        return UNKNOWN.format("the binary log is off")
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
            return UNKNOWN.format("the user has no REPLICATION CLIENT")
        raise
    if not found:
        return UNKNOWN.format("the binary log is off")
    file, offset, gtid = found[0][0], found[0][1], found[0][4] if len(found[0]) > 4 else b""
    return _certain(query, f"binlog {file.decode()}:{offset.decode()}" + (f", gtid {gtid.decode()}" if gtid else ""))


def _certain(query: Query, place: str) -> str:
    """The place in a log that holds every change; else it names no moment."""
    return place if logs_all(_logging(query)) else UNKNOWN.format(f"a replica whose log lacks what it applies; {place}")


def token_of(position: str, holder: int | None) -> str:
    """What another process joins a moment by; holder: the connection of the lock under which it was taken."""
    return position if holder is None else f"{position}; held by connection {holder}"


def check_joined(query: Query, position: str, token: str, display: str) -> None:
    """The moment of this position, taken just now, is the token's, or SOURCE_CHANGED.

    Equal positions of a binary log that holds every change are one moment. Where there is none, the lock under which
    the token's moment was taken has to be held still: its connection is the lock's own and is closed to release it.
    """
    found = HELD.fullmatch(token)
    wanted, holder = (found[1], int(found[2])) if found else (token, None)
    if position == wanted and not position.startswith("unknown"):
        return
    if position == wanted and holder is not None:
        alive = f"SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE ID = {holder}"
        if int(query(alive)[0][0]):
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

    holder: the id of that connection; None where the lock can't be had: no right (RELOAD), or others don't let go.
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
            raise translate_error(error, self.display) from error
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
            cursor.execute(f"SET SESSION lock_wait_timeout = {WAIT_SECONDS}")
            for attempt in range(TRIES):
                try:
                    cursor.execute(LOCK)
                    return True
                except pymysql.MySQLError as error:
                    self.refused = str(error.args[-1])
                    if error.args[0] in NO_RIGHT:
                        return False
                    if BY_NUMBER.get(error.args[0]) is not WAITED:
                        raise translate_error(error, self.display) from error
                if attempt + 1 < TRIES:
                    time.sleep(PAUSE_SECONDS)
        return False
