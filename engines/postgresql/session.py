"""Connections that move rows: one form for every value, no limits that others set, and a dead network noticed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict

# Text forms of values must not depend on the server's settings (documentation: COPY, client connection defaults).
FORMS = {
    "DateStyle": "ISO, YMD",
    "IntervalStyle": "postgres",
    "TimeZone": "UTC",
    "extra_float_digits": "3",
    "bytea_output": "hex",
    "xmloption": "content",
    "lc_monetary": "C",
    "client_encoding": "UTF8",
    "search_path": "",
    "statement_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
}
# Limits that a server has since a version.
LIMITS = ((170000, "transaction_timeout", "0"), (140000, "idle_session_timeout", "0"))
# libpq's own defaults notice a dead network after two hours. Seconds, seconds, probes.
OPTIONS = {
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 6,
    "application_name": "dbmo",
}


def connect(dsn: str, **more: Any) -> psycopg.Connection[Any]:
    """A connection in autocommit; what the reference itself says goes before OPTIONS. more: libpq's parameters."""
    said = conninfo_to_dict(dsn)
    options: dict[str, Any] = {**{k: v for k, v in OPTIONS.items() if k not in said}, **more}
    return psycopg.connect(dsn, autocommit=True, **options)


def configure(connection: psycopg.Connection[Any], settings: Mapping[str, str] = FORMS) -> None:
    """Set settings of the session, and lift the limits that its version has; one round trip."""
    version = connection.info.server_version
    chosen = {**settings, **{name: value for since, name, value in LIMITS if version >= since}}
    calls = ", ".join(["pg_catalog.set_config(%s, %s, false)"] * len(chosen))
    connection.execute(f"SELECT {calls}".encode(), [text for pair in chosen.items() for text in pair])


def is_plain(connection: psycopg.Connection[Any]) -> bool:
    """Whether what goes over the connection's socket is the protocol itself, neither encrypted by TLS nor by GSSAPI."""
    if connection.pgconn.ssl_in_use:
        return False
    asked = "SELECT encrypted FROM pg_catalog.pg_stat_gssapi WHERE pid = pg_catalog.pg_backend_pid()"
    row = connection.execute(asked.encode()).fetchone()
    return row is not None and not row[0]
