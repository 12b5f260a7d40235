"""A PostgreSQL column as the type rules see it: what it is, which keys it is in, what its values need."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from conversion.relational.choice import ColumnFacts
from conversion.to_mysql.flavour import Flavour
from conversion.to_mysql.limits import KEY_BYTES, LONGEST_KEY_TEXT, LONGEST_VARCHAR, key_room
from engines.catalog import Kind, LogicalType
from engines.mysql.quoting import quote_literal

DECIMAL_DIGITS, DECIMAL_SCALE = 65, 30  # https://dev.mysql.com/doc/refman/8.4/en/fixed-point-types.html
LONGEST_LABEL = 255  # characters of an ENUM's label (MySQL manual, Data Type Storage Requirements, and 8.0.x notes)
MOST_LABELS = 65_535
LONGEST_BIT = 64
USUAL_TEXT = 255
LENGTH_BYTES = 2  # partitioning columns have 3,072 bytes too, and those of a value's length count


@dataclass(frozen=True)
class Case:
    """A column and the server it goes to."""

    facts: ColumnFacts
    flavour: Flavour

    @property
    def type(self) -> LogicalType:
        """The source's type."""
        return self.facts.column.type

    @property
    def keyed(self) -> bool:
        """True when the whole value must fit a key."""
        facts = self.facts
        return facts.in_primary_key or facts.in_unique or facts.in_foreign_key or self.splits

    @property
    def splits(self) -> bool:
        """True when the table is split into parts by the column."""
        found = self.facts.table.partitioning
        return found is not None and self.facts.column.name in re.findall(r"[^\s,()\"]+", found.key or "")

    def room(self, unit: int) -> int:
        """Characters or bytes that its keys leave to it."""
        room = min(key_room(self.facts.table, self.facts.column.name, unit), KEY_BYTES // unit)
        return room - LENGTH_BYTES if self.splits else room

    @property
    def longest(self) -> int | None:
        """Characters of the longest value found; None where nobody looked."""
        return self.facts.profile.max_length if self.facts.profile else None

    @property
    def digits(self) -> tuple[int, int] | None:
        """Digits before and behind the point that the values found need."""
        profile = self.facts.profile
        if profile is None or profile.max_digits is None:
            return None
        return profile.max_digits, profile.max_scale or 0


def of_kind(*kinds: Kind) -> Callable[[Case], bool]:
    """Columns of these kinds."""
    return lambda case: case.type.kind in kinds


def named(*names: str) -> Callable[[Case], bool]:
    """Columns of the types with these names."""
    return lambda case: case.type.name in names


def of_bits(bits: int) -> Callable[[Case], bool]:
    """Integers of that width."""
    return lambda case: case.type.kind is Kind.INTEGER and case.type.bits == bits


def fits_decimal(found: LogicalType) -> bool:
    """True for declared digits that a decimal of MySQL has."""
    if found.precision is None:
        return False
    scale = found.scale or 0
    return found.precision - min(scale, 0) <= DECIMAL_DIGITS and scale <= DECIMAL_SCALE


def declared_decimal(case: Case) -> str:
    """The declared digits; a negative scale rounds before the point and one above the precision begins behind it.

    MySQL has neither, so both only widen.
    """
    precision, scale = case.type.precision or 1, case.type.scale or 0
    return f"decimal({max(precision, scale)},{scale})" if scale >= 0 else f"decimal({precision - scale},0)"


def found_decimal(case: Case) -> str:
    """Precision 38 where all fits it, else 65; the scale that the values need."""
    digits, scale = case.digits or (DECIMAL_DIGITS - DECIMAL_SCALE, DECIMAL_SCALE)
    return f"decimal({38 if digits + scale <= 38 and scale < 30 else DECIMAL_DIGITS},{scale})"


def values_fit_decimal(case: Case) -> bool:
    """True when somebody looked and all digits found fit a decimal."""
    found = case.digits
    return found is not None and sum(found) <= DECIMAL_DIGITS and found[1] <= DECIMAL_SCALE


def exceeds_decimal(case: Case) -> bool:
    """True when somebody looked and a value needs more digits than any decimal."""
    return case.digits is not None and not values_fit_decimal(case)


def has_length(case: Case) -> bool:
    """True for a text whose declared length a row can hold."""
    return case.type.kind is Kind.TEXT and bool(case.type.length) and (case.type.length or 0) <= LONGEST_VARCHAR - 100


def key_text(case: Case) -> bool:
    """True for a keyed text whose values found fit a key."""
    fits = case.longest is None or case.longest <= case.room(4)
    return case.type.kind in (Kind.TEXT, Kind.CHAR) and case.keyed and fits


def key_varchar(case: Case) -> str:
    """The longest varchar that fits its keys; 255 where every value found does."""
    room = min(case.room(4), LONGEST_KEY_TEXT)
    if case.type.length:
        return f"varchar({min(case.type.length, room)})"
    found = case.longest
    return f"varchar({USUAL_TEXT if found is not None and found <= USUAL_TEXT <= room else room})"


def key_bytes(case: Case) -> bool:
    """True for keyed bytes whose values found fit a key."""
    found = case.facts.profile.max_bytes if case.facts.profile else None
    return case.type.kind is Kind.BINARY and case.keyed and (found is None or found <= case.room(1))


def labels_of(case: Case) -> list[str]:
    """The labels of the column's enum."""
    found = [item for item in case.facts.source.types if item.full_name == case.type.name and item.kind == "enum"]
    return found[0].labels if found else []


def enum_fits(case: Case) -> bool:
    """True when MySQL's ENUM keeps every label: none with spaces at its end, none too long."""
    labels = labels_of(case)
    plain = all(label == label.rstrip(" ") and len(label) <= LONGEST_LABEL for label in labels)
    return case.type.kind is Kind.ENUM and 0 < len(labels) <= MOST_LABELS and plain


def enum_type(case: Case) -> str:
    """ENUM with its labels."""
    return "enum(" + ",".join(quote_literal(label) for label in labels_of(case)) + ")"


def with_seconds(name: str) -> Callable[[Case], str]:
    """A type with as many digits of a second as declared, six where none are."""

    def spelled(case: Case) -> str:
        digits = 6 if case.type.precision is None else case.type.precision
        return f"{name}({digits})" if digits else name

    return spelled


def bit_type(case: Case) -> str:
    """bit(n)."""
    return f"bit({case.type.length or 1})"


def exact(case: Case) -> str:
    """By bytes."""
    return case.flavour.exact


def padded(case: Case) -> str:
    """By bytes, without spaces at the end."""
    return case.flavour.padded


def caseless(case: Case) -> str:
    """Without case."""
    return case.flavour.caseless
