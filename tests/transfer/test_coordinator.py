"""A copy that ends by an error tells every lane to give up, before it waits for any of them."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any

import pytest

from engines.errors import Aborted
from engines.grant import Grant
from tests.moving import plan_of
from transfer.chunks import Range
from transfer.coordinator import Coordinator
from transfer.crew import Crew
from transfer.endpoints import Endpoints
from transfer.limits import Limits
from transfer.load import LoadLimits
from transfer.pace import Flow, Valve
from transfer.retry import Patience
from transfer.worker import Assignment, Outcome


class Recorded:
    """A lane that does nothing, and tells how all valves stood when it was closed."""

    shared = False

    def __init__(self, name: str, lanes: list[Recorded]) -> None:
        self.name, self.valve, self.lanes = name, Valve(), lanes
        self.flows: list[Flow] = []
        lanes.append(self)

    def open(self, assignment: Assignment) -> Future[Outcome]:
        raise AssertionError

    def submit(self, work: Any) -> Future[Outcome]:
        raise AssertionError

    def close(self) -> None:
        self.flows = [lane.valve.flow for lane in self.lanes]


class TooMany:
    """Chunks of which too much was set aside already."""

    state: Any = None

    def quarantined_count(self) -> int:
        return 2

    def done(self, part: Range) -> None:
        raise AssertionError


def test_an_error_stops_every_lane_at_once() -> None:
    assignment = Assignment(plan_of(quarantine_limit=1), Endpoints("", "", Grant("", "", "", scratch=True)), "", "", 1)
    lanes: list[Recorded] = []
    crew = Crew(assignment, [Recorded(f"lane {n}", lanes) for n in range(3)])
    limits, chunks = Limits(LoadLimits(bytes_per_second=10_000), 3), TooMany()
    made: Any = Recorded
    given: Any = chunks
    agenda: Any = None
    coordinator = Coordinator(crew, None, agenda, given, limits, made, Patience(), lambda kind, body: None)
    with pytest.raises(Aborted, match="QUARANTINE_LIMIT"):
        coordinator.run(lambda result: None, lambda: False)
    assert [lane.flows for lane in lanes] == [[Flow.STOP] * 3] * 3
