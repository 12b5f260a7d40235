"""The connection of this process to a Ray cluster: opened once, told of when it is gone, swept of an older run."""

from __future__ import annotations

import hashlib
import logging
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any
from uuid import uuid4

from engines.errors import DbmoError, EngineError
from transfer.executors import RAY, check_head, missing, unreachable
from transfer.worker import Assignment

NAMESPACE = "dbmo"
TRIES, AGAIN = 3, 2.0  # and seconds between them: a head listens before it can start what serves a client
SAID = 500  # characters of what Ray says of a failure, whose reason may stand in any line
# Before Ray is loaded. Nothing is told to anybody; under `uv run` no folder of this machine is sent to the cluster;
# what is called when the cluster is gone fails, instead of starting another one here.
SETTINGS = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0", "RAY_ENABLE_AUTO_CONNECT": "0"}


# what it says beside its errors, of connections and of threads, is nothing that a person could act on
QUIET = logging.CRITICAL
_connecting = threading.Lock()


def connected(executor: str) -> Any:
    """The module ray, connected to the cluster; connected once per process, by whichever thread comes first."""
    for name, value in SETTINGS.items():
        os.environ.setdefault(name, value)
    try:
        import ray
    except ImportError as error:
        raise missing(executor) from error
    with _connecting:
        if not ray.is_initialized():
            _connect(ray, executor)
    return ray


def _connect(ray: Any, executor: str) -> None:
    logging.getLogger("ray").setLevel(QUIET)
    given = {"namespace": NAMESPACE, "log_to_driver": False, "logging_level": QUIET}
    try:
        if executor == RAY:
            ray.init(**given, include_dashboard=False, configure_logging=False)
        else:
            check_head(executor)
            _join(ray, executor, given)
            logging.getLogger("ray.util.client.logsclient").setLevel(QUIET)  # which connecting sets anew
    except (OSError, RuntimeError, ValueError, ImportError) as error:
        raise unreachable(executor, " ".join(str(error).split())[:SAID] or type(error).__name__) from error


def _join(ray: Any, executor: str, given: dict[str, Any]) -> None:
    """Connect as a client; again where the head answers, but could not start its part."""
    for left in reversed(range(TRIES)):
        try:
            ray.init(executor, **given)
            return
        except ConnectionAbortedError:
            if not left:
                raise
            time.sleep(AGAIN)


@contextmanager
def asked(ray: Any, executor: str) -> Iterator[None]:
    """Inside, whatever Ray raises once it has given up its connection is EngineError EXECUTOR_LOST."""
    try:
        yield
    except Exception as error:  # of many classes, Exception itself among them
        if is_gone(ray, error):
            raise lost(executor) from error
        raise


def is_gone(ray: Any, error: BaseException) -> bool:
    """Whether an error says that there is no connection to the cluster any more."""
    return (isinstance(error, ConnectionError) or not ray.is_initialized()) and not isinstance(error, DbmoError)


def lost(executor: str) -> EngineError:
    """What ends a copy whose cluster is gone."""
    return EngineError(
        "EXECUTOR_LOST",
        f"The Ray cluster at {executor} does not answer any more.",
        "Look at `ray status` on its head, then run the same command again: finished chunks are kept.",
    )


def actor_name(assignment: Assignment, lane: str) -> str:
    """What the actor of a lane is called; no other is called so."""
    return f"{_of_all_runs(assignment)}{assignment.epoch} {lane} {uuid4().hex[:8]}"


def end_older(ray: Any, assignment: Assignment) -> None:
    """End lanes that older runs of the migration left on the cluster.

    They can't write any more, but hold connections of the source, and processors that the new ones wait for.
    """
    mine = _of_all_runs(assignment)
    for name in ray.util.list_named_actors():
        if name.startswith(mine) and int(name.removeprefix(mine).split()[0]) < assignment.epoch:
            with suppress(ValueError):  # it ended meanwhile
                ray.kill(ray.get_actor(name))


def _of_all_runs(assignment: Assignment) -> str:
    """What the names of a migration's actors begin with: the same for all of its runs, and for no other's."""
    ends = f"{assignment.endpoints.source}\n{assignment.endpoints.target}"
    return f"{assignment.plan.migration} {hashlib.sha256(ends.encode()).hexdigest()[:12]} "
