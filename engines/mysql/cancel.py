"""Ends the statements that connections run, from another thread, and never a statement of anybody else."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import pymysql

from engines.mysql.errors import translate_error
from engines.mysql.session import Connection, connect, of_this_start, session_of
from engines.wire import Session

NO_SUCH_SESSION = 1094


def cancel(url: str, display: str, running: Sequence[Connection]) -> None:
    """KILL QUERY for each connection, over one of its own; EngineError where that can't be opened.

    A restarted server, or one that took its place, gives the same numbers to others: only those are named to it that
    it has given itself. The other connections are hung up, so that who waits for them gets the error of a lost one.
    """
    sessions = {session_of(connection): connection for connection in running if connection.open}
    if not sessions:
        return
    try:
        other, _ = connect(url, display)
        with other, other.cursor() as cursor:
            known = of_this_start(other, list(sessions))
            for session in known:
                _kill(cursor, session)
    except pymysql.MySQLError as error:
        raise translate_error(error, display) from error
    for session in sessions.keys() - set(known):
        _hang_up(sessions[session])


def _kill(cursor: Any, session: Session) -> None:
    try:
        cursor.execute(f"KILL QUERY {session.number}")
    except pymysql.MySQLError as error:
        if error.args[0] != NO_SUCH_SESSION:
            raise


def _hang_up(connection: Connection) -> None:
    """Whoever reads from it or writes to it is woken; closing would not wake them."""
    found = connection._sock
    if found is not None:
        with suppress(OSError):
            socket.socket.shutdown(found, socket.SHUT_RDWR)
