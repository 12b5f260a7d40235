"""Ranges and forms of single values: what a target has to be able to hold."""

from __future__ import annotations

import datetime
import math
import re
import uuid
from collections.abc import Callable
from typing import Any

from bson.binary import UUID_SUBTYPE, Binary
from bson.datetime_ms import DatetimeMS
from bson.decimal128 import Decimal128

from engines.documents import ObservedField

# Form -> what it says of a value; they are counted in ObservedField.forms.
FORMS = {
    "uuid": "text of 36 characters that is a UUID",
    "object_id": "text of 24 hexadecimal digits",
    "iso_date": "text YYYY-MM-DD that is a day of the calendar",
    "iso_timestamp": "text YYYY-MM-DDThh:mm:ss with or without fraction and zone",
    "number": "text that is a decimal number",
    "empty": "text, an object or an array with nothing in it",
    "nul": "text with U+0000, which PostgreSQL's text doesn't take",
    "surrogate": "text with a lone surrogate, which UTF-8 doesn't have",
    "wide": "text with characters beyond U+FFFF, which MySQL's utf8mb3 doesn't take",
    "edge_space": "text that ends with a space, which CHAR and padding collations lose",
    "beyond_double": "an integer beyond 2^53, which a double doesn't hold exactly",
    "whole": "a double without fraction",
    "nan": "a double or decimal that is no number",
    "infinity": "a double or decimal without end",
    "negative_zero": "a double or decimal that is -0",
    "trailing_zeros": "a decimal written with zeros at its end (1.50)",
    "exponent": "a decimal written with a positive exponent (1E+3)",
    "out_of_years": "a date before year 1 or after year 9999",
    "midnight": "a date at midnight UTC",
    "dbref": "an object with $ref and $id",
}
UUID_TEXT = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
OBJECT_ID_TEXT = re.compile(r"[0-9a-fA-F]{24}")
ISO_DATE = re.compile(r"\d{4}-\d\d-\d\d")
ISO_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?")
NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?")
LONGEST_NUMBER = 40
EXACT_IN_DOUBLE = 2**53
EPOCH = datetime.datetime(1970, 1, 1)
MILLISECOND = datetime.timedelta(milliseconds=1)
DAY_MS = 86_400_000
FIRST_MS = (datetime.datetime(1, 1, 1) - EPOCH) // MILLISECOND
LAST_MS = (datetime.datetime(9999, 12, 31, 23, 59, 59, 999_000) - EPOCH) // MILLISECOND


def milliseconds(value: datetime.datetime | DatetimeMS) -> int:
    """Milliseconds since 1970 in UTC; a datetime without zone is taken as UTC, as BSON does."""
    if isinstance(value, DatetimeMS):
        return int(value)
    offset = value.utcoffset()
    if offset is not None:
        value = value.replace(tzinfo=None) - offset
    return (value - EPOCH) // MILLISECOND


def _count(field: ObservedField, form: str) -> None:
    field.forms[form] = field.forms.get(form, 0) + 1


def _text(field: ObservedField, value: str) -> None:
    length = size = len(value)
    if not value.isascii():
        try:
            size = len(value.encode())
        except UnicodeEncodeError:
            _count(field, "surrogate")
            size = len(value.encode(errors="surrogatepass"))
        if max(value) > "\uffff":
            _count(field, "wide")
    if field.max_length is None or length > field.max_length:
        field.max_length = length
    if field.max_bytes is None or size > field.max_bytes:
        field.max_bytes = size
    form = _form_of_text(value, length)
    if form:
        _count(field, form)
    if "\0" in value:
        _count(field, "nul")
    if value.endswith(" "):
        _count(field, "edge_space")


def _form_of_text(value: str, length: int) -> str | None:
    if not length:
        return "empty"
    if length == 36 and UUID_TEXT.fullmatch(value):
        return "uuid"
    if length == 24 and OBJECT_ID_TEXT.fullmatch(value):
        return "object_id"
    first = value[0]
    if not first.isdigit() and first != "-":
        return None
    if length <= LONGEST_NUMBER and NUMBER.fullmatch(value):
        return "number"
    if length == 10 and ISO_DATE.fullmatch(value):
        return "iso_date" if _is_moment(value) else None
    if 16 <= length <= 35 and ISO_TIMESTAMP.fullmatch(value):
        return "iso_timestamp" if _is_moment(value[:16]) else None
    return None


def _is_moment(value: str) -> bool:
    try:
        datetime.datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def _integer(field: ObservedField, value: int) -> None:
    if field.minimum is None or value < field.minimum:
        field.minimum = int(value)
    if field.maximum is None or value > field.maximum:
        field.maximum = int(value)
    if not -EXACT_IN_DOUBLE <= value <= EXACT_IN_DOUBLE:
        _count(field, "beyond_double")


def _double(field: ObservedField, value: float) -> None:
    if math.isnan(value):
        _count(field, "nan")
    elif math.isinf(value):
        _count(field, "infinity")
    elif value == 0 and math.copysign(1, value) < 0:
        _count(field, "negative_zero")
    elif value.is_integer():
        _count(field, "whole")


def _decimal(field: ObservedField, value: Decimal128) -> None:
    number = value.to_decimal()
    exponent = number.as_tuple().exponent
    if not isinstance(exponent, int):
        _count(field, "infinity" if number.is_infinite() else "nan")
        return
    digits = number.as_tuple().digits
    if number.is_zero() and number.is_signed():
        _count(field, "negative_zero")
    if exponent > 0:
        _count(field, "exponent")
    elif exponent < 0 and digits[-1] == 0:
        _count(field, "trailing_zeros")
    before = 0 if number.is_zero() else max(0, number.adjusted() + 1)
    field.max_digits = max(field.max_digits or 0, before)
    field.max_scale = max(field.max_scale or 0, -exponent)


def _date(field: ObservedField, value: datetime.datetime | DatetimeMS) -> None:
    moment = milliseconds(value)
    field.earliest = moment if field.earliest is None else min(field.earliest, moment)
    field.latest = moment if field.latest is None else max(field.latest, moment)
    if not FIRST_MS <= moment <= LAST_MS:
        _count(field, "out_of_years")
    elif moment % DAY_MS == 0:
        _count(field, "midnight")


def _binary(field: ObservedField, value: bytes | uuid.UUID) -> None:
    if isinstance(value, uuid.UUID):
        subtype, size = UUID_SUBTYPE, 16
    else:
        subtype, size = (value.subtype if isinstance(value, Binary) else 0), len(value)
    field.subtypes[str(subtype)] = field.subtypes.get(str(subtype), 0) + 1
    field.max_bytes = max(field.max_bytes or 0, size)


# BSON type -> what is measured of its values; other types have no range or form
MEASURES: dict[str, Callable[[ObservedField, Any], None]] = {
    "string": _text,
    "symbol": _text,
    "int": _integer,
    "long": _integer,
    "double": _double,
    "decimal": _decimal,
    "date": _date,
    "binData": _binary,
}
