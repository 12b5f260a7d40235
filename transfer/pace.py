"""How fast a lane may read: its share of the ceiling, pauses, and the bytes it moved, in memory that both ends see."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from enum import IntEnum
from multiprocessing import get_context
from typing import Protocol

from engines.errors import EngineError

NAP = 0.2  # seconds; how soon a lane that waits sees a change
LEAST_NAP = 0.001  # shorter ones would only spin
BURST = 0.25  # seconds of the share that may pass at once after a rest
IDLE = 2.0  # seconds without a block after which others may have a lane's share
RATE, STATE, MOVED, LAST = range(4)


class Flow(IntEnum):
    """What a lane is told: go on, wait where it is, give up its range."""

    RUN = 0
    PAUSE = 1
    STOP = 2


class Gauge(Protocol):
    """The coordinator's end of a lane's valve."""

    def set(self, rate: float | None, flow: Flow) -> None:
        """Tell the lane its bytes per second (None: no ceiling) and whether it may go on."""
        ...

    @property
    def moved(self) -> int:
        """Bytes that the lane has let through since it was opened, committed or not."""
        ...

    @property
    def idle(self) -> bool:
        """Whether it let nothing through for a while, and doesn't wait to."""
        ...


class Valve:
    """One lane's share of the load on the source.

    Made by the coordinator, given to a spawned process as an argument (it can't be pickled otherwise) or used by a
    thread of the same process. pace() is the Pace of a route: it keeps the bytes per second that set() allowed, on
    average over a second or so; the bytes are those of blocks on their way to the target, about what was read.
    """

    def __init__(self) -> None:
        self._cells = get_context("spawn").RawArray("d", 4)
        self._cells[LAST] = time.monotonic()
        self._local: _Bucket | None = None

    def set(self, rate: float | None, flow: Flow) -> None:
        """Take over a new share; seen by a lane that waits within a fraction of a second."""
        self._cells[RATE] = rate or 0.0
        self._cells[STATE] = float(flow)

    @property
    def rate(self) -> float | None:
        """Bytes per second; None: no ceiling."""
        return self._cells[RATE] or None

    @property
    def flow(self) -> Flow:
        """What the coordinator said last."""
        return Flow(int(self._cells[STATE]))

    @property
    def moved(self) -> int:
        """Bytes that passed so far."""
        return int(self._cells[MOVED])

    @property
    def idle(self) -> bool:
        """Whether no block came for a while; the clock is the same for all processes of a machine."""
        return bool(time.monotonic() - self._cells[LAST] > IDLE)

    def pace(self, size: int) -> None:
        """Wait until a block of that many bytes may be written; EngineError INTERRUPTED when the lane is stopped."""
        if self._local is None:
            self._local = _Bucket()
        self._local.take(size, lambda: self.rate, self._wait_while_paused)
        self._cells[MOVED] += size
        self._cells[LAST] = time.monotonic()

    def _wait_while_paused(self) -> bool:
        """True after a pause."""
        waited = False
        self._cells[LAST] = time.monotonic()
        while (flow := self.flow) is not Flow.RUN:
            if flow is Flow.STOP:
                raise stopped()
            time.sleep(NAP)
            self._cells[LAST] = time.monotonic()
            waited = True
        return waited

    def __getstate__(self) -> object:
        return self._cells

    def __setstate__(self, cells: object) -> None:
        self._cells = cells
        self._local = None


class _Bucket:
    """A bucket of bytes that fills by the present rate and may be overdrawn by one block."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, rest: Callable[[float], None] = time.sleep) -> None:
        self._clock, self._rest = clock, rest
        self._level = 0.0  # bytes; below zero: owed
        self._filled = clock()
        self._lock = threading.Lock()

    def take(self, size: int, rate: Callable[[], float | None], paused: Callable[[], bool]) -> None:
        """Let size bytes through once earlier ones are paid for; the rate is asked anew while waiting."""
        with self._lock:
            while True:
                if paused():
                    self._filled = self._clock()
                allowed = rate()
                now = self._clock()
                if allowed is None:
                    self._level, self._filled = 0.0, now
                    return
                self._level = min(self._level + (now - self._filled) * allowed, allowed * BURST)
                self._filled = now
                if self._level >= 0:
                    self._level -= size
                    return
                self._rest(min(max(-self._level / allowed, LEAST_NAP), NAP))


def stopped() -> EngineError:
    """What a lane raises that was told to give up."""
    return EngineError(
        "INTERRUPTED",
        "The copy was interrupted; finished chunks are in the target.",
        "Run the same command again to go on.",
    )
