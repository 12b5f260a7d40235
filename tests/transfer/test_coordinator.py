"""What the coordinator makes of errors: who is told to give up, and what ends the moment."""

from __future__ import annotations

from concurrent.futures import Future
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

import pytest

from engines.errors import Aborted, EngineError
from engines.grant import Grant
from tests.moving import plan_of
from transfer.chunks import Chunk, ChunkResult, Range, joined
from transfer.coordinator import Coordinator
from transfer.crew import Crew
from transfer.desks import MomentLost
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

    def quarantined_count(self) -> int:
        return 2


def _coordinator(lanes: list[Recorded], chunks: Any, agenda: Any = None) -> Coordinator:
    assignment = Assignment(plan_of(quarantine_limit=1), Endpoints("", "", Grant("", "", "", scratch=True)), "", "", 1)
    crew = Crew(assignment, [Recorded(f"lane {n}", lanes) for n in range(3)])
    limits = Limits(LoadLimits(bytes_per_second=10_000), 3)
    make: Any = None
    return Coordinator(crew, None, agenda, chunks, limits, make, Patience(), lambda kind, body: None)


@pytest.mark.parametrize(("done", "lost"), [((0,), False), ((), True), ((1,), True)])
def test_only_the_range_that_somebody_was_to_have_done_tells_of_a_crash(done: tuple[int, ...], lost: bool) -> None:
    """Ranges behind it were not tried."""
    work = [joined([Chunk(f"t{number}", 0, None, None)]) for number in range(2)]
    said = {part: ChunkResult(part.chunk, 1, 1, 0, 0.1) for number, part in enumerate(work) if number in done}
    again: list[Range] = []
    chunks = SimpleNamespace(quarantined_count=lambda: 0, done=said.get)
    coordinator = _coordinator([], chunks, SimpleNamespace(finished=lambda result: None, again=again.append))
    answer = Future[Outcome]()
    answer.set_result(Outcome([], EngineError("RANGE_DONE", "Another did it.", "")))
    desk = coordinator.desks[0]
    desk.work = list(work)
    with pytest.raises(MomentLost) if lost else nullcontext():
        coordinator._took(desk, answer, lambda result: None)
    assert {part.chunk.table for part in again} == {f"t{number}" for number in range(2) if number not in done}


def test_an_error_stops_every_lane_at_once() -> None:
    lanes: list[Recorded] = []
    coordinator = _coordinator(lanes, TooMany())
    with pytest.raises(Aborted, match="QUARANTINE_LIMIT"):
        coordinator.run(lambda result: None, lambda: False)
    assert [lane.flows for lane in lanes] == [[Flow.STOP] * 3] * 3
