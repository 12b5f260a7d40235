"""Canonical text of spans of time: `months days microseconds`, from what engines and drivers write."""

from __future__ import annotations

import datetime
import re
from decimal import Decimal

from transfer.canonical.moments_text import clock_microseconds

CANONICAL = re.compile(rb"-?[0-9]+ -?[0-9]+ -?[0-9]+")
# unit -> months, days, microseconds of one
UNITS = {
    "millennium": (12_000, 0, 0), "millennia": (12_000, 0, 0), "century": (1_200, 0, 0), "centuries": (1_200, 0, 0),
    "decade": (120, 0, 0), "year": (12, 0, 0), "mon": (1, 0, 0), "month": (1, 0, 0), "week": (0, 7, 0),
    "day": (0, 1, 0), "hour": (0, 0, 3_600_000_000), "min": (0, 0, 60_000_000), "minute": (0, 0, 60_000_000),
    "sec": (0, 0, 1_000_000), "second": (0, 0, 1_000_000),
}  # fmt: skip
WORDED = re.compile(r"([+-]?[0-9]+(?:\.[0-9]+)?) *([a-z]+)")
ISO = re.compile(
    r"P(?:(-?[0-9]+)Y)?(?:(-?[0-9]+)M)?(?:(-?[0-9]+)W)?(?:(-?[0-9]+)D)?"
    r"(?:T(?:(-?[0-9]+)H)?(?:(-?[0-9]+)M)?(?:(-?[0-9]+(?:\.[0-9]+)?)S)?)?"
)
ISO_UNITS = ("year", "month", "week", "day", "hour", "minute", "second")
CLOCK = re.compile(r"[+-]?[0-9]+:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?$")


def interval(text: bytes) -> bytes | None:
    """A span of PostgreSQL (styles postgres, postgres_verbose and iso_8601) or a count of hours; None for others."""
    if CANONICAL.fullmatch(text):
        return bytes(text)
    shown = text.decode(errors="replace").strip()
    found = ISO.fullmatch(shown)
    if found and shown not in ("P", "PT"):
        return _text(_sum((part, unit) for part, unit in zip(found.groups(), ISO_UNITS, strict=True) if part))
    ago = shown.endswith(" ago")
    rest = shown.removeprefix("@").removesuffix(" ago").strip()
    time = CLOCK.search(rest)
    hours = clock_microseconds_long(time[0]) if time else 0
    words = rest[: time.start()] if time else rest
    parts = [(number, unit) for number, unit in WORDED.findall(words)]
    if not (parts or time) or WORDED.sub("", words).strip():
        return None
    try:
        months, days, count = _sum(parts)
    except KeyError:
        return None
    sign = -1 if ago else 1
    return _text((sign * months, sign * days, sign * (count + hours)))


def clock_microseconds_long(text: str) -> int:
    """Microseconds of hours, minutes and seconds, any number of hours."""
    sign, bare = (-1 if text.startswith("-") else 1), text.lstrip("+-")
    hours, _, rest = bare.partition(":")
    return sign * (int(hours) * 3_600_000_000 + (clock_microseconds(f"00:{rest}".encode()) or 0))


def of_timedelta(value: datetime.timedelta) -> bytes:
    """Whole days of the span, and the rest: what is left of months and days where a driver gave a timedelta."""
    count = value // datetime.timedelta(microseconds=1)
    sign = -1 if count < 0 else 1
    days, rest = divmod(abs(count), 86_400_000_000)
    return _text((0, sign * days, sign * rest))


def _sum(parts: object) -> tuple[int, int, int]:
    months = days = count = 0
    for number, unit in parts:  # type: ignore[attr-defined]
        of = UNITS.get(unit) or UNITS[unit.removesuffix("s")]
        amount = Decimal(number)
        months, days, count = months + int(amount * of[0]), days + int(amount * of[1]), count + int(amount * of[2])
    return months, days, count


def _text(parts: tuple[int, int, int]) -> bytes:
    return b"%d %d %d" % parts
