"""When a copy waits for the source, its replicas or the target: from when on, until when, and what is said of it."""

import math
from typing import Any

import pytest

from engines.errors import EngineError
from tests.transfer.watched import Answers, limits_with, watched
from transfer.limits import Limits
from transfer.load import LoadLimits
from transfer.pace import Flow, Valve


@pytest.mark.parametrize(
    ("load", "answers", "reason"),
    [
        ({"max_running_threads": 10}, {"running": 11}, "the source runs 11 statements, limit 10"),
        ({"max_running_threads": 10}, {"running": 10}, None),
        ({"max_replica_lag_seconds": 5}, {"replicas": 7.5}, "a replica of the source is 7.5 s behind, limit 5 s"),
        ({"max_replica_lag_seconds": 5}, {"replicas": None}, None),
        (
            {"max_replica_lag_seconds": 5},
            {"replicas": math.inf},
            "a replica of the source is missing, or still catches up",
        ),
        ({"max_target_latency_ms": 20}, {"latency": 250}, "the target takes 250 ms to answer, limit 20 ms"),
        ({"max_target_latency_ms": 0.05}, {"latency": 0.12}, "the target takes 0.12 ms to answer, limit 0.05 ms"),
        (
            {"max_replica_lag_seconds": 5, "replicas": ["mysql://u@h/d"]},
            {"own": math.inf},
            "the replica mysql://u@h/d does not replicate",
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
    answers: Answers = {"running": 11, "waiting": 0}
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


def test_a_pause_is_not_kept_up_by_what_the_copy_itself_runs() -> None:
    answers: Answers = {"running": 6, "waiting": 3}
    limits = limits_with({"max_running_threads": 4}, answers)
    for _ in range(3):
        limits.admit(Valve())
    assert limits._watch is not None
    for running, reasons in (
        (6, ["the source runs 6 statements, limit 4"]),
        (4, ["the source would run 4 statements, 3 of them of the copy, limit 4"]),
        (3, []),
        (4, []),
    ):
        answers["running"] = running
        limits._watch.look()
        limits.turn()
        assert limits.reasons == reasons, running


def test_only_a_copy_waits() -> None:
    notes: list[tuple[str, dict[str, Any]]] = []
    limits = Limits(
        LoadLimits(max_running_threads=10),
        2,
        watch=watched({"running": 11, "waiting": 0}),
        note=lambda kind, body: notes.append((kind, body)),
    )
    with limits:
        limits.turn()
        assert not limits.paused()
        with limits.copying():
            assert limits.standing()["paused_by"] == ["max_running_threads"]
            with pytest.raises(EngineError, match="INTERRUPTED"):
                limits.wait(lambda: True)
        limits.turn()
        assert (limits.paused(), limits.standing()["snapshot_seconds"]) == (False, None)
    assert [kind for kind, _ in notes] == ["limits", "paused", "resumed"]


def test_a_copy_that_ends_in_a_pause_did_not_go_on() -> None:
    notes: list[str] = []
    watch = watched({"running": 11, "waiting": 0})
    limits = Limits(LoadLimits(max_running_threads=10), 2, watch=watch, note=lambda kind, body: notes.append(kind))
    with pytest.raises(EngineError), limits, limits.copying():
        limits.wait(lambda: True)
    assert notes == ["limits", "paused"] and limits.standing()["paused"]


def test_a_question_that_nobody_answers_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    limits = limits_with({"max_target_latency_ms": 10}, {"latency": 5})
    assert limits._watch is not None
    limits._watch.look()
    monkeypatch.setattr("transfer.watch.STALE", 0)
    limits.turn()
    assert limits.reasons == ["max_target_latency_ms can't be watched now: no answer for 0 s"]


def test_one_slow_answer_of_the_target_is_no_pause() -> None:
    answers: Answers = {"latency": 5}
    limits = limits_with({"max_target_latency_ms": 20}, answers)
    assert limits._watch is not None
    for latency, paused in ((5, False), (5, False), (400, False), (5, False), (400, True)):
        answers["latency"] = latency
        limits._watch.look()
        limits.turn()
        assert limits.paused() is paused
