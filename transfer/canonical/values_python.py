"""Canonical texts of Python's own values, form by form: what drivers give, and what documents and their rows hold."""

from __future__ import annotations

import datetime
import json
import uuid
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any

from bson.datetime_ms import DatetimeMS
from bson.decimal128 import Decimal128
from bson.objectid import ObjectId

from engines.columns import Kind
from transfer.canonical import geometry_text, json_text, moments_text, numbers_text, spans_text
from transfer.canonical.columns import ComparedColumn, Form
from transfer.canonical.moments_text import ENDLESS, Moment

Reader = Callable[[Any], bytes | None]  # None: a value that is not of the form
BITS = 8
MILLISECONDS = 1000


def reader(column: ComparedColumn) -> Reader:
    """What renders a value of the column, which is not None; None for a value that the form doesn't have."""
    return READERS[column.form](column)


def number(digits: int | None, value: Any) -> bytes | None:
    """A number of any class, a truth value, or text that spells a number."""
    return None if isinstance(value, bytes) else numbers_text.number(value, digits)


def text(value: Any) -> bytes | None:
    """Text; other scalars as PostgreSQL's text of them; lists and objects as JSON."""
    if isinstance(value, str):
        return value.encode(errors="surrogateescape")
    if isinstance(value, bool):
        return b"true" if value else b"false"
    if isinstance(value, int | float | Decimal | Decimal128):
        return number(None, value)
    if isinstance(value, ObjectId | uuid.UUID):
        return str(value).encode()
    if isinstance(value, datetime.date | DatetimeMS):
        return timestamp(None, value) if not is_day(value) else date(value)
    if isinstance(value, datetime.time):
        return clock(None, value)
    return as_json(value) if isinstance(value, list | dict) else None


def char(value: Any) -> bytes | None:
    """Text without blanks at its end."""
    found = text(value)
    return None if found is None else found.rstrip(b" ")


def binary(value: Any) -> bytes | None:
    """Bytes as hex; of text those of its UTF-8."""
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).hex().encode()
    if isinstance(value, uuid.UUID | ObjectId):
        return (value.bytes if isinstance(value, uuid.UUID) else value.binary).hex().encode()
    return value.encode(errors="surrogateescape").hex().encode() if isinstance(value, str) else None


def bits(width: int | None, value: Any) -> bytes | None:
    """Digits 0 and 1, as many as the column has."""
    if isinstance(value, str):
        return value.encode() if not value.strip("01") else None
    if isinstance(value, bytes):
        return f"{int.from_bytes(value, 'big'):0{width or BITS * len(value)}b}".encode()
    return f"{int(value):0{width or 1}b}".encode() if isinstance(value, int) and value >= 0 else None


def is_day(value: Any) -> bool:
    """Whether it is a date without a time of day."""
    return isinstance(value, datetime.date) and not isinstance(value, datetime.datetime)


def moment(value: Any) -> Moment | None:
    """The reading or moment of a date, a datetime, BSON's milliseconds, or a text."""
    if isinstance(value, datetime.datetime):
        return moments_text.of_datetime(value)
    if isinstance(value, datetime.date):
        return Moment(value.year, value.month, value.day)
    if isinstance(value, DatetimeMS):
        return moments_text.of_epoch(Decimal(int(value)) / MILLISECONDS)
    return moments_text.parse(value.encode(errors="replace")) if isinstance(value, str) else None


def timestamp(digits: int | None, value: Any) -> bytes | None:
    """`date time`, of a moment in UTC; infinity as it is written."""
    found = moment(value)
    return _endless(value) if found is None else moments_text.moment(found, digits)


def date(value: Any) -> bytes | None:
    """A day, or a midnight."""
    found = moment(value)
    return _endless(value) if found is None else moments_text.date(found)


def clock(digits: int | None, value: Any) -> bytes | None:
    """A time of day or a count of hours."""
    if isinstance(value, datetime.timedelta):
        return moments_text.of_timedelta(value, digits)
    shown = value.isoformat() if isinstance(value, datetime.time) else value
    return moments_text.clock(shown.encode(errors="replace"), digits) if isinstance(shown, str) else None


def clock_zone(digits: int | None, value: Any) -> bytes | None:
    """A time of day with its offset."""
    shown = value.isoformat() if isinstance(value, datetime.time) else value
    return moments_text.clock_zone(shown.encode(errors="replace"), digits) if isinstance(shown, str) else None


