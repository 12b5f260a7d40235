"""Tells a pooler that gives each transaction another session of the server from one that leaves a client its own."""

from __future__ import annotations

import threading
from contextlib import closing
from typing import Any

import psycopg

from engines.errors import UsageError

OWN = "SELECT pg_catalog.pg_backend_pid()"
LOOKS = 3
SECONDS = 5.0  # a pooler that has no session left lets a client wait


def check_own(connection: psycopg.Connection[Any]) -> None:
    """UsageError POOLED where others get the session of a connection that rests in no transaction, or it another one.

    Settings, locks and prepared statements of a session then take effect on other programs, and not on ours.
    """
    info = connection.info
    with closing(psycopg.connect(info.dsn, password=info.password, autocommit=True)) as other:
        waiting = threading.Timer(SECONDS, other.cancel)
        waiting.start()
        try:
            looks = [(_session(connection), _session(other)) for _ in range(LOOKS)]
        except psycopg.OperationalError:
            return  # there is no session for another one beside ours, so ours is kept for us
        finally:
            waiting.cancel()
    own, others = (set(numbers) for numbers in zip(*looks, strict=True))
    if len(own) > 1 or own & others:
        raise UsageError(
            "POOLED",
            f"{info.host}:{info.port} is a pooler that gives each transaction another session of PostgreSQL.",
            "Name the server itself in the url, or a pool with pool_mode = session.",
        )


def _session(connection: psycopg.Connection[Any]) -> int:
    row = connection.execute(OWN.encode()).fetchone()
    return int(row[0]) if row else 0
