"""Which SQLite type a PostgreSQL column becomes: a table by the kind of the value, exact before convenient.

Routes (what the mover writes): `pg_integer`, `pg_real`, `pg_boolean` (0 or 1), `pg_text` (the server's own text),
`pg_blob` (the bytes), `pg_numeric` (the exact digits as text), `pg_date` (YYYY-MM-DD), `pg_time` and `pg_timestamp`
(the server's ISO text, HH:MM:SS and YYYY-MM-DD HH:MM:SS, with a fraction only where there is one), `pg_timestamptz`
(the same in UTC, with +00:00 at its end), `pg_json` (the text), `pg_array` (a JSON array), `pg_interval` (the
server's text, IntervalStyle postgres). The session has DateStyle ISO and TimeZone UTC.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from conversion.types_sqlite_postgresql import Choice
from engines.catalog import Column, Kind, LogicalType

INTEGER_DIGITS = 18  # every integer of so many digits fits SQLite's 64 bits


@dataclass(frozen=True)
class Rule:
    """The first rule that applies decides."""

    applies: Callable[[LogicalType], bool]
    native: str
    route: str
    reason: str
    alternatives: tuple[str, ...] = ()


def _of(*kinds: Kind) -> Callable[[LogicalType], bool]:
    return lambda found: found.kind in kinds


def _whole(found: LogicalType) -> bool:
    return (
        found.kind is Kind.DECIMAL
        and found.precision is not None
        and found.precision <= INTEGER_DIGITS
        and found.scale == 0
    )


RULES: tuple[Rule, ...] = (
    Rule(_of(Kind.INTEGER), "INTEGER", "pg_integer", "SQLite integers have up to 64 bits"),
    Rule(_whole, "INTEGER", "pg_integer", "a whole number of at most 18 digits fits 64 bits"),
    Rule(
        _of(Kind.DECIMAL), "TEXT", "pg_numeric",
        "text keeps every digit; a column declared NUMERIC would turn the value into a double", ("NUMERIC", "REAL"),
    ),
    Rule(_of(Kind.FLOAT), "REAL", "pg_real", "both are 8-byte floating point (NaN becomes text)"),
    Rule(_of(Kind.BOOLEAN), "BOOLEAN", "pg_boolean", "SQLite keeps booleans as 0 and 1"),
    Rule(_of(Kind.TEXT, Kind.CHAR), "TEXT", "pg_text", "SQLite enforces no length"),
    Rule(_of(Kind.BINARY), "BLOB", "pg_blob", "the same bytes"),
    Rule(_of(Kind.DATE), "TEXT", "pg_date", "ISO text sorts and compares like the date", ("DATE",)),
    Rule(_of(Kind.TIME), "TEXT", "pg_time", "ISO text sorts and compares like the value"),
    Rule(
        lambda found: found.kind is Kind.TIMESTAMP and found.with_zone, "TEXT", "pg_timestamptz",
        "ISO text in UTC with +00:00", ("TIMESTAMP",),
    ),
    Rule(_of(Kind.TIMESTAMP), "TEXT", "pg_timestamp", "ISO text sorts and compares like the value", ("DATETIME",)),
    Rule(_of(Kind.INTERVAL), "TEXT", "pg_interval", "SQLite has no interval type"),
    Rule(_of(Kind.UUID), "TEXT", "pg_text", "36 characters in lower case"),
    Rule(_of(Kind.JSON), "TEXT", "pg_json", "SQLite's JSON functions read text"),
    Rule(_of(Kind.ARRAY), "TEXT", "pg_array", "a JSON array: SQLite has no arrays"),
    Rule(_of(Kind.ENUM), "TEXT", "pg_text", "the label; a CHECK keeps the list"),
    Rule(lambda found: True, "TEXT", "pg_text", "the server's own text: SQLite has no such type"),
)  # fmt: skip


def choose(column: Column) -> Choice:
    """The declared type, route and reason; there is always one."""
    for rule in RULES:
        if rule.applies(column.type):
            return Choice(rule.native, rule.route, f"{column.native}: {rule.reason}", rule.alternatives)
    raise AssertionError("the last rule applies to every column")
