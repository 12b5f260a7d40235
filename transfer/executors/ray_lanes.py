"""Lanes as actors of a Ray cluster: each copies with connections of its own, on whatever machine has room."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from engines.connection import VARIABLE, parse
from engines.errors import EngineError, UsageError
from transfer.chunks import Range
from transfer.executors import missing
from transfer.lanes import CLOSE_SECONDS, Elsewhere, Lane, NoRoom, lane_lost
from transfer.pace import Flow, Valve
from transfer.worker import Assignment, LaneBody, Outcome

LOCAL = "ray"  # a cluster that is started on this machine, and ends with the program
NAMESPACE = "dbmo"
SAID = 500  # characters of what Ray says of a failure, whose reason may stand in any line
ROOM_SECONDS = 30  # for a free processor of the cluster, and for the actor's process to start
# threads of an actor: one that copies, one that waits to close it, one that hears its share of the load meanwhile
HEARS = 3


class RayLanes(Elsewhere):
    """Makes lanes on a cluster: `ray` starts one on this machine, `ray://host:port` is one that runs.

    The machines of the cluster need this program in the same version, a way to both databases, and the variables of
    the references in the environment of their Ray: no secret is sent. UsageError EXECUTOR_MISSING (Ray isn't
    installed), EXECUTOR_LOCAL_ENDS (a file, or the embedded server), EXECUTOR_VARIABLES, EXECUTOR_VERSION; EngineError
    EXECUTOR_UNREACHABLE; NoRoom where no processor is free.
    """

    def __init__(self, executor: str) -> None:
        self.executor = executor

    def __call__(self, assignment: Assignment, name: str) -> Lane:
        """A lane that has answered."""
        ray = connected(self.executor)
        if self.executor != LOCAL:
            refuse_local_ends(assignment)
        made = RayLane(ray, assignment, name)
        made.check(self.executor)
        return made


def refuse_local_ends(assignment: Assignment) -> None:
    """EXECUTOR_LOCAL_ENDS for references that lead to a file or server of this machine alone."""
    for text in (assignment.endpoints.source, assignment.endpoints.target):
        reference = parse(text)
        if reference.engine == "sqlite" or reference.embedded_folder is not None:
            raise UsageError(
                "EXECUTOR_LOCAL_ENDS",
                f"{reference.display} is on this machine: the machines of a cluster have no way to it.",
                "Leave --executor out, or use databases that are servers.",
            )


def connected(executor: str) -> Any:
    """The module ray, connected to the cluster; connected once per process."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is told to anybody
    try:
        import ray
    except ImportError as error:
        raise missing(executor) from error
    if ray.is_initialized():
        return ray
    try:
        if executor == LOCAL:
            ray.init(namespace=NAMESPACE, log_to_driver=False, include_dashboard=False, configure_logging=False)
        else:
            ray.init(executor, namespace=NAMESPACE, log_to_driver=False)
    except (ConnectionError, OSError, RuntimeError, ValueError, ImportError) as error:
        said = " ".join(str(error).split())[:SAID] or type(error).__name__
        raise EngineError(
            "EXECUTOR_UNREACHABLE",
            f"The Ray cluster at {executor} can't be used ({said}).",
            "Look at `ray status` on its head; the port is the one of Ray clients, by default 10001.",
        ) from error
    return ray


class Actor:
    """What runs on the cluster: a lane's body, always in one thread of its own, and its valve, heard meanwhile."""

    def __init__(self, assignment: Assignment, name: str) -> None:
        self.valve = Valve()
        self.body = LaneBody(assignment, self.valve, name)
        self._thread = ThreadPoolExecutor(1, "dbmo-lane")

    def facts(self, variables: Sequence[str]) -> tuple[str, str, list[str]]:
        """Name of the machine, version of the program, variables that its environment lacks."""
        return os.uname().nodename, program_version(), [name for name in variables if name not in os.environ]

    def open(self, assignment: Assignment) -> Outcome:
        """See Lane."""
        return self._thread.submit(self.body.open, assignment).result()

    def run(self, work: Sequence[Range]) -> Outcome:
        """See Lane."""
        return self._thread.submit(self.body.run, work).result()

    def share(self, rate: float | None, flow: int) -> int:
        """Take over a share of the load; bytes moved so far."""
        self.valve.set(rate, Flow(flow))
        return self.valve.moved

    def moved(self) -> int:
        """Bytes moved so far."""
        return self.valve.moved

    def interrupt(self) -> None:
        """Cancel the statements that run at both ends."""
        self.body.interrupt()

    def close(self) -> None:
        """Close both ends."""
        self._thread.submit(self.body.close).result()


