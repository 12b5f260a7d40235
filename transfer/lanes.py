"""Lanes: each copies ranges with connections of its own, in a process of its own or in a thread of this one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor, wait
from typing import Protocol

from engines.errors import EngineError
from engines.families import family
from transfer.chunks import Range
from transfer.endpoints import AnySnapshot
from transfer.executors.single import OneProcess, OneThread, WorkerGone, preload
from transfer.moveplan import MovePlan
from transfer.pace import Valve
from transfer.routes.route import ROUTES
from transfer.worker import Assignment, LaneBody, Outcome

CLOSE_SECONDS = 2.0  # for a lane to end what it does, and again once its statements were cancelled


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
        """End the lane within seconds: what it doesn't end by itself is cancelled, and given up then."""
        ...


LaneMaker = Callable[[Assignment, str], Lane]


class Elsewhere:
    """A maker of lanes that are wanted on other machines: no lane of this process takes their place."""


def prepare(plan: MovePlan) -> None:
    """Load what the processes of a plan's lanes need, beside whatever the caller does until it has lanes."""
    source, target = family(plan.source_engine), family(plan.target_engine)
    ends = f"engines.{source}.snapshot", f"engines.{target}.writer"
    preload([__name__, *ends, ROUTES[source, target]])


class ProcessLane:
    """A lane in a process of its own, which ends when the program does."""

    shared = False

    def __init__(self, assignment: Assignment, name: str) -> None:
        self.name, self.valve = name, Valve()
        self._closed = False
        try:
            self._process = OneProcess(_start, (assignment, self.valve, name), _interrupt)
        except WorkerGone as error:
            raise NoRoom(
                "WORKER_LOST",
                f"Another copying process ({name}) could not be started: {error}.",
                "Look at the limits of processes and memory; run the same command again: finished chunks are kept.",
            ) from error

    def open(self, assignment: Assignment) -> Future[Outcome]:
        """See Lane."""
        return _named(self._process, self.name, _open, assignment)

    def submit(self, work: Sequence[Range]) -> Future[Outcome]:
        """See Lane."""
        return _named(self._process, self.name, _run, tuple(work))

    def close(self) -> None:
        """See Lane. A process that does not end at all is killed: its servers roll back what it was in the midst of."""
        if not self._closed:
            self._closed = True
            _ended(self._process.submit(_end), self._process.interrupt)
            self._process.end(CLOSE_SECONDS)


class LocalLane:
    """A lane in a thread of this process; shared: the coordinator's snapshot, which it reads instead of its own."""

    def __init__(self, assignment: Assignment, name: str, shared: AnySnapshot | None = None) -> None:
        self.name, self.valve, self.shared = name, Valve(), shared is not None
        self._body = LaneBody(assignment, self.valve, name, shared)
        self._closed = False
        self._thread = OneThread("dbmo-lane")

    def open(self, assignment: Assignment) -> Future[Outcome]:
        """See Lane."""
        return self._thread.submit(self._body.open, assignment)

    def submit(self, work: Sequence[Range]) -> Future[Outcome]:
        """See Lane."""
        return self._thread.submit(self._body.run, tuple(work))

    def close(self) -> None:
        """See Lane. A thread that nobody can end stays behind; what it commits yet is noted with its rows as ever."""
        if not self._closed:
            self._closed = True
            _ended(self._thread.submit(self._body.close), self._body.interrupt)
            self._thread.shutdown(wait=False)


def close_all(lanes: Sequence[Lane]) -> None:
    """Close lanes side by side: each may take its seconds."""
    if lanes:
        with ThreadPoolExecutor(len(lanes), "dbmo-closing") as pool:
            for closing in [pool.submit(lane.close) for lane in lanes]:
                closing.result()


def _ended(closing: Future[None], interrupt: Callable[[], None]) -> None:
    """Wait for a lane to close both ends, behind what it does; interrupted where that takes long."""
    if wait([closing], CLOSE_SECONDS).not_done:
        interrupt()
        wait([closing], CLOSE_SECONDS)


def _named(pool: Executor, name: str, work: Callable[..., Outcome], *given: object) -> Future[Outcome]:
    """The future of a pool's work, whose failure is told as LaneLost when the process is gone."""
    result: Future[Outcome] = Future()

    def settle(inner: Future[Outcome]) -> None:
        error = inner.exception()
        if error is None:
            result.set_result(inner.result())
        else:
            result.set_exception(lane_lost(name) if isinstance(error, WorkerGone) else error)

    pool.submit(work, *given).add_done_callback(settle)
    return result


_body: LaneBody | None = None


def _start(assignment: Assignment, valve: Valve, name: str) -> None:
    """The first call in a lane's process."""
    global _body
    _body = LaneBody(assignment, valve, name)


def _open(assignment: Assignment) -> Outcome:
    assert _body is not None
    return _body.open(assignment)


def _run(work: Sequence[Range]) -> Outcome:
    assert _body is not None
    return _body.run(work)


def _end() -> None:
    if _body is not None:
        _body.close()


def _interrupt() -> None:
    if _body is not None:
        _body.interrupt()
