"""A lane's process answers whatever becomes of what it is asked."""

from __future__ import annotations

import os
import signal
import threading
from multiprocessing import forkserver

import pytest

from transfer.executors.single import OneProcess, WorkerGone

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


def test_a_process_that_stands_still_holds_nobody_up() -> None:
    """The pipe to it takes 200 KB or so."""
    process = OneProcess(begin, (), begin)
    try:
        pid = process.submit(os.getpid).result(SECONDS)
        os.kill(pid, signal.SIGSTOP)
        waiting = [process.submit(len, "x" * 1_000_000) for _ in range(3)]
        process.interrupt()
        os.kill(pid, signal.SIGCONT)
        assert [future.result(SECONDS) for future in waiting] == [1_000_000] * 3
        os.kill(pid, signal.SIGSTOP)
        waiting = [process.submit(len, "x" * 1_000_000) for _ in range(3)]
    finally:
        process.end(0.1)
    for future in waiting:
        with pytest.raises(WorkerGone):
            future.result(SECONDS)


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


def test_the_process_that_others_are_forked_from_may_be_killed() -> None:
    forkserver.ensure_running()
    os.kill(forkserver._forkserver._forkserver_pid, signal.SIGKILL)  # type: ignore[attr-defined]
    process = OneProcess(begin, (), begin)
    assert process.submit(os.getpid).result(30) != os.getpid()
    process.shutdown()
