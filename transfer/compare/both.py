"""Both sides of a comparison at work at the same time: a thread each, cancellation, and a ceiling for the source."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from types import TracebackType
from typing import Protocol, TypeVar

from engines.errors import EngineError
from transfer.canonical.columns import Role
from transfer.sides.side import Side

T = TypeVar("T")
Report = Callable[[int], None]  # rows of the source that are compared so far
# Errors after which nothing can be compared any more; others are a problem of their table alone.
FATAL = frozenset({"CONNECTION_LOST", "CANCELLED", "INTERRUPTED", "DISK_FULL"})
POLL_SECONDS = 0.2  # how soon a cancellation is noticed; work that ends is noticed at once


class Spends(Protocol):
    """Whoever keeps the source's share of a core (transfer/compare/throttle.py)."""

    def spent(self, seconds: float) -> None:
        """So long did the source just work; may sleep."""
        ...


def nobody() -> bool:
    """Nobody cancels."""
    return False


def silent(rows: int) -> None:
    """Nobody wants to know how far it is."""


class Both:
    """Source and target, each used by one thread of its own and never by two at once.

    cancelled is asked while work goes on: once it says yes, both sides are told to end and CANCELLED is raised.
    """

    def __init__(
        self, source: Side, target: Side, throttle: Spends | None = None, cancelled: Callable[[], bool] = nobody
    ) -> None:
        self.source = source
        self.target = target
        self.cancelled = cancelled
        self._throttle = throttle
        self._threads: dict[Role, ThreadPoolExecutor] = {
            "source": ThreadPoolExecutor(1, "dbmo-source"),
            "target": ThreadPoolExecutor(1, "dbmo-target"),
        }

    def __enter__(self) -> Both:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if kind is not None and not issubclass(kind, Exception):  # somebody wants the program to end
            self.source.cancel()
            self.target.cancel()
        for thread in self._threads.values():
            thread.shutdown(wait=True, cancel_futures=True)

    def check(self) -> None:
        """EngineError CANCELLED once somebody cancelled."""
        if self.cancelled():
            raise EngineError("CANCELLED", "The comparison was cancelled.", "Run the same command again.")

    def side(self, role: Role) -> Side:
        """That side."""
        return self.source if role == "source" else self.target

    def start(self, role: Role, work: Callable[[Side], T], paced: bool = False) -> Future[T]:
        """Begin work on a side, behind what was begun there before; paced: it goes through paced() itself."""

        def timed() -> T:
            self.check()
            started = time.monotonic()
            done = work(self.side(role))
            if not paced:
                self.spent(role, time.monotonic() - started)
            return done

        return self._threads[role].submit(timed)

    def spent(self, role: Role, seconds: float) -> None:
        """Account for what a side worked; on the source this is where the ceiling is kept."""
        if role == "source" and self._throttle is not None:
            self._throttle.spent(seconds)

    def done(self, *futures: Future[T]) -> list[T]:
        """Their results; the first error is raised once nothing runs any more, the source's before the target's."""
        pending = set(futures)
        while pending:
            _, pending = wait(pending, POLL_SECONDS, FIRST_EXCEPTION)
            if pending and self.cancelled():
                self.source.cancel()
                self.target.cancel()
        return [future.result() for future in futures]

    def both(self, work: Callable[[Side], T], paced: bool = False) -> tuple[T, T]:
        """The same work on both sides at once: (source's, target's)."""
        self.check()
        here, there = self.done(self.start("source", work, paced), self.start("target", work, paced))
        return here, there

    def one(self, role: Role, work: Callable[[Side], T]) -> T:
        """Work on one side."""
        self.check()
        return self.done(self.start(role, work))[0]

    def paced(self, side: Side, batches: Iterable[T]) -> Generator[T, None, None]:
        """Batches of a side, to be taken inside its thread; the source rests between them where it has a ceiling."""
        source = iter(batches)
        try:
            while True:
                self.check()
                started = time.monotonic()
                try:
                    batch = next(source)
                except StopIteration:
                    return
                finally:
                    self.spent(side.role, time.monotonic() - started)
                yield batch
        finally:
            close = getattr(source, "close", None)  # a side reads one query at a time: not when it is collected
            if close is not None:
                close()
