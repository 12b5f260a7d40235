"""Where the lanes of a copy run: processes of this machine, or the machines of a Ray cluster."""

from __future__ import annotations

import socket
from collections.abc import Iterable
from importlib.util import find_spec
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from engines.connection import parse
from engines.errors import EngineError, UsageError

if TYPE_CHECKING:
    from transfer.lanes import LaneMaker

PROCESSES = "processes"
RAY = "ray"  # a cluster that is started on this machine, and ends with the program
ANSWER_SECONDS = 10.0  # for the head of a cluster to take a connection


def checked(executor: str) -> str:
    """The name as it was given: `processes`, `ray` (a cluster that is started here) or `ray://host:port`.

    UsageError EXECUTOR_UNKNOWN for any other, EXECUTOR_MISSING where Ray isn't installed: before anything is written.
    """
    if executor == PROCESSES:
        return executor
    if executor == RAY or head_of(executor) is not None:
        if find_spec("ray") is None:
            raise missing(executor)
        return executor
    raise UsageError(
        "EXECUTOR_UNKNOWN",
        f"There is no executor {executor!r}.",
        "Use processes, ray (a cluster on this machine) or ray://host:port (docs/load.md).",
    )


def begun_with(executor: str, references: Iterable[str]) -> str:
    """checked(), and what else can be told at once: whether a cluster's head answers, and has a way to the databases.

    UsageError EXECUTOR_LOCAL_ENDS, EngineError EXECUTOR_UNREACHABLE.
    """
    if head_of(checked(executor)) is not None:
        refuse_local(references)
        check_head(executor)
    return executor


def lane_maker(executor: str) -> LaneMaker:
    """What makes the lanes of an executor; a cluster is connected to when the first one is made."""
    if checked(executor) == PROCESSES:
        from transfer.lanes import ProcessLane

        return ProcessLane
    from transfer.executors.ray_lanes import RayLanes

    return RayLanes(executor)


def reaching(executor: str, reference: str) -> str:
    """The executor, or processes where its machines have no way to that database."""
    return PROCESSES if head_of(executor) is not None and is_here(reference) else executor


def is_here(reference: str) -> bool:
    """Whether a reference leads to a file or server of this machine alone."""
    found = parse(reference)
    return found.engine == "sqlite" or found.embedded_folder is not None


def refuse_local(references: Iterable[str]) -> None:
    """EXECUTOR_LOCAL_ENDS for the first reference that the machines of a cluster have no way to."""
    for reference in references:
        if is_here(reference):
            raise UsageError(
                "EXECUTOR_LOCAL_ENDS",
                f"{parse(reference).display} is on this machine: the machines of a cluster have no way to it.",
                "Leave --executor out, or use databases that are servers.",
            )


def head_of(executor: str) -> tuple[str, int] | None:
    """Host and port of a cluster's head; None where the text names none."""
    try:
        parts = urlsplit(executor)
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    whole = parts.scheme == "ray" and not (parts.path or parts.query or parts.fragment or parts.username)
    return (host, port) if whole and host and port else None


def check_head(executor: str) -> None:
    """EXECUTOR_UNREACHABLE where nothing listens there; Ray itself would try for half a minute."""
    head = head_of(executor)
    assert head is not None
    try:
        socket.create_connection(head, ANSWER_SECONDS).close()
    except OSError as error:
        raise unreachable(executor, error.strerror or str(error)) from error


def unreachable(executor: str, said: str) -> EngineError:
    """What is said of a cluster that can't be used."""
    return EngineError(
        "EXECUTOR_UNREACHABLE",
        f"The Ray cluster at {executor} can't be used ({said}).",
        "Look at `ray status` on its head; the port is the one of Ray clients (10001), Python and Ray are as here.",
    )


def missing(executor: str) -> UsageError:
    """What is said where Ray isn't installed."""
    return UsageError(
        "EXECUTOR_MISSING",
        f"--executor {executor} needs Ray, which is not installed here.",
        "Install it: pip install 'dbmo[ray]'.",
    )
