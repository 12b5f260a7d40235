"""What the rules of types from MySQL to PostgreSQL ask of a column, and what they make of the answers."""

from __future__ import annotations

from collections.abc import Callable

from conversion.from_mysql.source import base, labels, plain_default
from conversion.from_mysql.spelling_postgresql import literal as quoted
from conversion.relational.choice import ColumnFacts
from engines.catalog import Kind

LONGEST_LABEL = 63  # bytes: https://www.postgresql.org/docs/current/datatype-enum.html
INT64 = 2**63 - 1
NOT_NEGATIVE = "{column} >= 0"
BOOLEAN_TEXTS = {None, "0", "1"}
ZERO_DATES = ("zero_date", "zero_in_date")  # forms of values that exist in no calendar
NUL = ("nul",)  # texts with a NUL in them, which PostgreSQL can't store


def declared(*words: str) -> Callable[[ColumnFacts], bool]:
    """Columns of these types."""
    return lambda facts: base(facts.column.native) in words


def unsigned(*words: str) -> Callable[[ColumnFacts], bool]:
    """Unsigned columns of these types."""
    return lambda facts: base(facts.column.native) in words and facts.column.type.unsigned


def kind(*kinds: Kind) -> Callable[[ColumnFacts], bool]:
    """Columns of values of these kinds."""
    return lambda facts: facts.column.type.kind in kinds


def sign(facts: ColumnFacts) -> tuple[str, ...]:
    """Unsignedness is a promise that the target's types don't make; a numbered column keeps it by itself."""
    return (NOT_NEGATIVE,) if facts.column.type.unsigned and facts.column.identity is None else ()


def boolean(facts: ColumnFacts) -> bool:
    """tinyint(1) is how BOOLEAN is declared; values and default must be 0 or 1, and nothing may count in it."""
    word = facts.column.native.lower().replace(" ", "").startswith("tinyint(1)")
    if not word or facts.column.identity is not None or plain_default(facts) not in BOOLEAN_TEXTS:
        return False
    return facts.only_declared or facts.within(0, 1)


def boolean_reason(facts: ColumnFacts) -> str:
    """Whether values stand behind the choice."""
    if facts.only_declared:
        return "it is how BOOLEAN is declared, and no value says otherwise (a value beyond 0 and 1 would not fit)"
    return "it is how BOOLEAN is declared, and every value is 0 or 1"


def precision(facts: ColumnFacts) -> int:
    """Digits behind the second."""
    return facts.column.type.precision or 0


def length(facts: ColumnFacts) -> int | None:
    """Characters, bytes or bits."""
    return facts.column.type.length


def numeric(facts: ColumnFacts) -> str:
    """The same digits; MySQL's DECIMAL alone has ten."""
    found = facts.column.type
    return f"numeric({found.precision},{found.scale or 0})" if found.precision else "numeric(10,0)"


def character(facts: ColumnFacts) -> str:
    """MySQL gives a char(n) back without its trailing spaces, as PostgreSQL compares it."""
    return f"character({facts.column.type.length or 1})"


def dates_reason(words: str) -> Callable[[ColumnFacts], str]:
    """The reason, and what is wrong with values found."""

    def reason(facts: ColumnFacts) -> str:
        return words + ("; dates with a zero in them exist in no calendar" if facts.form(*ZERO_DATES) else "")

    return reason


def has_type(facts: ColumnFacts) -> bool:
    """True where every label can be one of an enum type."""
    found = labels(facts)
    return bool(found) and all(len(label.encode()) <= LONGEST_LABEL and "\0" not in label for label in found)


def in_list(facts: ColumnFacts) -> tuple[str, ...]:
    """The check that keeps an enum's list on a text column."""
    return ("{column} IN (" + ", ".join(quoted(label) for label in labels(facts)) + ")",) if labels(facts) else ()


def in_array(facts: ColumnFacts) -> tuple[str, ...]:
    """The check that keeps a set's list on an array."""
    found = ", ".join(quoted(label) for label in facts.column.type.labels)
    return ("{column} <@ ARRAY[" + found + "]::text[]",)


def day(facts: ColumnFacts) -> bool:
    """Somebody looked, and no time is negative or beyond a day."""
    return facts.profile is not None and not facts.form("over_24h")


def fits(high: int) -> Callable[[ColumnFacts], bool]:
    """Somebody looked, no value is greater, and a numbered column has used up no more than half of the range."""

    def applies(facts: ColumnFacts) -> bool:
        following = facts.column.identity.next_value if facts.column.identity else None
        room = following is None or following <= high // 2
        return room and (facts.empty or facts.within(0, high))

    return applies


def fits_reason(experts: str) -> Callable[[ColumnFacts], str]:
    """The greatest value found, or that there is none yet."""

    def reason(facts: ColumnFacts) -> str:
        if facts.empty or facts.profile is None:
            return f"no value yet, and experts mostly take {experts}; a greater value would be refused, not cut"
        return f"no value is greater than {facts.profile.maximum:,}, and experts mostly take {experts} then"

    return reason


def fits_64(facts: ColumnFacts) -> bool:
    """No value found beyond 63 bits, or the server numbers the column."""
    return facts.empty or facts.within(0, INT64) or facts.column.identity is not None
