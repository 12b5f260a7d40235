"""Codecs of numbers: integers, doubles and decimals, widened where no value is lost."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from bson import Decimal128, Int64

from conversion.documents.codec_model import Codec, Encode, Options, whole
from conversion.documents.targets import Target
from conversion.documents.values import MISSING, is_int32, is_int64

DOUBLE_INTEGERS = 2**53  # every integer up to here is a double of its own
LONGEST_DECIMAL = 1000  # digits before the point that a decimal column is asked to show
MOST_DIGITS = 34  # of a Decimal128


def _within(fits: Callable[[int], bool]) -> Encode:
    def encode(value: Any) -> int | None:
        number = whole(value)
        return number if number is not None and fits(number) else None

    return encode


def _int(options: Options, target: Target) -> Codec:
    return Codec(_within(is_int32), int, frozenset({int}))


def _long(options: Options, target: Target) -> Codec:
    return Codec(_within(is_int64), Int64, frozenset({Int64}))


def as_integer(stored: int) -> int:
    """An integer of 32 bits where it fits, else one of 64: what most drivers write."""
    return int(stored) if is_int32(stored) else Int64(stored)


def _integer(options: Options, target: Target) -> Codec:
    return Codec(_within(is_int64), as_integer)


def _doubles(target: Target) -> Encode:
    def encode(value: Any) -> float | None:
        kind = type(value)
        if kind is float:
            if not math.isfinite(value):
                return value if target.not_finite else None
            zero = value == 0 and math.copysign(1, value) < 0
            return 0.0 if zero and not target.negative_zero else value
        if kind in (int, Int64) and -DOUBLE_INTEGERS <= value <= DOUBLE_INTEGERS:
            return float(value)
        return None

    return encode


def _double(options: Options, target: Target) -> Codec:
    return Codec(_doubles(target), float, frozenset({float}) if target.negative_zero else frozenset())


def _number(options: Options, target: Target) -> Codec:
    def decode(stored: float) -> Any:
        number = whole(float(stored))
        return float(stored) if number is None or not is_int32(number) else number

    return Codec(_doubles(target), decode)


def _number_long(options: Options, target: Target) -> Codec:
    def decode(stored: float) -> Any:
        number = whole(float(stored))
        return float(stored) if number is None or abs(number) > DOUBLE_INTEGERS else Int64(number)

    return Codec(_doubles(target), decode)


def _digits(value: Any, target: Target) -> Decimal | None:
    """The decimal of a number, exactly; None where the value is none, or is one that the target's type doesn't have."""
    if type(value) in (int, Int64):
        return Decimal(int(value))
    if type(value) is not Decimal128:
        return None
    found = _finite(value.bid)
    if found is None:
        text = str(value)
        if text.lstrip("-") in ("NaN", "Infinity"):
            return Decimal(text) if text in target.decimal_specials else None
        found = Decimal(text)
    return found if found.is_finite() and found.adjusted() < LONGEST_DECIMAL else None


def _finite(bid: bytes) -> Decimal | None:
    """The number of a Decimal128 with up to 113 bits of digits, as nearly all have; None for any other.

    IEEE 754-2008, decimal128 with binary integer significand: sign, 14 bits of exponent, 113 of digits.
    """
    bits = int.from_bytes(bid, "little")
    digits = bits & DIGIT_BITS
    if bits >> 125 & 3 == 3 or digits > LARGEST_DIGITS:
        return None
    return Decimal(f"{'-' if bits >> 127 else ''}{digits}E{(bits >> 113 & 0x3FFF) - 6176}")


DIGIT_BITS = 2**113 - 1
LARGEST_DIGITS = 10**34 - 1


def _shown(value: Any, stored: Decimal) -> bool:
    """Whether a column that keeps a number's own digits gives this one back: no positive exponent, no -0."""
    sign, _, exponent = stored.as_tuple()
    return type(value) is Decimal128 and isinstance(exponent, int) and exponent <= 0 and (bool(stored) or not sign)


def _decimal(options: Options, target: Target) -> Codec:
    if target.decimals == "text":
        return Codec(lambda value: _decimal_text(value), lambda stored: Decimal128(str(stored)))
    if target.decimals == "digits":
        return Codec(lambda value: _digits(value, target), _decimal128, exact=_shown)
    scale = options.get("scale", 30)
    room = options.get("precision", 65) - scale

    def encode(value: Any) -> Decimal | None:
        found = _digits(value, target)
        if found is None or not found.is_finite():
            return None
        _, digits, exponent = found.as_tuple()
        fits = isinstance(exponent, int) and -exponent <= scale and len(digits) + exponent <= room
        return found if fits else None

    return Codec(encode, lambda stored: _decimal128(_scaled(stored, scale)))


def _decimal_text(value: Any) -> str | None:
    return str(value) if type(value) in (Decimal128, int, Int64) else None


def _scaled(stored: Decimal, scale: int) -> Decimal:
    """What the server gives back: the value with the column's scale."""
    sign, digits, exponent = Decimal(stored).as_tuple()
    missing = scale + exponent if isinstance(exponent, int) else 0
    return Decimal((sign, digits + (0,) * missing, -scale)) if missing > 0 else Decimal(stored)


def _decimal128(stored: Decimal) -> Any:
    """Decimal128 of a column's value; MISSING (the same as no value of a document) for more digits than it has."""
    sign, digits, exponent = stored.as_tuple()
    if len(digits) > MOST_DIGITS:
        return MISSING
    if isinstance(exponent, int) and exponent > 0:  # a column has no exponents: 1E+3 comes back as 1000
        spelled = Decimal((sign, digits + (0,) * exponent, 0))
        return Decimal128(spelled) if len(digits) + exponent <= MOST_DIGITS else MISSING
    return Decimal128(stored or abs(stored))  # nor has it a negative zero


MAKERS: dict[str, Callable[[Options, Target], Codec]] = {
    "int": _int, "long": _long, "integer": _integer, "double": _double, "number": _number,
    "number_long": _number_long, "decimal": _decimal,
}  # fmt: skip
