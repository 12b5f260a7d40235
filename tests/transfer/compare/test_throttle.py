"""The ceiling of what a comparison may take of a source."""

from __future__ import annotations

import pytest

from transfer.compare.throttle import NAP, Throttle


class Clock:
    """Time that passes by resting and by working only."""

    def __init__(self) -> None:
        self.now = 0.0
        self.longest = 0.0

    def rest(self, seconds: float) -> None:
        self.now += seconds
        self.longest = max(self.longest, seconds)


@pytest.mark.parametrize("share", [1.0, 0.5, 0.1, 0.01])
def test_work_stays_within_its_share(share: float) -> None:
    clock = Clock()
    throttle = Throttle(share, lambda: clock.now, clock.rest)
    for seconds in (0.001, 0.5, 0.02, 0.0, 3.0) * 3:
        clock.now += seconds
        throttle.spent(seconds)
        assert throttle.worked <= clock.now * share + 1e-6
    assert clock.longest <= NAP


def test_idle_time_is_no_credit_for_later() -> None:
    clock = Clock()
    throttle = Throttle(0.5, lambda: clock.now, clock.rest)
    clock.now += 100.0
    throttle.spent(1.0)
    assert clock.now == pytest.approx(101.0, abs=0.01)


def test_a_full_share_never_rests() -> None:
    clock = Clock()
    Throttle(1.0, lambda: clock.now, clock.rest).spent(1000.0)
    assert clock.now == 0.0


def test_cancelling_ends_the_rest() -> None:
    clock = Clock()
    Throttle(0.001, lambda: clock.now, clock.rest, lambda: clock.now > 1).spent(10.0)
    assert clock.now < 2
