"""What is known about a SQLite column when its type is chosen: the declaration, and what the scan found."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property

from engines.catalog import Column
from engines.profile import ColumnProfile

DECLARATION = re.compile(r"^\s*(?P<base>[^(]*?)\s*(?:\(\s*\+?(?P<first>\d+)\s*(?:,\s*(?P<second>\d+)\s*)?\).*)?$", re.S)
# https://www.sqlite.org/datatype3.html section 3.1, in the order of its rules; no declaration is BLOB.
AFFINITIES = (("INTEGER", ("INT",)), ("TEXT", ("CHAR", "CLOB", "TEXT")), ("BLOB", ("BLOB",)))
REAL_WORDS = ("REAL", "FLOA", "DOUB")
INT64 = (-(2**63), 2**63 - 1)
# Declared words that promise fewer than 64 bits; SQLite keeps no such promise, so values decide against it.
WIDTHS = {
    "TINYINT": 16, "SMALLINT": 16, "INT1": 16, "INT2": 16, "INT": 32, "INTEGER": 32, "MEDIUMINT": 32, "INT3": 32,
    "INT4": 32,
}  # fmt: skip
RANGES = {"smallint": (-(2**15), 2**15 - 1), "integer": (-(2**31), 2**31 - 1)}


def affinity(declared: str) -> str:
    """The affinity SQLite gives a declared type: INTEGER, TEXT, BLOB, REAL or NUMERIC."""
    upper = declared.upper()
    if not upper.strip():
        return "BLOB"
    for name, words in AFFINITIES:
        if any(word in upper for word in words):
            return name
    return "REAL" if any(word in upper for word in REAL_WORDS) else "NUMERIC"


@dataclass(frozen=True)
class Facts:
    """A column as the type rules see it; shares are parts of the values that are not NULL, 0 to 1."""

    column: Column
    profile: ColumnProfile = field(default_factory=lambda: ColumnProfile(column=""))

    @cached_property
    def _parsed(self) -> re.Match[str] | None:
        return DECLARATION.match(self.column.native)

    @property
    def base(self) -> str:
        """The declared word in upper case, without arguments."""
        found = self._parsed
        return " ".join((found["base"] if found else self.column.native).upper().split())

    @property
    def arguments(self) -> tuple[int, ...]:
        """The numbers in parentheses."""
        found = self._parsed
        return tuple(int(text) for text in (found["first"], found["second"]) if text) if found else ()

    @property
    def affinity(self) -> str:
        return affinity(self.column.native)

    @property
    def declared(self) -> str:
        """The declaration as a person reads it."""
        return self.column.native or "no type"

    @property
    def values(self) -> int:
        return self.profile.values

    @property
    def empty(self) -> bool:
        return self.values == 0

    @property
    def classes(self) -> frozenset[str]:
        """Storage classes that occur, NULL left out."""
        return frozenset(name for name, count in self.profile.classes.items() if count and name != "null")

    def count(self, *classes: str) -> int:
        """Values of these storage classes."""
        return sum(self.profile.classes.get(name, 0) for name in classes)

    def only(self, *classes: str) -> bool:
        """True when no value is of another class (also when there is none)."""
        return self.classes <= set(classes)

    def share(self, *forms: str) -> float:
        """Part of the values that have one of these forms; 1 when there are no values."""
        if self.empty:
            return 1.0
        return sum(self.profile.forms.get(form, 0) for form in forms) / self.values

    def form(self, *forms: str) -> int:
        """Values that have one of these forms."""
        return sum(self.profile.forms.get(form, 0) for form in forms)

    def every(self, *forms: str) -> bool:
        """True when every value has one of these forms (also when there is none)."""
        return self.form(*forms) == self.values

    @property
    def integer_bits(self) -> int:
        """Bits of the signed integer that the declaration promises and the values leave half of for growth."""
        bits = WIDTHS.get(self.base.partition(" ")[0], 64)
        found = (self.profile.minimum, self.profile.maximum)
        largest = max((abs(value) for value in found if value is not None), default=0)
        return next(size for size in (16, 32, 64) if size == 64 or (size >= bits and largest < 2 ** (size - 2)))

    def fits(self, native: str) -> bool:
        """Every integer lies in the range of smallint or integer."""
        low, high = RANGES[native]
        found = (self.profile.minimum, self.profile.maximum)
        return all(value is not None and low <= value <= high for value in found)
