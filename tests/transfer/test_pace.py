"""A lane's share of the load: bytes per second, pauses, the end; seen from another process too."""

import threading
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest

from engines.errors import EngineError
from transfer.pace import Flow, Valve, _Bucket

BLOCK = 1 << 18


@pytest.mark.parametrize(
    ("rate", "blocks", "least", "most"),
    [(None, 100, 0.0, 0.0), (1e6, 11, 2.0, 2.7), (1e5, 3, 4.5, 5.3), (1e9, 50, 0.0, 0.2)],
)
def test_bytes_per_second_hold_on_average(rate: float | None, blocks: int, least: float, most: float) -> None:
    now = [0.0]

    def rest(seconds: float) -> None:
        now[0] += seconds

    bucket = _Bucket(lambda: now[0], rest)
    for _ in range(blocks):
        bucket.take(BLOCK, lambda: rate, lambda: False)
    assert least <= now[0] <= most


def test_a_new_rate_is_heard_while_waiting() -> None:
    now, rates = [0.0], iter([1000.0] * 5)

    def rest(seconds: float) -> None:
        now[0] += seconds

    bucket = _Bucket(lambda: now[0], rest)
    for _ in range(3):
        bucket.take(BLOCK, lambda: next(rates, 1e8), lambda: False)
    assert now[0] < 2


def test_a_rest_is_not_saved_up() -> None:
    now = [0.0]
    bucket = _Bucket(lambda: now[0], lambda seconds: now.__setitem__(0, now[0] + seconds))
    bucket.take(1, lambda: 1e6, lambda: False)
    now[0] += 3600
    for _ in range(9):
        bucket.take(BLOCK, lambda: 1e6, lambda: False)
    assert now[0] > 3601


def test_a_paused_lane_goes_on_when_it_is_let() -> None:
    valve = Valve()
    valve.set(None, Flow.PAUSE)
    lane = threading.Thread(target=valve.pace, args=(7,))
    lane.start()
    lane.join(0.3)
    assert lane.is_alive() and valve.moved == 0
    valve.set(None, Flow.RUN)
    lane.join(60)
    assert not lane.is_alive() and valve.moved == 7


def test_a_stopped_lane_gives_up() -> None:
    valve = Valve()
    valve.set(None, Flow.STOP)
    with pytest.raises(EngineError, match="INTERRUPTED"):
        valve.pace(1)


_valve: Valve | None = None


def begin(valve: Valve) -> None:
    global _valve
    _valve = valve


def pace(size: int) -> None:
    assert _valve is not None
    _valve.pace(size)


def test_another_process_sees_the_share_and_tells_what_it_moved() -> None:
    valve = Valve()
    with ProcessPoolExecutor(1, get_context("spawn"), begin, (valve,)) as pool:
        pool.submit(pace, 5).result()
        assert valve.moved == 5
        valve.set(None, Flow.PAUSE)
        waiting = pool.submit(pace, 6)
        time.sleep(0.3)
        assert not waiting.done()
        valve.set(None, Flow.RUN)
        waiting.result(60)
        assert valve.moved == 11
