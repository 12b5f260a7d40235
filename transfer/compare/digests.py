"""Parts of a table compared by their digests, on both sides at the same time."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

from transfer.canonical.columns import ComparedTable
from transfer.canonical.encoding import Digest, Hashing
from transfer.compare.both import Both
from transfer.compare.model import Part
from transfer.sides.side import Side, Span

PART_ROWS = 25_000  # a differing part is read two or three times: few rows; a query per part costs: not too few
AHEAD = 4  # parts that a side may be ahead of the other
BUCKETS = 4_096  # of a table that can't be cut into ranges: one scan, an answer that stays small


@dataclass(frozen=True)
class Outcome:
    """A part that was compared; source and target: the digests, None where only their being equal is known."""

    span: Span
    equal: bool
    rows_source: int
    rows_target: int
    source: Digest | None = None
    target: Digest | None = None

    @classmethod
    def of(cls, span: Span, source: Digest, target: Digest) -> Outcome:
        """The outcome that two digests are."""
        return cls(span, source == target, source.rows, target.rows, source, target)

    @property
    def rows(self) -> int:
        """Rows of the side that has more."""
        return max(self.rows_source, self.rows_target)

    def part(self) -> Part:
        """The part as results tell it."""
        assert self.source is not None and self.target is not None
        bucket = next(iter(self.span.buckets)) if self.span.buckets is not None else None
        return Part(
            lower=self.span.lower,
            upper=self.span.upper,
            bucket=bucket,
            of=self.span.of,
            rows=self.source.rows,
            digest=hexadecimal(self.source),
            digest_target=None if self.equal else hexadecimal(self.target),
            equal=self.equal,
        )


def hexadecimal(digest: Digest) -> str:
    """Both halves of a digest as 32 digits."""
    return f"{digest.high:016x}{digest.low:016x}"


def spans(bounds: Sequence[int], within: Span | None = None) -> list[Span]:
    """Ranges around the bounds; open at both ends, or at the ends of the span that they divide."""
    whole = within or Span()
    edges = [whole.lower, *bounds, whole.upper]
    return [Span(lower, upper) for lower, upper in pairwise(edges)]


def compared_parts(both: Both, table: ComparedTable, parts: Sequence[Span], hashing: Hashing) -> Iterator[Outcome]:
    """Digests of ranges: a query per range and side, the sides not waiting for each other more than they must."""
    running: deque[tuple[Span, Callable[[], Outcome]]] = deque()
    for span in parts:
        running.append((span, _begin(both, table, span, hashing)))
        if len(running) > AHEAD:
            yield running.popleft()[1]()
    while running:
        yield running.popleft()[1]()


def _begin(both: Both, table: ComparedTable, span: Span, hashing: Hashing) -> Callable[[], Outcome]:
    both.check()

    def digest(side: Side) -> Digest:
        return sum(side.digests(table, span, hashing).values(), Digest())

    futures = both.start("source", digest), both.start("target", digest)
    return lambda: Outcome.of(span, *both.done(*futures))


def compared_buckets(both: Both, table: ComparedTable, span: Span, of: int, hashing: Hashing) -> Iterator[Outcome]:
    """Digests of every bucket of a span that has rows on either side: one query and scan per side."""
    cut = Span(span.lower, span.upper, of)
    here, there = both.both(partial(_digests, table=table, span=cut, hashing=hashing))
    for bucket in sorted(here.keys() | there.keys()):
        part = Span(span.lower, span.upper, of, frozenset({bucket}))
        yield Outcome.of(part, here.get(bucket, Digest()), there.get(bucket, Digest()))


def _digests(side: Side, table: ComparedTable, span: Span, hashing: Hashing) -> dict[int, Digest]:
    return side.digests(table, span, hashing)
