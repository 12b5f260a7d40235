"""A sysbench-like table in a SQLite file: id, k, c char(120), pad char(60); the same rows every time."""

from __future__ import annotations

import random
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

SEED = 1
CREATE = "CREATE TABLE sbtest (id INTEGER PRIMARY KEY, k INTEGER NOT NULL, c CHAR(120) NOT NULL, pad CHAR(60) NOT NULL)"


def rows(count: int) -> Iterator[tuple[int, int, str, str]]:
    """Groups of eleven digits joined by dashes, as sysbench fills its table."""
    chance = random.Random(SEED)
    for number in range(1, count + 1):
        digits = f"{chance.getrandbits(548):0165d}"[:165]
        groups = [digits[at : at + 11] for at in range(0, 165, 11)]
        yield number, chance.getrandbits(31), "-".join(groups[:10]), "-".join(groups[10:])


def build(path: Path, count: int) -> None:
    """Write the file, unless it is there with that many rows."""
    if path.exists():
        with closing(sqlite3.connect(path)) as connection:
            if connection.execute("SELECT count(*) FROM sbtest").fetchone() == (count,):
                return
        path.unlink()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute(CREATE)
        connection.executemany("INSERT INTO sbtest VALUES (?, ?, ?, ?)", rows(count))


if __name__ == "__main__":
    build(Path(sys.argv[1]), int(sys.argv[2]))
