"""Numbers of SQLite as PostgreSQL's binary numeric: groups of four decimal digits around the point.

Of a REAL the number is the one that its shortest exact digits (repr) name, as everywhere else in this route.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from decimal import Decimal
from itertools import repeat
from typing import Any

GROUP, BASE = 4, 10_000  # digits of a group, and what it counts to
NEGATIVE = 0x4000
Values = Sequence[Any]
Parts = Callable[[Values], Sequence[Values]]


class Unfit(ValueError):
    """A value that a binary form isn't sure to be right for; it is left to the exact path."""


def plain_numerics(precision: int, scale: int) -> tuple[str, int, Parts]:
    """Layout, size and parts of numeric(precision,scale) with at most 15 digits.

    A double holds each such decimal apart from every other one, so the one that divides back to the same double is
    the one that its shortest digits name.
    """
    before, behind = max(-(-(precision - scale) // GROUP), 1), -(-scale // GROUP)
    count, factor, bound = before + behind, 10**scale, 10**precision
    filled = 10 ** (behind * GROUP - scale)

    def parts(values: Values) -> Sequence[Values]:
        whole = [round(value * factor) for value in values]
        if any(number / factor != value for number, value in zip(whole, values, strict=True)):
            raise Unfit
        if whole and not -bound < min(whole) <= max(whole) < bound:
            raise Unfit
        signs = [NEGATIVE if number < 0 else 0 for number in whole]
        digits = [abs(number) * filled for number in whole]
        groups = [[number // BASE**place % BASE for number in digits] for place in reversed(range(count))]
        constant: Any = repeat(count), repeat(before - 1), repeat(scale)
        return [constant[0], constant[1], signs, constant[2], *groups]

    return "hhHh" + "H" * count, 8 + 2 * count, parts


def numeric(value: int | float, limits: Sequence[int]) -> bytes:
    """Any number; limits: precision and scale of its type, or none. Unfit where the type doesn't hold it as it is."""
    sign, digits, exponent = Decimal(repr(value)).as_tuple()
    if not isinstance(exponent, int):
        raise Unfit
    number = int("".join(map(str, digits))) * 10 ** max(exponent, 0)
    scale = max(-exponent, 0)
    if limits:
        kept = (*limits, 0)[1]
        if number >= 10 ** (limits[0] - kept + scale) or (scale > kept and number % 10 ** (scale - kept)):
            raise Unfit
    behind = -(-scale // GROUP)
    number *= 10 ** (behind * GROUP - scale)
    groups: list[int] = []
    while number:
        number, group = divmod(number, BASE)
        groups.append(group)
    weight = len(groups) - behind - 1
    head = struct.pack(">hhHh", len(groups), weight, NEGATIVE if sign else 0, scale)
    return head + struct.pack(f">{len(groups)}H", *reversed(groups))
