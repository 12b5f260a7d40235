"""Where the lanes of a copy run: processes of this machine, or the machines of a Ray cluster."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

from engines.errors import UsageError

if TYPE_CHECKING:
    from transfer.lanes import LaneMaker

PROCESSES = "processes"
RAY = "ray"


def checked(executor: str) -> str:
    """The name as it was given: `processes`, `ray` (a cluster that is started here) or `ray://host:port`.

    UsageError EXECUTOR_UNKNOWN for any other, EXECUTOR_MISSING where Ray isn't installed: before anything is written.
    """
    if executor == PROCESSES:
        return executor
    if executor == RAY or (executor.startswith("ray://") and len(executor) > len("ray://")):
        if find_spec("ray") is None:
            raise missing(executor)
        return executor
    raise UsageError(
        "EXECUTOR_UNKNOWN",
        f"There is no executor {executor!r}.",
        "Use processes, ray (a cluster on this machine) or ray://host:port (docs/load.md).",
    )


def lane_maker(executor: str) -> LaneMaker:
    """What makes the lanes of an executor; a cluster is connected to when the first one is made."""
    if checked(executor) == PROCESSES:
        from transfer.lanes import ProcessLane

        return ProcessLane
    from transfer.executors.ray_lanes import RayLanes

    return RayLanes(executor)


def missing(executor: str) -> UsageError:
    """What is said where Ray isn't installed."""
    return UsageError(
        "EXECUTOR_MISSING",
        f"--executor {executor} needs Ray, which is not installed here.",
        "Install it: pip install 'dbmo[ray]'.",
    )
