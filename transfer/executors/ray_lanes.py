"""Lanes as actors of a Ray cluster: each copies with connections of its own, on whatever machine has room."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from typing import Any

from engines.connection import VARIABLE
from engines.errors import EngineError, UsageError
from transfer.chunks import Range
from transfer.executors import RAY, refuse_local
from transfer.executors.ray_actor import Actor, program_version
from transfer.executors.ray_cluster import actor_name, asked, connected, end_older, is_gone, lost
from transfer.executors.single import STARTS
from transfer.lanes import CLOSE_SECONDS, Elsewhere, Lane, LaneLost, NoRoom, lane_lost
from transfer.pace import Flow, Valve
from transfer.worker import Assignment, Outcome

ROOM_SECONDS = 30  # for a free processor of the cluster, and for the actor's process to start
# threads of an actor: one that copies, one that waits to close it, one that hears its share of the load meanwhile
HEARS = 3
BEAT = 1.0  # seconds between two words to an actor, which tells in return how much it moved


class RayLanes(Elsewhere):
    """Makes lanes on a cluster: `ray` starts one on this machine, `ray://host:port` is one that runs.

    The machines of the cluster need this program in the same version, a way to both databases, and the variables of
    the references in the environment of their Ray: no secret is sent. UsageError EXECUTOR_MISSING (Ray isn't
    installed), EXECUTOR_LOCAL_ENDS (a file, or the embedded server), EXECUTOR_VARIABLES, EXECUTOR_VERSION; EngineError
    EXECUTOR_UNREACHABLE, EXECUTOR_LOST; NoRoom where no processor is free.
    """

    def __init__(self, executor: str) -> None:
        self.executor = executor
        self._epoch = 0  # before which no lane is left
        self._sweeping = threading.Lock()

    def __call__(self, assignment: Assignment, name: str) -> Lane:
        """A lane that has answered."""
        if self.executor != RAY:
            refuse_local([assignment.endpoints.source, assignment.endpoints.target])
        ray = connected(self.executor)
        with asked(ray, self.executor):
            with self._sweeping:
                if assignment.epoch > self._epoch:
                    end_older(ray, assignment)
                    self._epoch = assignment.epoch
            return self._started(ray, assignment, name)

    def _started(self, ray: Any, assignment: Assignment, name: str) -> Lane:
        """A lane; again where its machine, or its process, was lost before it answered."""
        for left in reversed(range(STARTS)):
            try:
                return RayLane(ray, self.executor, assignment, name)
            except ImportError as error:  # of the head, which reads what the actor is given
                raise not_started(self.executor, error) from error
            except LaneLost as error:
                if not left:
                    what = f"A lane ({name}) was lost {STARTS} times while it started on {self.executor}."
                    raise NoRoom(error.code, what, error.remedy) from error
        raise AssertionError("a loop that returns or raises")


class RemoteValve(Valve):
    """The coordinator's end of an actor's valve; nothing here waits for the cluster, a thread of its own does.

    tell: gives the actor its share, and what it moved back; raises one of `gone` where there is no actor any more.
    """

    def __init__(self, tell: Callable[[float | None, int], int], gone: tuple[type[Exception], ...]) -> None:
        super().__init__()
        self._tell, self._gone = tell, gone
        self._wanted: tuple[float | None, Flow] = (None, Flow.RUN)
        self._known = 0
        self._changed, self._ended = threading.Event(), False
        self._thread = threading.Thread(target=self._talk, name="dbmo-lane-share", daemon=True)
        self._thread.start()

    @property
    def talks(self) -> bool:
        """Whether there is an actor to talk to."""
        return self._thread.is_alive()

    @property
    def idle(self) -> bool:
        """False: the clock of another machine says nothing here."""
        return False

    def set(self, rate: float | None, flow: Flow) -> None:
        """Let a share be told at once, where it is another."""
        if (rate, flow) != self._wanted:
            self._wanted = (rate, flow)
            self._changed.set()

    @property
    def moved(self) -> int:
        """What the actor said last."""
        return self._known

    def end(self) -> None:
        """Tell the actor nothing more."""
        self._ended = True
        self._changed.set()

    def _talk(self) -> None:
        """Again and again, also where nothing changed: an actor that hears nothing ends."""
        with suppress(*self._gone):  # the future of its work tells that
            while not self._ended:
                self._changed.clear()
                self._known = self._tell(*self._wanted)
                self._changed.wait(BEAT)


class RayLane:
    """A lane on some machine of a cluster. It ends with the program that made it: nobody speaks to it then."""

    shared = False

    def __init__(self, ray: Any, executor: str, assignment: Assignment, name: str) -> None:
        self.name, self._ray, self._executor, self.assignment = name, ray, executor, assignment
        made = ray.remote(num_cpus=1, max_restarts=0, max_task_retries=0, max_concurrency=HEARS)(Actor)
        self._actor = made.options(name=actor_name(assignment, name)).remote(assignment, name)
        self.check()
        self._talking = RemoteValve(self._tell, (ray.exceptions.RayError, EngineError))
        self.valve: Valve = self._talking

    def check(self) -> None:
        """Wait until the actor answers, and refuse a machine that can't do the work."""
        ends = self.assignment.endpoints
        variables = sorted({name for text in (ends.source, ends.target) for name in VARIABLE.findall(text)})
        exceptions = self._ray.exceptions
        try:
            machine, there, missing = self._ray.get(self._actor.facts.remote(variables), timeout=ROOM_SECONDS)
        except exceptions.GetTimeoutError as error:
            self._ray.kill(self._actor)
            raise NoRoom(
                "EXECUTOR_FULL",
                f"No processor of {self._executor} became free for a lane within {ROOM_SECONDS} s.",
                "Add machines, end what runs there, or ask for fewer connections (dbmo tune).",
            ) from error
        except exceptions.RayError as error:
            if isinstance(error, exceptions.RayActorError) and not error.actor_init_failed:
                raise lane_lost(self.name) from error
            raise not_started(self._executor, error) from error
        if missing:
            raise UsageError(
                "EXECUTOR_VARIABLES",
                f"Ray's environment on {machine} has no {', '.join(missing)}.",
                "Set them before `ray start` on every machine of the cluster: secrets are not sent there.",
            )
        if there != program_version():
            raise UsageError(
                "EXECUTOR_VERSION",
                f"{machine} has version {there} of this program, here is {program_version()}.",
                "Install the same version on every machine of the cluster.",
            )

    def open(self, assignment: Assignment) -> Future[Outcome]:
        """See Lane."""
        return self._result(lambda: self._actor.open.remote(assignment))

    def submit(self, work: Sequence[Range]) -> Future[Outcome]:
        """See Lane. It fails with EXECUTOR_LOST where the whole cluster is gone."""
        return self._result(lambda: self._actor.run.remote(tuple(work)))

    def close(self) -> None:
        """See Lane: waits a while for what the lane does, then gives its place in the cluster back."""
        with suppress(self._ray.exceptions.RayError, EngineError), asked(self._ray, self._executor):
            try:
                closing = self._actor.close.remote()
                if not self._ray.wait([closing], timeout=CLOSE_SECONDS)[0]:
                    self._actor.interrupt.remote()
                    self._ray.wait([closing], timeout=CLOSE_SECONDS)
            finally:
                self._talking.end()
                self._ray.kill(self._actor)

    def _tell(self, rate: float | None, flow: int) -> int:
        with asked(self._ray, self._executor):
            return int(self._ray.get(self._actor.share.remote(rate, int(flow))))

    def _result(self, call: Callable[[], Any]) -> Future[Outcome]:
        """The future of a call; an actor that is gone is told as LaneLost, an exception of it as what it was."""
        result: Future[Outcome] = Future()
        try:
            with asked(self._ray, self._executor):
                call().future().add_done_callback(partial(self._settle, result))
        except EngineError as error:
            result.set_exception(error)
        return result

    def _settle(self, result: Future[Outcome], inner: Future[Outcome]) -> None:
        error = inner.exception()
        if error is None:
            result.set_result(inner.result())
        else:
            result.set_exception(self._told(error))

    def _told(self, error: BaseException) -> BaseException:
        exceptions = self._ray.exceptions
        if isinstance(error, exceptions.RayTaskError):
            return error.cause if isinstance(error.cause, Exception) else error
        if is_gone(self._ray, error):
            return lost(self._executor)
        return lane_lost(self.name) if isinstance(error, exceptions.RayError) else error


def not_started(executor: str, error: Exception) -> EngineError:
    """What is said of machines where the program is missing, or another."""
    return EngineError(
        "EXECUTOR_UNREACHABLE",
        f"A lane could not be started on {executor} ({str(error).strip().splitlines()[-1]}).",
        "Install this program on every machine of the cluster, in the environment that Ray runs in.",
    )
