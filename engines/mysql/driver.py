"""The driver's connections, which prepare for TLS once in a process and not each for itself."""

from __future__ import annotations

import ssl
from functools import cache
from typing import Any

import pymysql


class _Connection(pymysql.connections.Connection):  # type: ignore[misc]
    """pymysql's; what is asked of TLS by name it makes as ever."""

    def _create_ssl_ctx(self, sslp: Any) -> Any:
        return preferred() if sslp == {} else super()._create_ssl_ctx(sslp)


def opened(**given: Any) -> Any:
    """pymysql.connect(): the same arguments, connection and errors (pymysql.MySQLError, OSError, ValueError)."""
    return _Connection(**given)


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
