"""SQLite to PostgreSQL against pgloader: 2 million sysbench rows, alternating, medians of three."""

from __future__ import annotations

import shutil

import psycopg

from benchmarks.measure import DATA, Line, Run, command, middle, python
from benchmarks.servers import postgresql
from benchmarks.sysbench_table import build
from tests.servers import PORT, Server

ROWS = 2_000_000
RUNS = 3
# pgloader's defaults exhaust its memory on large tables; these are the fastest that don't.
TUNING = ("workers = 2", "concurrency = 1", "prefetch rows = 10000")


def run() -> list[Line]:
    """Wall time of both from start to end: tables, rows, primary key; ours gathers statistics too."""
    if shutil.which("pgloader") is None:
        return [Line("SQLite to PostgreSQL", "-", "pgloader is not installed", "-", "0")]
    DATA.mkdir(exist_ok=True)
    source = DATA / f"sysbench-{ROWS}.db"
    build(source, ROWS)
    ours: list[Run] = []
    theirs: list[Run] = []
    with postgresql() as server:
        plan = DATA / "plan.json"
        command(python("benchmarks.move", "plan", str(source), server.create_database(), str(plan)), DATA / "plan.log")
        for _ in range(RUNS):
            ours.append(_ours(server, str(source), str(plan)))
            theirs.append(_pgloader(server, str(source)))
    mine, peer = (middle([run.seconds for run in runs]) for runs in (ours, theirs))
    memory, other = (max(run.megabytes for run in runs) for runs in (ours, theirs))
    return [
        Line(
            f"SQLite to PostgreSQL 15, {ROWS:,} rows",
            f"{mine:.2f} s, {ROWS / mine / 1000:,.0f} krows/s, {memory:.0f} MB",
            f"pgloader {peer:.2f} s, {ROWS / peer / 1000:,.0f} krows/s, {other:.0f} MB",
            f"{peer / mine:.2f} x",
            f"{RUNS} each, alternating",
        )
    ]


def _ours(server: Server, source: str, plan: str) -> Run:
    url = server.create_database()
    found = command(python("benchmarks.move", "execute", source, url, plan), DATA / "ours.log")
    _check(url)
    return found


def _pgloader(server: Server, source: str) -> Run:
    url = server.create_database()
    name = url.split("/")[3].partition("?")[0]
    target = f"pgsql://postgres@unix:{server.folder}:{PORT}/{name}"
    words = ["pgloader", *(word for option in TUNING for word in ("--with", option)), f"sqlite://{source}", target]
    found = command(words, DATA / "pgloader.log")
    _check(url)
    return found


def _check(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        found = connection.execute("SELECT count(*) FROM sbtest").fetchone()
        if found != (ROWS,):
            raise RuntimeError(f"{found} rows arrived, {ROWS} were sent")
        connection.execute("DROP TABLE sbtest")
