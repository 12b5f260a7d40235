"""Rows of a chunk are changed, deleted, inserted and get other keys while it is copied: one moment arrives."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.moves import reached
from tests.faults.pairs import ENGINES, FIRST, Places, arrived, changed, held


def at(place: str, count: int, act: Callable[[], None]) -> Callable[[str], None]:
    """What stands for the named places of a lane in this process: act is called at the count-th time of one."""
    passed = 0

    def failpoint(name: str) -> None:
        nonlocal passed
        passed += name == place
        if name == place and passed == count:
            act()

    return failpoint


def not_of_one_moment(request: pytest.FixtureRequest, source: str) -> bool:
    """SecantusDB gives snapshots their names, but reads what there is now; only a mongod has moments to read at."""
    return source == "mongodb" and not request.getfixturevalue("mongodb").real


@pytest.mark.parametrize("source", ENGINES)
def test_a_chunk_holds_what_it_held_at_the_moment(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str
) -> None:
    """Between the begin of its transaction and its first row; a second run then brings what it holds now."""
    move = Places(request, tmp_path).move(source, "postgresql")
    monkeypatch.setattr("transfer.worker.failpoint", at("chunk.before_rows", 2, lambda: changed(move.source)))
    move.run()
    assert not_of_one_moment(request, source) or arrived(move) == FIRST != held(move.source)
    move.run()
    assert arrived(move) == held(move.source)


@pytest.mark.soak
@pytest.mark.parametrize("target", ["mysql", "sqlite", "mongodb"])
@pytest.mark.parametrize("source", ENGINES)
def test_lanes_of_their_own_hold_the_same_moment(
    request: pytest.FixtureRequest, tmp_path: Path, source: str, target: str
) -> None:
    """Each lane is a process that stands in its first chunk while the source changes."""
    move, file = Places(request, tmp_path).move(source, target), tmp_path / "go"
    process = move.start(f"chunk.before_rows:1:wait={file}", connections=2)
    reached(file)
    changed(move.source)
    file.touch()
    _, errors = process.communicate(timeout=100)
    assert process.returncode == 0, errors
    assert not_of_one_moment(request, source) or arrived(move) == FIRST
    move.run()
    assert arrived(move) == held(move.source)
