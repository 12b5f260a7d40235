"""The validator beside reladiff and beside the servers' own scans: 5 million sysbench rows, medians of three."""

from __future__ import annotations

import json
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.measure import DATA, Line, Run, command, middle
from benchmarks.validate_data import Servers, copied, load_mariadb, load_postgresql, plant, servers, written
from benchmarks.validate_peers import RELADIFF, compare, reladiff, scanned
from engines.connection import parse
from engines.mysql.quoting import quote_identifier
from transfer.canonical.columns import ComparedTable
from transfer.sides.postgresql_extended import expressions

ROWS = int(os.environ.get("DBMO_BENCH_ROWS", "5000000"))
RUNS = 3
DIFFERENCES = 10
CEILING = 0.25
DBMO = str(Path(sys.executable).with_name("dbmo"))
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Compared:
    """A run of `dbmo compare` and what it found in the table."""

    run: Run
    table: dict[str, Any]

    def counts(self) -> dict[str, int]:
        """Rows by kind."""
        return {kind: int(self.table[kind]) for kind in ("different", "missing", "extra")}


def ours(source: str, target: str, *words: str) -> Compared:
    """`dbmo compare` as a whole process."""
    command_line = [DBMO, "compare", source, target, "--only", "sbtest", "--json", *words]
    run = command(command_line, DATA / "compare.log", fine=(0, 1))
    output = run.output
    result = json.loads(output[output.index("{") : output.rindex("}") + 1])
    [table] = result["tables"]
    if table["problem"]:
        raise RuntimeError(str(table["problem"]))
    return Compared(run, table)


def run() -> list[Line]:
    """Both pairs with ten differences and with none, and the ceiling of a source's processor time."""
    program = reladiff()
    if program is None:
        return [Line("validator", "-", f"{RELADIFF} can't be installed", "-", "0")]
    path = written(ROWS)
    with servers() as both:
        source = load_postgresql(both.postgresql, path, "source")
        equal = copied(both.postgresql, "source", "equal")
        target = copied(both.postgresql, "source", "target")
        planted = plant(target, ROWS, DIFFERENCES)
        mariadb = load_mariadb(both.mariadb, path, "source")
        return [
            *_beside("PostgreSQL 15 - PostgreSQL 15", program, source, target, planted, [()]),
            *_beside(
                "MariaDB 10.11 - PostgreSQL 15", program, mariadb, target, planted,
                [(), ("--route", "pushdown"), ("--route", "stream")],
            ),
            _scan("PostgreSQL 15 - PostgreSQL 15, all equal", source, equal, _extended(source, equal)),
            _scan(
                "MariaDB 10.11 - PostgreSQL 15, all equal", mariadb, equal, [(mariadb, BLOCKS_MYSQL), (equal, BLOCKS)]
            ),
            _ceiling(both, mariadb, equal),
        ]  # fmt: skip


def _beside(
    name: str, program: Path, source: str, target: str, planted: dict[str, int], ways: list[tuple[str, ...]]
) -> list[Line]:
    """Every way of ours and reladiff, in turns."""
    mine: dict[tuple[str, ...], list[Compared]] = {way: [] for way in ways}
    theirs: list[Run] = []
    for _ in range(RUNS):
        for way in ways:
            mine[way].append(ours(source, target, *way))
            if mine[way][-1].counts() != planted:
                raise RuntimeError(f"{mine[way][-1].counts()} found, {planted} planted")
        peer, shown = compare(program, source, target, DATA / "reladiff.log")
        if shown != 2 * planted["different"] + planted["missing"] + planted["extra"]:
            raise RuntimeError(f"reladiff shows {shown} rows")
        theirs.append(peer)
    peer_seconds, peer_memory = middle([run.seconds for run in theirs]), max(run.megabytes for run in theirs)
    lines = []
    for way, found in mine.items():
        seconds = middle([one.run.seconds for one in found])
        memory = max(one.run.megabytes for one in found)
        lines.append(
            Line(
                f"validate {name}, {ROWS:,} rows, {DIFFERENCES} differences" + (f", {' '.join(way)}" if way else ""),
                f"{seconds:.2f} s, {memory:.0f} MB",
                f"{RELADIFF} {peer_seconds:.2f} s, {peer_memory:.0f} MB",
                f"{peer_seconds / seconds:.2f} x",
                f"{RUNS} each, alternating",
            )
        )
    return lines


