"""Lanes of other machines come when they come: those that are there work meanwhile."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from engines.errors import EngineError
from skills.context import SkillContext
from skills.etl_pipeline_builder import skill
from tests.faults.pairs import FIRST, Places, arrived
from transfer.lanes import Elsewhere, Lane, NoRoom, ProcessLane
from transfer.worker import Assignment


class Crowded(Elsewhere):
    """A cluster with room for so many lanes; the others come when somebody leaves it."""

    def __init__(self, room: int) -> None:
        self.room = threading.Semaphore(room)
        self.refuses = False
        self.late = threading.Event()

    def __call__(self, assignment: Assignment, name: str) -> Lane:
        if not self.room.acquire(blocking=False):
            if self.refuses:
                raise NoRoom("EXECUTOR_FULL", "There is no room.", "Make some.")
            self.room.acquire()
            self.late.set()
        return Leaving(ProcessLane(assignment, name), self.room)


class Leaving:
    """A lane that gives its place back when it is closed."""

    def __init__(self, lane: Lane, room: threading.Semaphore) -> None:
        self.lane, self.room = lane, room

    def __getattr__(self, name: str) -> Any:
        return getattr(self.lane, name)

    def close(self) -> None:
        self.lane.close()
        self.room.release()


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Crowded:
    made = Crowded(1)
    monkeypatch.setattr(skill, "lane_maker", lambda executor: made)
    return made


def test_a_lane_that_finds_no_room_holds_nobody_up(
    request: pytest.FixtureRequest, tmp_path: Path, cluster: Crowded
) -> None:
    move = Places(request, tmp_path).move("postgresql", "postgresql")
    move.run(context=SkillContext(executor="cluster"), connections=2)
    assert arrived(move) == FIRST
    assert cluster.late.wait(30)  # it comes when all is copied, and is closed at once
    assert cluster.room.acquire(timeout=30)


def test_where_there_is_no_room_at_all_the_copy_ends(
    request: pytest.FixtureRequest, tmp_path: Path, cluster: Crowded
) -> None:
    assert cluster.room.acquire(blocking=False)
    cluster.refuses = True
    move = Places(request, tmp_path).move("postgresql", "postgresql")
    with pytest.raises(EngineError, match="EXECUTOR_FULL"):
        move.run(context=SkillContext(executor="cluster"), connections=2)
