"""The driver's connections: they prepare for TLS once in a process, and send no statement too large for the server."""

from __future__ import annotations

import ssl
from functools import cache
from typing import Any

import pymysql

STATEMENT = 1 << 20  # bytes of a statement to which rows are joined
TOO_LARGE = 1153  # the server's own number for a packet beyond its max_allowed_packet


class _Cursor(pymysql.cursors.Cursor):  # type: ignore[misc]
    """pymysql's, which joins rows to statements that the server takes."""

    def __init__(self, connection: Any) -> None:
        super().__init__(connection)
        if connection.packet is not None:
            self.max_stmt_length = min(STATEMENT, connection.packet // 2)


class _Connection(pymysql.connections.Connection):  # type: ignore[misc]
    """pymysql's; what is asked of TLS by name it makes as ever.

    packet: the server's max_allowed_packet in bytes, once it is known. A server that is sent more closes the
    connection, as a rule before all is read, so that its answer is lost and the same would be sent again and again.
    """

    packet: int | None = None

    def _execute_command(self, command: int, sql: Any) -> None:
        if self.packet is not None and len(sql) >= self.packet:
            words = f"a statement of {len(sql):,} bytes, max_allowed_packet is {self.packet:,}"
            raise pymysql.OperationalError(TOO_LARGE, words)
        super()._execute_command(command, sql)

    def _create_ssl_ctx(self, sslp: Any) -> Any:
        return preferred() if sslp == {} else super()._create_ssl_ctx(sslp)


def opened(**given: Any) -> Any:
    """pymysql.connect(): the same arguments, connection and errors (pymysql.MySQLError, OSError, ValueError)."""
    return _Connection(cursorclass=_Cursor, **given)


@cache
def preferred() -> ssl.SSLContext:
    """The context of connections that take TLS where the server has it, and verify nothing, like the driver's own.

    The driver's reads all root certificates of the machine for each connection, 45 ms of processor time, and then
    trusts anybody; this one leaves them unread.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
