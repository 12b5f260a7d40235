"""A private PostgreSQL 15 with the memory settings that the peers were tuned with; fsync stays on."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

from tests.servers import Server, private_server

BINARIES = Path("/usr/lib/postgresql/15/bin")
SETTINGS = "-c shared_buffers=1GB -c max_wal_size=8GB"


def postgresql() -> AbstractContextManager[Server]:
    """The server, stopped and removed afterwards."""
    return private_server(BINARIES, SETTINGS)
