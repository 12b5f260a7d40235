"""Whether two result sets are the same values, whatever types two engines gave them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from pydantic import Field

from engines.model import Model
from transfer.result_values import Row, alike

FLOAT_TOLERANCE = 1e-12  # relative: double arithmetic in another order moves the last digits of 15 to 17
TEXT_SHOWN = 200


class Difference(Model):
    """The first place where two results differ: a row (from 1) of each side as text, None where there is none."""

    reason: str
    row: int | None = None
    source: list[str] | None = None
    target: list[str] | None = None


class ResultComparison(Model):
    """equal, how many rows each side had, whether their order was compared, and what was allowed for."""

    equal: bool
    rows_source: int
    rows_target: int
    ordered: bool
    notes: list[str] = Field(default_factory=list)
    difference: Difference | None = None


def compare_results(
    source: tuple[list[str], list[Row]],
    target: tuple[list[str], list[Row]],
    order: Sequence[int] | None = None,
) -> ResultComparison:
    """Compare (column names, rows) of two engines.

    order: positions of the ORDER BY keys among the columns, empty where they are not among them, None without an
    ORDER BY. Without one the rows are multisets. Numbers are equal by value, floats within FLOAT_TOLERANCE,
    booleans are 0 and 1, timestamps equal their ISO text, epoch or julian number where the other side has a
    timestamp in that column, JSON by content.
    """
    (names, rows), (other_names, other_rows) = source, target
    counts = {"rows_source": len(rows), "rows_target": len(other_rows), "ordered": order is not None}
    if len(names) != len(other_names):
        reason = f"{len(names)} columns on the source, {len(other_names)} on the target"
        return ResultComparison(equal=False, difference=Difference(reason=reason), **counts)
    notes = _name_notes(names, other_names)
    left, right, converted = alike(rows, other_rows, len(names))
    notes += converted
    difference = _ordered(left, right, rows, other_rows) if order is not None else None
    if order is not None and difference is not None:
        others = _unordered(left, right, rows, other_rows)
        if others is None:
            ties = bool(order) and all(
                _same_row([a[i] for i in order], [b[i] for i in order]) for a, b in zip(left, right, strict=True)
            )
            if ties:
                notes.append("rows with equal ORDER BY keys come in another order")
                difference = None
            else:
                difference = difference.model_copy(update={"reason": "the same rows in another order"})
        else:
            difference = others if len(rows) != len(other_rows) else difference
    elif order is None:
        difference = _unordered(left, right, rows, other_rows)
    return ResultComparison(equal=difference is None, notes=notes, difference=difference, **counts)


def _name_notes(names: list[str], others: list[str]) -> list[str]:
    pairs = [(a, b) for a, b in zip(names, others, strict=True) if a.lower() != b.lower()]
    return [f"column {a} is named {b} on the target" for a, b in pairs]


def _ordered(left: list[Row], right: list[Row], rows: list[Row], others: list[Row]) -> Difference | None:
    for place, (a, b) in enumerate(zip(left, right, strict=False)):
        if not _same_row(a, b):
            return Difference(
                reason="a row differs", row=place + 1, source=_shown(rows[place]), target=_shown(others[place])
            )
    return _extra(rows, others) if len(left) != len(right) else None


def _extra(rows: list[Row], others: list[Row]) -> Difference:
    place = min(len(rows), len(others))
    longer = "source" if len(rows) > len(others) else "target"
    return Difference(
        reason=f"only the {longer} has this row",
        row=place + 1,
        source=_shown(rows[place]) if len(rows) > place else None,
        target=_shown(others[place]) if len(others) > place else None,
    )


def _unordered(left: list[Row], right: list[Row], rows: list[Row], others: list[Row]) -> Difference | None:
    """Take away what is equal exactly; what remains has to be equal pair by pair within the tolerance."""
    counts = Counter(right)
    remaining = []
    for place, row in enumerate(left):
        if counts[row] > 0:
            counts[row] -= 1
        else:
            remaining.append(place)
    unmatched = []
    for place, row in enumerate(right):
        if counts[row] > 0:
            counts[row] -= 1
            unmatched.append(place)
    remaining.sort(key=lambda place: _sort_key(left[place]))
    unmatched.sort(key=lambda place: _sort_key(right[place]))
    for mine, theirs in zip(remaining, unmatched, strict=False):
        if not _same_row(left[mine], right[theirs]):
            return Difference(
                reason="a row has no equal on the other side",
                row=mine + 1,
                source=_shown(rows[mine]),
                target=_shown(others[theirs]),
            )
    if len(remaining) > len(unmatched):
        place = remaining[len(unmatched)]
        return Difference(reason="only the source has this row", row=place + 1, source=_shown(rows[place]))
    if len(unmatched) > len(remaining):
        place = unmatched[len(remaining)]
        return Difference(reason="only the target has this row", row=place + 1, target=_shown(others[place]))
    return None


def _same_row(left: Sequence[Any], right: Sequence[Any]) -> bool:
    return all(_same(a, b) for a, b in zip(left, right, strict=True))


def _same(left: Any, right: Any) -> bool:
    if isinstance(left, float) or isinstance(right, float):
        if not isinstance(left, int | float | Decimal) or not isinstance(right, int | float | Decimal):
            return False
        if any(isinstance(side, Decimal) and not side.is_finite() for side in (left, right)):
            return False
        return math.isclose(float(left), float(right), rel_tol=FLOAT_TOLERANCE)
    return bool(left == right)


def _sort_key(row: Row) -> tuple[tuple[str, Any], ...]:
    return tuple(_rank(value) for value in row)


def _rank(value: Any) -> tuple[str, Any]:
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return ("number", float(value))
    return (type(value).__name__, repr(value))


def _shown(row: Row) -> list[str]:
    shown = []
    for value in row:
        text = "NULL" if value is None else str(value) if not isinstance(value, str | bytes) else repr(value)
        shown.append(text if len(text) <= TEXT_SHOWN else text[:TEXT_SHOWN] + "...")
    return shown
