"""Exact conversion of single SQLite values to PostgreSQL's text input, or a refusal with its kind and reason.

A refusal's `converted` is what the target can hold of a text: without NUL, U+FFFD for bytes that are not UTF-8.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal, localcontext

from engines.errors import EngineError
from transfer.moveplan import Unholdable
from transfer.routes.policy import Refused
from transfer.routes.sqlite_values_text import Convert, Value, json_text, jsonb_any
from transfer.routes.texts import clean_text, following

INT64 = 1 << 63
EXACT_IN_DOUBLE = 1 << 53
UNIX_EPOCH_DAY = Decimal("2440587.5")  # the julian day of 1970-01-01 00:00
MICROSECONDS_A_DAY = 86_400_000_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DATE = re.compile(rb"\d{4}-\d\d-\d\d")
CLOCK = rb"\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?"
TIME = re.compile(CLOCK)
TIMESTAMP = re.compile(rb"(\d{4}-\d\d-\d\d)(?:[ T](" + CLOCK + rb"))?")
TIMESTAMP_ZONE = re.compile(rb"(\d{4}-\d\d-\d\d)[ T](" + CLOCK + rb") ?(Z|[+-]\d\d:\d\d)")
FRACTION = re.compile(rb"\.(\d+)")
UUID = re.compile(rb"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def _integer(low: int, high: int) -> Convert:
    def convert(klass: str, value: Value) -> bytes:
        if klass != "integer":
            raise Refused("wrong_class", f"{klass} in an integer column")
        assert isinstance(value, int)
        if not low <= value <= high:
            raise Refused("out_of_range", f"integer outside of {low} to {high}")
        return b"%d" % value

    return convert


def _boolean(klass: str, value: Value) -> bytes:
    if klass != "integer" or value not in (0, 1):
        kind: Unholdable = "not_boolean" if klass in ("integer", "real") else "wrong_class"
        raise Refused(kind, "neither 0 nor 1 in a boolean column")
    return b"%d" % value


def _double(klass: str, value: Value) -> bytes:
    if klass == "integer" and isinstance(value, int) and abs(value) > EXACT_IN_DOUBLE:
        raise Refused("out_of_range", "integer beyond 2^53 in a double precision column")
    if klass not in ("integer", "real"):
        raise Refused("wrong_class", f"{klass} in a number column")
    return repr(value).encode()


def _numeric(precision: int | None, scale: int | None) -> Convert:
    def convert(klass: str, value: Value) -> bytes:
        if klass not in ("integer", "real"):
            raise Refused("wrong_class", f"{klass} in a number column")
        number = Decimal(repr(value))
        if not number.is_finite():
            raise Refused("not_finite", "infinity in a numeric column")
        if precision is not None:
            digits = scale or 0
            if abs(number) >= Decimal(10) ** (precision - digits) or not _has_scale(number, digits):
                raise Refused("out_of_range", f"number does not fit numeric({precision},{scale or 0}) exactly")
        return repr(value).encode()

    return convert


def _has_scale(number: Decimal, digits: int) -> bool:
    with localcontext(prec=400):
        return number.scaleb(digits) % 1 == 0


def _text(length: int | None) -> Convert:
    def fitting(value: bytes) -> bytes:
        if length is not None and len(value) > length and len(value.decode()) > length:
            raise Refused("too_long", f"text longer than {length} characters")
        return value

    clean = following(clean_text, fitting)

    def convert(klass: str, value: Value) -> bytes:
        if klass != "text":
            raise Refused("wrong_class", f"{klass} in a text column")
        assert isinstance(value, bytes)
        return clean(value)

    return convert


def _text_any(klass: str, value: Value) -> bytes:
    if klass == "blob":
        raise Refused("wrong_class", "blob in a text column")
    return clean_text(value) if isinstance(value, bytes) else repr(value).encode()


def _bytea(classes: tuple[str, ...]) -> Convert:
    def convert(klass: str, value: Value) -> bytes:
        if klass not in classes:
            raise Refused("wrong_class", f"{klass} in a binary column")
        assert isinstance(value, bytes)
        return rb"\x" + value.hex().encode()

    return convert


def _day(value: bytes) -> bytes:
    try:
        datetime.fromisoformat(value.decode())
    except ValueError:
        raise Refused(*_no_day(value)) from None
    return value


def _no_day(value: bytes) -> tuple[Unholdable, str]:
    year, month, day = value[:10].split(b"-")
    if month == day == b"00":
        return ("zero_date" if year == b"0000" else "partial_date"), "no such day or time"
    return ("partial_date" if b"00" in (month, day) else "date_range"), "no such day or time"


def _matching(pattern: re.Pattern[bytes], what: str, form: Callable[[re.Match[bytes]], bytes]) -> Convert:
    def convert(klass: str, value: Value) -> bytes:
        match = pattern.fullmatch(value) if klass == "text" and isinstance(value, bytes) else None
        if match is None:
            raise Refused("malformed" if klass == "text" else "wrong_class", f"{klass} that is not {what}")
        return form(match)

    return convert


def _moment(match: re.Match[bytes]) -> bytes:
    parts = [part or b"" for part in match.groups()]
    clock = parts[1] or b"00:00:00"
    _day(parts[0])
    _clock(clock)
    return parts[0] + b" " + clock + b"".join(map(_offset, parts[2:]))


def _offset(zone: bytes) -> bytes:
    """PostgreSQL takes less than 16 hours (documentation: Date/Time Types)."""
    if zone == b"Z":
        return b"+00"
    if int(zone[1:3]) > 15 or int(zone[4:6]) > 59:
        raise Refused("time_range", "an offset of 16 hours or more")
    return zone


def _clock(clock: bytes) -> bytes:
    hours, minutes, seconds = (*clock.split(b":"), b"0")[:3]
    if int(hours) > 23 or int(minutes) > 59 or float(seconds) >= 60:
        raise Refused("time_range", "no such day or time")
    return clock


def _epoch(per_second: int) -> Convert:
    def convert(klass: str, value: Value) -> bytes:
        if klass != "integer" or not isinstance(value, int):
            raise Refused("wrong_class", f"{klass} in a column of epoch times")
        try:
            moment = EPOCH + timedelta(microseconds=value * (1_000_000 // per_second))
        except OverflowError:
            raise Refused("date_range", "epoch time outside of the years 1 to 9999") from None
        return moment.replace(tzinfo=None).isoformat(" ").encode()

    return convert


def _julian_day(klass: str, value: Value) -> bytes:
    """A day number (noon of 4714-11-24 BC is 0) as a date and time, to the microsecond that is nearest."""
    if klass not in ("integer", "real") or not isinstance(value, int | float):
        raise Refused("wrong_class", f"{klass} in a column of julian days")
    try:
        with localcontext(prec=60):
            exact = (Decimal(value) - UNIX_EPOCH_DAY) * MICROSECONDS_A_DAY
            moment = EPOCH + timedelta(microseconds=int(exact.to_integral_value()))
    except (OverflowError, ValueError):
        raise Refused("date_range", "julian day outside of the years 1 to 9999") from None
    return moment.replace(tzinfo=None).isoformat(" ").encode()


def _rounded(convert: Convert, digits: int) -> Convert:
    """The same, a value refused that has more digits of a second than the type keeps."""

    def checked(klass: str, value: Value) -> bytes:
        made = convert(klass, value)
        found = FRACTION.search(made)
        if found and len(found[1].rstrip(b"0")) > digits:
            raise Refused("out_of_range", f"more than {digits} digits of a second")
        return made

    return checked


def converter(route: str, target_type: str) -> Convert:
    """The exact conversion of a route into a target type; EngineError for a route nobody wrote."""
    convert = _converter(route, target_type)
    limited = "time zone" in target_type and sizes(target_type)
    return _rounded(convert, sizes(target_type)[0]) if limited else convert


def sizes(target_type: str) -> list[int]:
    """The numbers in a type's brackets."""
    return [int(n) for n in re.findall(r"\d+", target_type)] if "(" in target_type else []


