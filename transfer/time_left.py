"""How long a copy still takes: the rows that are still expected, as wide as they seem, at the bytes that pass now."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection
from dataclasses import dataclass

NOTHING_YET = "nothing was measured yet"
NOTHING_COMMITTED = "no rows are committed yet"
MORE_CAME = "more rows came than were expected"


@dataclass
class Counts:
    """Figures of one unit. expected, width: rows and bytes of a row as the plan knows them; done, chunks: those that
    are committed, and all of them, known when the last one is; samples: when how many rows were committed."""

    expected: int | None
    width: float | None = None
    rows: int = 0
    bytes: int = 0
    quarantined: int = 0
    done: int = 0
    chunks: int | None = None
    last: float = 0.0
    samples: deque[tuple[float, int]] | None = None

    @property
    def ended(self) -> bool:
        """Whether nothing more is expected, whatever the plan said: lanes end out of order."""
        return self.chunks is not None and self.done >= self.chunks

    @property
    def left(self) -> int:
        """Rows that are still expected."""
        return 0 if self.ended else max((self.expected or 0) - self.rows, 0)


def seconds_left(units: Collection[Counts], flow: float | None, under_way: int = 0) -> tuple[float | None, str | None]:
    """Seconds for all units at that many bytes per second; or None and why it isn't known.

    under_way: bytes of ranges that are not committed yet. Rows of a unit that moved are as wide as those that came; of
    another as the plan says, which counts otherwise (what is stored, not what travels): in proportion to units of which
    both is known; where the plan is silent too, as wide as the mean of all rows that came.
    """
    unknown = sum(unit.expected is None and not unit.ended for unit in units)
    if unknown:
        return None, f"nobody counted the rows of {unknown} of {len(units)} tables"
    if not flow:
        return None, NOTHING_YET
    rows, size = sum(unit.rows for unit in units), sum(unit.bytes for unit in units)
    if not rows and any(unit.left and not unit.width for unit in units):
        return None, NOTHING_COMMITTED
    both = [unit for unit in units if unit.rows and unit.width]
    planned = sum(unit.rows * (unit.width or 0) for unit in both)
    scale = sum(unit.bytes for unit in both) / planned if planned else 1.0
    remaining = sum(unit.left * _width(unit, scale, size / max(rows, 1)) for unit in units)
    if not remaining and any(unit.rows > (unit.expected or 0) and not unit.ended for unit in units):
        return None, MORE_CAME
    return round(max(remaining - under_way, 0) / flow, 1), None


def _width(unit: Counts, scale: float, mean: float) -> float:
    if unit.rows:
        return unit.bytes / unit.rows
    return unit.width * scale if unit.width else mean
