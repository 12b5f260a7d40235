"""How large the steps are by which a unit is cut, and the two ways to go: by arithmetic and along an index."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from transfer.chunks import Bound, Chunk
from transfer.moveplan import MovePlan
from transfer.state.protocol import Cut

TID_RANGE_SCAN = 14  # PostgreSQL reads the whole table for a range of ctid before this version
SPARSE = 4  # times its rows, the most that a span of integers may have to be cut by arithmetic
SHARES = 8  # of a unit for each lane, at the least, so that lanes end together
LEAST_BYTES, LEAST_ROWS = 4_000_000, 10_000  # of such a share; rows where their bytes aren't known


@dataclass(frozen=True)
class Size:
    """Estimates of a unit: rows, bytes (None: unknown), and the average bytes of a row."""

    rows: int | None = None
    bytes: int | None = None
    row_bytes: int | None = None

    @property
    def average(self) -> int | None:
        """Bytes of a row; None when nothing is known."""
        if self.row_bytes:
            return self.row_bytes
        return max(1, self.bytes // self.rows) if self.rows and self.bytes else None


def step_rows(plan: MovePlan, size: Size) -> int:
    """Rows of a chunk: as many as chunk_bytes holds by the average row, at most chunk_rows, at least one.

    Where several lanes copy it is a share of the unit, too: of five chunks one of two lanes gets three.
    """
    fitting = plan.chunk_bytes // size.average if size.average else plan.chunk_rows
    if plan.parallel > 1 and size.rows:
        least = LEAST_BYTES // size.average if size.average else LEAST_ROWS
        fitting = min(fitting, max(least, -(-size.rows // (plan.parallel * SHARES))))
    return max(1, min(plan.chunk_rows, fitting))


def is_small(plan: MovePlan, size: Size) -> bool:
    """Whether statistics say, with room for their age, that a unit is one chunk."""
    return (
        size.rows is not None
        and size.bytes is not None
        and size.rows * 2 <= plan.chunk_rows
        and size.bytes * 2 <= plan.chunk_bytes
    )


def dense(lowest: int, highest: int, rows: int | None, step: int) -> bool:
    """Whether a span of unique integers is cut by arithmetic: a range of width n holds at most n rows."""
    return highest - lowest < SPARSE * max(rows or 0, step)


def numbered(table: str, start: Cut | None, bounds: Iterator[Bound]) -> Iterator[Chunk]:
    """Chunks that end at the bounds, and the open one behind the last."""
    number, after = (start.number, start.after) if start else (0, None)
    for bound in bounds:
        yield Chunk(table, number, after, bound)
        number, after = number + 1, bound
    yield Chunk(table, number, after, None)


def even(lowest: int, highest: int, step: int, start: Cut | None) -> Iterator[Bound]:
    """Integers at a distance of step, below the highest."""
    first = lowest - 1
    if start and start.after and isinstance(start.after[0], int):
        first = start.after[0]
    yield from ((value,) for value in range(first + step, highest, step))


def walk(step: Callable[[Bound | None], Bound | None], start: Cut | None) -> Iterator[Bound]:
    """Bounds one after the other: step gives the one behind a bound, None at the end."""
    current = step(start.after if start else None)
    previous = start.after if start else None
    while current is not None and current != previous:
        yield current
        previous, current = current, step(current)
