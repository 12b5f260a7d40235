"""Blocks of lines put together to what one load takes: whole lines, few enough to be kept until they are stored."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from engines.mysql.load_text import END
from transfer.routes.route import Pace

SEGMENT = 8 << 20  # bytes of lines in one load, kept until the server has taken them all


def whole_lines(blocks: Iterable[Any]) -> Iterator[bytes]:
    """Blocks cut anywhere as blocks that end with a line."""
    held: list[bytes] = []
    for found in blocks:
        block = found if isinstance(found, bytes) else bytes(found)
        place = block.rfind(END) + 1
        if place == 0:
            held.append(block)
            continue
        if place == len(block) and not held:
            yield block
            continue
        yield b"".join([*held, block[:place]])
        held = [block[place:]] if place < len(block) else []
    if any(held):
        raise ValueError("a line without its end")


class Segment:
    """Blocks until there are enough of them for one load, without the lines that it can't take; they are kept."""

    def __init__(self, first: bytes, rest: Iterator[bytes], pace: Pace, without: Callable[[bytes], bytes]) -> None:
        self._next: bytes | None = first
        self._rest, self._pace, self._without = rest, pace, without
        self.kept: list[bytes] = []
        self.size = 0

    def __iter__(self) -> Iterator[bytes]:
        while self._next is not None:
            block, self._next = self._next, None
            self._pace(len(block))
            self.size += len(block)
            block = self._without(block)
            self.kept.append(block)
            if self.size < SEGMENT:
                self._next = next(self._rest, None)
            if block:
                yield block
