"""A source that is a standby: what its primary cleans up ends the moment that is read, and another is taken."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from engines.embedded_account import Account
from tests.faults.moves import reached
from tests.faults.own_servers import OwnPostgresql, own_postgresql
from tests.faults.pairs import FIRST, changed, filled, held, moved
from tests.servers import DEBIAN_15, PORT, Server

CONFLICTS = "SELECT sum(confl_snapshot) FROM pg_stat_database_conflicts"


@contextmanager
def standby_of(primary: OwnPostgresql) -> Iterator[Server]:
    """A standby that ends whatever hinders it, at once."""
    account, folder = Account.for_server(), Path(tempfile.mkdtemp(prefix="dbmo-standby-", dir="/tmp"))
    account.give(folder)
    data = folder / "data"
    took = ["-D", data, "-h", primary.folder, "-p", PORT, "-U", "postgres", "-R", "-c", "fast"]
    settings = f"-p {PORT} -k {folder} -c listen_addresses= -c max_standby_streaming_delay=0 -c fsync=off"
    control = [DEBIAN_15 / "pg_ctl", "-s", "-w", "-D", data, "-l", folder / "log"]
    commands = {
        "copied": [DEBIAN_15 / "pg_basebackup", *took],
        "started": [*control, "-o", settings, "start"],
    }
    try:
        for what, command in commands.items():
            code, said = account.run([str(part) for part in command])
            assert code == 0, (what, said)
        yield Server(folder)
    finally:
        account.run([str(part) for part in [*control, "-m", "immediate", "stop"]])
        shutil.rmtree(folder)


@pytest.mark.soak
@pytest.mark.parametrize("load", [{}, {"connections": 2}], ids=["one lane", "two"])
def test_a_moment_that_recovery_ends_is_replaced(tmp_path: Path, empty_18: str, load: dict[str, int]) -> None:
    with own_postgresql() as primary:
        written = filled(primary.create_database())
        with standby_of(primary) as standby:
            name = written.split("?")[0].rpartition("/")[2]
            move, file = moved(standby.url(name), empty_18), tmp_path / "go"
            process = move.start(f"chunk.after_rows:3:wait={file}", **load)
            reached(file)
            changed(written)
            with psycopg.connect(written, autocommit=True) as connection:
                connection.execute("VACUUM t")
            conflicts(standby.url("postgres"))
            file.touch()
            _, errors = process.communicate(timeout=100)
            assert process.returncode == 0, errors
            # the old one, where recovery ended somebody who was not needed any more
            assert held(empty_18) in (FIRST, held(written))


def conflicts(url: str) -> None:
    """Wait until recovery has ended somebody's reading."""
    until = time.monotonic() + 30
    with psycopg.connect(url, autocommit=True) as connection:
        while not connection.execute(CONFLICTS).fetchall()[0][0]:
            assert time.monotonic() < until, "recovery went on without a conflict"
            time.sleep(0.1)