def _converter(route: str, target_type: str) -> Convert:
    limits = sizes(target_type)
    ranges = {"smallint": (-(1 << 15), (1 << 15) - 1), "integer": (-(1 << 31), (1 << 31) - 1)}
    table: dict[str, Convert] = {
        "integer": _integer(*ranges.get(target_type, (-INT64, INT64 - 1))),
        "boolean": _boolean,
        "double": _double,
        "numeric": _numeric(limits[0] if limits else None, limits[1] if len(limits) > 1 else None),
        "text": _text(limits[0] if limits else None),
        "text_any": _text_any,
        "bytea": _bytea(("blob",)),
        "bytea_any": _bytea(("blob", "text")),
        "jsonb_any": jsonb_any,
        "date": _matching(DATE, "a date", lambda m: _day(m[0])),
        "time": _matching(TIME, "a time", lambda m: _clock(m[0])),
        "timestamp": _matching(TIMESTAMP, "a date and time", _moment),
        "timestamptz": _matching(TIMESTAMP_ZONE, "a date and time with zone", _moment),
        "epoch_seconds": _epoch(1),
        "epoch_milliseconds": _epoch(1000),
        "julian_day": _julian_day,
        "uuid": _matching(UUID, "a lower-case UUID", lambda m: m[0]),
        "json": json_text(target_type),
    }
    if route not in table:
        raise EngineError("ROUTE_UNKNOWN", f"No conversion is named {route}.", "Plan the migration again.")
    return table[route]
