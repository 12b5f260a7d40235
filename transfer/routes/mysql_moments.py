"""Exact conversion of MySQL dates and times to PostgreSQL's input text, or a refusal."""

from __future__ import annotations

import calendar
import re
from decimal import Decimal

from transfer.routes.policy import Refused
from transfer.routes.texts import Convert, following

DATE = re.compile(rb"(\d{4})-(\d\d)-(\d\d)((?:[ T]\d\d:\d\d:\d\d(?:\.\d{1,6})?)?)")
CLOCK = re.compile(rb"(-?)(\d+):(\d\d):(\d\d(?:\.\d+)?)")


def moment(base: str, read: Convert) -> Convert:
    """A day, or a day and its time; zero dates become -infinity and partial ones the first of what is missing.

    read: what looks at the text first.
    """
    suffix = b"+00" if base == "timestamp with time zone" else b""

    def convert(value: bytes) -> bytes:
        found = DATE.fullmatch(value)
        if found is None:
            raise Refused("malformed", "text that is not a date")
        year, month, day = int(found[1]), int(found[2]), int(found[3])
        clock = found[4].replace(b"T", b" ")
        tail = b"" if base == "date" else clock + suffix
        if not (year or month or day):
            raise Refused("zero_date", "zero date", b"-infinity")
        if not month or not day:
            filled = _day(year, month or 1, day or 1) + tail + (b"" if year else b" BC")
            raise Refused("partial_date", "date with a zero in it", filled)
        if month > 12 or day > calendar.monthrange(year or 4, month)[1] or not year:
            kept = _day(year, min(month, 12), day)
            raise Refused("date_range", "no such day" if year else "year 0", kept + tail + (b"" if year else b" BC"))
        if base == "date" and clock.strip(b" 0:."):
            raise Refused("out_of_range", "time in a column of days", value[:10])
        return value[:10] + tail

    return following(read, convert)


def _day(year: int, month: int, day: int) -> bytes:
    """With the last day of its month where there is no such day; PostgreSQL calls the year 0 the year 1 BC."""
    last = calendar.monthrange(year or 4, month)[1]
    return b"%04d-%02d-%02d" % (year or 1, month, min(day, last))


def clock(value: bytes) -> bytes:
    """A time of a day; others become the time of their day where they are converted."""
    found = CLOCK.fullmatch(value)
    if found is None:
        raise Refused("malformed", "text that is not a time")
    hours, minutes, seconds = int(found[2]), int(found[3]), Decimal(found[4].decode())
    if not found[1] and hours < 24:
        return value
    whole = (hours * 60 + minutes) * 60 + seconds
    rest = (-whole if found[1] else whole) % 86_400 + (86_400 if found[1] and whole % 86_400 else 0)
    minute, second = divmod(rest % 86_400, 60)
    shown = f"{int(minute) // 60:02d}:{int(minute) % 60:02d}:{second:09.6f}".encode()
    raise Refused("time_range", "time of a day or more" if not found[1] else "time below zero", shown)
