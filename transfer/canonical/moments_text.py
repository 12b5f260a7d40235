"""Canonical text of dates, times, moments and spans, for every year and whatever way they are written."""

from __future__ import annotations

import datetime
import re
from decimal import Decimal
from typing import NamedTuple

from transfer.canonical.numbers_text import EXACT

UNIX_DAY = 719_468  # days from 0000-03-01 to 1970-01-01, https://howardhinnant.github.io/date_algorithms.html
JULIAN_UNIX = Decimal("2440587.5")  # julian day of 1970-01-01T00:00Z, https://www.sqlite.org/lang_datefunc.html
DAY, MICROSECONDS = 86_400, 1_000_000
MOMENT = re.compile(
    rb"\s*(?P<sign>-?)(?P<year>[0-9]{4,})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})"
    rb"(?:[ T](?P<hour>[0-9]{2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:[.,](?P<fraction>[0-9]+))?)?"
    rb"(?P<bc> ?BC)?\s*(?P<zone>[zZ]|UTC|GMT|[+-][0-9]{2}(?::?[0-9]{2}(?::?[0-9]{2})?)?)?)?(?P<era> ?BC)?\s*"
)
CLOCK = re.compile(
    rb"\s*(?P<sign>[+-]?)(?P<hour>[0-9]{1,3}):(?P<minute>[0-9]{2})"
    rb"(?::(?P<second>[0-9]{2})(?:[.,](?P<fraction>[0-9]+))?)?"
    rb"\s*(?P<zone>[zZ]|[+-][0-9]{2}(?::?[0-9]{2}(?::?[0-9]{2})?)?)?\s*"
)
ENDLESS = {b"infinity", b"-infinity"}


class Moment(NamedTuple):
    """A wall-clock reading, or a moment with its offset east of UTC in seconds.

    year: astronomical (0 is 1 BC); fraction: digits behind the seconds; zero: the year was written 0000 (MySQL,
    SQLite) and stays so.
    """

    year: int
    month: int
    day: int
    seconds: int = 0
    fraction: str = ""
    offset: int | None = None
    zero: bool = False


def parse(text: bytes | bytearray) -> Moment | None:
    """The date or date and time that a text spells; None where it is none. Zero days and months are let through."""
    found = MOMENT.fullmatch(text)
    if found is None:
        return None
    part = found.groupdict()
    year = int(part["year"]) * (-1 if part["sign"] else 1)
    if part["bc"] or part["era"]:
        year = 1 - year
    hour, minute, second = (int(part[name] or 0) for name in ("hour", "minute", "second"))
    month, day = int(part["month"]), int(part["day"])
    if month > 12 or day > 31 or hour > 24 or minute > 59 or second > 60:
        return None
    fraction = (part["fraction"] or b"").decode().rstrip("0")
    seconds = hour * 3600 + minute * 60 + second
    zone = None if part["zone"] is None else offset(part["zone"])
    return Moment(year, month, day, seconds, fraction, zone, not int(part["year"]))


def of_datetime(value: datetime.datetime) -> Moment:
    """The same of a datetime."""
    shift = value.utcoffset()
    seconds = value.hour * 3600 + value.minute * 60 + value.second
    fraction = f"{value.microsecond:06}".rstrip("0")
    east = None if shift is None else int(shift.total_seconds())
    return Moment(value.year, value.month, value.day, seconds, fraction, east)


def of_epoch(value: Decimal) -> Moment:
    """The moment of seconds since 1970 in UTC, to the microsecond."""
    count = int(EXACT.multiply(value, Decimal(MICROSECONDS)).to_integral_value(context=EXACT))
    seconds, rest = divmod(count, MICROSECONDS)
    days, seconds = divmod(seconds, DAY)
    return Moment(*civil(days), seconds, f"{rest:06}".rstrip("0"))


def of_julian_day(value: Decimal) -> Moment:
    """The moment of a julian day, to the microsecond (a double holds about 40 of them)."""
    return of_epoch((value - JULIAN_UNIX) * DAY)


def offset(zone: bytes) -> int:
    """Seconds east of UTC of `Z`, `+hh`, `+hh:mm` or `+hhmmss`."""
    if zone[:1] not in b"+-":
        return 0
    digits = zone[1:].replace(b":", b"").ljust(6, b"0")
    seconds = int(digits[:2]) * 3600 + int(digits[2:4]) * 60 + int(digits[4:6])
    return -seconds if zone.startswith(b"-") else seconds


