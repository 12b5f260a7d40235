"""What a copy may do to both ends: limits that hold, pauses with their reasons, the bound of a snapshot's age."""

import json
import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engines.errors import Aborted, EngineError, UsageError
from engines.pressure import Unseen
from transfer.limits import Limits
from transfer.load import LoadLimits, Tuning
from transfer.pace import Flow, Valve
from transfer.watch import Watch

Answers = dict[str, Any]


class Scripted:
    """A gauge whose answers stand in a dictionary; an exception is raised."""

    def __init__(self, answers: Answers) -> None:
        self.answers = answers

    def _say(self, name: str) -> Any:
        found = self.answers[name]
        if isinstance(found, Exception):
            raise found
        return found

    def running_threads(self) -> int:
        return int(self._say("running"))

    def replicas_lag(self) -> float | None:
        found: float | None = self._say("replicas")
        return found

    def own_lag(self) -> float:
        return float(self._say("own"))

    def held_transactions(self) -> int:
        return int(self._say("held"))

    def latency_ms(self) -> float:
        return float(self._say("latency"))

    def close(self) -> None:
        self.answers["closed"] = True


def watched(answers: Answers) -> Callable[[Callable[[], LoadLimits]], Watch]:
    return lambda limits: Watch("s", "t", limits, lambda reference: Scripted(answers))


def limits_with(load: dict[str, Any], answers: Answers, **more: Any) -> Limits:
    return Limits(LoadLimits(**load), 2, watch=watched(answers), **more)


@pytest.mark.parametrize(
    ("load", "answers", "reason"),
    [
        ({"max_running_threads": 10}, {"running": 11}, "the source runs 11 statements, limit 10"),
        ({"max_running_threads": 10}, {"running": 10}, None),
        ({"max_replica_lag_seconds": 5}, {"replicas": 7.5}, "a replica of the source is 7.5 s behind, limit 5 s"),
        ({"max_replica_lag_seconds": 5}, {"replicas": None}, None),
        ({"max_target_latency_ms": 20}, {"latency": 250}, "the target takes 250 ms for a commit, limit 20 ms"),
        ({"max_target_latency_ms": 0.05}, {"latency": 0.12}, "the target takes 0.12 ms for a commit, limit 0.05 ms"),
        (
            {"max_replica_lag_seconds": 5, "replicas": ["mysql://u@h/d"]},
            {"own": math.inf},
            "a replica of the source does not replicate",
        ),
        (
            {"max_running_threads": 10},
            {"running": EngineError("CONNECTION_LOST", "It is gone.", "")},
            "max_running_threads can't be watched now: It is gone.",
        ),
        ({}, {"running": 1000, "replicas": 1000.0, "latency": 1000}, None),
    ],
)
def test_a_passed_limit_pauses_and_says_why(load: dict[str, Any], answers: Answers, reason: str | None) -> None:
    limits = limits_with(load, answers)
    lane = Valve()
    limits.admit(lane)
    assert limits._watch is not None
    limits._watch.look()
    limits.turn()
    assert limits.reasons == ([reason] if reason else [])
    assert lane.flow is (Flow.PAUSE if reason else Flow.RUN)
    assert limits.paused() is bool(reason)


def test_a_pause_ends_clearly_below_its_limit_and_is_told() -> None:
    answers: Answers = {"running": 11}
    notes: list[tuple[str, dict[str, Any]]] = []
    clock = [0.0]
    limits = limits_with(
        {"max_running_threads": 10}, answers, note=lambda kind, body: notes.append((kind, body)), clock=lambda: clock[0]
    )
    assert limits._watch is not None
    for running, paused in ((11, True), (9, True), (8, False), (9, False), (11, True), (2, False)):
        answers["running"] = running
        limits._watch.look()
        limits.turn()
        clock[0] += 2
        assert limits.paused() is paused, running
    told = [(kind, body.get("seconds")) for kind, body in notes if kind != "limits"]
    assert told == [("paused", None), ("resumed", 4.0), ("paused", None), ("resumed", 2.0)]
    assert limits.paused_seconds == 6.0 and limits.standing()["paused"] == []


def test_one_slow_answer_of_the_target_is_no_pause() -> None:
    answers: Answers = {"latency": 5}
    limits = limits_with({"max_target_latency_ms": 20}, answers)
    assert limits._watch is not None
    for latency, paused in ((5, False), (5, False), (400, False), (5, False), (400, True)):
        answers["latency"] = latency
        limits._watch.look()
        limits.turn()
        assert limits.paused() is paused


@pytest.mark.parametrize(
    ("limit", "answer"), [("max_running_threads", "running"), ("max_snapshot_transactions", "held")]
)
def test_a_limit_that_nobody_can_watch_is_refused(limit: str, answer: str) -> None:
    with (
        pytest.raises(UsageError, match=rf"LIMIT_NOT_WATCHED.*{limit}.*no member"),
        limits_with({limit: 10}, {answer: Unseen("the user is no member")}),
    ):
        pass


