"""Named places where a test can end, stop or hold the process: DBMO_FAILPOINT=name:count:kill|sleep|wait=FILE."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

_hits: dict[str, int] = {}


def failpoint(name: str) -> None:
    """Kill this process, let it sleep for ten minutes, or wait, at the count-th time the named place is passed.

    wait=FILE makes FILE.reached and goes on once FILE is there.
    """
    wanted = os.environ.get("DBMO_FAILPOINT")
    if not wanted or not wanted.startswith(f"{name}:"):
        return
    _hits[name] = _hits.get(name, 0) + 1
    _, count, action = wanted.split(":", 2)
    if _hits[name] != int(count):
        return
    if action == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if action.startswith("wait="):
        _wait(Path(action.removeprefix("wait=")))
        return
    time.sleep(600)


def _wait(file: Path) -> None:
    file.with_name(file.name + ".reached").touch()
    while not file.exists():
        time.sleep(0.02)
