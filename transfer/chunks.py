"""Chunks: ranges of a unit's key, several of them joined into the range that one transaction holds."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

# Values of the key's columns: int for integers and pages; else text, as the cutting of the engine writes it.
Bound = tuple[int | str, ...]


@dataclass(frozen=True)
class Chunk:
    """Rows of a unit with lower < key <= upper; None is open, so the first and last take what comes later.

    table: the unit's name. Of pages (ctid) it is lower <= page < upper. Numbers grow with the key.
    """

    table: str
    number: int
    lower: Bound | None
    upper: Bound | None

    @property
    def whole(self) -> bool:
        """Whether it is open at both ends."""
        return self.lower is None and self.upper is None


@dataclass(frozen=True)
class Range:
    """Consecutive chunks as the one that is copied and committed: chunk has the number of the first."""

    chunk: Chunk
    parts: tuple[Chunk, ...]

    @property
    def numbers(self) -> tuple[int, ...]:
        """Of its parts."""
        return tuple(part.number for part in self.parts)


@dataclass(frozen=True)
class ChunkResult:
    """What copying a range did; quarantined counts values and rows kept aside, seconds all of its transaction."""

    chunk: Chunk
    rows: int
    bytes: int
    quarantined: int
    seconds: float
    chunks: int = 1


def cut(table: str, bounds: Sequence[Bound]) -> list[Chunk]:
    """Half-open ranges around the bounds, open at both ends."""
    edges: list[Bound | None] = [None, *bounds, None]
    return [Chunk(table, n, lower, edges[n + 1]) for n, lower in enumerate(edges[:-1])]


def joined(chunks: Sequence[Chunk]) -> Range:
    """Chunks that follow each other as one range; ValueError where one doesn't begin at the end of the one before."""
    for one, following in pairwise(chunks):
        if one.table != following.table or one.upper is None or one.upper != following.lower:
            raise ValueError(f"chunk {following.number} of {following.table} does not follow {one.number}")
    first = chunks[0]
    return Range(Chunk(first.table, first.number, first.lower, chunks[-1].upper), tuple(chunks))


def bound_text(bound: Bound | None) -> str | None:
    """A bound as the state keeps it: a JSON list; None for an open end."""
    return None if bound is None else json.dumps(list(bound), ensure_ascii=True, separators=(",", ":"))


def bound_of(text: str | None) -> Bound | None:
    """The bound of bound_text()."""
    return None if text is None else tuple(json.loads(text))


def integer(bound: Bound | None) -> int | None:
    """A bound of a single integer; None for an open end, ValueError for any other key."""
    if bound is None:
        return None
    if len(bound) != 1 or not isinstance(bound[0], int):
        raise ValueError(f"{bound!r} is no single integer")
    return bound[0]
