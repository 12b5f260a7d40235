"""Canonical text of numbers: plain decimal digits, the shortest that say the number exactly."""

from __future__ import annotations

import decimal
import math
import re
import struct
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

from bson.decimal128 import Decimal128

# PostgreSQL's numeric has 131,072 digits before and 16,383 behind the point, and no engine has more:
# https://www.postgresql.org/docs/current/datatype-numeric.html. What is longer keeps its exponent.
LONGEST_WHOLE, LONGEST_FRACTION = 131_072, 16_383
EXACT = decimal.Context(prec=1_000_000, rounding=ROUND_HALF_UP, Emax=decimal.MAX_EMAX, Emin=decimal.MIN_EMIN)
NUMBER = re.compile(rb"\s*[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,9})?\s*")
SPECIAL = {"nan": b"NaN", "inf": b"Infinity", "infinity": b"Infinity"}
FLOAT32 = struct.Struct("<f")


def whole(value: int) -> bytes:
    """An integer of any size."""
    return b"%d" % value if -(1 << 128) < value < (1 << 128) else plain(Decimal(value))


def double(value: float) -> bytes:
    """The shortest digits that give the double back."""
    text = repr(value)
    if "e" in text or "n" in text:
        return plain(Decimal(text))
    if text.endswith(".0"):
        text = text[:-2]
        return b"0" if text == "-0" else text.encode()
    return text.encode()


def doubles(values: Sequence[float]) -> list[bytes]:
    """The same of many: most have no exponent, and are written together."""
    together = ",".join(map(repr, values)) + ","
    if "e" in together or "n" in together:
        return [double(value) for value in values]
    return together.replace(".0,", ",").replace("-0,", "0,").encode().split(b",")[:-1]


def plain(value: Decimal) -> bytes:
    """A decimal without exponent, leading or trailing zeros."""
    if not value.is_finite():
        return SPECIAL["nan"] if value.is_nan() else (b"-" if value < 0 else b"") + SPECIAL["inf"]
    sign, digits, exponent = value.as_tuple()
    assert isinstance(exponent, int)
    text = "".join(map(str, digits)).lstrip("0")
    kept = text.rstrip("0")
    exponent += len(text) - len(kept)
    if not kept:
        return b"0"
    before = len(kept) + exponent
    if before > LONGEST_WHOLE or -exponent > LONGEST_FRACTION:
        shown = f"{kept}e{exponent}"
    elif exponent >= 0:
        shown = kept + "0" * exponent
    elif before > 0:
        shown = f"{kept[:before]}.{kept[before:]}"
    else:
        shown = "0." + "0" * -before + kept
    return ("-" + shown if sign else shown).encode()


def written(text: bytes) -> Decimal | None:
    """The number that a text spells, exactly; None where it is none."""
    if NUMBER.fullmatch(text):
        return Decimal(text.decode())
    bare = text.decode(errors="replace").strip().lower()
    special = SPECIAL.get(bare.lstrip("+-"))
    if special is None or len(bare) - len(bare.lstrip("+-")) > 1:
        return None
    return Decimal(("-" if bare.startswith("-") and special != b"NaN" else "") + special.decode())


def exact(value: object) -> Decimal | None:
    """The decimal of a number of any class (a double's is that of its shortest digits); None for what is none."""
    if isinstance(value, int):
        return Decimal(value)
    if isinstance(value, float):
        return Decimal(repr(value))
    if isinstance(value, Decimal128):
        return value.to_decimal()
    if isinstance(value, bytes | bytearray):
        return written(bytes(value))
    if isinstance(value, str):
        return written(value.encode(errors="replace"))
    return value if isinstance(value, Decimal) else None


def rounded(value: Decimal, digits: int) -> Decimal:
    """Rounded to so many fractional digits, half away from zero, as PostgreSQL and MySQL store decimals."""
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int) or -exponent <= digits or exponent < -LONGEST_FRACTION * 10:
        return value
    return value.quantize(Decimal((0, (1,), -digits)), context=EXACT)


def number(value: object, digits: int | None = None) -> bytes | None:
    """The text of a number of any class, rounded to `digits`; None for what is no number."""
    if isinstance(value, bool):
        return b"1" if value else b"0"
    if isinstance(value, int):
        return whole(value)
    if isinstance(value, float) and digits is None:
        return double(value)
    found = exact(value)
    if found is None:
        return None
    return plain(found if digits is None else rounded(found, digits))


def single(value: object) -> bytes | None:
    """The digits of the double that the number's 32-bit float is; None for what is no number.

    A number beyond the range of those floats is itself: as infinity it would equal one that is.
    """
    found = value if isinstance(value, float) else exact(value)
    if found is None:
        return None
    try:
        nearest: float = FLOAT32.unpack(FLOAT32.pack(float(found)))[0]
    except OverflowError:
        return number(found)
    return number(found) if math.isinf(nearest) else double(nearest)
