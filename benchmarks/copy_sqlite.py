"""SQLite to PostgreSQL against pgloader: a large table by one lane and by two, and mixed types; alternating runs."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import psycopg

from benchmarks.measure import DATA, Line, Run, beside, command, python
from benchmarks.mysql_tables import NULL, mixed_rows
from benchmarks.servers import pgloader, postgresql
from benchmarks.sysbench_table import build
from tests.servers import Server

RUNS = 3
MIXED = (
    "id INTEGER PRIMARY KEY, flag BOOLEAN NOT NULL, small SMALLINT NOT NULL, uint INTEGER NOT NULL, big BIGINT NOT NULL"
    ", amount DECIMAL(12,4) NOT NULL, words VARCHAR(200), moment DATETIME, day DATE, ratio DOUBLE, doc TEXT, bytes BLOB"
    ", other VARCHAR(200), number INTEGER"
)
BYTES = 11  # the place of the column that mixed_rows() gives in hex


@dataclass(frozen=True)
class Case:
    """A source: its name in the table, its file's table, how it is made, rows, lanes that copy it."""

    name: str
    table: str
    make: Callable[[Path, int], None]
    rows: int
    lanes: int


def make_mixed(path: Path, count: int) -> None:
    """A table `mixed` with the rows that the benchmark of MariaDB has, unless it is there."""
    if path.exists():
        return
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(f"CREATE TABLE mixed ({MIXED})")
        rows = (
            tuple(bytes.fromhex(v) if n == BYTES else None if v == NULL else v for n, v in enumerate(row))
            for row in mixed_rows(count)
        )
        connection.executemany(f"INSERT INTO mixed VALUES ({', '.join('?' * 14)})", rows)


CASES = (
    Case("2M sysbench rows, 1 lane", "sbtest", build, 2_000_000, 1),
    Case("2M sysbench rows, 2 lanes", "sbtest", build, 2_000_000, 2),
    Case("500,000 mixed rows, 2 lanes", "mixed", make_mixed, 500_000, 2),
)


def run() -> list[Line]:
    """Wall time of both from start to end: tables, rows, primary key; ours gathers statistics too."""
    if shutil.which("pgloader") is None:
        return [Line("SQLite to PostgreSQL", "-", "pgloader is not installed", "-", "0")]
    DATA.mkdir(exist_ok=True)
    with postgresql() as server:
        return [_line(case, server) for case in CASES]


def _line(case: Case, server: Server) -> Line:
    source = DATA / f"{'sysbench' if case.table == 'sbtest' else case.table}-{case.rows}.db"
    case.make(source, case.rows)
    plan = DATA / "plan.json"
    words = python("benchmarks.move", "plan", f"sqlite:{source}", server.create_database(), str(plan))
    command(words, DATA / "plan.log")
    ours: list[Run] = []
    theirs: list[Run] = []
    for _ in range(RUNS):
        ours.append(_ours(case, server, source, plan))
        theirs.append(_pgloader(case, server, source))
    name = f"SQLite to PostgreSQL 15, {case.name}"
    return beside(name, case.rows, ours, "pgloader", theirs, f"{RUNS} each, alternating")


def _ours(case: Case, server: Server, source: Path, plan: Path) -> Run:
    url = server.create_database()
    words = python("benchmarks.move", "execute", f"sqlite:{source}", url, str(plan), str(case.lanes))
    found = command(words, DATA / "ours.log")
    _check(case, url)
    return found


def _pgloader(case: Case, server: Server, source: Path) -> Run:
    url = server.create_database()
    found = pgloader(f"sqlite://{source}", server, url)
    _check(case, url)
    return found


def _check(case: Case, url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        found = connection.execute(f"SELECT count(*) FROM {case.table}".encode()).fetchone()
        if found != (case.rows,):
            raise RuntimeError(f"{found} rows arrived, {case.rows} were sent")
        connection.execute(f"DROP TABLE {case.table}".encode())
