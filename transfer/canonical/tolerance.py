"""Whether two canonical texts differ by no more than what one of the two engines can't hold."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Context, Decimal, InvalidOperation
from typing import NamedTuple

from transfer.canonical.columns import ComparedColumn, ComparedTable, Form
from transfer.canonical.encoding import Texts

MOMENT = re.compile(rb"(\d{4,})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d(?:\.\d+)?)( BC)?")
CLOCK = re.compile(rb"(-?)(\d+):(\d\d):(\d\d(?:\.\d+)?)(.*)")
EXACT = Context(prec=70_000)
DAY = 86_400


class Measured(NamedTuple):
    """A value as an exact part, which must be the same, and a quantity, which may be one unit off."""

    exact: bytes
    quantity: Decimal


def within(column: ComparedColumn, source: bytes | None, target: bytes | None) -> bool:
    """Whether the texts are equal, or less than one unit apart in the last digit that both sides can hold.

    One unit and not half of one: a mover may have rounded or cut. Texts come with all digits that their side holds. A
    whole unit apart is a difference, so that a change by one unit in a source without further digits is never missed.
    """
    if source == target:
        return True
    measure = MEASURES.get(column.form)
    if source is None or target is None or column.digits is None or measure is None:
        return False
    here, there = measure(source), measure(target)
    if here is None or there is None or here.exact != there.exact:
        return False
    return abs(EXACT.subtract(here.quantity, there.quantity)) < Decimal(1).scaleb(-column.digits)


def same(table: ComparedTable, here: Texts, there: Texts) -> bool:
    """Whether two rows are equal, tolerances included."""
    return all(within(column, a, b) for column, a, b in zip(table.columns, here, there, strict=True))


def quantity(column: ComparedColumn, text: bytes | None) -> Decimal:
    """What a value within a tolerance is ordered by; 0 where it has no quantity."""
    measure = MEASURES.get(column.form)
    measured = measure(text) if measure is not None and text is not None else None
    return measured.quantity if measured is not None else Decimal(0)


def _number(text: bytes) -> Measured | None:
    try:
        number = Decimal(text.decode())
    except (InvalidOperation, UnicodeDecodeError):
        return None
    return Measured(b"", number) if number.is_finite() else None


def _moment(text: bytes) -> Measured | None:
    read = MOMENT.fullmatch(text)
    if read is None or b"00" in read.group(2, 3):
        return None
    year, month, day, hours, minutes = (int(part) for part in read.group(1, 2, 3, 4, 5))
    days = _days(1 - year if read[7] else year, month, day)
    return Measured(b"", days * DAY + hours * 3600 + minutes * 60 + Decimal(read[6].decode()))


def _clock(text: bytes) -> Measured | None:
    read = CLOCK.fullmatch(text)
    if read is None:
        return None
    seconds = int(read[2]) * 3600 + int(read[3]) * 60 + Decimal(read[4].decode())
    return Measured(read[5], -seconds if read[1] else seconds)


def _interval(text: bytes) -> Measured | None:
    months_days, _, microseconds = text.rpartition(b" ")
    measured = _number(microseconds)
    return None if measured is None else Measured(months_days, measured.quantity.scaleb(-6))


def _days(year: int, month: int, day: int) -> int:
    """Days since 1 March of the year 0 in the Gregorian calendar, also before it was in use and after 9999."""
    year -= month < 3
    of_year = (153 * (month - 3 if month > 2 else month + 9) + 2) // 5 + day - 1
    return year * 365 + year // 4 - year // 100 + year // 400 + of_year


MEASURES: dict[Form, Callable[[bytes], Measured | None]] = {
    Form.NUMBER: _number,
    Form.TIMESTAMP: _moment,
    Form.TIME: _clock,
    Form.TIMETZ: _clock,
    Form.INTERVAL: _interval,
}