def interval(value: Any) -> bytes | None:
    """A span: a timedelta, or text of any style."""
    if isinstance(value, datetime.timedelta):
        return spans_text.of_timedelta(value)
    return spans_text.interval(value.encode(errors="replace")) if isinstance(value, str) else None


def uuid_of(value: Any) -> bytes | None:
    """A UUID, 16 bytes, or its text."""
    try:
        if isinstance(value, bytes):
            return str(uuid.UUID(bytes=bytes(value))).encode()
        return str(uuid.UUID(str(value).strip())).encode() if isinstance(value, str | uuid.UUID) else None
    except ValueError:
        return None


def json_of(value: Any) -> bytes | None:
    """The value that a JSON text spells; of anything else the JSON of the value itself."""
    if isinstance(value, str):
        try:
            return json_text.canonical(value.encode(errors="surrogateescape"))
        except json_text.NotJson:
            return None
    return as_json(value)


def as_json(value: Any) -> bytes | None:
    """Canonical JSON of lists, objects, numbers and texts; None where a part has none."""
    try:
        return json_text.canonical(_json(value).encode(errors="surrogatepass"))
    except (TypeError, json_text.NotJson):
        return None


def labels(value: Any) -> bytes | None:
    """Labels in alphabetical order with commas, from a list or such a text."""
    found = value.split(",") if isinstance(value, str) else value
    if not isinstance(found, list) or not all(isinstance(label, str) for label in found):
        return None
    return ",".join(sorted(label for label in found if label)).encode()


def point(value: Any) -> bytes | None:
    """`x y` of a GeoJSON point, of well-known bytes or text."""
    if isinstance(value, dict) and value.get("type") == "Point":
        try:
            x, y = (numbers_text.double(float(one)) for one in value["coordinates"])
        except (KeyError, TypeError, ValueError):
            return None
        return x + b" " + y
    found = value.encode() if isinstance(value, str) else value
    return geometry_text.point(bytes(found)) if isinstance(found, bytes) else None


def geometry(value: Any) -> bytes | None:
    """SRID and bytes of a geometry given as well-known bytes or their hex."""
    found = value.encode() if isinstance(value, str) else value
    return geometry_text.geometry(bytes(found)) if isinstance(found, bytes) else None


def _endless(value: Any) -> bytes | None:
    found = value.strip().lower().encode(errors="replace") if isinstance(value, str) else b""
    return found if found in ENDLESS else None


def _json(value: Any) -> str:
    """JSON text; moments as PostgreSQL writes them into JSON. TypeError for a value without any."""
    if value is None or isinstance(value, bool | str):
        return json.dumps(value)
    if isinstance(value, int | float | Decimal | Decimal128):
        shown = numbers_text.number(value) or b""
        return shown.decode() if shown[-1:].isdigit() else json.dumps(shown.decode())
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(str(key))}:{_json(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(_json, value)) + "]"
    if isinstance(value, datetime.date | datetime.time):
        return json.dumps(value.isoformat())
    if isinstance(value, uuid.UUID | ObjectId):
        return json.dumps(str(value))
    if isinstance(value, bytes):
        return json.dumps("\\x" + value.hex())
    raise TypeError(f"{type(value).__name__} has no JSON")


def _bits_of(column: ComparedColumn) -> Reader:
    widths = {held.type.kind: held.type.length for held in (column.source, column.target)}
    return partial(bits, widths.get(Kind.BIT))


def _own_text(column: ComparedColumn) -> Reader:
    return text


READERS: dict[Form, Callable[[ComparedColumn], Reader]] = {
    Form.NUMBER: lambda column: partial(number, column.digits),
    Form.SINGLE: lambda column: lambda value: None if isinstance(value, bytes) else numbers_text.single(value),
    Form.TEXT: _own_text,
    Form.CHAR: lambda column: char,
    Form.BYTES: lambda column: binary,
    Form.BITS: _bits_of,
    Form.DATE: lambda column: date,
    Form.TIME: lambda column: partial(clock, column.digits),
    Form.TIMETZ: lambda column: partial(clock_zone, column.digits),
    Form.TIMESTAMP: lambda column: partial(timestamp, column.digits),
    Form.INTERVAL: lambda column: interval,
    Form.UUID: lambda column: uuid_of,
    Form.JSON: lambda column: json_of,
    Form.SET: lambda column: labels,
    Form.POINT: lambda column: point,
    Form.GEOMETRY: lambda column: geometry,
    Form.NATIVE: _own_text,
}
