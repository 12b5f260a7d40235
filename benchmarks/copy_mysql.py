"""MariaDB to PostgreSQL against pgloader: a large table, mixed types, many small tables; and how the cost grows."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass

import psycopg

from benchmarks.loglog import Series, plot
from benchmarks.measure import DATA, ROOT, Line, Run, beside, command, middle, python
from benchmarks.mysql_tables import make_mixed, make_small, make_sysbench
from benchmarks.servers import mariadb, pgloader, postgresql
from engines.mysql.fast_lines import driver
from tests.mysql_servers import MysqlServer
from tests.servers import Server

RUNS = 3
SIZES = (500_000, 5_000_000, 20_000_000)
COPY_STAGE = re.compile(r"'copy': ([\d.]+)")
PLOT = ROOT / "docs" / "copy-speed.svg"


@dataclass(frozen=True)
class Case:
    """A source: its name in the table, how it is made, its rows in all, lanes that copy it."""

    name: str
    make: Callable[[str], None]
    rows: int
    lanes: int


CASES = (
    Case("5M sysbench rows, 1 lane", lambda url: make_sysbench(url, 5_000_000), 5_000_000, 1),
    Case("5M sysbench rows, 2 lanes", lambda url: make_sysbench(url, 5_000_000), 5_000_000, 2),
    Case("1M mixed rows", lambda url: make_mixed(url, 1_000_000), 1_000_000, 2),
    Case("200 tables of 1,000 rows", lambda url: make_small(url, 200, 1_000), 200_000, 2),
)


def run() -> list[Line]:
    """Wall time of both from start to end: tables, rows, keys; ours gathers statistics too."""
    if shutil.which("pgloader") is None:
        return [Line("MariaDB to PostgreSQL", "-", "pgloader is not installed", "-", "0")]
    DATA.mkdir(exist_ok=True)
    with mariadb() as source, postgresql() as target:
        return [_line(case, source, target) for case in CASES]


def run_scaling() -> list[Line]:
    """One lane over tables of three sizes; draws the plot."""
    DATA.mkdir(exist_ok=True)
    points: list[tuple[float, float]] = []
    memory: list[tuple[float, float]] = []
    with mariadb() as source, postgresql() as target:
        for size in SIZES:
            url = source.create_database()
            make_sysbench(url, size)
            plan = _planned(url, target)
            found, _ = _ours(Case("", lambda url: None, size, 1), url, plan, target)
            points.append((size, found.seconds))
            memory.append((size, found.megabytes))
            source.run(f"DROP DATABASE {url.rpartition('/')[2]}")
    panels = [
        ("rows", "seconds", [Series("MariaDB to PostgreSQL", points)]),
        ("rows", "MB of the largest process", [Series("MariaDB to PostgreSQL", memory)]),
    ]
    PLOT.write_text(plot("The cost of a copy grows with the rows, its memory doesn't", panels))
    return [
        Line(f"MariaDB to PostgreSQL, {size:,} rows", f"{seconds:.1f} s, {mb:.0f} MB", "-", "-", "1")
        for (size, seconds), (_, mb) in zip(points, memory, strict=True)
    ]


def _line(case: Case, source: MysqlServer, target: Server) -> Line:
    url = source.create_database()
    case.make(url)
    plan = _planned(url, target)
    ours: list[Run] = []
    theirs: list[Run] = []
    shares: list[float] = []
    for _ in range(RUNS):
        mine, share = _ours(case, url, plan, target)
        ours.append(mine)
        shares += [share] if case.lanes == 1 else []
        theirs.append(_pgloader(case, url, target))
    source.run(f"DROP DATABASE {url.rpartition('/')[2]}")
    return beside(
        f"MariaDB to PostgreSQL 15, {case.name}; {driver()[0]}",
        case.rows,
        ours,
        "pgloader",
        theirs,
        f"{RUNS} each, alternating" + (f"; {middle(shares):.1%} of the copy is cutting and state" if shares else ""),
    )


def _planned(url: str, target: Server) -> str:
    plan = str(DATA / "mysql-plan.json")
    command(python("benchmarks.move", "plan", url, target.create_database(), plan), DATA / "plan.log")
    return plan


def _ours(case: Case, url: str, plan: str, target: Server) -> tuple[Run, float]:
    """A run, and what of its copying isn't rows but cutting and state; a share of the time where one lane copies."""
    to = target.create_database()
    found = command(python("benchmarks.move", "execute", url, to, plan, str(case.lanes)), DATA / "ours.log")
    stage = COPY_STAGE.search(found.output)
    with psycopg.connect(to) as connection:
        row = connection.execute("SELECT sum(seconds) FROM _dbmo.chunk").fetchone()
    share = 1 - float(row[0]) / float(stage[1]) if row and stage else 0.0
    _check(to, case)
    return found, share


def _pgloader(case: Case, url: str, target: Server) -> Run:
    to = target.create_database()
    found = pgloader(url, target, to)
    _check(to, case)
    return found


def _check(url: str, case: Case) -> None:
    """All rows arrived; the tables go, so that the disk holds one copy at a time."""
    names = (
        "SELECT quote_ident(table_schema) || '.' || quote_ident(table_name) FROM information_schema.tables"
        " WHERE table_schema NOT IN ('pg_catalog', 'information_schema', '_dbmo')"
    )
    with psycopg.connect(url, autocommit=True) as connection:
        found = 0
        for (table,) in connection.execute(names).fetchall():
            row = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
            found += row[0] if row else 0
            connection.execute(f"DROP TABLE {table}")
        if found != case.rows:
            raise RuntimeError(f"{found} rows arrived, {case.rows} were sent")
