"""Dates, times and spans as BSON values and back."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from typing import Any

from bson.int64 import Int64

from conversion.documents.relations_natural import natural, unnatural

UTC = datetime.UTC
EPOCH = datetime.datetime(1970, 1, 1)
MICROSECOND = datetime.timedelta(microseconds=1)
DURATION = re.compile(r"(-?)(\d+):(\d\d):(\d\d)(?:\.(\d{6}))?")
DAY_FORM, MOMENT_FORM = "%Y-%m-%d", "%Y-%m-%d %H:%M:%S"


def day(value: Any) -> Any:
    """Midnight UTC of a day."""
    if type(value) is datetime.date:
        return datetime.datetime(value.year, value.month, value.day, tzinfo=UTC)
    return natural(value)


def day_back(value: Any) -> Any:
    """What day() was given; a time of day, which it never gives, stays."""
    if not isinstance(value, datetime.datetime):
        return unnatural(value)
    return value.date() if value.time() == datetime.time() else value


def naive(value: datetime.datetime) -> datetime.datetime:
    """The moment in UTC, or the wall-clock reading, without a zone; OverflowError at the ends of the calendar."""
    return value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value


def moment(value: Any) -> Any:
    """Milliseconds of a date and time; the rest of the microseconds is asked for with left_over()."""
    if not isinstance(value, datetime.datetime):
        return natural(value)
    try:
        found = naive(value)
    except OverflowError:
        return {"iso": value.isoformat()}
    return found.replace(microsecond=found.microsecond // 1000 * 1000, tzinfo=UTC)


def left_over(value: Any) -> int:
    """Microseconds that a BSON date has no place for, 0 to 999."""
    return value.microsecond % 1000 if isinstance(value, datetime.datetime) else 0


def moment_back(zone: bool) -> Callable[[Any], Any]:
    """What undoes moment(): moments in UTC where zone is true, else readings without a zone."""

    def decode(value: Any) -> Any:
        if isinstance(value, datetime.datetime):
            return naive(value).replace(tzinfo=UTC) if zone else naive(value)
        if isinstance(value, dict):
            return datetime.datetime.fromisoformat(value["iso"])
        return unnatural(value)

    return decode


def microseconds(value: Any) -> Any:
    """Microseconds since 1970 of a date and time."""
    if not isinstance(value, datetime.datetime):
        return natural(value)
    try:
        return Int64((naive(value) - EPOCH) // MICROSECOND)
    except OverflowError:
        return {"iso": value.isoformat()}


def microseconds_back(zone: bool) -> Callable[[Any], Any]:
    """What undoes microseconds(); zone as in moment_back()."""

    def decode(value: Any) -> Any:
        if isinstance(value, int) and not isinstance(value, bool):
            found = EPOCH + int(value) * MICROSECOND
            return found.replace(tzinfo=UTC) if zone else found
        if isinstance(value, dict):
            return datetime.datetime.fromisoformat(value["iso"])
        return unnatural(value)

    return decode


def text_moment(form: str) -> Callable[[Any], Any]:
    """ISO text that comes out of a date just as it went in becomes one; other text stays text (SQLite)."""

    def encode(value: Any) -> Any:
        if isinstance(value, str):
            try:
                found = datetime.datetime.strptime(value, form).replace(tzinfo=UTC)
            except ValueError:
                return natural(value)
            return found if spelled(found, form) == value else natural(value)
        return natural(value)

    return encode


def spelled(value: datetime.datetime, form: str) -> str:
    """A date as the form spells it; years have four digits."""
    text = naive(value).isoformat(sep=" ", timespec="seconds")
    return text[:10] if form == DAY_FORM else text


def text_moment_back(form: str) -> Callable[[Any], Any]:
    """What undoes text_moment() of the same form; a date with more than the form says stays."""

    def decode(value: Any) -> Any:
        if not isinstance(value, datetime.datetime):
            return unnatural(value)
        text = spelled(value, form)
        return text if datetime.datetime.fromisoformat(text) == naive(value) else value

    return decode


def clock(value: Any) -> Any:
    """A time of day as ISO text."""
    return value.isoformat() if isinstance(value, datetime.time) else natural(value)


def clock_back(value: Any) -> Any:
    """What clock() was given; text that is no time of day stays text."""
    if not isinstance(value, str):
        return unnatural(value)
    try:
        return datetime.time.fromisoformat(value)
    except ValueError:
        return value


def duration(value: Any) -> Any:
    """hh:mm:ss of a time that counts hours (MySQL's TIME, -838 to 838 hours)."""
    if not isinstance(value, datetime.timedelta):
        return natural(value)
    count = value // MICROSECOND
    seconds, fraction = divmod(abs(count), 1_000_000)
    text = f"{'-' if count < 0 else ''}{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return f"{text}.{fraction:06}" if fraction else text


def duration_back(value: Any) -> Any:
    """What duration() was given."""
    found = DURATION.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        return unnatural(value)
    hours, minutes, seconds, fraction = (int(part or 0) for part in found.groups()[1:])
    span = datetime.timedelta(hours=hours, minutes=minutes, seconds=seconds, microseconds=fraction)
    return -span if found[1] else span


def interval(value: Any) -> Any:
    """A span that a driver gave as days and seconds; text stays the server's text."""
    if isinstance(value, datetime.timedelta):
        return {"days": value.days, "seconds": value.seconds, "microseconds": value.microseconds}
    return natural(value)


def interval_back(value: Any) -> Any:
    """What interval() was given."""
    return datetime.timedelta(**value) if isinstance(value, dict) else unnatural(value)