def test_the_rate_is_shared_by_the_lanes_that_are_open() -> None:
    limits = Limits(LoadLimits(bytes_per_second=90_000), 3)
    lanes = [Valve() for _ in range(3)]
    for lane in lanes:
        limits.admit(lane)
    assert [lane.rate for lane in lanes] == [30_000] * 3
    limits.release(lanes[0])
    assert [lane.rate for lane in lanes[1:]] == [45_000] * 2
    limits.stop()
    assert {lane.flow for lane in lanes[1:]} == {Flow.STOP}


@pytest.mark.parametrize(
    ("load", "minutes", "held", "what"),
    [
        ({"max_snapshot_minutes": 30}, 31, None, "the snapshot is 31 minutes old, and .*max_snapshot_minutes is 30"),
        ({"max_snapshot_transactions": 1000}, 1, 5000, "5,000 transactions .*max_snapshot_transactions is 1,000"),
    ],
)
def test_a_snapshot_above_its_bound_ends_the_copy(
    load: dict[str, Any], minutes: float, held: int | None, what: str
) -> None:
    clock = [0.0]
    limits = limits_with(load, {"held": held}, clock=lambda: clock[0])
    lane = Valve()
    limits.admit(lane)
    assert limits._watch is not None
    limits._watch.snapshot_wanted = held is not None
    limits._watch.look_at_snapshot()
    clock[0] = minutes * 60
    limits.turn()
    with pytest.raises(Aborted, match=f"SNAPSHOT_OVER_LIMIT.*{what}"):
        limits.check()
    assert lane.flow is Flow.STOP


def test_a_long_snapshot_without_a_bound_is_told_when_it_doubles() -> None:
    clock, notes = [0.0], []
    limits = limits_with({}, {"held": 3}, clock=lambda: clock[0], note=lambda kind, body: notes.append(kind))
    for minutes in (59, 61, 90, 119, 125, 251):
        clock[0] = minutes * 60
        limits.turn()
    limits.moment_taken()
    limits.turn()
    limits.check()
    assert notes == ["long snapshot"] * 3


def test_what_a_person_changes_holds_at_the_next_turn(tmp_path: Path) -> None:
    path, notes = tmp_path / "tuning.json", []
    limits = Limits(
        LoadLimits(bytes_per_second=5000),
        2,
        path,
        note=lambda kind, body: notes.append((kind, body.get("connections"))),
    )
    with limits:
        lane = Valve()
        limits.admit(lane)
        assert (limits.connections(), lane.rate) == (2, 5000)
        for changes, connections, rate in (
            ({"connections": 7}, 7, 5000),
            ({"connections": 7, "bytes_per_second": None}, 7, None),
            ({}, 2, 5000),
        ):
            path.with_suffix(".new").write_text(json.dumps(changes))
            path.with_suffix(".new").replace(path)
            limits.turn()
            assert (limits.connections(), lane.rate) == (connections, rate)
    assert notes == [("limits", 2), ("limits", 7), ("limits", 7), ("limits", 2)]


@pytest.mark.parametrize("text", ["{", "[]", '{"connections": 0}', '{"replicas": []}', '{"connections": "x"}', "\0"])
def test_a_spoilt_file_stops_nothing(tmp_path: Path, text: str) -> None:
    path, notes = tmp_path / "tuning.json", []
    path.write_text(text)
    with Limits(LoadLimits(), 3, path, note=lambda kind, body: notes.append(kind)) as limits:
        assert limits.connections() == 3
    assert notes == ["tuning refused"]
    with pytest.raises(UsageError):
        LoadLimits().tuned(Tuning(path).changes())


@pytest.mark.parametrize(
    ("load", "what"),
    [
        ({"connections": 0}, "greater than or equal to 1"),
        ({"connections": 257}, "less than or equal to 256"),
        ({"bytes_per_second": 10}, "greater than or equal to 1024"),
        ({"max_replica_lag_seconds": math.inf}, "finite"),
        ({"max_target_latency_ms": -1}, "greater than 0"),
        ({"replicas": ["mysql://u@h/d"]}, "replicas need max_replica_lag_seconds"),
        ({"replicas": ["mysql://u:word@h/d"], "max_replica_lag_seconds": 1}, "password in plain text"),
        ({"replicas": ["oracle://h/d"], "max_replica_lag_seconds": 1}, "no engine"),
        ({"speed": 1}, "Extra inputs"),
    ],
)
def test_limits_that_can_not_be_are_refused(load: dict[str, Any], what: str) -> None:
    with pytest.raises(UsageError, match=what):
        LoadLimits().tuned(load)


def test_a_lane_without_work_leaves_its_share_to_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    limits = Limits(LoadLimits(bytes_per_second=90_000), 2)
    busy, idle = Valve(), Valve()
    limits.admit(busy)
    limits.admit(idle)
    monkeypatch.setattr("transfer.pace.IDLE", 0.05)
    time.sleep(0.1)
    busy.pace(1)
    limits.turn()
    assert busy.rate == 90_000
    monkeypatch.setattr("transfer.pace.IDLE", 60.0)
    idle.pace(1)
    limits.turn()
    assert (busy.rate, idle.rate) == (45_000, 45_000)
