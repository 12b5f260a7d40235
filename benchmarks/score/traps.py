"""The trap table: on every pair of engines, planted differences found and equal rows without an alarm."""

from __future__ import annotations

import itertools
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from engines.errors import DbmoError
from tests.mysql_servers import MysqlServer
from tests.servers_mongodb import secantus
from tests.traps.cases import CASES
from tests.traps.cases.schemas import SchemaCase
from tests.traps.loading import Servers, hostile_settings, load, load_schemas
from tests.traps.model import PAIRS, TITLES
from tests.traps.page import HEAD, Part, parts_of, title
from tests.traps.running import Bench, Half, wrong

LEGEND = (
    "Differences found and equals without an alarm, of those planted; P PostgreSQL, M MariaDB, S SQLite, D MongoDB; "
    "- can't occur (docs/validation-traps.md)."
)
HALVES: tuple[Half, ...] = ("differ", "same")


@contextmanager
def open_bench(postgresql: Callable[[], str], mariadb: MysqlServer) -> Iterator[Bench]:
    """All traps loaded on servers that are there, and on a MongoDB of their own."""
    with tempfile.TemporaryDirectory() as folder, secantus(Path(folder) / "mongodb") as uri:
        numbers = itertools.count(1)
        servers = Servers(
            postgresql, mariadb.create_database, lambda: f"{uri.rstrip('/')}/traps_{next(numbers)}", Path(folder)
        )
        loaded, schemas = load(CASES, servers), load_schemas(servers)
        with hostile_settings(mariadb.admin):
            bench = Bench(loaded, schemas)
            try:
                yield bench
            finally:
                bench.close()


def print_traps(bench: Bench) -> None:
    """Print the table; what is wrong in a cell goes to stderr."""
    sys.stdout.write(f"\n### Traps\n\n{LEGEND}\n\n{HEAD}\n")
    total: Counter[str] = Counter()
    for number in TITLES:
        cells = []
        for source, target in PAIRS:
            counts = _cell(bench, parts_of(number), source, target)
            total += counts
            cells.append(_text(counts) if counts else "-")
        sys.stdout.write(f"| {title(number)} | {' | '.join(cells)} |\n")
        sys.stdout.flush()
    sys.stdout.write(
        f"\n{total['differ']} of {total['all differ']} differences found, "
        f"{total['same']} of {total['all same']} equals without an alarm\n"
    )


def _cell(bench: Bench, parts: list[Part], source: str, target: str) -> Counter[str]:
    counts: Counter[str] = Counter()
    for part in parts:
        if part.reason(source, target) is not None:
            continue
        for half in HALVES if part.same else HALVES[:1]:
            counts[f"all {half}"] += 1
            words = _wrong(bench, part, source, target, half)
            if words is None:
                counts[half] += 1
            else:
                sys.stderr.write(f"{part.table} {source} to {target}, {half}: {words}\n")
    return counts


def _wrong(bench: Bench, part: Part, source: str, target: str, half: Half) -> str | None:
    try:
        if isinstance(part, SchemaCase):
            shown = bench.shows(part, source, target, "lossy" if half == "differ" else "whole")
            return None if shown == (half == "differ") else f"{part.kind} {part.object} {'not ' * (not shown)}named"
        return wrong(part, half, bench.compare(part, source, target, half))
    except (DbmoError, LookupError) as error:
        return str(error)


def _text(counts: Counter[str]) -> str:
    """`3 + 3` where all is well, else how many of how many."""
    halves = []
    for half in HALVES:
        good, planted = counts[half], counts[f"all {half}"]
        halves.append(str(good) if good == planted else f"**{good}/{planted}**")
    return " + ".join(halves)
