"""What runs on a machine of a Ray cluster: one lane, which ends by itself when nobody speaks to it any more."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import PackageNotFoundError, version

from transfer.chunks import Range
from transfer.pace import Flow, Valve
from transfer.worker import Assignment, LaneBody, Outcome

# Seconds without a word from the program that made the lane, about as long as Ray's own client tries to connect again.
# Ray ends a lane whose program is gone later than that, one whose head is gone a minute later; until then it would hold
# connections of the source beside those of the run that goes on.
LEASE = 30.0
LOOK = 1.0  # seconds between two looks at the clock


class Actor:
    """A lane's body, always in one thread of its own, and its valve, heard meanwhile."""

    def __init__(self, assignment: Assignment, name: str) -> None:
        self.valve = Valve()
        self.body = LaneBody(assignment, self.valve, name)
        self._thread = ThreadPoolExecutor(1, "dbmo-lane")
        self._heard = time.monotonic()
        threading.Thread(target=self._listen, name="dbmo-lane-lease", daemon=True).start()

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
        """Take over a share of the load, and hear that the program is there; bytes moved so far."""
        self._heard = time.monotonic()
        self.valve.set(rate, Flow(flow))
        return self.valve.moved

    def interrupt(self) -> None:
        """Cancel the statements that run at both ends."""
        self.body.interrupt()

    def close(self) -> None:
        """Close both ends."""
        self._thread.submit(self.body.close).result()

    def _listen(self) -> None:
        while time.monotonic() - self._heard < LEASE:
            time.sleep(LOOK)
        os._exit(1)  # what is not committed, nobody will ask for


def program_version() -> str:
    """The version that is installed here."""
    try:
        return version("dbmo")
    except PackageNotFoundError:
        return "unknown"
