"""What a value of a document is: its BSON type by name, its payload, and when two values are the same to the bit."""

from __future__ import annotations

import re
import struct
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from bson import Binary, DatetimeMS, DBRef, Regex

from engines.errors import UsageError
from engines.mongodb.values import bson_type

LOWEST_LONG = -(2**63)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIRST_DATETIME_MS = -62135596800000  # 0001-01-01, the first day of Python's datetime
LAST_DATETIME_MS = 253402300799999  # 9999-12-31, its last


class Missing:
    """The value of a field that isn't there, which is not null."""


MISSING = Missing()


def is_int32(number: int) -> bool:
    """True for an integer of 32 bits."""
    return -(2**31) <= number < 2**31


def is_int64(number: int) -> bool:
    """True for an integer of 64 bits."""
    return LOWEST_LONG <= number < 2**63


def alias(value: Any) -> str:
    """The BSON type of a value by its name in $type; UsageError NOT_BSON for what BSON doesn't hold."""
    try:
        name = bson_type(value)
    except TypeError as error:
        raise _not_bson(type(value).__name__) from error
    if name == "long" and not is_int64(value):
        raise _not_bson("an integer of more than 64 bits")
    return name


def _not_bson(what: str) -> UsageError:
    return UsageError(
        "NOT_BSON",
        f"A document holds a value that BSON doesn't have: {what}.",
        "Give documents as a MongoDB driver reads them.",
    )


def as_object(value: Any) -> dict[str, Any] | None:
    """The fields of a sub-document in their order; None for any other value. A DBRef is the document it is in BSON."""
    if type(value) is dict:
        return value
    if isinstance(value, DBRef):
        return dict(value.as_doc())
    return dict(value) if isinstance(value, Mapping) else None


def is_array(value: Any) -> bool:
    """True for the elements of an array (a DbPointer is a tuple of Python, but one value of BSON)."""
    return isinstance(value, list) or type(value) is tuple


def milliseconds(value: datetime | DatetimeMS) -> int:
    """A date as BSON keeps it: milliseconds since 1970 in UTC; a datetime without zone is UTC."""
    if isinstance(value, DatetimeMS):
        return int(value)
    moment = value if value.tzinfo else value.replace(tzinfo=UTC)
    return (moment - EPOCH) // timedelta(milliseconds=1)


def date_of(stamp: int) -> datetime | DatetimeMS:
    """The date of milliseconds since 1970: a datetime in UTC where Python has one."""
    if FIRST_DATETIME_MS <= stamp <= LAST_DATETIME_MS:
        return EPOCH + timedelta(milliseconds=stamp)
    return DatetimeMS(stamp)


def binary_of(value: Any) -> tuple[bytes, int]:
    """Bytes and subtype of a binary value; a uuid.UUID is of subtype 4."""
    if isinstance(value, uuid.UUID):
        return value.bytes, 4
    return bytes(value), value.subtype if isinstance(value, Binary) else 0


def regex_of(value: Any) -> Regex[Any]:
    """A regular expression as BSON keeps it."""
    return Regex.from_native(value) if isinstance(value, re.Pattern) else value


def same(one: Any, other: Any) -> bool:
    """True when both are one BSON value: type, sign of zero, digits of decimals and order of keys included."""
    if type(one) is str and type(other) is str:
        return one == other
    name = alias(one)
    if name != alias(other):
        return False
    if name == "object":
        return _same_objects(as_object(one) or {}, as_object(other) or {})
    if name == "array":
        return len(one) == len(other) and all(map(same, one, other))
    return bool(_payload(name, one) == _payload(name, other))


def _same_objects(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return list(one) == list(other) and all(same(value, other[name]) for name, value in one.items())


def _payload(name: str, value: Any) -> Any:
    """What tells values of one type apart."""
    match name:
        case "double":
            return "nan" if value != value else struct.pack("<d", value)
        case "decimal":
            return str(value)
        case "date":
            return milliseconds(value)
        case "binData":
            return binary_of(value)
        case "regex":
            found = regex_of(value)
            return found.pattern, found.flags
        case "javascriptWithScope":
            return str(value), _Scope(value.scope)
        case "minKey" | "maxKey" | "undefined":
            return name
    return value


class _Scope:
    """The scope of code, compared like a document."""

    def __init__(self, fields: Mapping[str, Any]) -> None:
        self.fields = dict(fields)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Scope) and _same_objects(self.fields, other.fields)

    __hash__ = None  # type: ignore[assignment]
