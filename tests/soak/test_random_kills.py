"""Killed at random moments, again and again, while the source changes between: the target ends equal to the source."""

from __future__ import annotations

import os
import random
import sqlite3
import subprocess
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.faults.moves import Move, on_mariadb, planned
from tests.moving import fetch, sqlite_file
from tests.mysql_servers import MysqlServer, connected
from tests.servers import Server

MINUTES = float(os.environ.get("DBMO_SOAK_MINUTES", "15"))
LONGEST_LIFE = 4.0  # seconds until a run is killed, at the most
ROWS = 60_000
DIFFERENT = [(number, f"row {number}") for number in range(ROWS)]
READ = "SELECT id, v FROM t ORDER BY id"
Made = tuple[Move, Callable[[random.Random], None], Callable[[], Any]]  # the move, a change of its source, its rows


def sqlite_source(folder: Path, target: str, number: int, settings: dict[str, Any]) -> Made:
    path = sqlite_file(
        folder / f"{number}.db",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)",
        rows=[("INSERT INTO t VALUES (?, ?)", DIFFERENT)],
    )

    def change(chance: random.Random) -> None:
        with closing(sqlite3.connect(path, timeout=60)) as connection, connection:
            keys = [(chance.randrange(ROWS),) for _ in range(5)]
            connection.executemany("UPDATE t SET v = v || '!' WHERE id = ?", keys)
            connection.executemany("DELETE FROM t WHERE id = ? + 1", keys)
            connection.executemany("INSERT OR IGNORE INTO t VALUES (? + 100000, 'new')", keys)

    def there() -> Any:
        with closing(sqlite3.connect(path)) as connection:
            return connection.execute(READ).fetchall()

    return planned(f"sqlite:{path}", target, **settings), change, there


def mariadb_source(server: MysqlServer, target: str, settings: dict[str, Any]) -> Made:
    url = server.create_database()
    on_mariadb(url, "CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(100)) ENGINE = InnoDB")
    with connected(url) as connection, connection.cursor() as cursor:
        cursor.executemany("INSERT INTO t VALUES (%s, %s)", DIFFERENT)

    def change(chance: random.Random) -> None:
        for key in (chance.randrange(ROWS) for _ in range(5)):
            on_mariadb(
                url,
                f"UPDATE t SET v = CONCAT(v, '!') WHERE id = {key}",
                f"DELETE FROM t WHERE id = {key} + 1",
                f"INSERT IGNORE INTO t VALUES ({key} + 100000, 'new')",
            )

    return planned(url, target, **settings), change, lambda: list(on_mariadb(url, READ))


def killed(process: subprocess.Popen[str], seconds: float) -> bool:
    """Whether the run had to be killed after so many seconds; else it has to have ended well."""
    assert process.stderr is not None
    with process.stderr:
        try:
            process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            return True
        assert process.returncode == 0, process.stderr.read()
        return False


@pytest.mark.soak
@pytest.mark.parametrize("source", ["sqlite", "mariadb"])
def test_nothing_is_lost_however_often_it_is_killed(
    tmp_path: Path, postgresql_18: Server, mariadb: MysqlServer, source: str
) -> None:
    """Half of the minutes for each source; runs are killed, the source is changed between some of them."""
    seed = int(time.time())
    chance = random.Random(seed)
    deadline = time.monotonic() + MINUTES * 30
    rounds = kills = 0
    while time.monotonic() < deadline:
        rounds += 1
        target = postgresql_18.create_database()
        settings = {"chunk_rows": 1_000, "parallel": chance.choice([1, 2]), "range_seconds": chance.choice([0, 0.2])}
        made = (
            sqlite_source(tmp_path, target, rounds, settings)
            if source == "sqlite"
            else mariadb_source(mariadb, target, settings)
        )
        move, change, there = made
        life = LONGEST_LIFE
        while killed(move.start("", tmp_path), chance.uniform(0.5, life)):
            kills += 1
            life += 1  # so that it gets to the end some time, on a slow machine too
            if chance.random() < 0.5:
                change(chance)
        assert fetch(target, READ) == there(), seed
    assert kills, "no run was killed: raise ROWS or lower LONGEST_LIFE"
