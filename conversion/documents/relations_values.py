"""Values of rows as BSON values and back: what an encoding gives, its decoder turns into the very same value."""

from __future__ import annotations

import decimal
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bson.binary import UUID_SUBTYPE, Binary
from bson.decimal128 import Decimal128

from conversion.documents.relations_json import AS_TEXT, json_from_bson, json_to_bson
from conversion.documents.relations_moments import (
    DAY_FORM,
    MOMENT_FORM,
    clock,
    clock_back,
    day,
    day_back,
    duration,
    duration_back,
    interval,
    interval_back,
    microseconds,
    microseconds_back,
    moment,
    moment_back,
    text_moment,
    text_moment_back,
)
from conversion.documents.relations_natural import natural, unnatural

INT32 = 2**31


@dataclass(frozen=True)
class Encoding:
    """A way of values into documents.

    bson: the types of the field ($type aliases), the usual one first; encode: a value that isn't None; decode: what
    encode gave. what: for people, what the field holds; loses: what is not kept, empty when nothing is lost.
    """

    bson: tuple[str, ...]
    encode: Callable[[Any], Any]
    decode: Callable[[Any], Any]
    what: str
    loses: str = ""


def _integer(value: Any) -> Any:
    return int(value) if isinstance(value, int) and -INT32 <= value < INT32 else natural(value)


def _whole(value: Any) -> Any:
    """An unsigned number of 64 bits: those beyond a long become decimals without fraction."""
    return int(value.to_decimal()) if isinstance(value, Decimal128) else unnatural(value)


def _to_decimal(value: Any) -> Any:
    return decimal.Decimal(value) if isinstance(value, str) else unnatural(value)


def _as_text(value: Any) -> Any:
    return natural(value if isinstance(value, str | bytes | int | float) else str(value))


def _number_text(value: Any) -> Any:
    return str(value) if isinstance(value, decimal.Decimal) else natural(value)


def _flag(value: Any) -> Any:
    return bool(value) if type(value) is int and value in (0, 1) else natural(value)


def _number_of_flag(value: Any) -> Any:
    return int(value) if isinstance(value, bool) else unnatural(value)


def _uuid(value: Any) -> Any:
    return Binary(value.bytes, UUID_SUBTYPE) if isinstance(value, uuid.UUID) else natural(value)


def _uuid_back(value: Any) -> Any:
    if isinstance(value, Binary) and value.subtype == UUID_SUBTYPE:
        return uuid.UUID(bytes=bytes(value))
    return unnatural(value)


def _uuid_text(value: Any) -> Any:
    try:
        found = uuid.UUID(value) if isinstance(value, str) else None
    except ValueError:
        found = None
    return Binary(found.bytes, UUID_SUBTYPE) if found is not None and str(found) == value else natural(value)


def _uuid_text_back(value: Any) -> Any:
    found = _uuid_back(value)
    return str(found) if isinstance(found, uuid.UUID) else found


def _labels(value: Any) -> Any:
    found = natural(value)
    return (found.split(",") if found else []) if isinstance(found, str) else found


def _labels_back(value: Any) -> Any:
    return ",".join(value) if isinstance(value, list) else unnatural(value)


DATE, STAMP, LONG = ("date", "string"), ("date", "string", "object"), ("long", "string", "object")
JSON = ("object", "array", "string", "int", "long", "double", "decimal", "bool", "null", "binData")
ANY = ("string", "long", "double", "binData", "decimal", "bool")
READING = "the wall-clock reading as if in UTC"
MIDNIGHT = "midnight UTC of the day"

ENCODINGS: dict[str, Encoding] = {
    "any": Encoding(ANY, natural, unnatural, "the value's own type"),
    "int": Encoding(("int", "long"), _integer, unnatural, "a number of 32 bits"),
    "long": Encoding(("long",), natural, unnatural, "a number of 64 bits"),
    "unsigned": Encoding(("long", "decimal"), natural, _whole, "a number, beyond 2^63 as decimal"),
    "number": Encoding(("long", "double"), natural, unnatural, "a number"),
    "double": Encoding(("double",), natural, unnatural, "a double"),
    "decimal": Encoding(("decimal", "string"), natural, _to_decimal, "an exact number of up to 34 digits"),
    "decimal_text": Encoding(("string",), _number_text, _to_decimal, "an exact number as text"),
    "bool": Encoding(("bool",), natural, unnatural, "true or false"),
    "flag": Encoding(("bool", "long"), _flag, _number_of_flag, "true for 1, false for 0"),
    "string": Encoding(("string", "binData"), _as_text, unnatural, "text"),
    "binary": Encoding(("binData", "string"), natural, unnatural, "bytes"),
    "date": Encoding(DATE, day, day_back, MIDNIGHT),
    "date_text": Encoding(DATE, text_moment(DAY_FORM), text_moment_back(DAY_FORM), MIDNIGHT),
    "timestamp": Encoding(STAMP, moment, moment_back(False), READING),
    "timestamp_text": Encoding(DATE, text_moment(MOMENT_FORM), text_moment_back(MOMENT_FORM), READING),
    "timestamp_long": Encoding(LONG, microseconds, microseconds_back(False), "microseconds since 1970 of the reading"),
    "moment": Encoding(STAMP, moment, moment_back(True), "the moment"),
    "moment_long": Encoding(LONG, microseconds, microseconds_back(True), "microseconds since 1970 in UTC"),
    "time": Encoding(("string",), clock, clock_back, "hh:mm:ss"),
    "duration": Encoding(("string",), duration, duration_back, "hh:mm:ss, hours beyond 24"),
    "interval": Encoding(("string", "object"), interval, interval_back, "the interval's text"),
    "uuid": Encoding(("binData", "string"), _uuid, _uuid_back, "binary of subtype 4"),
    "uuid_text": Encoding(("binData", "string"), _uuid_text, _uuid_text_back, "binary of subtype 4"),
    "json": Encoding(JSON, json_to_bson, json_from_bson, "the JSON value", "spaces and spelling of JSON text"),
    "labels": Encoding(("array", "string", "binData"), _labels, _labels_back, "the labels that are set"),
}
ARRAY = "array:"


def encoding(name: str) -> Encoding:
    """The encoding of that name; `array:` before a name is a list of such values, to any depth."""
    if not name.startswith(ARRAY):
        return ENCODINGS[name]
    inner = encoding(name.removeprefix(ARRAY))

    def encode(value: Any) -> Any:
        if not isinstance(value, list):
            return inner.encode(value)
        return [None if one is None else _element(encode(one)) for one in value]

    def decode(value: Any) -> Any:
        if not isinstance(value, list):
            return inner.decode(value)
        return [None if one is None else decode(one) for one in value]

    return Encoding(("array", "string"), encode, decode, f"a list: {inner.what}", inner.loses)


def _element(value: Any) -> Any:
    """In a list null stands for NULL, so that JSON's null needs another form."""
    return Binary(b"null", AS_TEXT) if value is None else value
