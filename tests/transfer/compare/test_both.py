"""Both sides work at once; a cancellation ends them, an error of one is raised, a ceiling is told what was spent."""

import time
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from engines.errors import EngineError
from tests.transfer.compare.tables import BUCKETED, KEYED, ROWS, table, write
from transfer.compare.both import Both
from transfer.compare.findings import Findings
from transfer.compare.model import Level, Options
from transfer.compare.table import compare_table
from transfer.sides.open import open_side
from transfer.sides.side import Side


class Ledger:
    """Adds up what the source worked."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    def spent(self, seconds: float) -> None:
        """Note it."""
        self.seconds.append(seconds)


def test_an_error_of_one_side_waits_for_the_other(tmp_path: Path) -> None:
    path = write(tmp_path / "s.db", ROWS)
    ended = []

    def work(side: Side) -> None:
        if side.role == "source":
            raise EngineError("TABLE_MISSING", "It is gone.", "Look.")
        time.sleep(0.05)
        ended.append(side.role)

    with (
        closing(open_side(f"sqlite:{path}", "source")) as here,
        closing(open_side(f"sqlite:{path}", "target")) as there,
        Both(here, there) as both,
    ):
        with pytest.raises(EngineError, match="TABLE_MISSING"):
            both.both(work)
        assert ended == ["target"]
        assert both.both(lambda side: side.count(KEYED)) == (500, 500)


def test_only_the_source_has_a_ceiling(tmp_path: Path) -> None:
    path = write(tmp_path / "s.db", ROWS)
    ledger = Ledger()
    with (
        closing(open_side(f"sqlite:{path}", "source")) as here,
        closing(open_side(f"sqlite:{path}", "target")) as there,
        Both(here, there, ledger) as both,
    ):
        both.one("target", lambda side: side.count(KEYED))
        assert ledger.seconds == []
        both.both(lambda side: side.count(KEYED))
        assert len(ledger.seconds) == 1
        both.both(lambda side: list(both.paced(side, iter([1, 2]))), paced=True)
        assert len(ledger.seconds) == 4  # two batches, and the end


@pytest.mark.parametrize("level", ["checksums", "stream", "sample", "counts"])
def test_cancelled_between_parts(tmp_path: Path, level: Level) -> None:
    path = write(tmp_path / "s.db", ROWS)
    with (
        closing(open_side(f"sqlite:{path}", "source")) as here,
        closing(open_side(f"sqlite:{path}", "target")) as there,
        closing(Findings()) as findings,
        pytest.raises(EngineError, match="CANCELLED"),
    ):
        compare_table(here, there, KEYED, Options(level=level), findings, cancelled=lambda: True)


def test_a_query_that_runs_is_cancelled(tmp_path: Path, empty_18: str) -> None:
    one = "AS SELECT 1 AS id, 'x' AS a, (SELECT 1 FROM pg_sleep({})) AS b FROM generate_series(1, 9)"
    with psycopg.connect(empty_18, autocommit=True) as connection:
        connection.execute(f"CREATE VIEW slow {one.format(200)}")
        connection.execute(f"CREATE VIEW fast {one.format(0)}")
    slow = BUCKETED.model_copy(update={"target": "public.slow", "view": True})
    calls = iter(range(100_000))
    with (
        closing(open_side(f"sqlite:{write(tmp_path / 's.db', ROWS)}", "source")) as here,
        closing(open_side(empty_18, "target")) as there,
        closing(Findings()) as findings,
    ):
        with pytest.raises(EngineError, match="CANCELLED"):
            compare_table(here, there, slow, Options(), findings, cancelled=lambda: next(calls) > 3)
        assert there.count(slow.model_copy(update={"target": "public.fast"})) == 9


def test_a_lost_connection_is_raised_and_no_result(tmp_path: Path, empty_18: str) -> None:
    with psycopg.connect(empty_18, autocommit=True) as connection:
        connection.execute("CREATE TABLE t (id int PRIMARY KEY, a text, b int)")
        with (
            closing(open_side(f"sqlite:{write(tmp_path / 's.db', ROWS)}", "source")) as here,
            closing(open_side(empty_18, "target")) as there,
            closing(Findings()) as findings,
        ):
            connection.execute(
                "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            compared = table(range_column=None).model_copy(update={"target": "public.t"})
            with pytest.raises(EngineError, match="CONNECTION_LOST"):
                compare_table(here, there, compared, Options(), findings)
