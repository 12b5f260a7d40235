"""How connections to MySQL are opened, so that the same statement means the same on every server."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pymysql

from engines.errors import UsageError
from engines.mysql.driver import opened
from engines.mysql.server import LOCK_WAIT, Server
from engines.mysql.url import arguments
from engines.wire import Session, Unanswered, keep_alive, watch

# neither NO_BACKSLASH_ESCAPES nor ANSI_QUOTES: literals and names are written as engines/mysql/quoting.py does
READING_MODE = "NO_ENGINE_SUBSTITUTION"
SETTINGS = (
    "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ WRITE",
    "SET SESSION time_zone = '+00:00'",
    f"SET SESSION lock_wait_timeout = {LOCK_WAIT}",
    "SET SESSION net_write_timeout = 600",
    "SET SESSION wait_timeout = 86400",
    "SET SESSION group_concat_max_len = 16777216",
    # what an administrator may have set for everybody: answers without their last rows, names without their quotes
    "SET SESSION sql_select_limit = 18446744073709551615, sql_big_selects = 1, sql_quote_show_create = 1",
    "SET SESSION sql_auto_is_null = 0, lc_messages = 'en_US'",
)
# version -> what only one of the two knows
OWN: dict[str, tuple[tuple[tuple[int, ...], str], ...]] = {
    "mariadb": (
        ((10, 3), "SET SESSION max_statement_time = 0"),
        # else system-versioned tables show rows of another time
        ((10, 3, 4), "SET SESSION system_versioning_asof = DEFAULT"),
    ),
    "mysql": (
        ((8, 0), "SET SESSION max_execution_time = 0"),
        # else sizes and AUTO_INCREMENT are those of up to a day ago
        ((8, 0), "SET SESSION information_schema_stats_expiry = 0"),
    ),
}
SETTLED = 1  # seconds without another statement; also what two clocks may differ by
# A restarted server, or one that took its place, gives the same numbers to others: what it is, and how long it runs.
SERVER = "@@hostname, @@port, @@server_id"
UPTIME = "SHOW GLOBAL STATUS LIKE 'Uptime'"
LASTING = (
    "SELECT theirs.ID FROM information_schema.PROCESSLIST AS theirs JOIN information_schema.PROCESSLIST AS mine"
    " ON mine.ID = CONNECTION_ID() AND mine.USER = theirs.USER WHERE theirs.ID = %s AND theirs.TIME >= %s"
)
NO_SOCKET = 2002  # the client's own number for it

Connection = Any  # pymysql.connections.Connection: the driver has no type hints


def connect(
    url: str, display: str, sql_mode: str = READING_MODE, read_only: bool = True, flags: int = 0
) -> tuple[Connection, Server]:
    """A connection in autocommit, utf8mb4, UTC and that sql_mode; UsageError for a server that is too old.

    read_only: its transactions refuse to write; flags: further abilities of the client that the server is told. A
    server that says nothing to a new connection, or vanishes later, is noticed (engines/wire.py). Errors:
    pymysql.MySQLError.
    """
    given = arguments(url)
    patience = given["connect_timeout"]
    if "unix_socket" in given and not Path(given["unix_socket"]).is_socket():
        # the driver would leave its own socket open
        raise pymysql.OperationalError(NO_SOCKET, f"there is no socket {given['unix_socket']}")
    try:
        connection = opened(
            **given,
            autocommit=True,
            program_name="dbmo",
            client_flag=flags,
            read_timeout=patience,
            write_timeout=patience,
        )
    except (OSError, ValueError) as error:
        if isinstance(error, pymysql.MySQLError):
            raise
        raise UsageError(
            "URL_INVALID",
            f"The reference {display} can't be used: {error}.",
            "Check the files that its TLS options name.",
        ) from error
    try:
        keep_alive(connection._sock)
        version, packet, place = _told(connection)
        connection.packet = packet
        server = Server.of(version)
        if not server.supported:
            raise UsageError(
                "UNSUPPORTED_VERSION",
                f"{display} is {'MariaDB' if server.is_mariadb else 'MySQL'} {server.version}.",
                "MySQL 8.0 and newer and MariaDB 10.3 and newer are supported.",
            )
        with connection.cursor() as cursor:
            cursor.execute("SET SESSION sql_mode = %s", (sql_mode,))
            own = (statement for since, statement in OWN[server.engine] if server.number >= since)
            for statement in (*SETTINGS, *own):
                cursor.execute(statement)
            if read_only:
                cursor.execute("SET SESSION TRANSACTION READ ONLY")
        connection._read_timeout = connection._write_timeout = None  # from here on statements take what they take
        line = _Line(url, place)
        connection.dbmo_session = line.session(connection)
        watch(url, connection, line)
    except BaseException:
        connection.close()
        raise
    return connection, server


class _Line:
    """See engines.wire.Line."""

    def __init__(self, url: str, place: tuple[Any, ...]) -> None:
        self.url, self.place = url, place

    def number(self, connection: Connection) -> int:
        end = connection._sock  # another thread may close it
        return -1 if end is None else int(end.fileno())

    def session(self, connection: Connection) -> Session:
        return Session(int(connection.thread_id()), self.place, time.monotonic())

    def ask(self, seconds: float) -> None:
        self.end((), seconds)

    def end(self, sessions: Sequence[Session], seconds: float) -> None:
        given = arguments(self.url) | {"connect_timeout": seconds, "read_timeout": seconds}
        try:
            with pymysql.connect(**given, program_name="dbmo") as connection, connection.cursor() as cursor:
                for session in of_this_start(connection, sessions):
                    cursor.execute(LASTING, (session.number, SETTLED))
                    if cursor.fetchall():
                        cursor.execute(f"KILL {session.number}")
        except pymysql.MySQLError as error:
            causes = error.__context__, getattr(error, "original_exception", None)
            if any(isinstance(cause, TimeoutError) for cause in causes):
                raise Unanswered from None  # any other answer is one
        except OSError:
            return


def session_of(connection: Connection) -> Session:
    """What the server calls the session of a connection that connect() gave."""
    found: Session = connection.dbmo_session
    return found


def of_this_start(connection: Connection, sessions: Sequence[Session]) -> list[Session]:
    """Those to which the server that answers on the connection gave their numbers itself, since it was started.

    It was running already when they were opened; asked over the connection that then ends them, so that no other
    server can come in between.
    """
    if not sessions:
        return []
    _, _, place = _told(connection)
    with connection.cursor() as cursor:
        cursor.execute(UPTIME)
        uptime = int(cursor.fetchone()[1])
    return [one for one in sessions if one.place == place and uptime + SETTLED >= one.age]


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


def _told(connection: Connection) -> tuple[str, int, tuple[Any, ...]]:
    """The server's version, the most bytes of a statement that it takes, and which one it is."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT VERSION(), @@SESSION.max_allowed_packet, {SERVER}")
        version, packet, *place = cursor.fetchone()
    return str(version), int(packet), tuple(map(str, place))


__all__ = ["LOCK_WAIT", "READING_MODE", "Connection", "connect", "of_this_start", "reading", "session_of"]
