"""What a MySQL or MariaDB server says about its load: running threads, lag of replicas, the history that it keeps."""

from __future__ import annotations

import math
import time
from typing import Any

import pymysql

from engines.mysql.driver import opened
from engines.mysql.errors import translate_error
from engines.mysql.server import Server
from engines.mysql.url import arguments
from engines.pressure import ANSWER_SECONDS, Unseen

NO_RIGHT = frozenset({1044, 1142, 1227})
NO_LIST = "the server does not say how far its replicas are: name them in replicas"
HISTORY = (
    "SELECT COUNT FROM information_schema.INNODB_METRICS WHERE NAME = 'trx_rseg_history_len' AND STATUS <> 'disabled'"
)
# states of MariaDB and MySQL 5.7, of MySQL 8; everybody sees the threads of the own user
WAITING = (
    "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE USER = SUBSTRING_INDEX(USER(), '@', 1)"
    " AND STATE IN ('Writing to net', 'Sending to client', 'Reading from net')"
)
BEHIND = ("seconds_behind_source", "seconds_behind_master")


class MysqlGauge:
    """The answers of engines.pressure.PressureGauge from SHOW STATUS and its kind.

    MySQL 8 is asked as its manual says; tested live on MariaDB only.
    """

    def __init__(self, url: str, display: str) -> None:
        self.url, self.display = url, display
        self._connection: Any = None
        self._server: Server | None = None

    def running_threads(self) -> int:
        """Threads_running without the one that asks."""
        found = self._status("Threads_running")
        if found is None:
            raise Unseen("the server has no Threads_running")
        return max(found - 1, 0)

    def waiting_threads(self) -> int:
        """Of this user, those that send to their client or read from it; takes no right."""
        return int(next(iter(self._rows(WAITING)[0].values())))

    def replicas_lag(self) -> float | None:
        """Unseen: only a replica knows how far it is behind; SHOW REPLICAS lists names alone."""
        raise Unseen(NO_LIST)

    def own_lag(self) -> float:
        """Seconds behind the source, the most of all its channels; infinite when replication stands still."""
        server = self._known()
        statement = server.since((10, 0), None, "SHOW ALL SLAVES STATUS", None) or server.since(
            None, (8, 0, 22), "SHOW REPLICA STATUS", "SHOW SLAVE STATUS"
        )
        channels = self._rows(statement, "it takes REPLICATION CLIENT (MariaDB: REPLICA MONITOR) to see it")
        if not channels:
            raise Unseen("it is no replica")
        lags = [next((row[name] for name in BEHIND if name in row), None) for row in channels]
        return max(math.inf if lag is None else float(lag) for lag in lags)

    def held_transactions(self) -> int:
        """InnoDB's history list: transactions whose undo records are not purged yet."""
        found = self._status("Innodb_history_list_length")  # MariaDB; takes no right
        if found is not None:
            return found
        rows = self._rows(HISTORY, "it takes PROCESS to see InnoDB's history")
        if not rows:
            raise Unseen("InnoDB's metric trx_rseg_history_len is off")
        return int(next(iter(rows[0].values())))

    def latency_ms(self) -> float:
        """A round trip: there is no write that touches no table."""
        self._rows("SELECT 1")
        started = time.perf_counter()
        self._rows("SELECT 1")
        return (time.perf_counter() - started) * 1000

    def close(self) -> None:
        """Close the connection; the next question opens another."""
        if self._connection is not None:
            if self._connection.open:
                self._connection.close()
            self._connection = None

    def _status(self, name: str) -> int | None:
        found = [row["value"] for row in self._rows(f"SHOW GLOBAL STATUS LIKE '{name}'")]
        return int(found[0]) if found else None

    def _known(self) -> Server:
        if self._server is None:
            self._server = Server.of(str(self._rows("SELECT VERSION() AS version")[0]["version"]))
        return self._server

    def _rows(self, sql: str, right: str | None = None) -> list[dict[str, Any]]:
        """Rows by lower-case column name; right: what Unseen says where the account may not ask that."""
        try:
            if self._connection is None:
                given = arguments(self.url) | {"connect_timeout": ANSWER_SECONDS}
                self._connection = opened(
                    **given, autocommit=True, read_timeout=ANSWER_SECONDS, program_name="dbmo gauge"
                )
            with self._connection.cursor() as cursor:
                cursor.execute(sql)
                names = [column[0].lower() for column in cursor.description]
                return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        except pymysql.MySQLError as error:
            if right is not None and error.args and error.args[0] in NO_RIGHT:
                raise Unseen(right) from None
            self.close()
            raise translate_error(error, self.display) from error
