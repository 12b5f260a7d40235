"""kill -9 at every named place of the code, of the program and of its lanes, on every route."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from engines.errors import DbmoError
from engines.registry import open_database
from tests.faults.moves import CHUNK, ROWS, from_sqlite, rows
from tests.faults.pairs import FIRST, Places, arrived, changed, held, moved, told
from tests.moving import sqlite_file
from tests.servers import CHECKOUT
from tests.transfer.repair.test_killed import FAILPOINTS
from tests.transfer.routes.test_mongodb_killed import WRITING, killed
from transfer.routes.route import ROUTES

STEPS = ["step.before", "step.after"]
CHUNKS = ["chunk.before_rows", "chunk.after_rows", "chunk.before_commit", "chunk.after_commit"]
# how often each is passed before it kills; steps again, because those behind the rows are others than those before them
IN_ORDER = [
    "step.before:1", "step.unnoted:1", "step.after:1", "copy.settled:1", "copy.planned:1", "agenda.stored:1",
    "chunk.before_rows:1", "chunk.after_rows:2", "chunk.before_commit:2", "chunk.after_commit:1",
    "step.before:1", "step.unnoted:1", "step.after:1",
]  # fmt: skip
# of a source that changed meanwhile
SETTLING = ["undo.begun:1", "undo.unnoted:1", "settle.undone:1", "settle.before_commit:1"]
# place -> the only targets that pass it; the others every move does
ONLY = {"step.unnoted:1": ("mysql",), "undo.begun:1": ("mysql", "mongodb"), "undo.unnoted:1": ("mysql", "mongodb")}
WIDE = 40_000  # bytes of a row: 24 MB in one transaction
BESIDE = 120_000  # bytes of a row: 12 MB in a range, more than one transaction of MongoDB takes
IN_SUITE = ("postgresql", "mysql")
PAIRS = [pytest.param(pair, marks=() if pair == IN_SUITE else pytest.mark.soak, id="-".join(pair)) for pair in ROUTES]


def test_every_named_place_of_the_code_is_one_that_tests_kill_at() -> None:
    text = "\n".join(path.read_text() for path in (CHECKOUT / "transfer").rglob("*.py"))
    named = set(re.findall(r"""\bfailpoint\(["']([^"']+)["']\)""", text))
    moving = {place.partition(":")[0] for place in [*IN_ORDER, *SETTLING, *WRITING]}
    assert named == moving | {place for place, _ in FAILPOINTS}


@pytest.mark.parametrize("pair", PAIRS)
def test_a_move_that_is_killed_everywhere_ends_as_an_unbroken_one(
    request: pytest.FixtureRequest, tmp_path: Path, pair: tuple[str, str]
) -> None:
    """One run after the other; then the source changes, and the run that settles it is killed as well."""
    move = Places(request, tmp_path).move(*pair)

    def killed_at(places: Sequence[str]) -> None:
        for place in places:
            if pair[1] in ONLY.get(place, (pair[1],)):
                assert killed(move.source, move.target, move.plan, place), place

    killed_at(IN_ORDER)
    output = move.run()
    assert arrived(move) == FIRST
    assert set(move.copies()) == {1}
    assert not output.resumed["source_changed"]
    changed(move.source)
    killed_at(SETTLING)
    move.run()
    assert arrived(move) == held(move.source)


def test_a_sqlite_target_that_is_left_in_the_midst_of_a_write_is_gone_on_with(tmp_path: Path) -> None:
    """More was written than SQLite keeps in memory: the file itself is half written, its journal undoes it."""
    target = f"sqlite:{sqlite_file(tmp_path / 't.db')}"
    move = from_sqlite(tmp_path, target, wide=WIDE, chunk_rows=ROWS)
    move.killed("chunk.after_rows:1:kill")
    with pytest.raises(DbmoError, match="HOT_JOURNAL"):
        open_database(target)
    move.run()
    assert move.arrived() == rows(WIDE)


@pytest.mark.soak
@pytest.mark.parametrize("place", CHUNKS)
@pytest.mark.parametrize("pair", [pair for pair in ROUTES if pair[1] != "sqlite"], ids="-".join)
def test_lanes_that_are_killed_there_are_replaced(
    request: pytest.FixtureRequest, tmp_path: Path, pair: tuple[str, str], place: str
) -> None:
    """Each process of a lane ends at its second range.

    Where the source's moment can't be joined again, the program copies by itself when all of them are gone: then it is
    killed, too, and started again.
    """
    move = Places(request, tmp_path).move(*pair)
    for _ in range(ROWS // CHUNK + 1):
        process = move.start(f"{place}:2:kill", connections=2)
        _, errors = process.communicate(timeout=100)
        if process.returncode == 0:
            break
        assert process.returncode == -9, errors
        assert pair[0] in ("mysql", "sqlite")
    assert arrived(move) == FIRST
    assert set(move.copies()) == {1}


@pytest.mark.soak
def test_lanes_that_are_killed_beside_a_transaction_are_replaced(
    request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """Each process of a lane ends with its second range written in part: PostgreSQL tells compressed sizes."""
    places = Places(request, tmp_path)
    source, count = places.empty("postgresql"), 3 * CHUNK
    told(
        source,
        "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)",
        f"INSERT INTO t SELECT n, repeat('x', {BESIDE}) FROM generate_series(1, {count}) AS n",
    )
    move = moved(source, places.empty("mongodb"))
    process = move.start("documents.beside:8:kill", connections=2)
    _, errors = process.communicate(timeout=100)
    assert (process.returncode, "WORKER_LOST" in errors) == (0, False), errors
    assert arrived(move) == [(number, "x" * BESIDE) for number in range(1, count + 1)]
    assert set(move.copies()) == {1}