class RemoteValve(Valve):
    """The coordinator's end of an actor's valve; nothing here waits for the cluster."""

    def __init__(self, ray: Any, actor: Any) -> None:
        super().__init__()
        self._ray, self._actor = ray, actor
        self._asked: Any = None
        self._known = 0
        self._sent: tuple[float | None, Flow] | None = None

    @property
    def idle(self) -> bool:
        """False: the clock of another machine says nothing here."""
        return False

    def set(self, rate: float | None, flow: Flow) -> None:
        """Send the share on its way, where it is another."""
        if (rate, flow) == self._sent:
            return
        self._sent = (rate, flow)
        self._actor.share.remote(rate, int(flow))

    @property
    def moved(self) -> int:
        """What the actor said last; every look asks it anew."""
        if self._asked is not None:
            ready, _ = self._ray.wait([self._asked], timeout=0)
            if not ready:
                return self._known
            try:
                self._known = int(self._ray.get(self._asked))
            except self._ray.exceptions.RayError:  # the lane is gone, which its future tells
                return self._known
        self._asked = self._actor.moved.remote()
        return self._known


class RayLane:
    """A lane on some machine of a cluster. It ends with the program that made it: Ray ends actors without an owner."""

    shared = False

    def __init__(self, ray: Any, assignment: Assignment, name: str) -> None:
        self.name, self._ray, self.assignment = name, ray, assignment
        made = ray.remote(num_cpus=1, max_restarts=0, max_task_retries=0, max_concurrency=HEARS)(Actor)
        self._actor = made.remote(assignment, name)
        self.valve: Valve = RemoteValve(ray, self._actor)

    def check(self, executor: str) -> None:
        """Wait until the actor answers, and refuse a machine that can't do the work."""
        ends = self.assignment.endpoints
        variables = sorted({name for text in (ends.source, ends.target) for name in VARIABLE.findall(text)})
        try:
            machine, there, missing = self._ray.get(self._actor.facts.remote(variables), timeout=ROOM_SECONDS)
        except self._ray.exceptions.GetTimeoutError as error:
            self._ray.kill(self._actor)
            raise NoRoom(
                "EXECUTOR_FULL",
                f"No processor of {executor} became free for a lane within {ROOM_SECONDS} s.",
                "Add machines, end what runs there, or ask for fewer connections (dbmo tune).",
            ) from error
        except self._ray.exceptions.RayError as error:
            raise EngineError(
                "EXECUTOR_UNREACHABLE",
                f"A lane could not be started on {executor} ({str(error).strip().splitlines()[-1]}).",
                "Install this program on every machine of the cluster, in the environment that Ray runs in.",
            ) from error
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
        return self._result(self._actor.open.remote(assignment))

    def submit(self, work: Sequence[Range]) -> Future[Outcome]:
        """See Lane."""
        return self._result(self._actor.run.remote(tuple(work)))

    def close(self) -> None:
        """See Lane: waits a while for what the lane does, then gives its place in the cluster back."""
        exceptions = self._ray.exceptions
        closing = self._actor.close.remote()
        with suppress(exceptions.RayError):
            if not self._ray.wait([closing], timeout=CLOSE_SECONDS)[0]:
                self._actor.interrupt.remote()
                self._ray.wait([closing], timeout=CLOSE_SECONDS)
        self._ray.kill(self._actor)

    def _result(self, reference: Any) -> Future[Outcome]:
        """The future of a call; an actor that is gone is told as LaneLost, an exception of it as what it was."""
        result: Future[Outcome] = Future()
        exceptions = self._ray.exceptions

        def settle(inner: Future[Outcome]) -> None:
            error = inner.exception()
            if error is None:
                result.set_result(inner.result())
            elif isinstance(error, exceptions.RayTaskError):
                result.set_exception(error.cause if isinstance(error.cause, Exception) else error)
            else:
                result.set_exception(lane_lost(self.name) if isinstance(error, exceptions.RayError) else error)

        reference.future().add_done_callback(settle)
        return result


def program_version() -> str:
    """The version that is installed here."""
    try:
        return version("dbmo")
    except PackageNotFoundError:
        return "unknown"
