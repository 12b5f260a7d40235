"""Killed at random moments, again and again, while the source changes between: the target ends equal to the source."""

import os
import random
import sqlite3
import subprocess
import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.moving import fetch, mapping, plan_of, sqlite_file, start
from tests.servers import Server

SECONDS = float(os.environ.get("DBMO_SOAK_SECONDS", "900"))
LONGEST_LIFE = 4.0  # seconds until a run is killed, at the most
TABLE = mapping("t", [("id", "bigint", "integer"), ("v", "text", "text")])
ROWS = 60_000


def change(source: Path, chance: random.Random) -> None:
    """Update, delete and insert a few rows."""
    with closing(sqlite3.connect(source, timeout=60)) as connection, connection:
        keys = [(chance.randrange(ROWS),) for _ in range(5)]
        connection.executemany("UPDATE t SET v = v || '!' WHERE id = ?", keys)
        connection.executemany("DELETE FROM t WHERE id = ? + 1", keys)
        connection.executemany("INSERT OR IGNORE INTO t VALUES (? + 100000, 'new')", keys)


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
def test_nothing_is_lost_however_often_it_is_killed(tmp_path: Path, postgresql_18: Server) -> None:
    seed = int(time.time())
    chance = random.Random(seed)
    deadline = time.monotonic() + SECONDS
    rounds = kills = 0
    while time.monotonic() < deadline:
        rounds += 1
        source = sqlite_file(
            tmp_path / f"{rounds}.db",
            "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)",
            rows=[("INSERT INTO t VALUES (?, ?)", [(n, f"row {n}") for n in range(ROWS)])],
        )
        target = postgresql_18.create_database()
        made = plan_of(TABLE, chunk_rows=1_000, parallel=chance.choice([1, 2]))
        life = LONGEST_LIFE
        while killed(start(source, target, made, "", tmp_path), chance.uniform(0.5, life)):
            kills += 1
            life += 1  # so that it gets to the end some time, on a slow machine too
            if chance.random() < 0.5:
                change(source, chance)
        with closing(sqlite3.connect(source)) as connection:
            here = connection.execute("SELECT id, v FROM t ORDER BY id").fetchall()
        assert fetch(target, "SELECT id, v FROM t ORDER BY id") == here, seed
    assert kills, "no run was killed: raise ROWS or lower LONGEST_LIFE"
