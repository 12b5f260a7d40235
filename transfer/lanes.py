"""Lanes: each copies ranges with connections of its own, in a process of its own or in a thread of this one."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from multiprocessing import get_context
from typing import Protocol

from engines.errors import EngineError
from transfer.chunks import Range
from transfer.endpoints import AnySnapshot
from transfer.pace import Valve
from transfer.worker import Assignment, LaneBody, Outcome

CLOSE_SECONDS = 10.0  # for a lane to end what it does
PARENT_SECONDS = 0.5  # how often a lane's process looks whether its parent is there


class LaneLost(EngineError):
    """A lane is gone with what it was copying; the target knows whether its range was committed."""


class NoRoom(EngineError):
    """There is no place for another lane; those that are there go on."""


def lane_lost(name: str) -> LaneLost:
    """The error of a lane that ended by itself: killed, out of memory, its machine gone."""
    return LaneLost(
        "WORKER_LOST",
        f"A copying process ({name}) ended before its chunk was finished.",
        "Run the same command again: finished chunks are kept.",
    )


class Lane(Protocol):
    """One worker with its own connections at both ends; works on one thing at a time."""

    name: str
    valve: Valve
    shared: bool  # reads the coordinator's own snapshot, which must be idle while it works

    def open(self, assignment: Assignment) -> Future[Outcome]:
        """Open both ends now, at the assignment's moment; the outcome has no results."""
        ...

    def submit(self, work: Sequence[Range]) -> Future[Outcome]:
        """Copy ranges one after the other. The future fails with LaneLost where the lane is gone."""
        ...

    def close(self) -> None:
        """End the lane; waits for what it does."""
        ...


LaneMaker = Callable[[Assignment, str], Lane]


class ProcessLane:
    """A lane in a spawned process, which ends when its parent does."""

    shared = False

    def __init__(self, assignment: Assignment, name: str) -> None:
        self.name, self.valve = name, Valve()
        self._closed = False
        self._pool = ProcessPoolExecutor(1, get_context("spawn"), _start, (assignment, self.valve))

    def open(self, assignment: Assignment) -> Future[Outcome]:
        """See Lane."""
        return _named(self._pool, self.name, _open, assignment)

    def submit(self, work: Sequence[Range]) -> Future[Outcome]:
        """See Lane."""
        return _named(self._pool, self.name, _run, tuple(work))

    def close(self) -> None:
        """See Lane. A process that does not end by itself, in the midst of a statement, is ended."""
        if self._closed:
            return
        self._closed = True
        processes = list((self._pool._processes or {}).values())
        with suppress(BrokenProcessPool, FutureTimeout):
            self._pool.submit(_end).result(CLOSE_SECONDS)
        self._pool.shutdown(wait=False, cancel_futures=True)
        for process in processes:
            process.join(CLOSE_SECONDS)
            if process.is_alive():
                process.kill()


class LocalLane:
    """A lane in a thread of this process; shared: the coordinator's snapshot, which it reads instead of its own."""

    def __init__(self, assignment: Assignment, name: str, shared: AnySnapshot | None = None) -> None:
        self.name, self.valve, self.shared = name, Valve(), shared is not None
        self._body = LaneBody(assignment, self.valve, shared)
        self._closed = False
        self._pool = ThreadPoolExecutor(1, "dbmo-lane")

    def open(self, assignment: Assignment) -> Future[Outcome]:
        """See Lane."""
        return self._pool.submit(self._body.open, assignment)

    def submit(self, work: Sequence[Range]) -> Future[Outcome]:
        """See Lane."""
        return self._pool.submit(self._body.run, tuple(work))

    def close(self) -> None:
        """See Lane."""
        if not self._closed:
            self._closed = True
            self._pool.submit(self._body.close)
            self._pool.shutdown(wait=True)


def _named(pool: Executor, name: str, work: Callable[..., Outcome], *given: object) -> Future[Outcome]:
    """The future of a pool's work, whose failure is told as LaneLost when the process is gone."""
    result: Future[Outcome] = Future()

    def settle(inner: Future[Outcome]) -> None:
        error = inner.exception()
        if error is None:
            result.set_result(inner.result())
        else:
            result.set_exception(lane_lost(name) if isinstance(error, BrokenProcessPool) else error)

    try:
        pool.submit(work, *given).add_done_callback(settle)
    except BrokenProcessPool:
        result.set_exception(lane_lost(name))
    return result


_body: LaneBody | None = None


def _start(assignment: Assignment, valve: Valve) -> None:
    """Initializer of a lane's process."""
    global _body
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, args=(os.getppid(),), daemon=True).start()
    _body = LaneBody(assignment, valve)


def _open(assignment: Assignment) -> Outcome:
    assert _body is not None
    return _body.open(assignment)


def _run(work: Sequence[Range]) -> Outcome:
    assert _body is not None
    return _body.run(work)


def _end() -> None:
    if _body is not None:
        _body.close()


def _end_with_parent(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(PARENT_SECONDS)
    os._exit(1)
