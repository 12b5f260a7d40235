"""The target's disk is full: a small file system of its own, not an error that somebody raises."""

from __future__ import annotations

import os
import stat
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engines.embedded_account import Account
from engines.errors import DbmoError
from tests.faults.moves import from_sqlite, rows
from tests.moving import sqlite_file
from tests.servers import Server

WIDE = 20_000  # so that the rows need 12 MB
ROOM = {"postgresql": 16, "sqlite": 6}  # MB; an empty database of PostgreSQL takes 8


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Callable[[int], Path]]:
    """A file system of that many MB, made, or made larger."""
    folder = tmp_path / "disk"

    def sized(megabytes: int) -> Path:
        how = "remount," if folder.exists() else ""
        folder.mkdir(exist_ok=True)
        command = ["mount", "-t", "tmpfs", "-o", f"{how}size={megabytes}m,mode=0777", "dbmo", str(folder)]
        if subprocess.run(command, capture_output=True).returncode:
            pytest.skip("a small file system can be mounted by root only")
        return folder

    for part in (tmp_path, *tmp_path.parents[:2]):  # the servers' accounts must get there
        part.chmod(stat.S_IMODE(part.stat().st_mode) | 0o055)
    yield sized
    subprocess.run(["umount", "--lazy", str(folder)], check=False, capture_output=True)


@pytest.fixture
def small_postgresql(postgresql_15: Server, disk: Callable[[int], Path]) -> Iterator[str]:
    folder = disk(ROOM["postgresql"]) / "space"
    folder.mkdir()
    Account.for_server().give(folder)
    name = f"small_{os.getpid()}"
    postgresql_15.run(f"CREATE TABLESPACE {name} LOCATION '{folder}'")
    url = postgresql_15.create_database(name)
    postgresql_15.run(f"ALTER DATABASE {name} SET TABLESPACE {name}")
    yield url
    postgresql_15.run(f"DROP DATABASE {name} WITH (FORCE)")
    postgresql_15.run(f"DROP TABLESPACE {name}")


@pytest.fixture
def small_sqlite(disk: Callable[[int], Path]) -> str:
    return f"sqlite:{sqlite_file(disk(ROOM['sqlite']) / 't.db')}"


@pytest.mark.parametrize("target", ["postgresql", "sqlite"])
def test_a_full_disk_ends_the_copy_which_goes_on_once_there_is_room(
    request: pytest.FixtureRequest, tmp_path: Path, disk: Callable[[int], Path], target: str
) -> None:
    move = from_sqlite(tmp_path, request.getfixturevalue(f"small_{target}"), wide=WIDE, chunk_rows=50)
    with pytest.raises(DbmoError, match="DISK_FULL"):
        move.run()
    arrived = len(move.arrived())
    assert 0 < arrived < len(rows()) and arrived % 50 == 0
    disk(200)
    move.run()
    assert move.arrived() == rows(WIDE)
    assert set(move.copies()) == {1}
