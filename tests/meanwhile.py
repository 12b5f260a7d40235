"""What another thread does while a test's own waits."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def again_and_again(call: Callable[[], object], seconds: float = 0.2) -> Iterator[None]:
    """Call it every so many seconds until the block ends: when a query has begun nobody can tell from outside."""
    over = threading.Event()

    def repeat() -> None:
        while not over.wait(seconds):
            call()

    thread = threading.Thread(target=repeat)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
