"""Which SQLite type a MySQL or MariaDB column becomes: a table of rules, exact before convenient.

Routes: integer, numeric (the exact digits as text), double, boolean and bit_boolean (0 or 1), bit_integer, bit (as
bytes), text, bytea, date (YYYY-MM-DD), timestamp (YYYY-MM-DD HH:MM:SS with its fraction), timestamptz (the same in UTC,
with +00:00 at its end), time, enum and set (the labels' text), json (the text), uuid, network, wkb. Dates and times are
ISO text, which sorts like the value; zero dates stay as they are, since text holds them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from conversion.from_mysql.source import base, folds, labels
from conversion.relational.choice import Choice, ColumnFacts
from engines.catalog import Kind
from engines.sqlite.quoting import quote_literal

INT64 = 2**63 - 1
INTEGER_DIGITS = 18  # every integer of so many digits fits SQLite's 64 bits
INTEGER_BITS = 63
NOT_NEGATIVE = "{column} >= 0"
TEXTS = frozenset({Kind.TEXT, Kind.CHAR, Kind.ENUM, Kind.SET})


@dataclass(frozen=True)
class Rule:
    """The first rule that applies decides; kind: what expressions take the values for, None: what the type says."""

    applies: Callable[[ColumnFacts], bool]
    native: str
    route: str
    reason: str
    kind: Kind
    alternatives: tuple[str, ...] = ()
    checks: Callable[[ColumnFacts], tuple[str, ...]] = lambda facts: ()


def choose(facts: ColumnFacts) -> Choice:
    """The declared type, route and reason; there is always one."""
    rule = next(rule for rule in RULES if rule.applies(facts))
    column = facts.column
    nocase = column.type.kind in TEXTS and folds(column.collation)
    return Choice(
        native=rule.native,
        route=rule.route,
        reason=f"{column.native}: {rule.reason}",
        alternatives=rule.alternatives,
        checks=rule.checks(facts),
        kind=rule.kind,
        collation="NOCASE" if nocase else None,
    )


def _of(*kinds: Kind) -> Callable[[ColumnFacts], bool]:
    return lambda facts: facts.column.type.kind in kinds


def _sign(facts: ColumnFacts) -> tuple[str, ...]:
    return (NOT_NEGATIVE,) if facts.column.type.unsigned and facts.column.identity is None else ()


def _boolean(facts: ColumnFacts) -> bool:
    declared = facts.column.native.lower().replace(" ", "").startswith("tinyint(1)")
    return declared and facts.column.identity is None and (facts.only_declared or facts.within(0, 1))


def _too_big(facts: ColumnFacts) -> bool:
    unsigned = base(facts.column.native) == "bigint" and facts.column.type.unsigned
    return unsigned and facts.column.identity is None and not (facts.empty or facts.within(0, INT64))


def _whole(facts: ColumnFacts) -> bool:
    found = facts.column.type
    return found.kind is Kind.DECIMAL and not found.scale and (found.precision or 10) <= INTEGER_DIGITS


def _bits(facts: ColumnFacts) -> bool:
    return facts.column.type.kind is Kind.BIT and (facts.column.type.length or 1) <= INTEGER_BITS


def _labels(facts: ColumnFacts) -> tuple[str, ...]:
    found = labels(facts)
    if any("\0" in label for label in found):
        return ()
    return ("{column} IN (" + ", ".join(quote_literal(label) for label in found) + ")",)


RULES: tuple[Rule, ...] = (
    Rule(
        _boolean, "BOOLEAN", "boolean", "SQLite keeps truth as 0 and 1, as MySQL does", Kind.INTEGER, ("INTEGER",),
    ),
    Rule(
        _too_big, "TEXT", "numeric", "it goes beyond the 63 bits of SQLite's integers, so its digits stay as text",
        Kind.DYNAMIC, ("INTEGER",),
    ),
    Rule(_of(Kind.INTEGER, Kind.YEAR), "INTEGER", "integer", "SQLite's integers have 64 bits", Kind.INTEGER, (), _sign),
    Rule(_whole, "INTEGER", "integer", "at most 18 digits fit 64 bits", Kind.INTEGER, (), _sign),
    Rule(
        _of(Kind.DECIMAL), "TEXT", "numeric",
        "text keeps every digit; a column declared NUMERIC would turn the value into a double", Kind.DYNAMIC,
        ("NUMERIC", "REAL"),
    ),
    Rule(_of(Kind.FLOAT), "REAL", "double", "8-byte floating point", Kind.FLOAT, (), _sign),
    Rule(
        lambda f: _bits(f) and (f.column.type.length or 1) == 1, "BOOLEAN", "bit_boolean", "one bit is 0 or 1",
        Kind.INTEGER, ("INTEGER",),
    ),
    Rule(_bits, "INTEGER", "bit_integer", "at most 63 bits are an integer", Kind.INTEGER),
    Rule(_of(Kind.BIT), "BLOB", "bit", "64 bits are bytes, not a number with a sign", Kind.BINARY),
    Rule(_of(Kind.TEXT, Kind.CHAR), "TEXT", "text", "SQLite enforces no length", Kind.TEXT),
    Rule(_of(Kind.ENUM), "TEXT", "enum", "the label; a CHECK keeps the list", Kind.ENUM, (), _labels),
    Rule(_of(Kind.SET), "TEXT", "text", "the labels with commas, as MySQL shows them", Kind.TEXT),
    Rule(_of(Kind.BINARY), "BLOB", "bytea", "the same bytes", Kind.BINARY),
    Rule(_of(Kind.DATE), "TEXT", "date", "ISO text sorts and compares like the date", Kind.DATE, ("DATE",)),
    Rule(
        lambda f: f.column.type.kind is Kind.TIMESTAMP and f.column.type.with_zone, "TEXT", "timestamptz",
        "ISO text in UTC with +00:00", Kind.DYNAMIC, ("TIMESTAMP",),
    ),
    Rule(
        _of(Kind.TIMESTAMP), "TEXT", "timestamp", "ISO text sorts and compares like the value", Kind.TIMESTAMP,
        ("DATETIME",),
    ),
    Rule(_of(Kind.TIME), "TEXT", "time", "MySQL's own text: it also counts hours beyond a day", Kind.DYNAMIC),
    Rule(_of(Kind.JSON), "TEXT", "json", "SQLite's JSON functions read text", Kind.DYNAMIC),
    Rule(_of(Kind.UUID), "TEXT", "uuid", "36 characters in lower case", Kind.UUID),
    Rule(_of(Kind.GEOMETRY), "BLOB", "wkb", "its SRID and well-known binary, byte for byte", Kind.BINARY),
    Rule(lambda f: True, "TEXT", "text", "MySQL's own text: SQLite has no such type", Kind.DYNAMIC),
)  # fmt: skip
