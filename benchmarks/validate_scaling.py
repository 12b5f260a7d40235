"""What the validator costs against rows and against differences, as a table and a plot (docs/validation-speed.svg)."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

import psycopg
import pymysql

from benchmarks.loglog import Series, plot
from benchmarks.measure import DATA, ROOT, Line
from benchmarks.validate import Compared, ours, processor, server_of
from benchmarks.validate_data import Servers, copied, load_mariadb, load_postgresql, plant, servers, written
from engines.mysql.url import arguments

SIZES = [int(size) for size in os.environ.get("DBMO_BENCH_SIZES", "500000,5000000,20000000").split(",")]
DIFFERENCES = (10, 10_000, 1_000_000)
FEW = DIFFERENCES[0]
BASE = 5_000_000  # the file's rows; larger tables are it several times over, under other keys
PICTURE = ROOT / "docs" / "validation-speed.svg"
POINTS = DATA / "scaling.json"


@dataclass(frozen=True)
class Point:
    """A run: seconds of the whole process, of processor time (program and both servers), peak MB of the program."""

    pair: str
    rows: int
    differences: int
    seconds: float
    processor: float
    megabytes: float


def run() -> list[Line]:
    """Every size with ten differences, and the size in the middle with every number of differences; one run each."""
    DATA.mkdir(exist_ok=True)
    middle = SIZES[len(SIZES) // 2]
    points: list[Point] = []
    with servers() as both:
        for rows in SIZES:
            source, mariadb = _loaded(both, rows)
            for differences in DIFFERENCES if rows == middle else (FEW,):
                name = f"t{rows}_{differences}"
                target = copied(both.postgresql, f"s{rows}", name)
                planted = plant(target, rows, differences)
                for pair, url in (("PostgreSQL - PostgreSQL", source), ("MariaDB - PostgreSQL", mariadb)):
                    points.append(_point(both, pair, url, target, rows, differences, planted))
                both.postgresql.run(f'DROP DATABASE "{name}"')
            both.postgresql.run(f'DROP DATABASE "s{rows}"')
            both.mariadb.run(f"DROP DATABASE s{rows}")
    POINTS.write_text(json.dumps([asdict(point) for point in points], indent=1))
    PICTURE.write_text(picture(points))
    return [_line(point) for point in points]


def picture(points: list[Point]) -> str:
    """Two plots beside each other: against rows, and against differences."""
    pairs = list(dict.fromkeys(point.pair for point in points))
    middle = sorted({point.rows for point in points})[len({point.rows for point in points}) // 2]
    by_rows = [Series(p, [(o.rows, o.seconds) for o in points if o.pair == p and o.differences == FEW]) for p in pairs]
    by_differences = [
        Series(p, [(o.differences, o.seconds) for o in points if o.pair == p and o.rows == middle]) for p in pairs
    ]
    return plot(
        "What a comparison costs",
        [
            (f"rows, {FEW} of them different", "seconds", by_rows),
            (f"differing rows of {middle:,}", "seconds", by_differences),
        ],
    )


def _loaded(both: Servers, rows: int) -> tuple[str, str]:
    path = written(min(rows, BASE))
    source = load_postgresql(both.postgresql, path, f"s{rows}")
    mariadb = load_mariadb(both.mariadb, path, f"s{rows}")
    more = [
        f"INSERT INTO sbtest SELECT id + {start}, k, c, pad FROM sbtest WHERE id <= {min(BASE, rows - start)}"
        for start in range(BASE, rows, BASE)
    ]
    with psycopg.connect(source, autocommit=True) as one:
        for statement in [*more, "VACUUM ANALYZE sbtest"]:
            one.execute(statement.encode())
    other = pymysql.connect(**arguments(mariadb), autocommit=True)
    with other, other.cursor() as cursor:
        for statement in [*more, "ANALYZE TABLE sbtest"]:
            cursor.execute(statement)
    return source, mariadb


def _point(
    both: Servers, pair: str, source: str, target: str, rows: int, differences: int, planted: dict[str, int]
) -> Point:
    pids = [server_of(both.mariadb.port), _postmaster(both.postgresql.folder)]
    before = sum(processor(pid) for pid in pids) + os.times().children_user + os.times().children_system
    found: Compared = ours(source, target)
    after = sum(processor(pid) for pid in pids) + os.times().children_user + os.times().children_system
    if found.counts() != planted:
        raise RuntimeError(f"{found.counts()} found, {planted} planted")
    return Point(pair, rows, differences, found.run.seconds, after - before, found.run.megabytes)


def _postmaster(folder: Path) -> int:
    return int((folder / "data" / "postmaster.pid").read_text().split()[0])


def _line(point: Point) -> Line:
    return Line(
        f"validate {point.pair}, {point.rows:,} rows, {point.differences:,} differences",
        f"{point.seconds:.1f} s, {point.processor:.1f} s of processor time, {point.megabytes:.0f} MB",
        "-",
        f"{point.rows / point.seconds / 1000:,.0f} krows/s",
        "1",
    )
