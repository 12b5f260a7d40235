"""Notes that somebody removed: rows that are there are not copied a second time, whatever the target's engine is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient

from engines.errors import DbmoError
from skills.context import Progress, SkillContext
from tests.faults.moves import Move
from tests.faults.pairs import Places, arrived, filled, held, moved, told
from tests.moving import change, fetch, sqlite_file
from transfer import unnoted

STATES = {"postgresql": "_dbmo.chunk", "mysql": "_dbmo_chunk", "sqlite": "_dbmo_chunk"}
ROWS = [(number, f"row {number}") for number in range(1, 501)]


@pytest.fixture
def places(request: pytest.FixtureRequest, tmp_path: Path) -> Places:
    return Places(request, tmp_path)


def begun(move: Move, commits: int = 2) -> None:
    """The move until so many ranges are committed."""
    done: list[str] = []
    context = SkillContext(
        progress=lambda told: done.append(told.item) if told.stage == "copy" else None,
        cancelled=lambda: len(done) >= commits,
    )
    with pytest.raises(DbmoError, match="INTERRUPTED"):
        move.run(context=context)


def forget(move: Move, where: str = "done") -> None:
    """Remove notes of chunks."""
    if move.target.startswith("mongodb"):
        with MongoClient[Any](move.target) as client:
            client.get_default_database()["_dbmo.chunk"].delete_many({"done": True} if where == "done" else {})
    else:
        told(move.target, f"DELETE FROM {STATES[move.plan.target_engine.replace('mariadb', 'mysql')]} WHERE {where}")


def empty(move: Move) -> None:
    if move.target.startswith("mongodb"):
        with MongoClient[Any](move.target) as client:
            client.get_default_database()["t"].delete_many({})
    else:
        told(move.target, "DELETE FROM t")


@contextmanager
def refused() -> Iterator[None]:
    with pytest.raises(DbmoError) as caught:
        yield
    assert (caught.value.code, caught.value.exit_status) == ("ROWS_NOT_NOTED", 3)


@pytest.mark.parametrize(
    ("engine", "notes"), [("postgresql", "1 = 1"), ("mysql", "done"), ("sqlite", "1 = 1"), ("mongodb", "done")]
)
def test_rows_without_notes_are_not_copied_again_until_they_are_gone(places: Places, engine: str, notes: str) -> None:
    move = moved(filled(places.empty("sqlite"), ROWS), places.empty(engine))
    begun(move)
    there = arrived(move)
    forget(move, notes)
    with refused():
        move.run()
    assert arrived(move) == there != []
    empty(move)
    forget(move, "1 = 1")
    move.run()
    assert arrived(move) == held(move.source)


@pytest.mark.parametrize("engine", ["sqlite", "mongodb"])
def test_a_table_that_was_emptied_is_copied_anew(places: Places, engine: str) -> None:
    move = moved(filled(places.empty("sqlite"), ROWS), places.empty(engine))
    begun(move)
    empty(move)
    resumed = move.run().resumed
    assert (resumed["again"], resumed["source_changed"]) == (["main.t"], False)
    assert arrived(move) == held(move.source)


def test_a_table_that_its_users_emptied_once_all_was_done_stays_empty(places: Places) -> None:
    move = moved(filled(places.empty("sqlite"), ROWS), places.empty("postgresql"))
    move.run()
    empty(move)
    assert move.run().resumed["again"] == [] == arrived(move)


@pytest.mark.parametrize("place", ["within a run", "between two"])
def test_rows_that_a_crash_takes_out_of_an_unlogged_table_are_copied_again(
    places: Places, empty_18: str, place: str
) -> None:
    source = places.filled("postgresql")
    change(source, "ALTER TABLE t SET UNLOGGED")
    move, seen = moved(source, empty_18), []
    if place == "between two":
        begun(move, 4)
        change(empty_18, "DELETE FROM t WHERE id < 150")

    def crash(progress: Progress) -> None:
        seen.append(progress.stage)
        if seen.count("copy") == 4 and place == "within a run":
            change(empty_18, "DELETE FROM t WHERE id < 150")

    output = move.run(context=SkillContext(progress=crash))
    assert arrived(move) == held(source)
    assert {row[0] for row in fetch(empty_18, "SELECT copies FROM _dbmo.chunk")} == {1}
    assert (output.resumed["again"] == ["public.t"]) == (place == "between two")


@pytest.mark.parametrize(
    ("key", "by_hand"),
    [
        ("PRIMARY KEY", "DELETE FROM _dbmo.chunk WHERE number = 0"),
        ("PRIMARY KEY", "DELETE FROM _dbmo.chunk WHERE number = 1"),
        ("", "DELETE FROM _dbmo.chunk WHERE number > 1"),
        ("", "UPDATE _dbmo.chunk SET done = false WHERE number = 1"),
    ],
    ids=["the first", "in the midst", "the last", "undone"],
)
def test_some_notes_that_are_gone_are_noticed_by_the_number_of_rows(
    tmp_path: Path, empty_18: str, key: str, by_hand: str
) -> None:
    made = f"CREATE TABLE t (id INTEGER NOT NULL {key}, v VARCHAR(100))"
    source = sqlite_file(tmp_path / "s.db", made, rows=[("INSERT INTO t VALUES (?, ?)", ROWS)])
    move = moved(f"sqlite:{source}", empty_18)
    begun(move, 4)
    change(empty_18, by_hand)
    with refused():
        move.run()
    assert len(fetch(empty_18, "SELECT FROM t")) == 400


@pytest.mark.parametrize("keyed", [True, False])
def test_rows_of_a_table_too_large_to_be_counted_come_twice_under_no_key(
    keyed: bool, tmp_path: Path, empty_18: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unnoted, "QUICK", 0)
    made = "CREATE TABLE t (id INTEGER PRIMARY KEY, v VARCHAR(100))"
    source = sqlite_file(tmp_path / "s.db", made, rows=[("INSERT INTO t VALUES (?, ?)", ROWS)])
    move = moved(f"sqlite:{source}", empty_18)
    if not keyed:
        move.plan.tables[0].key = []
        move.plan.statements = [one for one in move.plan.statements if one.stage == "pre_data"]
    begun(move, 4)
    change(empty_18, "DELETE FROM _dbmo.chunk WHERE number > 1")
    with pytest.raises(DbmoError, match="could not create unique index" if keyed else "ROWS_NOT_NOTED"):
        move.run()


def test_rows_of_a_table_that_inherits_are_not_those_of_the_other(places: Places) -> None:
    source = places.empty("postgresql")
    change(
        source,
        "CREATE TABLE parent (id int PRIMARY KEY, v text)",
        "CREATE TABLE t (PRIMARY KEY (id)) INHERITS (parent)",
        "INSERT INTO t SELECT n, 'row ' || n FROM generate_series(1, 500) AS n",
    )
    move = moved(source, places.empty("postgresql"))
    begun(move)
    move.run()
    assert arrived(move) == ROWS


def test_rows_of_a_partitioned_table_are_those_of_its_parts(places: Places) -> None:
    source = places.empty("mysql")
    made = "CREATE TABLE t (id int PRIMARY KEY, v text) PARTITION BY RANGE (id) (PARTITION a VALUES LESS THAN (900))"
    told(source, made, "INSERT INTO t VALUES (1, 'a')")
    move = moved(source, places.empty("postgresql"))
    begun(move, 1)
    forget(move)
    with refused():
        move.run()
