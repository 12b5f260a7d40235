"""Many small tables are copied by two lanes in threads: one works while the other waits for its servers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.moves import on_mariadb, planned
from tests.moving import change, fetch, sqlite_file
from tests.mysql_servers import MysqlServer
from tests.servers import Server
from transfer import copy
from transfer.cutting import Size
from transfer.lanes import LocalLane
from transfer.sizes import LANE_BYTES, MANY, MOST_THREADS, THREAD_UNITS, processes, worth
from transfer.worker import Assignment

TABLES = THREAD_UNITS + 8
MADE = [f"CREATE TABLE t{n} (id INT PRIMARY KEY, v INT)" for n in range(TABLES)]
FILLED = [f"INSERT INTO t{n} VALUES (1, {n}), (2, NULL)" for n in range(TABLES)]


def from_sqlite(folder: Path, mariadb: MysqlServer, postgresql: Server) -> str:
    return f"sqlite:{sqlite_file(folder / 's.db', *MADE, *FILLED)}"


def from_mariadb(folder: Path, mariadb: MysqlServer, postgresql: Server) -> str:
    url = mariadb.create_database()
    on_mariadb(url, *MADE, *FILLED, "ANALYZE TABLE t0")
    return url


def from_postgresql(folder: Path, mariadb: MysqlServer, postgresql: Server) -> str:
    url = postgresql.create_database()
    change(url, *MADE, *FILLED)
    return url


@pytest.mark.parametrize("made", [from_sqlite, from_mariadb, from_postgresql])
def test_two_threads_copy_them(
    made: Callable[[Path, MysqlServer, Server], str],
    mariadb: MysqlServer,
    postgresql_15: Server,
    empty_18: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names: list[str] = []

    class Noted(LocalLane):
        def __init__(self, assignment: Assignment, name: str) -> None:
            names.append(name)
            super().__init__(assignment, name)

    monkeypatch.setattr(copy, "LocalLane", Noted)
    output = planned(made(tmp_path, mariadb, postgresql_15), empty_18, parallel=2).run()
    found = fetch(empty_18, " UNION ALL ".join(f"SELECT {n}, v FROM t{n} WHERE id = 1" for n in range(TABLES)))
    assert sorted(found) == [(n, n) for n in range(TABLES)]
    assert {table.rows for table in output.tables} == {2}
    assert names == ["lane 1", "lane 2"]


@pytest.mark.parametrize(
    ("sizes", "in_processes", "in_all"),
    [
        ([Size(10, 100)], 1, 1),
        ([Size(10, 100)] * THREAD_UNITS, 1, MOST_THREADS),
        ([Size(10, 100)] * THREAD_UNITS * 9, 1, MOST_THREADS),
        ([Size(10, LANE_BYTES)] * 3, 4, 4),
        ([Size(10, None)], MANY, MANY),
    ],
)
def test_what_lanes_units_are_worth(sizes: list[Size], in_processes: int, in_all: int) -> None:
    assert (processes(sizes), worth(sizes)) == (in_processes, in_all)
