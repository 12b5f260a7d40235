"""Lanes on other machines: what their names say, how they are spoken to, and when they end by themselves."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

import pytest

from engines.errors import DbmoError, EngineError
from engines.grant import Grant
from tests.moving import plan_of
from transfer import executors
from transfer.endpoints import Endpoints
from transfer.executors import ray_actor, ray_cluster
from transfer.executors.ray_cluster import actor_name, end_older
from transfer.executors.ray_lanes import RemoteValve
from transfer.executors.single import OneProcess, WorkerGone
from transfer.pace import Flow
from transfer.worker import Assignment

SECONDS = 30


def assignment(epoch: int, migration: str = "shop", target: str = "postgresql://h/t") -> Assignment:
    ends = Endpoints("postgresql://h/s", target, Grant("", "", "", scratch=True))
    return Assignment(plan_of(migration=migration), ends, "", "", epoch)


@pytest.mark.parametrize(
    ("executor", "head"),
    [
        ("ray://head.example:10001", ("head.example", 10001)),
        ("ray://[::1]:10001", ("::1", 10001)),
        ("ray", None),
        ("ray://head.example", None),
        ("ray://head.example:port", None),
        ("ray://head.example:10001/path", None),
        ("http://head.example:10001", None),
    ],
)
def test_a_cluster_is_named_by_host_and_port(executor: str, head: tuple[str, int] | None) -> None:
    assert executors.head_of(executor) == head


@pytest.mark.parametrize(
    ("executor", "reference", "where"),
    [
        ("ray://head:10001", "postgresql://h/d", "ray://head:10001"),
        ("ray://head:10001", "embedded:folder?database=rehearsal", "processes"),
        ("ray://head:10001", "sqlite:s.db", "processes"),
        ("ray", "sqlite:s.db", "ray"),
        ("processes", "postgresql://h/d", "processes"),
    ],
)
def test_what_a_cluster_has_no_way_to_is_rehearsed_here(executor: str, reference: str, where: str) -> None:
    assert executors.reaching(executor, reference) == where


@pytest.mark.parametrize(
    ("references", "code"),
    [(["postgresql://h/d"], "EXECUTOR_UNREACHABLE"), (["postgresql://h/d", "sqlite:t.db"], "EXECUTOR_LOCAL_ENDS")],
)
def test_what_a_cluster_can_not_do_is_told_before_anything_is_begun(
    references: list[str], code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(executors, "find_spec", lambda name: name)  # as if Ray were there
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    with pytest.raises(DbmoError) as caught:
        executors.begun_with(f"ray://127.0.0.1:{port}", references)
    assert caught.value.code == code


def test_only_lanes_of_older_runs_of_the_migration_are_ended() -> None:
    older = actor_name(assignment(1), "lane 1")
    others = [
        actor_name(assignment(2), "lane 1"),
        actor_name(assignment(3), "lane 1"),
        actor_name(assignment(1, migration="shop 2"), "lane 1"),
        actor_name(assignment(1, target="postgresql://h/other"), "lane 1"),
        "an actor of another program",
    ]
    ended: list[Any] = []
    util = SimpleNamespace(list_named_actors=lambda: [older, *others])
    end_older(SimpleNamespace(util=util, get_actor=str, kill=ended.append), assignment(2))
    assert ended == [older]


class Distant:
    """An actor that answers when it is let; told: what it heard."""

    def __init__(self) -> None:
        self.told: list[tuple[float | None, int]] = []
        self.let, self.heard, self.gone = threading.Event(), threading.Event(), False

    def tell(self, rate: float | None, flow: int) -> int:
        self.told.append((rate, flow))
        self.heard.set()
        assert self.let.wait(SECONDS)
        if self.gone:
            raise ConnectionError
        return 700


def test_who_sets_a_share_waits_for_no_cluster() -> None:
    actor = Distant()
    valve = RemoteValve(actor.tell, (ConnectionError,))
    assert actor.heard.wait(SECONDS)
    valve.set(1_000.0, Flow.RUN)
    valve.set(500.0, Flow.STOP)
    assert valve.moved == 0
    actor.let.set()
    _until(lambda: valve.moved == 700 and len(actor.told) > 1)
    assert actor.told[:2] == [(None, Flow.RUN), (500.0, Flow.STOP)]
    valve.end()


def test_an_actor_that_is_gone_is_told_nothing_more() -> None:
    actor = Distant()
    actor.gone = True
    actor.let.set()
    valve = RemoteValve(actor.tell, (ConnectionError,))
    _until(lambda: not valve.talks)
    valve.set(500.0, Flow.STOP)
    assert (len(actor.told), valve.moved) == (1, 0)


def begin() -> None:
    """An actor, in a process of its own, that hears nothing."""
    ray_actor.LEASE, ray_actor.LOOK = 0.1, 0.02
    ray_actor.Actor(assignment(1), "lane 1")


def test_an_actor_to_whom_nobody_speaks_ends() -> None:
    process = OneProcess(begin, (), begin)
    with pytest.raises(WorkerGone):
        process.submit(time.sleep, SECONDS).result(SECONDS)


def _until(there: Any) -> None:
    ends = time.monotonic() + SECONDS
    while not there():
        assert time.monotonic() < ends, "it did not happen"
        time.sleep(0.005)


@pytest.mark.parametrize(("failures", "joined"), [(0, True), (ray_cluster.TRIES - 1, True), (ray_cluster.TRIES, False)])
def test_a_head_that_could_not_start_its_part_yet_is_asked_again(
    monkeypatch: pytest.MonkeyPatch, failures: int, joined: bool
) -> None:
    monkeypatch.setattr(ray_cluster, "AGAIN", 0.0)
    monkeypatch.setattr(ray_cluster, "check_head", lambda executor: None)
    answers = iter([ConnectionAbortedError("Initialization failure from server")] * failures)

    class Ray:
        @staticmethod
        def init(executor: str, **given: object) -> None:
            for error in answers:
                raise error

    with nullcontext() if joined else pytest.raises(EngineError, match="Initialization failure"):
        ray_cluster._connect(Ray, "ray://127.0.0.1:1")
