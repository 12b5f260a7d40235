"""Keeps the work that a comparison makes the source do below a share of one core."""

from __future__ import annotations

import time
from collections.abc import Callable

NAP = 0.2  # seconds; how soon somebody who cancels is heard


class Throttle:
    """Rests behind every query so long that the time the source works stays within its share of all time.

    share: over 0 to 1, of one core; a query counts with its whole duration, which is no less than the processor time
    it takes there as long as it runs in one process (the sides switch parallel plans off).
    """

    def __init__(
        self,
        share: float,
        clock: Callable[[], float] = time.monotonic,
        rest: Callable[[float], None] = time.sleep,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> None:
        self.share = share
        self.worked = self.rested = 0.0  # seconds
        self._clock = clock
        self._rest = rest
        self._cancelled = cancelled

    def spent(self, seconds: float) -> None:
        """The source just worked that long: rest until that is no more than its share."""
        self.worked += seconds
        if self.share >= 1:
            return
        until = self._clock() + max(0.0, self.worked / self.share - self.worked - self.rested)
        while (left := until - self._clock()) > 0 and not self._cancelled():
            started = self._clock()
            self._rest(min(left, NAP))
            self.rested += self._clock() - started
