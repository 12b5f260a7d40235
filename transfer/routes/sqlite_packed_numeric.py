"""Numbers of SQLite as PostgreSQL's binary numeric: groups of four decimal digits around the point.

Of a REAL the number is the one that its shortest exact digits (repr) name, as everywhere else in this route.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from decimal import Decimal
from itertools import repeat
from operator import truediv
from typing import Any

GROUP, BASE = 4, 10_000  # digits of a group, and what it counts to
NEGATIVE = 0x4000
SQUARE, CUBE = BASE**2, BASE**3
STEP = (1 << 16) - BASE
LETTERS = {4: "Q", 2: "I", 1: "H"}  # fields of 16 bits -> integer of struct
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
    words = _words(count)

    def parts(values: Values) -> Sequence[Values]:
        positive = list(map(abs, values))
        whole = [int(value * factor + 0.5) for value in positive]
        if list(map(truediv, whole, repeat(factor))) != positive or max(whole, default=0) >= bound:
            raise Unfit
        signs: Any = repeat(0)
        if values and min(values) < 0:
            signs = [NEGATIVE if value < 0 else 0 for value in values]
        if filled > 1:
            whole = [number * filled for number in whole]
        heads: Any = repeat(count << 16 | before - 1)
        return [heads, signs, *(_word(whole, scale, *word) for word in words)]

    return "IH" + "".join(LETTERS[fields] for fields, _, _ in words), 8 + 2 * count, parts


def _words(groups: int) -> list[tuple[int, int, bool]]:
    """How the scale and the groups behind it lie in integers: fields of 16 bits in each, groups behind it, first."""
    found: list[tuple[int, int, bool]] = []
    left, behind = groups + 1, 0
    while left:
        fields = next(size for size in LETTERS if size <= left)
        left -= fields
        found.insert(0, (fields, behind, not left))
        behind += fields
    return found


def _word(numbers: Values, scale: int, fields: int, behind: int, first: bool) -> Values:
    """Groups of each number side by side, 16 bits each.

    Of q0 = n, q1 = n // 10000, q2 = n // 10000**2 and so on the groups are q0 - 10000 * q1, q1 - 10000 * q2 and so on,
    which together are q0 + q1 * STEP + q2 * STEP * 2**16 and so on.
    """
    groups = fields - first
    if behind:
        base = BASE**behind
        numbers = [number // base for number in numbers]
    if not first:
        base = BASE**groups
        numbers = [number % base for number in numbers]
    more = scale << 16 * groups if first else 0
    if groups == 0:
        constant: Any = repeat(more)
        found: Values = constant
    elif groups == 1:
        found = [n + more for n in numbers]
    elif groups == 2:
        found = [n + n // BASE * STEP + more for n in numbers]
    elif groups == 3:
        found = [n + (n // BASE + (n // SQUARE << 16)) * STEP + more for n in numbers]
    else:
        found = [n + (n // BASE + (n // SQUARE + (n // CUBE << 16) << 16)) * STEP for n in numbers]
    return found


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
