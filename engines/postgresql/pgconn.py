"""Statements on a libpq connection that never blocks the program: sent, waited for, their results fetched."""

from __future__ import annotations

import select

import psycopg
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGconn, PGresult


def start(pgconn: PGconn, statements: str, wanted: ExecStatus) -> None:
    """Send statements of which the last is a COPY, and wait until it is ready to give or take."""
    pgconn.send_query(statements.encode())
    flush(pgconn)
    failed: PGresult | None = None
    while (found := result(pgconn)) is not None:
        if found.status == wanted:
            return
        if found.status not in (ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK):
            failed = found
    raise _error(failed)


def result(pgconn: PGconn) -> PGresult | None:
    """The next result; None behind the last one."""
    if pgconn.is_busy():
        poll = select.poll()
        poll.register(pgconn.socket, select.POLLIN)
        while pgconn.is_busy():
            poll.poll()
            pgconn.consume_input()
    return pgconn.get_result()


def end(pgconn: PGconn) -> int:
    """The rows of the COPY's command tag; its error, if it had one."""
    rows, failed = 0, None
    while (found := result(pgconn)) is not None:
        if found.status == ExecStatus.COMMAND_OK:
            rows = found.command_tuples or 0
        elif found.status == ExecStatus.FATAL_ERROR:
            failed = found
        else:
            return rows  # COPY again: the connection ended in the middle of it
    if failed is not None:
        raise _error(failed)
    return rows


def _error(failed: PGresult | None) -> psycopg.Error:
    if failed is None:
        return psycopg.OperationalError("the server ended the connection before the COPY began")
    return error_from_result(failed)


def flush(pgconn: PGconn) -> None:
    """Send what libpq holds, and read what the server has to say meanwhile (documentation: PQflush)."""
    if not pgconn.flush():
        return
    poll = select.poll()
    poll.register(pgconn.socket, select.POLLIN | select.POLLOUT)
    while pgconn.flush():
        for _, events in poll.poll():
            if events & ~select.POLLOUT:
                pgconn.consume_input()
