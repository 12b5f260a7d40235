"""Narrows a part that differs down to few thousand rows, then to the keys of the rows that differ."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from transfer.canonical.columns import ComparedTable
from transfer.canonical.encoding import Hashing
from transfer.compare.both import Both
from transfer.compare.digests import Outcome, compared_buckets, compared_parts, spans
from transfer.compare.findings import Finding
from transfer.compare.multiset import Differing, Multisets
from transfer.sides.side import Side, Span

LEAF_ROWS = 10_000  # so many hashes are fetched rather than narrowed further
PIECE_ROWS = 3_000
MOST_PIECES = 32
DENSE = 4  # where a quarter of the parts differs, narrowing costs more scans than it saves


def differing_keys(
    both: Both, table: ComparedTable, parts: Sequence[Outcome], all_parts: int, hashing: Hashing
) -> Iterator[Differing]:
    """Every key of the differing parts whose rows are not the same on both sides, with the hashes of either."""
    dense = len(parts) * DENSE >= all_parts >= 2 * DENSE
    for part in parts:
        for leaf in [part.span] if dense else narrowed(both, table, part, hashing):
            yield from differing_hashes(both, table, leaf, hashing)


def bucketed_keys(
    both: Both, table: ComparedTable, buckets: Sequence[Outcome], hashing: Hashing
) -> Iterator[Differing]:
    """The same for the differing buckets of one scan: all of them are fetched by one more."""
    if buckets:
        span = buckets[0].span
        chosen = frozenset(bucket for part in buckets for bucket in part.span.buckets or ())
        yield from differing_hashes(both, table, Span(span.lower, span.upper, span.of, chosen), hashing)


def narrowed(both: Both, table: ComparedTable, part: Outcome, hashing: Hashing) -> Iterator[Span]:
    """Spans of few rows that hold all differences of a part."""
    if part.rows <= LEAF_ROWS:
        yield part.span
        return
    pieces = divided(part.span, part.rows)
    if pieces is None:
        of = 1 << max(0, (part.rows // PIECE_ROWS).bit_length())
        found = [b for b in compared_buckets(both, table, part.span, min(of, 65_536), hashing) if not b.equal]
        chosen = frozenset(bucket for outcome in found for bucket in outcome.span.buckets or ())
        if found:
            yield Span(part.span.lower, part.span.upper, found[0].span.of, chosen)
        return
    for piece in [p for p in compared_parts(both, table, pieces, hashing) if not p.equal]:
        yield from narrowed(both, table, piece, hashing)


def divided(span: Span, rows: int) -> list[Span] | None:
    """A range cut into ranges of equal width; None where it is open or too narrow for that."""
    if span.lower is None or span.upper is None or span.buckets is not None:
        return None
    pieces = min(MOST_PIECES, -(-rows // PIECE_ROWS))
    width = span.upper - span.lower
    if width < 2 * pieces:
        return None
    return spans([span.lower + width * n // pieces for n in range(1, pieces)], span)


def differing_hashes(both: Both, table: ComparedTable, span: Span, hashing: Hashing) -> Iterator[Differing]:
    """Keys whose hashes differ within a span, by reading all of them on both sides."""
    with Multisets() as rows:

        def gather(side: Side) -> None:
            gathered = rows.source if side.role == "source" else rows.target
            for batch in both.paced(side, side.hashes(table, span, hashing)):
                gathered.add(batch)

        both.both(gather, paced=True)
        yield from rows.differing()


def found(differing: Differing) -> Iterator[Finding]:
    """What a key's rows are: as many pairs as both sides have are different, the rest missing or extra."""
    here, there = len(differing.source), len(differing.target)
    for kind, times in (("different", min(here, there)), ("missing", here - there), ("extra", there - here)):
        if times > 0:
            yield Finding(kind, differing.key, times)  # type: ignore[arg-type]
