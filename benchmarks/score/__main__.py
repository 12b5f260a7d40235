"""`python -m benchmarks.score [mysql-postgresql ... round-trip traps]`: the score of each part, or of those named."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from benchmarks.score.corpus import Corpus
from benchmarks.score.round_trip import HEAD as ROUND_TRIP_HEAD
from benchmarks.score.round_trip import journeys
from benchmarks.score.table import DIRECTIONS, HEAD, scores
from benchmarks.score.traps import open_bench, print_traps
from tests.mysql_servers import private_mariadb
from tests.servers import CHECKOUT, DEBIAN_15, private_server

ROUND_TRIP = "round-trip"
TRAPS = "traps"


@contextmanager
def open_corpus() -> Iterator[Corpus]:
    """The corpora with a private PostgreSQL 15 and MariaDB; both are gone afterwards."""
    folder = Path(os.environ.get("DBMO_CORPORA", CHECKOUT.parent / "shared" / "corpora"))
    with private_server(DEBIAN_15) as postgresql, private_mariadb() as mariadb, tempfile.TemporaryDirectory() as work:
        yield Corpus(folder, Path(work), postgresql.create_database, mariadb.create_database)


def main(names: list[str]) -> None:
    """Print a table per direction; what is lost or refused goes to stderr."""
    sys.stdout.write(f"{date.today().isoformat()}\n")
    if not names or set(names) != {TRAPS}:
        _conversions(names)
    if not names or TRAPS in names:
        with (
            private_server(DEBIAN_15) as postgresql,
            private_mariadb() as mariadb,
            open_bench(postgresql.create_database, mariadb) as bench,
        ):
            print_traps(bench)


def _conversions(names: list[str]) -> None:
    with open_corpus() as corpus:
        for source, target in DIRECTIONS:
            if names and f"{source}-{target}" not in names:
                continue
            sys.stdout.write(f"\n### {source} to {target}\n\n{HEAD}\n{'|-' * HEAD.count(' | ')}|-|\n")
            for score in scores(corpus, source, target):
                sys.stdout.write(score.line() + "\n")
                sys.stdout.flush()
            lost = [f"lost {kind} {name}" for kind, name in score.coverage.lost]
            differs = [f"differs {text}" for text in score.agreement.different]
            sys.stderr.write("\n".join([*lost, *score.refused, *score.unaccounted, *differs]) + "\n")
        if not names or ROUND_TRIP in names:
            _round_trips(corpus)


def _round_trips(corpus: Corpus) -> None:
    """A table of ways there and back; what isn't listed, and what a server refused, goes to stderr."""
    sys.stdout.write(f"\n### There and back\n\n{ROUND_TRIP_HEAD}\n{'|-' * ROUND_TRIP_HEAD.count(' | ')}|-|\n")
    for trip in journeys(corpus):
        sys.stdout.write(trip.line() + "\n")
        sys.stdout.flush()
        unlisted = [f"unlisted {item.kind} {item.object}: {item.detail}" for item in trip.unlisted]
        sys.stderr.write("".join(f"{trip.there.name}: {text}\n" for text in [*unlisted, *trip.refused]))


if __name__ == "__main__":
    main(sys.argv[1:])
