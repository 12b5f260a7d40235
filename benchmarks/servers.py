"""Private servers with the memory settings that the peers were tuned with; PostgreSQL's fsync stays on."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

from benchmarks.measure import DATA, Run, command
from tests.mysql_servers import MysqlServer, private_mariadb
from tests.servers import PORT, Server, private_server

BINARIES = Path("/usr/lib/postgresql/15/bin")
SETTINGS = "-c shared_buffers=1GB -c max_wal_size=8GB"
MARIADB = (
    "--innodb-buffer-pool-size=3G", "--innodb-log-file-size=1G", "--innodb-flush-log-at-trx-commit=2",
    "--local-infile=1", "--max-allowed-packet=64M",
)  # fmt: skip
# pgloader's defaults exhaust its memory on large tables; these are the fastest that don't
PGLOADER = ("workers = 2", "concurrency = 1", "prefetch rows = 10000")


def postgresql() -> AbstractContextManager[Server]:
    """PostgreSQL 15, stopped and removed afterwards."""
    return private_server(BINARIES, SETTINGS)


def mariadb() -> AbstractContextManager[MysqlServer]:
    """Debian's MariaDB, stopped and removed afterwards."""
    return private_mariadb(*MARIADB)


def pgloader(source: str, server: Server, url: str) -> Run:
    """pgloader from a source, as it names it, into the database of a url on that server."""
    name = url.split("/")[3].partition("?")[0]
    target = f"pgsql://postgres@unix:{server.folder}:{PORT}/{name}"
    options = (word for option in PGLOADER for word in ("--with", option))
    return command(["pgloader", *options, source, target], DATA / "pgloader.log")
