"""PostgreSQL to PostgreSQL against pgcopydb, pipes of psql and pg_dump: a large table, and many small ones."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from benchmarks.measure import DATA, Line, Run, beside, command, python
from benchmarks.servers import postgresql
from benchmarks.sysbench_table import rows
from tests.servers import Server

RUNS = 3
LARGE, SMALL, IN_EACH = 5_000_000, 200, 1_000
SYSBENCH = "CREATE TABLE sbtest (id bigint, k integer NOT NULL, c char(120) NOT NULL, pad char(60) NOT NULL)"
KEY = "ALTER TABLE sbtest ADD PRIMARY KEY (id)"
SMALL_TABLE = """
CREATE TABLE t{n} (id integer PRIMARY KEY, name text NOT NULL, price numeric(12,2), made timestamptz);
INSERT INTO t{n} SELECT i, 'name ' || i, i * 1.5, '2024-01-01'::timestamptz + i * interval '1 minute'
  FROM generate_series(1, {rows}) AS i;
CREATE INDEX ON t{n} (name);
"""


@dataclass(frozen=True)
class Case:
    """A source: its name in the table, what fills it, its rows in all, and whom it is measured against."""

    name: str
    make: Callable[[str], None]
    rows: int
    peers: tuple[str, ...]


def make_large(url: str) -> None:
    """The sysbench table with its key and statistics."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(SYSBENCH)
        with connection.cursor() as cursor, cursor.copy("COPY sbtest FROM STDIN") as copy:
            for block in _lines():
                copy.write(block)
        connection.execute(KEY)
        connection.execute("VACUUM ANALYZE sbtest")


def make_small(url: str) -> None:
    """Small tables with a key and an index each."""
    with psycopg.connect(url, autocommit=True) as connection:
        for number in range(SMALL):
            connection.execute(SMALL_TABLE.format(n=number, rows=IN_EACH).encode())
        connection.execute("ANALYZE")


CASES = (
    Case("5M sysbench rows with a key", make_large, LARGE, ("pgcopydb", "psql")),
    Case("200 tables of 1,000 rows", make_small, SMALL * IN_EACH, ("pgcopydb", "pg_dump")),
)


def run() -> list[Line]:
    """Wall time from start to end: tables, rows, keys; ours and pgcopydb gather statistics too."""
    if shutil.which("pgcopydb") is None:
        return [Line("PostgreSQL to PostgreSQL", "-", "pgcopydb is not installed", "-", "0")]
    DATA.mkdir(exist_ok=True)
    with postgresql() as server:
        return [line for case in CASES for line in _lines_of(case, server)]


def _lines_of(case: Case, server: Server) -> list[Line]:
    source, plan = server.create_database(), str(DATA / "postgresql-plan.json")
    case.make(source)
    command(python("benchmarks.move", "plan", source, server.create_database(), plan), DATA / "plan.log")
    ours: list[Run] = []
    theirs: dict[str, list[Run]] = {peer: [] for peer in case.peers}
    for _ in range(RUNS):
        with _target(case, server) as url:
            ours.append(command(python("benchmarks.move", "execute", source, url, plan, "2"), DATA / "ours.log"))
        for peer in case.peers:
            with _target(case, server) as url:
                theirs[peer].append(PEERS[peer](source, url))
    name, runs = f"PostgreSQL 15 to 15, {case.name}", f"{RUNS} each, alternating"
    return [beside(name, case.rows, ours, peer, found, runs) for peer, found in theirs.items()]


@contextmanager
def _target(case: Case, server: Server) -> Iterator[str]:
    """An empty database; afterwards its rows are counted, and it goes. The log is written out before."""
    url = server.create_database()
    server.run("CHECKPOINT")
    yield url
    tables = "SELECT quote_ident(relname) FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
    with psycopg.connect(url, autocommit=True) as connection:
        counts = [f"(SELECT count(*) FROM {name})" for (name,) in connection.execute(tables).fetchall()]
        row = connection.execute(f"SELECT {' + '.join(counts) or '0'}".encode()).fetchone()
        keys = connection.execute("SELECT count(*) FROM pg_constraint WHERE contype = 'p' AND connamespace ="
                                  " 'public'::regnamespace").fetchone()  # fmt: skip
    if row != (case.rows,) or keys != (len(counts),):
        raise RuntimeError(f"{row} rows with {keys} keys arrived, {case.rows} were sent")
    server.run(f'DROP DATABASE "{_name(url)}"')


def _pgcopydb(source: str, target: str) -> Run:
    """It ends its whole process group when it fails: it gets one of its own."""
    folder = DATA / "pgcopydb"
    shutil.rmtree(folder, ignore_errors=True)
    jobs = ["--table-jobs", "2", "--index-jobs", "2", "--split-tables-larger-than", "200MB"]
    words = ["setsid", "-w", "pgcopydb", "clone", "--source", source, "--target", target, "--dir", str(folder), *jobs]
    return command(words, DATA / "pgcopydb.log")


def _psql(source: str, target: str) -> Run:
    """Two pipes of binary COPY, half of the table each, then the key."""
    half = LARGE // 2
    pipes = [
        f"""psql -qX '{source}' -c "COPY (SELECT * FROM sbtest WHERE {where}) TO STDOUT (FORMAT binary)" """
        f"""| psql -qX '{target}' -c "COPY sbtest FROM STDIN (FORMAT binary)" """
        for where in (f"id <= {half}", f"id > {half}")
    ]
    script = f"""set -e; psql -qX '{target}' -c "{SYSBENCH}"; {pipes[0]} & {pipes[1]}; wait $!
                 psql -qX '{target}' -c "{KEY}" """
    return command(["bash", "-o", "pipefail", "-c", script], DATA / "psql.log")


def _pg_dump(source: str, target: str) -> Run:
    """A dump in one process, piped into pg_restore."""
    words = f"pg_dump -Fc -Z0 '{source}' | pg_restore -d '{target}'"
    return command(["bash", "-o", "pipefail", "-c", words], DATA / "pg_dump.log")


PEERS: dict[str, Callable[[str, str], Run]] = {"pgcopydb": _pgcopydb, "psql": _psql, "pg_dump": _pg_dump}


def _lines() -> Iterator[bytes]:
    block: list[str] = []
    for number, k, c, pad in rows(LARGE):
        block.append(f"{number}\t{k}\t{c}\t{pad}\n")
        if len(block) == 10_000:
            yield "".join(block).encode()
            block = []
    yield "".join(block).encode()


def _name(url: str) -> str:
    return Path(url.partition("?")[0]).name
