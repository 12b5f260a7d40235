"""Lanes that join a moment while the source is locked for it: nothing else is waited for then."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from engines.errors import EngineError
from engines.grant import Grant
from tests.moving import plan_of
from transfer import crew, worker
from transfer.endpoints import Endpoints
from transfer.pace import Valve
from transfer.worker import Assignment, LaneBody, Outcome


def assignment(token: str, ends: Any = None) -> Assignment:
    return Assignment(plan_of(), ends or Endpoints("", "", Grant("", "", "", scratch=True)), token, token, 1)


def test_the_target_is_open_before_a_moment_is_joined_under_a_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []

    def snapshot(token: str) -> Any:
        opened.append(token)
        if token == "passed":
            raise EngineError("SOURCE_CHANGED", "Somebody wrote.", "")
        return SimpleNamespace(close=lambda: None)

    def writer() -> Any:
        opened.append("target")
        return SimpleNamespace(close=lambda: None)

    monkeypatch.setattr(worker, "open_state", lambda *given: SimpleNamespace(join=lambda *given: None))
    monkeypatch.setattr(worker, "open_chunks", lambda state: None)
    ends = SimpleNamespace(snapshot=snapshot, writer=writer)
    body = LaneBody(assignment("passed", ends), Valve())
    first = body.open(assignment("passed", ends))
    assert first.error is not None and first.error.code == "SOURCE_CHANGED"
    assert body.open(assignment("held", ends)).error is None
    assert opened == ["passed", "target", "held"]


@pytest.mark.parametrize(
    ("to_be_held", "held", "position", "told"),
    [
        (False, True, "unknown", []),
        (True, True, "place, under a lock", [{"held": True, "lanes": 0, "asked": 0, "seconds": 0.5}]),
        (True, False, "unknown", [{"held": False, "lanes": 0, "asked": 0, "seconds": 0.5, "why": "no right"}]),
    ],
)
def test_who_reads_alone_takes_a_lock_only_where_its_moment_has_no_name_without(
    to_be_held: bool, held: bool, position: str, told: list[dict[str, Any]]
) -> None:
    source = SimpleNamespace(position="unknown", token="unknown", to_be_held=to_be_held)
    source.locked = SimpleNamespace(seconds=0.5, refused="" if held else "no right")
    source.hold = lambda: nullcontext(held)
    source.refresh = lambda: source.__dict__.update(position="place, under a lock", token="place, under a lock")
    notes: list[dict[str, Any]] = []
    found = crew.alone(assignment("unknown"), source, lambda kind, body: notes.append(body))
    assert (found.assignment.position, found.lanes, notes) == (position, [], told)


class Joining:
    """A lane that is refused at any moment but one that is held, and keeps what it was opened with."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.tokens: list[str] = []
        self.closed = False

    def open(self, given: Assignment) -> Future[Outcome]:
        self.tokens.append(given.token)
        answer = Future[Outcome]()
        refused = EngineError("SOURCE_CHANGED", "Somebody wrote.", "") if len(self.tokens) == 1 else None
        answer.set_result(Outcome([], refused))
        return answer

    def close(self) -> None:
        self.closed = True


class Held:
    """A source whose token names its lock while that is held; refused: what refresh() raises."""

    def __init__(self, refused: Exception | None = None) -> None:
        self.position = "unknown"
        self.token, self.refused = "unknown", refused

    @contextmanager
    def hold(self) -> Iterator[bool]:
        self.token = "unknown; held by connection 7"
        yield True
        self.token = "unknown"

    def refresh(self) -> None:
        if self.refused is not None:
            raise self.refused


def _gathered(source: Held, make: Callable[[str], Any]) -> crew.Crew:
    return crew.gather(lambda given, name: make(name), assignment("unknown"), source, 2, lambda kind, body: None)


def test_lanes_that_joined_under_a_lock_name_it_no_longer_when_it_is_released() -> None:
    found = _gathered(Held(), Joining)
    assert found.assignment.token == "unknown"
    lanes: list[Any] = list(found.lanes)
    assert [lane.tokens for lane in lanes] == [["unknown", "unknown; held by connection 7", "unknown"]] * 2


def test_a_lane_keeps_its_moment_when_it_is_told_another_token_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []

    def snapshot(token: str) -> Any:
        opened.append(token)
        return SimpleNamespace(close=lambda: None)

    ends = SimpleNamespace(snapshot=snapshot, writer=lambda: SimpleNamespace(close=lambda: None))
    monkeypatch.setattr(worker, "open_state", lambda *given: SimpleNamespace(join=lambda *given: None))
    monkeypatch.setattr(worker, "open_chunks", lambda state: None)
    held = replace(assignment("unknown", ends), token="unknown; held by connection 7")
    body = LaneBody(assignment("unknown", ends), Valve())
    assert body.open(held).error is None
    assert body.open(assignment("unknown", ends)).error is None
    assert (opened, body.assignment.token) == ([held.token], "unknown")


@pytest.mark.parametrize("where", ["the source", "a lane"])
def test_no_lane_is_left_open_after_an_error(where: str) -> None:
    made: list[Joining] = []

    def make(name: str) -> Joining:
        if made and where == "a lane":
            raise EngineError("CONNECTION_LOST", "Gone.", "")
        made.append(Joining(name))
        return made[-1]

    with pytest.raises(EngineError, match="CONNECTION_LOST"):
        _gathered(Held(EngineError("CONNECTION_LOST", "Gone.", "")), make)
    assert made and all(lane.closed for lane in made)


def test_who_does_not_answer_under_the_lock_is_not_waited_for() -> None:
    silent, there = Future[Outcome](), Future[Outcome]()
    there.set_result(Outcome())
    lanes: Any = [SimpleNamespace(open=lambda given, future=future: future) for future in (silent, there)]
    assert crew._refused(lanes, assignment("held"), 0.01) == [(lanes[0], crew.TOO_LATE)]
