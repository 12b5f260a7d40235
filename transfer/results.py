"""Whether two result sets are the same values, whatever types two engines gave them."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from pydantic import Field

from engines.catalog import Model

FLOAT_TOLERANCE = 1e-12  # relative: double arithmetic in another order moves the last digits of 15 to 17
JULIAN_UNIX_EPOCH = 2440587.5  # https://www.sqlite.org/lang_datefunc.html: julian day of 1970-01-01 00:00:00
SECONDS = (1e8, 1e11)  # 1973 to 5138 in seconds
MILLISECONDS = (1e11, 1e14)
JULIAN_DAYS = (2_300_000, 2_600_000)  # 1585 to 2406
TEXT_SHOWN = 200
Row = tuple[Any, ...]


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
    left, right, converted = _canonical(rows, other_rows, len(names))
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
    return _extra(len(left), rows, others) if len(left) != len(right) else None


def _extra(common: int, rows: list[Row], others: list[Row]) -> Difference:
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


def _canonical(rows: list[Row], others: list[Row], width: int) -> tuple[list[Row], list[Row], list[str]]:
    notes: list[str] = []
    left: list[list[Any]] = []
    right: list[list[Any]] = []
    for place in range(width):
        mine, theirs = [row[place] for row in rows], [row[place] for row in others]
        kinds = {type(value) for value in mine} | {type(value) for value in theirs}
        convert = _plain
        if kinds & {datetime, date}:
            convert = _moment
            if any(isinstance(value, int | float | Decimal) for value in mine + theirs):
                notes.append(f"column {place + 1}: numbers on one side are read as epoch or julian time")
        elif UUID in kinds:
            convert = _identifier
        elif kinds & {dict, list}:
            convert = _document
        left.append([convert(value) for value in mine])
        right.append([convert(value) for value in theirs])
    return _rows(left, len(rows)), _rows(right, len(others)), notes


def _rows(columns: list[list[Any]], count: int) -> list[Row]:
    return list(zip(*columns, strict=True)) if columns else [()] * count


def _plain(value: Any) -> Any:
    """Numbers and booleans by value, floats that are not finite by name, times as ISO text, the rest as it is."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else f"float {value}"
    if isinstance(value, Decimal):
        return value if value.is_finite() else f"float {float(value)}"
    if isinstance(value, bytearray | memoryview):
        return bytes(value)
    if isinstance(value, time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return f"interval {value.total_seconds()!r}"
    return value if isinstance(value, int | str | bytes | None.__class__) else repr(value)


def _moment(value: Any) -> Any:
    """A timestamp without zone (UTC where one is given) from what two engines keep for it."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day)
    if isinstance(value, str):
        return _moment_of_text(value)
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return _moment_of_number(float(value))
    return _plain(value)


def _moment_of_text(text: str) -> Any:
    try:
        return _moment(datetime.fromisoformat(text.strip()))
    except ValueError:
        return text


def _moment_of_number(number: float) -> Any:
    epoch = datetime(1970, 1, 1)
    if JULIAN_DAYS[0] <= number <= JULIAN_DAYS[1]:
        return epoch + timedelta(milliseconds=round((number - JULIAN_UNIX_EPOCH) * 86_400_000))
    if SECONDS[0] <= abs(number) < SECONDS[1]:
        return epoch + timedelta(seconds=number)
    if MILLISECONDS[0] <= abs(number) < MILLISECONDS[1]:
        return epoch + timedelta(milliseconds=number)
    return number


def _identifier(value: Any) -> Any:
    return str(value).lower() if isinstance(value, UUID | str) else _plain(value)


def _document(value: Any) -> Any:
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return value
    return json.dumps(value, sort_keys=True, default=str) if isinstance(value, dict | list) else _plain(value)


def _shown(row: Row) -> list[str]:
    shown = []
    for value in row:
        text = "NULL" if value is None else str(value) if not isinstance(value, str | bytes) else repr(value)
        shown.append(text if len(text) <= TEXT_SHOWN else text[:TEXT_SHOWN] + "...")
    return shown
