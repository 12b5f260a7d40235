"""Blocks made in a thread of their own, a few ahead of what is sent: the source reads while the target takes."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from queue import Empty, Queue
from threading import Event, Thread

AHEAD = 4  # blocks that wait to be taken
INLINE = 8  # blocks of a range before it is worth a thread
LARGE = 1 << 21  # bytes of a block behind which none is made until it was taken whole
LOOK_SECONDS = 0.01


@dataclass(frozen=True)
class _End:
    """Behind the last block; error: what ended them early."""

    error: BaseException | None = None


def ahead(blocks: Generator[bytes, None, None]) -> Generator[bytes, None, None]:
    """The same blocks in the same order; whatever making them raises is raised behind the last that was made.

    Close it: when it is left early the thread has ended, and the blocks are closed, before close() returns. Memory:
    AHEAD + 2 blocks, of large ones not more than without a thread.
    """
    maker: _Maker | None = None
    try:
        inline = 0
        for block in islice(blocks, INLINE):
            inline += 1
            yield block
        if inline < INLINE:
            return
        maker = _Maker(blocks)
        yield from maker.taken()
    finally:
        if maker is not None:
            maker.end()
        blocks.close()


class _Maker:
    """The thread, and what passes between it and who takes the blocks."""

    def __init__(self, blocks: Generator[bytes, None, None]) -> None:
        self._blocks = blocks
        self._waiting: Queue[bytes | _End] = Queue(AHEAD)
        self._left, self._large_taken = Event(), Event()
        self._thread = Thread(target=self._make, name="dbmo-reading", daemon=True)
        self._thread.start()

    def _make(self) -> None:
        end = _End()
        try:
            for block in self._blocks:
                large = len(block) > LARGE
                self._waiting.put(block)
                del block
                if large:
                    self._large_taken.wait()
                    self._large_taken.clear()
                if self._left.is_set():
                    return
        except BaseException as error:  # noqa: BLE001 - raised where the blocks are taken
            end = _End(error)
        self._waiting.put(end)

    def taken(self) -> Iterator[bytes]:
        """The blocks, as they come."""
        while not isinstance(found := self._waiting.get(), _End):
            large = len(found) > LARGE
            yield found
            del found
            if large:
                self._large_taken.set()
        if found.error is not None:
            raise found.error

    def end(self) -> None:
        """End the thread, which may wait to put something, or to hear that a large block was taken."""
        self._left.set()
        self._large_taken.set()
        while self._thread.is_alive():
            with suppress(Empty):
                while True:
                    self._waiting.get_nowait()
            self._thread.join(LOOK_SECONDS)
