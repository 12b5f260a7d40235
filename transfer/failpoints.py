"""Named places where a test can end or stop the process: DBMO_FAILPOINT=name:count:kill|sleep."""

from __future__ import annotations

import os
import signal
import time

_hits: dict[str, int] = {}


def failpoint(name: str) -> None:
    """Kill this process, or sleep for ten minutes, at the count-th time the named place is passed."""
    wanted = os.environ.get("DBMO_FAILPOINT")
    if not wanted or not wanted.startswith(f"{name}:"):
        return
    _hits[name] = _hits.get(name, 0) + 1
    _, count, action = wanted.split(":")
    if _hits[name] == int(count):
        if action == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(600)
