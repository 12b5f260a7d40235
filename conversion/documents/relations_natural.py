"""Values whose class BSON has, and what stands for those whose class it hasn't."""

from __future__ import annotations

import datetime
import decimal
from typing import Any

from bson.binary import Binary
from bson.decimal128 import Decimal128
from bson.int64 import Int64

INT64 = 2**63
SAME = frozenset({bool, float, datetime.datetime, Decimal128})
MOST_DIGITS, LEAST, LARGEST = 34, -6176, 6111  # digits and exponents of a Decimal128
SET_ASIDE = 128  # binary subtype for user-defined content: bytes of text that isn't UTF-8


def natural(value: Any) -> Any:
    """A value as the BSON value of its own class; TypeError where there is none."""
    kind = type(value)
    if kind in SAME or (kind is str and value.isascii()):
        return value
    if kind is int and -INT64 <= value < INT64:
        return Int64(value)
    if isinstance(value, bool | float | datetime.datetime | Decimal128):
        return value
    if isinstance(value, int):
        if -INT64 <= value < INT64:
            return Int64(value)
        return exact_decimal(decimal.Decimal(value))
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:
            return Binary(value.encode(errors="surrogateescape"), SET_ASIDE)
        return value
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value)
    if isinstance(value, decimal.Decimal):
        return exact_decimal(value)
    raise TypeError(f"{type(value).__name__} has no BSON value here")


def unnatural(value: Any) -> Any:
    """The value that natural() was given."""
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, Decimal128):
        return value.to_decimal()
    if isinstance(value, Binary) and value.subtype == SET_ASIDE:
        return bytes(value).decode(errors="surrogateescape")
    if isinstance(value, bytes):
        return bytes(value)
    return value


def exact_decimal(value: decimal.Decimal) -> Decimal128 | str:
    """The number as Decimal128, as text where that has too few digits (34) or too small exponents."""
    sign, digits, exponent = value.as_tuple()
    if isinstance(exponent, int) and len(digits) <= MOST_DIGITS and LEAST <= exponent <= LARGEST:
        # IEEE 754-2008, decimal128 with binary integer significand: sign, 14 bits of exponent, 113 of digits
        bits = sign << 127 | (exponent - LEAST) << 113 | int("".join(map(str, digits)))
        return Decimal128.from_bid(bits.to_bytes(16, "little"))
    try:
        found = Decimal128(value)
    except decimal.DecimalException:
        return str(value)
    return found if found.to_decimal().as_tuple() == value.as_tuple() else str(value)
