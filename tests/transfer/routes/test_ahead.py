"""Blocks made ahead in a thread: their order, their errors, and what is left when nobody wants them any more."""

import threading
from collections.abc import Generator, Iterator
from contextlib import closing

import pytest

from transfer.routes.ahead import AHEAD, INLINE, LARGE, ahead


class Broken(Exception):
    pass


def made(count: int, seen: list[str], broken: bool = False) -> Generator[bytes, None, None]:
    try:
        for number in range(count):
            seen.append(threading.current_thread().name)
            yield b"%d" % number
        if broken:
            raise Broken
    finally:
        seen.append("closed")


@pytest.fixture(autouse=True)
def no_thread_stays() -> Iterator[None]:
    yield
    assert "dbmo-reading" not in {thread.name for thread in threading.enumerate()}


@pytest.mark.parametrize("count", [0, 1, INLINE - 1, INLINE, INLINE + 1, 500])
def test_blocks_come_in_their_order(count: int) -> None:
    seen: list[str] = []
    assert list(ahead(made(count, seen))) == [b"%d" % number for number in range(count)]
    assert seen.count("dbmo-reading") == max(count - INLINE, 0)
    assert seen[-1:] == ["closed"]


@pytest.mark.parametrize("count", [0, INLINE - 1, INLINE, 100])
def test_an_error_comes_behind_the_blocks_before_it(count: int) -> None:
    taken: list[bytes] = []
    with pytest.raises(Broken):
        taken.extend(one for one in _noted(ahead(made(count, [], broken=True)), taken))
    assert taken == [b"%d" % number for number in range(count)]


def _noted(blocks: Iterator[bytes], taken: list[bytes]) -> Iterator[bytes]:
    for block in blocks:
        taken.append(block)
    yield from ()


@pytest.mark.parametrize("taken", [1, INLINE, INLINE + 3])
def test_what_is_left_early_is_made_no_further(taken: int) -> None:
    seen: list[str] = []
    with closing(ahead(made(10_000, seen))) as blocks:
        for _ in range(taken):
            next(blocks)
    assert seen[-1] == "closed"
    assert len(seen) <= taken + AHEAD + 4


def test_behind_a_large_block_none_is_made_before_it_was_taken() -> None:
    made_so_far = 0

    def large() -> Generator[bytes, None, None]:
        nonlocal made_so_far
        for _ in range(INLINE + 5):
            made_so_far += 1
            yield bytes(LARGE + 1)

    for taken, _ in enumerate(ahead(large()), 1):
        assert made_so_far == taken
    assert made_so_far == INLINE + 5


def test_a_large_block_that_nobody_takes_holds_nothing_up() -> None:
    blocks = ahead(bytes(LARGE + 1) for _ in range(100))
    for _ in range(INLINE + 1):
        next(blocks)
    blocks.close()
