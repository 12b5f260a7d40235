"""A pooler between us and PostgreSQL: one that leaves a client its session is used, one that does not is refused."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import psycopg
import pytest

from engines.embedded_account import Account
from engines.errors import UsageError
from engines.registry import open_database
from tests.faults.moves import from_postgresql, rows
from tests.faults.test_cut_connections import by_tcp
from tests.mysql_servers import _free_port
from tests.servers import PORT, Server

SETTINGS = """
[databases]
* = host={host} port={port} user=postgres
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {listens}
unix_socket_dir =
auth_type = any
pool_mode = {mode}
logfile = {folder}/log
{more}
"""


@contextmanager
def pooled(server: Server, mode: str, folder: Path, more: str = "") -> Iterator[Callable[[str], str]]:
    """A PgBouncer before a server; gives the way through it to the same database."""
    program = shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        pytest.skip("PgBouncer isn't installed: apt-get install pgbouncer")
    port, account = _free_port(), Account.for_server()
    settings = folder / "pgbouncer.ini"
    given = {"host": server.folder, "port": PORT, "listens": port, "mode": mode, "folder": folder, "more": more}
    settings.write_text(SETTINGS.format(**given))
    log = folder / "log"
    log.touch()
    for path in (folder, settings, log):
        account.give(path)
    process = subprocess.Popen(
        [program, "-q", str(settings)], user=account.uid, group=account.gid, extra_groups=[], stderr=subprocess.DEVNULL
    )
    try:
        until = time.monotonic() + 10
        while "process up" not in log.read_text():
            assert time.monotonic() < until and process.poll() is None, log.read_text()
            time.sleep(0.01)
        yield lambda url: by_tcp(url, port)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that the pooler's account gets to."""
    with tempfile.TemporaryDirectory(prefix="dbmo-pooler-", dir="/tmp") as folder:
        yield Path(folder)


@pytest.mark.parametrize("others", [0, 3], ids=["whoever rested last", "in turn"])
def test_a_session_that_others_get_as_well_is_refused_before_anything_is_set(
    postgresql_15: Server, place: Path, others: int
) -> None:
    url = postgresql_15.create_database()
    with pooled(postgresql_15, "transaction", place, f"server_round_robin = {int(others > 0)}") as through:
        with ExitStack() as stack:  # so many sessions are in the pool
            for _ in range(others):
                stack.enter_context(psycopg.connect(through(url))).execute("SELECT 1")
        with closing(open_database(through(url))) as database, pytest.raises(UsageError, match="POOLED"):
            database.catalog()
        with psycopg.connect(through(url)) as other:
            assert other.execute("SHOW search_path").fetchone() == ('"$user", public',)


def test_a_session_of_its_own_behind_a_pooler_is_used(postgresql_15: Server, empty_18: str, place: Path) -> None:
    move = from_postgresql(postgresql_15, empty_18)
    with pooled(postgresql_15, "session", place) as through:
        move.run(source=through(move.source), connections=3)
    assert move.arrived() == rows()
