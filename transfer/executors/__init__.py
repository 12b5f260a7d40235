"""Where the lanes of a copy run: processes of this machine, or the machines of a Ray cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engines.errors import UsageError

if TYPE_CHECKING:
    from transfer.lanes import LaneMaker

PROCESSES = "processes"
RAY = "ray"


def checked(executor: str) -> str:
    """The name as it was given: `processes`, `ray` (a cluster that is started here) or `ray://host:port`.

    UsageError EXECUTOR_UNKNOWN for any other.
    """
    if executor in (PROCESSES, RAY) or (executor.startswith("ray://") and len(executor) > len("ray://")):
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
