"""Compares whole rows of both sides here: slower than digests, and it shares no hash with them."""

from __future__ import annotations

from collections.abc import Iterator

from transfer.canonical.columns import ComparedTable
from transfer.canonical.encoding import Hashing
from transfer.compare.both import Both
from transfer.compare.multiset import Differing, Multisets
from transfer.sides.side import Side, Span


def streamed(both: Both, table: ComparedTable, span: Span, hashing: Hashing) -> tuple[int, int, Iterator[Differing]]:
    """Rows of the source and of the target within a span, and the keys that differ with the encoded rows of either.

    Without a key a differing row is named by its hash (method md5). The iterator is to be used up.
    """
    rows = Multisets()

    def gather(side: Side) -> None:
        gathered = rows.source if side.role == "source" else rows.target
        for batch in both.paced(side, side.stream(table, span)):
            gathered.add(batch if table.key else [(row, b"") for _, row in batch])

    try:
        both.both(gather, paced=True)
    except BaseException:
        rows.close()
        raise
    return rows.source.rows, rows.target.rows, _differing(rows, table, hashing)


def _differing(rows: Multisets, table: ComparedTable, hashing: Hashing) -> Iterator[Differing]:
    with rows:
        for differing in rows.differing():
            if table.key:
                yield differing
            else:
                row = differing.key
                here, there = ([row] * len(side) for side in (differing.source, differing.target))
                yield Differing(hashing.row(row), here, there)
