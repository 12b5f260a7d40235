"""Connections that move rows: one form for every value, no limits that others set, and a dead network noticed."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict

from engines.postgresql.money import C_DIGITS, ONE, digits_of
from engines.postgresql.pooled import check_own
from engines.wire import KEEPALIVE, Session, Unanswered, watch

# Text forms of values must not depend on the server's settings (documentation: COPY, client connection defaults).
TEXTS = {
    "DateStyle": "ISO, YMD",
    "IntervalStyle": "postgres",
    "TimeZone": "UTC",
    "extra_float_digits": "3",
    "bytea_output": "hex",
    "xmloption": "content",
    "array_nulls": "on",
    "standard_conforming_strings": "on",
    "lc_monetary": "C",
}
FORMS = {
    **TEXTS,
    "client_encoding": "UTF8",
    "search_path": "",
    "statement_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    # a server that lost its client holds what that locked until it notices; over a Unix socket these mean nothing
    "tcp_keepalives_idle": str(KEEPALIVE["TCP_KEEPIDLE"]),
    "tcp_keepalives_interval": str(KEEPALIVE["TCP_KEEPINTVL"]),
    "tcp_keepalives_count": str(KEEPALIVE["TCP_KEEPCNT"]),
}
# Limits that a server has since a version.
LIMITS = (
    (170000, "transaction_timeout", "0"),
    (140000, "idle_session_timeout", "0"),
    (120000, "tcp_user_timeout", "0"),  # it would end a connection whose reader is told to wait
)
OPTIONS = {
    "connect_timeout": 10,
    "keepalives_idle": KEEPALIVE["TCP_KEEPIDLE"],
    "keepalives_interval": KEEPALIVE["TCP_KEEPINTVL"],
    "keepalives_count": KEEPALIVE["TCP_KEEPCNT"],
    "tcp_user_timeout": KEEPALIVE["TCP_USER_TIMEOUT"],
    "application_name": "dbmo",
}
CANCEL_SECONDS = 10.0
SETTLED = 1  # seconds without another statement; also what two clocks may differ by
# A session that is younger than ours would be has its number from a server that was started anew.
END_SESSIONS = """
SELECT pg_catalog.pg_terminate_backend(a.pid)
  FROM ROWS FROM (
         pg_catalog.unnest(%s::pg_catalog.int4[]), pg_catalog.unnest(%s::pg_catalog.float8[])
       ) AS ours (pid, age)
  JOIN pg_catalog.pg_stat_activity AS a ON a.pid = ours.pid
 WHERE a.usename = current_user AND a.application_name = 'dbmo'
   AND a.state_change < pg_catalog.clock_timestamp() - pg_catalog.make_interval(secs => %s)
   AND a.backend_start < pg_catalog.clock_timestamp() - pg_catalog.make_interval(secs => ours.age - %s)
"""


def connect(dsn: str, **more: Any) -> psycopg.Connection[Any]:
    """A connection in autocommit; what the reference itself says goes before OPTIONS. more: libpq's parameters.

    A server that vanishes is noticed (engines/wire.py).
    """
    connection = psycopg.connect(dsn, autocommit=True, **_options(dsn, more))
    watch(dsn, connection, _Line(dsn))
    return connection


def _options(dsn: str, more: Mapping[str, Any]) -> dict[str, Any]:
    """OPTIONS that the reference doesn't say itself, and more."""
    said = conninfo_to_dict(dsn)
    return {**{name: value for name, value in OPTIONS.items() if name not in said}, **more}


def configure(connection: psycopg.Connection[Any], settings: Mapping[str, str] = FORMS) -> int:
    """Set settings of the session, and lift the limits that its version has; one round trip.

    Gives the digits behind the point that money has under the lc_monetary that held before. UsageError POOLED, before
    anything is set, where the session is none: a pooler gives each transaction another one.
    """
    version = connection.info.server_version
    chosen = {**settings, **{name: value for since, name, value in LIMITS if version >= since}}
    given = [text for pair in chosen.items() for text in pair]
    calls = f"SELECT {ONE}, {', '.join(['pg_catalog.set_config(%s, %s, false)'] * len(chosen))}"
    # a server tells its own number when a connection is opened, a pooler one that it made up
    own = f"{calls} WHERE pg_catalog.pg_backend_pid() = %s"
    row = connection.execute(own.encode(), [*given, connection.info.backend_pid]).fetchone()
    if row is None:
        check_own(connection)
        row = connection.execute(calls.encode(), given).fetchone()
    return digits_of(row[0]) if row else C_DIGITS


def is_plain(connection: psycopg.Connection[Any]) -> bool:
    """Whether what goes over the connection's socket is the protocol itself, neither encrypted by TLS nor by GSSAPI."""
    if connection.pgconn.ssl_in_use:
        return False
    asked = "SELECT encrypted FROM pg_catalog.pg_stat_gssapi WHERE pid = pg_catalog.pg_backend_pid()"
    row = connection.execute(asked.encode()).fetchone()
    return row is not None and not row[0]


class _Line:
    """See engines.wire.Line."""

    def __init__(self, dsn: str) -> None:
        self.dsn = dsn

    def number(self, connection: psycopg.Connection[Any]) -> int:
        try:
            return connection.fileno()
        except psycopg.Error:
            return -1

    def session(self, connection: psycopg.Connection[Any]) -> Session:
        return Session(connection.info.backend_pid, (), time.monotonic())

    def ask(self, seconds: float) -> None:
        self._told("SELECT", (), seconds)

    def end(self, sessions: Sequence[Session], seconds: float) -> None:
        numbers, ages = [one.number for one in sessions], [float(one.age) for one in sessions]
        self._told(END_SESSIONS, (numbers, ages, SETTLED, SETTLED), seconds)

    def _told(self, statement: str, given: Sequence[Any], seconds: float) -> None:
        more = {"connect_timeout": max(2, round(seconds)), "application_name": "dbmo"}
        late = threading.Event()
        try:
            with (
                closing(psycopg.connect(self.dsn, autocommit=True, **_options(self.dsn, more))) as connection,
                _ended_after(seconds, connection, late),
            ):
                connection.execute(statement.encode(), given)
        except psycopg.errors.ConnectionTimeout:
            raise Unanswered from None
        except psycopg.Error:
            if late.is_set():
                raise Unanswered from None
            return  # a refusal is an answer


@contextmanager
def _ended_after(seconds: float, connection: psycopg.Connection[Any], late: threading.Event) -> Iterator[None]:
    """Inside, a connection is cut off after so many seconds, and late is set: statements have no limit of their own."""
    with socket.socket(fileno=os.dup(connection.fileno())) as end:

        def cut() -> None:
            late.set()
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

        timer = threading.Timer(seconds, cut)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            timer.join()