def civil(days: int) -> tuple[int, int, int]:
    """Year, month and day of a number of days since 1970-01-01, proleptic Gregorian."""
    days += UNIX_DAY
    era, of_era = divmod(days, 146_097)
    year_of_era = (of_era - of_era // 1460 + of_era // 36_524 - of_era // 146_096) // 365
    of_year = of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    shifted = (5 * of_year + 2) // 153
    month = shifted + 3 if shifted < 10 else shifted - 9
    return year_of_era + era * 400 + (month <= 2), month, of_year - (153 * shifted + 2) // 5 + 1


def day_number(year: int, month: int, day: int) -> int:
    """Days since 1970-01-01."""
    year -= month <= 2
    era, year_of_era = divmod(year, 400)
    of_year = (153 * (month - 3 if month > 2 else month + 9) + 2) // 5 + day - 1
    return era * 146_097 + year_of_era * 365 + year_of_era // 4 - year_of_era // 100 + of_year - UNIX_DAY


def moment(value: Moment, digits: int | None = None) -> bytes:
    """`date time` of a reading, in UTC of a moment with an offset; fraction rounded to `digits`, half up."""
    fraction, carry = _cut(value.fraction, digits)
    seconds = value.seconds - (value.offset or 0) + carry
    year, month, day = value.year, value.month, value.day
    if not 0 <= seconds < DAY and month and day:
        days, seconds = divmod(seconds, DAY)
        year, month, day = civil(day_number(year, month, day) + days)
    shown, era = _day(year, month, day, value.zero)
    return f"{shown} {_clock(seconds, fraction)}{era}".encode()


def date(value: Moment) -> bytes | None:
    """`YYYY-MM-DD` of a day, or of midnight; None where a time of day would be lost."""
    if value.seconds or value.fraction:
        return None
    return "".join(_day(value.year, value.month, value.day, value.zero)).encode()


def clock(text: bytes | bytearray, digits: int | None = None) -> bytes | None:
    """`HH:MM:SS` of a time of day or a count of hours (-838 to 838); None for other text, or one with a zone."""
    found = CLOCK.fullmatch(text)
    if found is None or found["zone"]:
        return None
    fraction, carry = _cut((found["fraction"] or b"").decode().rstrip("0"), digits)
    seconds = _seconds(found) + carry
    sign = "-" if found["sign"] == b"-" and (seconds or fraction) else ""
    return f"{sign}{_clock(seconds, fraction)}".encode()


def clock_zone(text: bytes | bytearray, digits: int | None = None) -> bytes | None:
    """Time of day and offset, `HH:MM:SS+hh[:mm[:ss]]` as PostgreSQL writes it; None for other text."""
    found = CLOCK.fullmatch(text)
    if found is None or not found["zone"] or found["sign"]:
        return None
    fraction, carry = _cut((found["fraction"] or b"").decode().rstrip("0"), digits)
    east = offset(found["zone"])
    hours, rest = divmod(abs(east), 3600)
    zone = f"{'-' if east < 0 else '+'}{hours:02}"
    if rest:
        zone += f":{rest // 60:02}" + (f":{rest % 60:02}" if rest % 60 else "")
    return f"{_clock(_seconds(found) + carry, fraction)}{zone}".encode()


def clock_microseconds(text: bytes) -> int | None:
    """Microseconds of a count of hours, minutes and seconds, rounded half up; None for other text."""
    found = CLOCK.fullmatch(text)
    if found is None or found["zone"]:
        return None
    fraction, carry = _cut((found["fraction"] or b"").decode(), 6)
    count = (_seconds(found) + carry) * MICROSECONDS + int(fraction.ljust(6, "0") or 0)
    return -count if found["sign"] == b"-" else count


def of_timedelta(value: datetime.timedelta, digits: int | None = None) -> bytes:
    """`[-]HH:MM:SS` of a count of hours."""
    count = value // datetime.timedelta(microseconds=1)
    seconds, rest = divmod(abs(count), MICROSECONDS)
    text = f"{'-' if count < 0 else ''}{_clock(seconds, f'{rest:06}')}".encode()
    return clock(text, digits) or text


def _seconds(found: re.Match[bytes]) -> int:
    return int(found["hour"]) * 3600 + int(found["minute"]) * 60 + int(found["second"] or 0)


def _cut(fraction: str, digits: int | None) -> tuple[str, int]:
    """The fraction rounded half up, without zeros at its end, and the second that is carried."""
    if digits is None or len(fraction) <= digits:
        return fraction.rstrip("0"), 0
    count = int(fraction[:digits] or 0) + (fraction[digits] >= "5")
    if count == 10**digits:
        return "", 1
    return (f"{count:0{digits}}".rstrip("0") if digits else ""), 0


def _day(year: int, month: int, day: int, zero: bool) -> tuple[str, str]:
    if year > 0 or (year == 0 and zero):
        return f"{year:04}-{month:02}-{day:02}", ""
    return f"{1 - year:04}-{month:02}-{day:02}", " BC"


def _clock(seconds: int, fraction: str) -> str:
    text = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return f"{text}.{fraction}" if fraction else text
