"""Days, times and moments of SQLite as PostgreSQL's binary form counts them: from 2000-01-01, in UTC.

The forms of texts are those that the exact conversion (sqlite_values.py) takes; what it refuses is Unfit here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from transfer.routes.sqlite_packed_numeric import Unfit
from transfer.routes.sqlite_values import DATE, TIMESTAMP_ZONE

DAY_ZERO = date(2000, 1, 1).toordinal()
SECOND = 1_000_000  # microseconds
DAY = 86_400 * SECOND
UNIX_SECONDS = 946_684_800  # from 1970 to 2000
FIRST_SECOND, LAST_SECOND = -62_135_596_800, 253_402_300_799  # the years 1 to 9999 since 1970
CLOCK = re.compile(rb"(?:[ T](\d\d):(\d\d)(?::(\d\d))?)?")
FRACTION = len(".123456")
REMEMBERED = 200_000  # entries; a table's days and seconds of the day come again and again

Values = Sequence[Any]


class Days(dict[bytes, int]):
    """Text of a day -> days since 2000-01-01; Unfit where there is no such day."""

    def __missing__(self, text: bytes) -> int:
        if not DATE.fullmatch(text):
            raise Unfit
        if len(self) >= REMEMBERED:
            self.clear()
        found = self[text] = date.fromisoformat(text.decode()).toordinal() - DAY_ZERO
        return found


class Clocks(dict[bytes, int]):
    """Text of a time of day behind its separator -> microseconds since midnight; nothing is midnight."""

    def __missing__(self, text: bytes) -> int:
        match = CLOCK.fullmatch(text)
        if match is None:
            raise Unfit
        hours, minutes, seconds = (int(part or 0) for part in match.groups())
        if hours > 23 or minutes > 59 or seconds > 59:
            raise Unfit
        if len(self) >= REMEMBERED:
            self.clear()
        found = self[text] = ((hours * 60 + minutes) * 60 + seconds) * SECOND
        return found


_days, _clocks = Days(), Clocks()


def days(values: Values) -> list[int]:
    """Of texts YYYY-MM-DD."""
    return list(map(_days.__getitem__, values))


def moments(values: Values) -> list[int]:
    """Of texts YYYY-MM-DD, alone or followed by a space or T and HH:MM, HH:MM:SS or HH:MM:SS.digits."""
    found = [_days[value[:10]] * DAY + _clocks[value[10:19]] for value in values]
    if max(map(len, values), default=0) > 19:
        found = list(map(int.__add__, found, _fractions([value[19:] for value in values])))
    return found


def times(values: Values) -> list[int]:
    """Of texts HH:MM, HH:MM:SS or HH:MM:SS.digits."""
    found = [_clocks[b" " + (value[:8] or b"-")] for value in values]
    return list(map(int.__add__, found, _fractions([value[8:] for value in values])))


def moments_with_zone(values: Values) -> list[int]:
    """Of texts as of moments() with a time, followed by Z, +HH:MM or -HH:MM."""
    found: list[int] = []
    for value in values:
        match = TIMESTAMP_ZONE.fullmatch(value)
        if match is None:
            raise Unfit
        day, clock, zone = match.groups()
        moment = _days[day] * DAY + _clocks[b" " + clock[:8]] + _fraction(clock[8:])
        found.append(moment - _offset(zone))
    return found


def _fractions(texts: Sequence[bytes]) -> list[int]:
    """Microseconds of each; all at once where all have six digits."""
    whole = b"".join(texts)
    points = b"." * len(texts)
    if set(map(len, texts)) == {FRACTION} and whole[::FRACTION] == points and whole.replace(b".", b"").isdigit():
        digits = whole.split(b".")[1:]
        if len(digits) == len(texts):
            return list(map(int, digits))
    return list(map(_fraction, texts))


def _fraction(text: bytes) -> int:
    """Microseconds of a point and one to six digits."""
    if not text:
        return 0
    digits = text[1:]
    if text[:1] != b"." or not digits.isdigit() or len(digits) > 6:
        raise Unfit
    return int(digits.ljust(6, b"0"))


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
