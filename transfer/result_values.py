"""Values of two engines' results made alike: numbers, moments, identifiers and documents by what they mean."""

from __future__ import annotations

import json
import math
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

JULIAN_UNIX_EPOCH = 2440587.5  # https://www.sqlite.org/lang_datefunc.html: julian day of 1970-01-01 00:00:00
SECONDS = (1e8, 1e11)  # 1973 to 5138 in seconds
MILLISECONDS = (1e11, 1e14)
JULIAN_DAYS = (2_300_000, 2_600_000)  # 1585 to 2406
Row = tuple[Any, ...]


def alike(rows: list[Row], others: list[Row], width: int) -> tuple[list[Row], list[Row], list[str]]:
    """The rows of two engines with equal values made alike, column by column; and what was allowed for."""
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
