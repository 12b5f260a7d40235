"""The target's disk is full: a small file system of its own, not an error that somebody raises."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engines.embedded_account import Account
from engines.errors import DbmoError
from tests.faults.moves import from_sqlite, planned, rows
from tests.moving import sqlite_file
from tests.mysql_servers import MARIADBD, private_mariadb
from tests.servers import Server

ROOM = {"postgresql": 16, "sqlite": 6, "mariadb": 12}  # MB; an empty database of PostgreSQL takes 8
# bytes of each row, so that the rows need more
WIDE = {"postgresql": 20_000, "sqlite": 20_000, "mariadb": 7_000}
MANY, DIGITS = 16_000, 150  # rows of about 3 MB, and as much for each index
ROOM_FOR_ROWS = {"postgresql": 15, "sqlite": 5}  # MB


@pytest.fixture
def disk() -> Iterator[Callable[[int], Path]]:
    """A file system of that many MB, made, or made larger, where the servers' accounts get, too."""
    home = Path(tempfile.mkdtemp(prefix="dbmo-disk-", dir="/tmp"))
    home.chmod(0o711)
    folder = home / "disk"

    def sized(megabytes: int) -> Path:
        how = "remount," if folder.exists() else ""
        folder.mkdir(exist_ok=True)
        command = ["mount", "-t", "tmpfs", "-o", f"{how}size={megabytes}m,mode=0777", "dbmo", str(folder)]
        if subprocess.run(command, capture_output=True).returncode:
            pytest.skip("a small file system can be mounted by root only")
        return folder

    yield sized
    subprocess.run(["umount", "--lazy", str(folder)], check=False, capture_output=True)
    shutil.rmtree(home)


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
def small_mariadb(disk: Callable[[int], Path]) -> Iterator[str]:
    """A database whose folder is a link to the small file system, as DATA DIRECTORY makes it of a table.

    Its server is its own: with less room than this MariaDB 10.11 ends itself ("Out of disk space in rollback").
    """
    if not MARIADBD.exists():
        pytest.skip("MariaDB isn't installed: apt-get install mariadb-server")
    with private_mariadb() as server:
        assert server.socket is not None
        data, folder = server.socket.parent / "data", disk(ROOM["mariadb"]) / "small"
        owner = data.stat()
        folder.mkdir()
        os.chown(folder, owner.st_uid, owner.st_gid)
        (data / "small").symlink_to(folder)
        yield server.url("small")


@pytest.fixture
def small_sqlite(disk: Callable[[int], Path]) -> str:
    return f"sqlite:{sqlite_file(disk(ROOM['sqlite']) / 't.db')}"


@pytest.mark.parametrize("target", ["postgresql", "sqlite", "mariadb"])
def test_a_full_disk_ends_the_copy_which_goes_on_once_there_is_room(
    request: pytest.FixtureRequest, tmp_path: Path, disk: Callable[[int], Path], target: str
) -> None:
    wide = WIDE[target]
    move = from_sqlite(tmp_path, request.getfixturevalue(f"small_{target}"), wide=wide, chunk_rows=50)
    with pytest.raises(DbmoError, match="DISK_FULL"):
        move.run()
    arrived = len(move.arrived())
    assert 0 < arrived < len(rows()) and arrived % 50 == 0
    disk(200)
    move.run()
    assert move.arrived() == rows(wide)
    assert set(move.copies()) == {1}


@pytest.mark.soak
@pytest.mark.parametrize("target", ROOM_FOR_ROWS)
def test_a_disk_that_is_full_when_an_index_is_built_costs_no_row(
    request: pytest.FixtureRequest, tmp_path: Path, disk: Callable[[int], Path], target: str
) -> None:
    """Those that are built stay, and no range is copied again."""
    chance = random.Random(2)
    many = [(number, f"{chance.getrandbits(4 * DIGITS):x}") for number in range(1, MANY + 1)]
    made = "CREATE TABLE t (id INTEGER PRIMARY KEY, v VARCHAR(200))"
    indexes = "CREATE INDEX i ON t (v)", "CREATE INDEX j ON t (v, id)"
    source = sqlite_file(tmp_path / "s.db", made, *indexes, rows=[("INSERT INTO t VALUES (?, ?)", many)])
    move = planned(f"sqlite:{source}", request.getfixturevalue(f"small_{target}"), chunk_rows=2_000)
    disk(ROOM_FOR_ROWS[target])
    with pytest.raises(DbmoError, match="DISK_FULL"):
        move.run()
    assert len(move.arrived()) == MANY
    disk(300)
    move.run()
    assert move.arrived() == many
    assert set(move.copies()) == {1}
