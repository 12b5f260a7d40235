"""MySQL text of an expression with the kind of its value, and how two of them are brought together."""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from conversion.shapes import NUMBERS, Untranslatable
from engines.catalog import Kind
from engines.mysql.quoting import quote_literal

TEXTS = frozenset({Kind.TEXT, Kind.CHAR, Kind.ENUM, Kind.UUID})
MOMENTS = frozenset({Kind.DATE, Kind.TIMESTAMP})
# what only passes through: compared or computed with, it would not be what it was in PostgreSQL
OPAQUE = frozenset({Kind.DYNAMIC, Kind.JSON, Kind.ARRAY, Kind.COMPOSITE, Kind.OTHER, Kind.XML, Kind.GEOMETRY})
MOMENT = re.compile(r"^(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?)\s*([+-]\d\d(?::?\d\d)?|Z)?)?$")


@dataclass(frozen=True)
class Value:
    """An expression of the target; kind None is NULL.

    atomic: it needs no parentheses beside an operator; literal: the text or digits of a literal; collation: that of
    the column it comes from, empty where the connection's would decide; immutable: always the same for the same
    arguments; zoned: a moment, kept in UTC; nullable: it may be NULL; length: the most characters it can have.
    """

    sql: str
    kind: Kind | None
    atomic: bool = True
    literal: str | None = None
    collation: str = ""
    immutable: bool = True
    zoned: bool = False
    nullable: bool = True
    length: int | None = None

    @property
    def grouped(self) -> str:
        """The text in parentheses where its precedence could matter."""
        return self.sql if self.atomic else f"({self.sql})"


def text_value(text: str, kind: Kind = Kind.TEXT) -> Value:
    """A string literal; Untranslatable for one that MySQL can't hold."""
    if "\0" in text:
        raise Untranslatable("a text with NUL")
    return Value(quote_literal(text), kind, literal=text, nullable=False, length=len(text))


def number_value(text: str) -> Value:
    """A number literal: digits with a point or an exponent are exact in PostgreSQL, so an exponent is written out."""
    if text.lstrip("+-").isdigit():
        kind = Kind.INTEGER if abs(int(text)) < 2**63 else Kind.DECIMAL
        return Value(text, kind, literal=text, nullable=False)
    plain = format(Decimal(text), "f")
    if len(plain.replace(".", "").lstrip("-0")) > 65:
        raise Untranslatable(f"the number {text} has more digits than MySQL's decimals")
    return Value(plain, Kind.DECIMAL, literal=plain, nullable=False)


def made(sql: str, kind: Kind | None, *parts: Value, atomic: bool = False) -> Value:
    """A value computed from others: it is immutable when they are, text keeps their collation."""
    collation = next((part.collation for part in parts if part.collation), "")
    return Value(
        sql,
        kind,
        atomic=atomic,
        collation=collation if kind in TEXTS else "",
        immutable=all(part.immutable for part in parts),
        nullable=any(part.nullable for part in parts),
    )


def call(name: str, kind: Kind | None, *parts: Value) -> Value:
    """A function's value."""
    return made(f"{name}({', '.join(part.sql for part in parts)})", kind, *parts, atomic=True)


def condition(value: Value) -> Value:
    """The value where a condition is needed; PostgreSQL takes only booleans there."""
    if value.kind not in (Kind.BOOLEAN, None):
        raise Untranslatable("a value that isn't a boolean stands as a condition")
    return value


def collated(value: Value, collation: str) -> Value:
    """A text compared under that collation whatever the other side is."""
    return replace(value, sql=f"{value.grouped} COLLATE {collation}", atomic=False, collation=collation)


def moment_text(text: str) -> tuple[str, bool]:
    """A date-time literal as MySQL reads it, and whether it names a zone; with a zone it is turned into UTC."""
    found = MOMENT.match(text.strip())
    if found is None:
        raise Untranslatable(f"the date-time {text!r} isn't written as ISO or lies outside of MySQL's years")
    if found[3] is None:
        return text.strip().replace("T", " "), False
    zone = "+00:00" if found[3] == "Z" else found[3] if len(found[3]) > 3 else found[3] + ":00"
    zone = zone if ":" in zone else f"{zone[:3]}:{zone[3:]}"
    try:
        moment = datetime.datetime.fromisoformat(f"{found[1]} {found[2]}{zone}").astimezone(datetime.UTC)
    except (ValueError, OverflowError) as error:
        raise Untranslatable(f"the date-time {text!r} lies outside of MySQL's years") from error
    return moment.replace(tzinfo=None).isoformat(sep=" "), True


def unified(values: Sequence[Value]) -> Kind | None:
    """The kind of branches that meet in CASE, COALESCE or UNION; refused where MySQL would make them text."""
    kinds = {value.kind for value in values} - {None}
    if len(kinds) <= 1:
        return next(iter(kinds), None)
    if kinds <= NUMBERS:
        return next(kind for kind in (Kind.FLOAT, Kind.DECIMAL, Kind.INTEGER) if kind in kinds)
    if kinds <= TEXTS:
        return Kind.TEXT
    if kinds <= MOMENTS:
        return Kind.TIMESTAMP
    if len(kinds - {Kind.TEXT}) == 1 and all(value.literal is not None for value in values if value.kind is Kind.TEXT):
        return next(iter(kinds - {Kind.TEXT}))
    raise Untranslatable("values of different kinds meet: " + ", ".join(sorted(kind.value for kind in kinds if kind)))
