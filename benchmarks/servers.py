"""Private servers with the memory settings that the peers were tuned with; PostgreSQL's fsync stays on."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

from tests.mysql_servers import MysqlServer, private_mariadb
from tests.servers import Server, private_server

BINARIES = Path("/usr/lib/postgresql/15/bin")
SETTINGS = "-c shared_buffers=1GB -c max_wal_size=8GB"
MARIADB = (
    "--innodb-buffer-pool-size=3G", "--innodb-log-file-size=1G", "--innodb-flush-log-at-trx-commit=2",
    "--local-infile=1", "--max-allowed-packet=64M",
)  # fmt: skip


def postgresql() -> AbstractContextManager[Server]:
    """PostgreSQL 15, stopped and removed afterwards."""
    return private_server(BINARIES, SETTINGS)


def mariadb() -> AbstractContextManager[MysqlServer]:
    """Debian's MariaDB, stopped and removed afterwards."""
    return private_mariadb(*MARIADB)
