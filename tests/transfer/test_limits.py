"""What a copy may do to both ends: limits that hold, those that can't be, the bound of a snapshot's age."""

import json
import math
import time
from pathlib import Path
from typing import Any

import pytest

from engines.errors import Aborted, UsageError
from engines.pressure import Unseen
from tests.transfer.watched import limits_with
from transfer.limits import Limits
from transfer.load import LoadLimits, Tuning
from transfer.pace import Flow, Valve


def test_a_copy_has_no_more_lanes_than_statements_may_run() -> None:
    assert Limits(LoadLimits(max_running_threads=2), 4).connections() == 2
    assert Limits(LoadLimits(max_running_threads=9), 4).connections() == 4


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
    limits.moment.taken()
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
