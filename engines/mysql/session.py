"""How connections to MySQL are opened, so that the same statement means the same on every server."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pymysql

from engines.errors import UsageError
from engines.mysql.server import Server
from engines.mysql.url import arguments

# neither NO_BACKSLASH_ESCAPES nor ANSI_QUOTES: literals and names are written as engines/mysql/quoting.py does
READING_MODE = "NO_ENGINE_SUBSTITUTION"
LOCK_WAIT = 10  # seconds for whoever changes a table; rather unread than waiting for ever
SETTINGS = (
    "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
    "SET SESSION time_zone = '+00:00'",
    f"SET SESSION lock_wait_timeout = {LOCK_WAIT}",
    "SET SESSION net_write_timeout = 600",
    "SET SESSION wait_timeout = 86400",
    "SET SESSION group_concat_max_len = 16777216",
)
# what only one of the two knows
OWN = {
    "mariadb": ("SET SESSION max_statement_time = 0",),
    "mysql": (
        "SET SESSION max_execution_time = 0",
        # else sizes and AUTO_INCREMENT are those of up to a day ago
        "SET SESSION information_schema_stats_expiry = 0",
    ),
}

# The system's own defaults notice a dead network after two hours. Seconds, seconds, probes, as for PostgreSQL.
KEEPALIVE = {"TCP_KEEPIDLE": 30, "TCP_KEEPINTVL": 10, "TCP_KEEPCNT": 6}
NO_SOCKET = 2002  # the client's own number for it

Connection = Any  # pymysql.connections.Connection: the driver has no type hints


def connect(
    url: str, display: str, sql_mode: str = READING_MODE, read_only: bool = True, flags: int = 0
) -> tuple[Connection, Server]:
    """A connection in autocommit, utf8mb4, UTC and that sql_mode; UsageError for a server that is too old.

    read_only: its transactions refuse to write; flags: further abilities of the client that the server is told.
    Errors: pymysql.MySQLError.
    """
    given = arguments(url)
    if "unix_socket" in given and not Path(given["unix_socket"]).is_socket():
        # the driver would leave its own socket open
        raise pymysql.OperationalError(NO_SOCKET, f"there is no socket {given['unix_socket']}")
    try:
        connection = pymysql.connect(**given, autocommit=True, program_name="dbmo", client_flag=flags)
    except (OSError, ValueError) as error:
        if isinstance(error, pymysql.MySQLError):
            raise
        raise UsageError(
            "URL_INVALID",
            f"The reference {display} can't be used: {error}.",
            "Check the files that its TLS options name.",
        ) from error
    try:
        _keep_alive(connection._sock)
        server = Server.of(_version(connection))
        if not server.supported:
            raise UsageError(
                "UNSUPPORTED_VERSION",
                f"{display} is {'MariaDB' if server.is_mariadb else 'MySQL'} {server.version}.",
                "MySQL 8.0 and newer and MariaDB 10.3 and newer are supported.",
            )
        with connection.cursor() as cursor:
            cursor.execute("SET SESSION sql_mode = %s", (sql_mode,))
            for statement in (*SETTINGS, *OWN[server.engine]):
                cursor.execute(statement)
            if read_only:
                cursor.execute("SET SESSION TRANSACTION READ ONLY")
    except BaseException:
        connection.close()
        raise
    return connection, server


def _keep_alive(end: socket.socket) -> None:
    """The driver has switched the probes on; how often they go some systems don't let a program say."""
    if end.family in (socket.AF_INET, socket.AF_INET6):
        for name, value in KEEPALIVE.items():
            if hasattr(socket, name):
                end.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


@contextmanager
def reading(connection: Connection) -> Iterator[Any]:
    """A cursor in a read-only transaction under the server's own sql_mode, as its programs have it; rolled back."""
    with connection.cursor() as cursor:
        cursor.execute("SET SESSION sql_mode = @@GLOBAL.sql_mode")
        cursor.execute("START TRANSACTION READ ONLY")
        try:
            yield cursor
        finally:
            if connection.open:
                cursor.execute("ROLLBACK")
                cursor.execute("SET SESSION sql_mode = %s", (READING_MODE,))


def _version(connection: Connection) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT VERSION()")
        return str(cursor.fetchone()[0])


__all__ = ["LOCK_WAIT", "READING_MODE", "Connection", "connect", "reading"]
