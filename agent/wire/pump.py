"""Waits for what a thread reads, so that the one who waits can stop at any moment, even when nothing comes."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Event, Thread
from typing import Generic, TypeVar

T = TypeVar("T")
POLL = 0.05  # seconds between two looks while nothing comes


@dataclass(frozen=True)
class _Item(Generic[T]):
    value: T


@dataclass(frozen=True)
class _End:
    error: Exception | None


def pumped(produce: Callable[[], Generator[T, None, None]], look: Callable[[], None]) -> Iterator[T]:
    """The items that `produce` yields in a thread of its own; look is called first, before each and while
    waiting.

    Whatever look raises ends the waiting; what `produce` raised comes out here. A thread that nobody waits for any
    more reads on to its end, its next item or its own time-out, and then closes what it reads from.
    """
    look()
    items: SimpleQueue[_Item[T] | _End] = SimpleQueue()
    stopped = Event()
    Thread(target=_produce, args=(produce, items, stopped), name="model", daemon=True).start()
    try:
        while True:
            look()
            try:
                found = items.get(timeout=POLL)
            except Empty:
                continue
            if isinstance(found, _Item):
                yield found.value
            elif found.error is None:
                return
            else:
                raise found.error
    finally:
        stopped.set()


def _produce(
    produce: Callable[[], Generator[T, None, None]], items: SimpleQueue[_Item[T] | _End], stopped: Event
) -> None:
    error: Exception | None = None
    try:
        with closing(produce()) as source:
            for item in source:
                if stopped.is_set():
                    break
                items.put(_Item(item))
    except Exception as raised:  # noqa: BLE001  it is raised again where the items are taken
        error = raised
    items.put(_End(error))
