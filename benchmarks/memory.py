"""The most memory that a process, or one that it started, takes while it runs."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

INTERVAL = 0.05  # seconds between two looks
PROC = Path("/proc")


class Watched:
    """Looks at a process and all below it until it is told to stop; peak: MB of the largest so far."""

    def __init__(self, pid: int) -> None:
        self.peak = 0.0
        self._pid, self._done = pid, threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def stop(self) -> float:
        """The peak in MB."""
        self._done.set()
        self._thread.join()
        return self.peak

    def _look(self) -> None:
        while not self._done.wait(INTERVAL):
            self.peak = max(self.peak, *(resident(pid) for pid in below(self._pid)))


def below(pid: int) -> Iterator[int]:
    """A process and those that it, or one of them, started and that run now."""
    yield pid
    with suppress(OSError):  # it ended
        for task in (PROC / str(pid) / "task").iterdir():
            for child in (task / "children").read_text().split():
                yield from below(int(child))


def resident(pid: int) -> float:
    """The most memory in MB that a process had in RAM since its program began; 0 when it is gone."""
    with suppress(OSError):
        for line in (PROC / str(pid) / "status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    return 0.0
