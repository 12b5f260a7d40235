"""Days, times and moments of SQLite as PostgreSQL's binary form counts them: from 2000-01-01, in UTC.

The forms of texts are those that the exact conversion (sqlite_values.py) takes; what it refuses is Unfit here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from itertools import repeat
from operator import sub
from typing import Any

from transfer.routes.sqlite_packed_numeric import Unfit
from transfer.routes.sqlite_values import DATE, TIMESTAMP_ZONE

DAY_ZERO = date(2000, 1, 1).toordinal()
SECOND = 1_000_000  # microseconds
DAY = 86_400 * SECOND
UNIX_SECONDS = 946_684_800  # from 1970 to 2000
FIRST_SECOND, LAST_SECOND = -62_135_596_800, 253_402_300_799  # the years 1 to 9999 since 1970
MINUTES, SECONDS = re.compile(rb"(?:[ T](\d\d):(\d\d))?"), re.compile(rb"(?::[0-5]\d)?")
WITH_SECONDS = 19  # bytes of a moment up to its seconds
FORM = b"0000-00-00 00:00:00.000000"
ZEROS = bytes.maketrans(b"123456789T", b"000000000 ")
LAST_MIDNIGHT = b"24:00:00"  # which newer versions of Python take for the next day's begin
ZERO, MICROSECOND = datetime(2000, 1, 1), timedelta(microseconds=1)
REMEMBERED = 200_000  # entries; a table's days and seconds of the day come again and again

Values = Sequence[Any]


class Remembered(dict[bytes, int]):
    """Texts that come again and again -> numbers; read: of one that is new, Unfit where it is none."""

    def __init__(self, read: Callable[[bytes], int]) -> None:
        super().__init__()
        self._read = read

    def __missing__(self, text: bytes) -> int:
        found = self._read(text)
        if len(self) >= REMEMBERED:
            self.clear()
        self[text] = found
        return found


def _day(text: bytes) -> int:
    if not DATE.fullmatch(text):
        raise Unfit
    return date.fromisoformat(text.decode()).toordinal() - DAY_ZERO


def _minutes(text: bytes) -> int:
    """Of hours and minutes behind a separator, microseconds; nothing is midnight."""
    match = MINUTES.fullmatch(text)
    if match is None:
        raise Unfit
    hours, minutes = (int(part or 0) for part in match.groups())
    if hours > 23 or minutes > 59:
        raise Unfit
    return (hours * 60 + minutes) * 60 * SECOND


def _seconds(text: bytes) -> int:
    """Of seconds behind a colon, microseconds; nothing is the minute's begin."""
    if not SECONDS.fullmatch(text):
        raise Unfit
    return int(text[1:] or 0) * SECOND


def _fraction(text: bytes) -> int:
    """Of a point and one to six digits, microseconds; nothing is the second's begin."""
    if not text:
        return 0
    digits = text[1:]
    if text[:1] != b"." or not digits.isdigit() or len(digits) > 6:
        raise Unfit
    return int(digits.ljust(6, b"0"))


DAYS, MIDNIGHTS = Remembered(_day), Remembered(lambda text: _day(text) * DAY)
MINUTE_STARTS, SECOND_STARTS = Remembered(_minutes), Remembered(_seconds)


def days(values: Values) -> list[int]:
    """Of texts YYYY-MM-DD."""
    return list(map(DAYS.__getitem__, values))


def moments(values: Values) -> list[int]:
    """Of texts YYYY-MM-DD, alone or followed by a space or T and HH:MM, HH:MM:SS or HH:MM:SS.digits."""
    found = _alike(values)
    if found is not None:
        return found
    if max(map(len, values), default=0) <= WITH_SECONDS:
        return [MIDNIGHTS[v[:10]] + (MINUTE_STARTS[v[10:16]] + SECOND_STARTS[v[16:]]) for v in values]
    return [MIDNIGHTS[v[:10]] + MINUTE_STARTS[v[10:16]] + SECOND_STARTS[v[16:19]] + _fraction(v[19:]) for v in values]


def _alike(values: Values) -> list[int] | None:
    """Of texts that have seconds, and as many digits behind them as each other; None of others."""
    sizes = set(map(len, values))
    size = sizes.pop() if len(sizes) == 1 else 0
    if size < WITH_SECONDS or size == WITH_SECONDS + 1:
        return None
    lines = b"\n".join(values)
    forms = b"\n".join([FORM[:size]] * len(values))
    if lines.translate(ZEROS) != forms or LAST_MIDNIGHT in lines:
        return None
    moments = map(datetime.fromisoformat, lines.decode().split("\n"))
    return [since // MICROSECOND for since in map(sub, moments, repeat(ZERO))]


def times(values: Values) -> list[int]:
    """Of texts HH:MM, HH:MM:SS or HH:MM:SS.digits."""
    return [MINUTE_STARTS[b" " + (v[:5] or b"-")] + SECOND_STARTS[v[5:8]] + _fraction(v[8:]) for v in values]


def moments_with_zone(values: Values) -> list[int]:
    """Of texts as of moments() with a time, followed by Z, +HH:MM or -HH:MM."""
    found: list[int] = []
    for value in values:
        match = TIMESTAMP_ZONE.fullmatch(value)
        if match is None:
            raise Unfit
        day, clock, zone = match.groups()
        moment = MIDNIGHTS[day] + times([clock])[0]
        found.append(moment - _offset(zone))
    return found


def _offset(zone: bytes) -> int:
    if zone == b"Z":
        return 0
    hours, minutes = int(zone[1:3]), int(zone[4:6])
    if hours > 15 or minutes > 59:
        raise Unfit
    seconds = (hours * 60 + minutes) * 60
    return (-seconds if zone[:1] == b"-" else seconds) * SECOND


def _since_1970(per_second: int) -> Callable[[Values], list[int]]:
    first, last = FIRST_SECOND * per_second, (LAST_SECOND + 1) * per_second - 1
    unit, zero = SECOND // per_second, UNIX_SECONDS * SECOND

    def counted(values: Values) -> list[int]:
        if values and not first <= min(values) <= max(values) <= last:
            raise Unfit
        return [value * unit - zero for value in values]

    return counted


EPOCHS = {"epoch_seconds": _since_1970(1), "epoch_milliseconds": _since_1970(1000)}