# the block hashes of transfer/sides/blocks.py over the whole table, one statement per server
BLOCK = 10_000
BLOCKS = (
    "SELECT (id - 1) / {n}, count(*), md5(string_agg(id || ',' || k, ',')),"
    " md5(string_agg(rtrim(bpcharsend(c), '\\x20'), '\\x00'::bytea)),"
    " md5(string_agg(rtrim(bpcharsend(pad), '\\x20'), '\\x00'::bytea))"
    " FROM (SELECT * FROM sbtest ORDER BY id) AS ordered GROUP BY 1"
).replace("{n}", str(BLOCK))
BLOCKS_MYSQL = (
    "SELECT (id - 1) DIV {n} AS part, COUNT(*), MD5(GROUP_CONCAT(id, ',', k SEPARATOR ',')),"
    " MD5(GROUP_CONCAT(c SEPARATOR '\\0')), MD5(GROUP_CONCAT(pad SEPARATOR '\\0'))"
    " FROM sbtest GROUP BY part ORDER BY part"
).replace("{n}", str(BLOCK))


def _extended(source: str, target: str) -> list[tuple[str, str]]:
    halves = expressions(_table(source, target), "source", "0" * 32)
    assert halves is not None
    sql = f"SELECT count(*), sum({halves[0]}), sum({halves[1]}) FROM sbtest AS t"
    return [(source, sql), (target, sql)]


def _table(source: str, target: str) -> ComparedTable:
    from contextlib import closing

    from engines.registry import open_database
    from transfer.compare.pairing import pair_catalogs

    with closing(open_database(source)) as one, closing(open_database(target)) as other:
        [table] = pair_catalogs(one.catalog(), other.catalog(), {}).tables
    return table


def _scan(name: str, source: str, target: str, statements: list[tuple[str, str]]) -> Line:
    """The comparison of equal tables beside one statement per server that hashes the same rows, both at once."""
    mine, scans = [], []
    for _ in range(RUNS):
        found = ours(source, target)
        if any(found.counts().values()):
            raise RuntimeError(f"{found.counts()} in equal tables")
        mine.append(found)
        scans.append(scanned(*statements))
    whole, inside, scan = (
        middle([one.run.seconds for one in mine]),
        middle([float(one.table["seconds"]) for one in mine]),
        middle(scans),
    )
    return Line(
        f"validate {name}, {ROWS:,} rows",
        f"{inside:.2f} s (whole process {whole:.2f} s)",
        f"the servers' own scans, side by side {scan:.2f} s; limit 1.15 times that",
        f"{inside / scan:.2f} of the scans",
        f"{RUNS} each, alternating",
    )


def _ceiling(both: Servers, source: str, target: str) -> Line:
    """Processor time of the source's server while it is compared under a ceiling, idle time before taken off."""
    rows = ROWS // 10
    name = quote_identifier(parse(source).text.rpartition("/")[2].partition("?")[0])
    both.mariadb.run(f"CREATE TABLE {name}.part AS SELECT * FROM {name}.sbtest WHERE id <= {rows}",
                     f"ALTER TABLE {name}.part ADD PRIMARY KEY (id)")  # fmt: skip
    _part(target, rows)
    pid = server_of(both.mariadb.port)
    before, started = processor(pid), time.monotonic()
    words = [DBMO, "compare", source, target, "--only", "part", "--json", "--source-cpu", str(CEILING)]
    command(words, DATA / "ceiling.log")
    seconds, used = time.monotonic() - started, processor(pid) - before
    return Line(
        f"ceiling of the source's processor time, {rows:,} rows",
        f"{used / seconds:.3f} of a core over {seconds:.1f} s",
        f"asked for at most {CEILING}",
        f"{used / seconds / CEILING:.2f} of it",
        "1",
    )


def _part(url: str, rows: int) -> None:
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE TABLE part AS SELECT * FROM sbtest WHERE id <= {rows}".encode())
        connection.execute("ALTER TABLE part ADD PRIMARY KEY (id)")
        connection.execute("ANALYZE part")


def server_of(port: int) -> int:
    """The process that was started for that port."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
            except OSError:  # it ended meanwhile
                continue
            if b"mariadbd" in words[0] and f"--port={port}".encode() in words:
                return int(entry.name)
    raise RuntimeError(f"no server with port {port}")


def processor(pid: int) -> float:
    """Seconds of processor time of a process so far, and of its children that ended."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / TICKS
