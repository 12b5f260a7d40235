"""Lanes that join a moment while the source is locked for it: nothing else is waited for then."""

from __future__ import annotations

from concurrent.futures import Future
from contextlib import nullcontext
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

    monkeypatch.setattr(worker, "open_state", lambda *given: SimpleNamespace(join=lambda epoch: None))
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


def test_who_does_not_answer_under_the_lock_is_not_waited_for() -> None:
    silent, there = Future[Outcome](), Future[Outcome]()
    there.set_result(Outcome())
    lanes: Any = [SimpleNamespace(open=lambda given, future=future: future) for future in (silent, there)]
    assert crew._refused(lanes, assignment("held"), 0.01) == [(lanes[0], crew.TOO_LATE)]
