"""Rows that differ while somebody writes are read again until they are equal, or stably different."""

import sqlite3
from collections.abc import Callable
from contextlib import closing, nullcontext
from pathlib import Path

import pytest

from engines.errors import EngineError
from tests.transfer.compare.tables import KEYED, ROWS, UNKEYED, change, counted, write
from transfer.canonical.columns import ComparedTable
from transfer.compare import settle as settling
from transfer.compare.findings import Findings
from transfer.compare.model import Options, TableComparison
from transfer.compare.table import compare_table
from transfer.compare.unsettled import Unsettled
from transfer.sides.open import open_side


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """Two files with equal rows that can be written to while they are read."""
    source, target = write(tmp_path / "s.db", ROWS), write(tmp_path / "t.db", ROWS)
    for path in (source, target):
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
    return source, target


Compare = Callable[..., TableComparison]


@pytest.fixture
def compare(files: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> Compare:
    """Compare the files; `between` is called instead of every rest, with how often it was called before."""

    def compared(
        seconds: float,
        between: Callable[[int], None],
        table: ComparedTable = KEYED,
        findings: Findings | None = None,
    ) -> TableComparison:
        calls = iter(range(1_000_000))
        monkeypatch.setattr(settling, "_rest", lambda both, pause: between(next(calls)))
        monkeypatch.setattr(settling, "PAUSE_SECONDS", (0.01, 0.05))
        with (
            closing(open_side(f"sqlite:{files[0]}", "source")) as here,
            closing(open_side(f"sqlite:{files[1]}", "target")) as there,
            nullcontext(findings) if findings is not None else closing(Findings()) as kept,
        ):
            return compare_table(here, there, table, Options(settle_seconds=seconds), kept)

    return compared


def nothing(call: int) -> None:
    """Nobody writes."""


@pytest.mark.parametrize("compared", [KEYED, UNKEYED], ids=["key", "no key"])
def test_a_row_that_arrives_late_is_settled(
    files: tuple[Path, Path], compare: Compare, compared: ComparedTable
) -> None:
    change(files[0], "UPDATE t SET a = 'new' WHERE id IN (7, 8)", "DELETE FROM t WHERE id = 9")
    change(files[1], "UPDATE t SET a = 'old' WHERE id = 100")

    def late(call: int) -> None:
        if call == 0:
            change(files[1], "UPDATE t SET a = 'new' WHERE id IN (7, 8)", "DELETE FROM t WHERE id = 9")

    result = compare(5, late, compared)
    assert (result.different + result.missing, result.settled) == (1, 3 if compared is KEYED else 5)
    assert (result.unsettled, result.rows[0].key["id"]) == (0, "100")


def test_a_row_that_never_stands_still_is_not_equal(files: tuple[Path, Path], compare: Compare) -> None:
    change(files[1], "DELETE FROM t WHERE id = 500")

    def write_on(call: int) -> None:
        change(files[0], f"UPDATE t SET b = {call} WHERE id = 500")

    result = compare(0.3, write_on)
    assert (counted(result), result.unsettled, result.equal) == ((0, 1, 0), 1, False)


def test_a_stable_difference_ends_the_waiting(files: tuple[Path, Path], compare: Compare) -> None:
    change(files[1], "UPDATE t SET a = 'x' WHERE id = 1")
    result = compare(300, nothing)
    assert (counted(result), result.unsettled, result.settled) == ((1, 0, 0), 0, 0)


def test_a_killed_settling_goes_on_by_key(files: tuple[Path, Path], compare: Compare, tmp_path: Path) -> None:
    change(files[1], "UPDATE t SET a = 'x' WHERE id < 4")
    rounds = []

    def killed(call: int) -> None:
        change(files[0], f"UPDATE t SET b = {call} WHERE id < 4")
        rounds.append(call)
        if len(rounds) > 3:
            raise EngineError("CONNECTION_LOST", "The power went out.", "Run it again.")

    with closing(Findings(tmp_path / "findings.db")) as kept, pytest.raises(EngineError):
        compare(60, killed, findings=kept)
    change(files[1], "DELETE FROM t WHERE id = 400", f"UPDATE t SET a = 'name 1', b = {rounds[-1]} WHERE id = 1")
    with closing(Findings(tmp_path / "findings.db")) as kept:
        assert Unsettled(kept, "t").count() == 3
        result = compare(60, nothing, findings=kept)
        # only the three keys were read again: what was deleted meanwhile isn't looked for
        assert (counted(result), result.settled, result.rows_source) == ((2, 0, 0), 1, 500)
        assert Unsettled(kept, "t").count() == 0


def test_a_state_is_forgotten_by_a_new_comparison(files: tuple[Path, Path], compare: Compare, tmp_path: Path) -> None:
    change(files[1], "UPDATE t SET a = 'x' WHERE id = 4")

    def killed(call: int) -> None:
        raise EngineError("CONNECTION_LOST", "The power went out.", "Run it again.")

    with closing(Findings(tmp_path / "findings.db")) as kept:
        with pytest.raises(EngineError):
            compare(60, killed, findings=kept)
        assert Unsettled(kept, "t").count() == 1
        change(files[1], "DELETE FROM t WHERE id = 400")
        assert counted(compare(0, nothing, findings=kept)) == (1, 1, 0)
        assert counted(compare(60, nothing, findings=kept)) == (1, 1, 0)
