"""A lane's process answers whatever becomes of what it is asked."""

from __future__ import annotations

import threading

import pytest

from transfer.executors.single import OneProcess

SECONDS = 30


class Picky(Exception):
    """Like many a driver's errors: written by pickle, and not made again."""

    def __init__(self, code: int, what: str) -> None:
        super().__init__(f"{code}: {what}")


def begin() -> None:
    """Nothing to begin with."""


def fail() -> None:
    raise Picky(7, "no more paper")


def give_a_lock() -> object:
    return threading.Lock()


def test_what_cannot_travel_is_told_all_the_same() -> None:
    process = OneProcess(begin, (), begin)
    try:
        with pytest.raises(RuntimeError, match="no more paper"):
            process.submit(fail).result(SECONDS)
        with pytest.raises(RuntimeError, match="can't leave"):
            process.submit(give_a_lock).result(SECONDS)
        assert process.submit(len, "abc").result(SECONDS) == 3
    finally:
        process.end(SECONDS)
