"""Which PostgreSQL type a SQLite column becomes: a table of rules over the declaration and the values found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from conversion.declared import Facts

QUARANTINE_SHARE = 0.05  # up to this part of the values may be set aside, with their keys, for a better type
POSTGRESQL_VARCHAR_LIMIT = 10_485_760  # https://www.postgresql.org/docs/current/datatype-character.html
POSTGRESQL_NUMERIC_LIMIT = 1000  # https://www.postgresql.org/docs/current/datatype-numeric.html

BOOLEANS = {"BOOL", "BOOLEAN"}
DATES = {"DATE"}
TIMESTAMPS = {"DATETIME", "TIMESTAMP", "DATETIME2", "SMALLDATETIME", "TIMESTAMP WITHOUT TIME ZONE"}
ZONED = {"TIMESTAMPTZ", "TIMESTAMP WITH TIME ZONE", "DATETIMEOFFSET", "TIMESTAMP_WITH_TIMEZONE"}
TIMES = {"TIME", "TIME WITHOUT TIME ZONE"}
UUIDS = {"UUID", "GUID", "UNIQUEIDENTIFIER"}
JSONS = {"JSON", "JSONB"}
BINARIES = {"BINARY", "VARBINARY"}
DECIMALS = {"DECIMAL", "NUMERIC", "DEC", "NUMBER", "MONEY", "CURRENCY"}

ISO_LOCAL = ("iso_timestamp", "iso_timestamp_fraction", "iso_date")
ISO_ZONED = ("iso_timestamp_zone",)
TIMESTAMP = "timestamp(6) without time zone"
TIMESTAMPTZ = "timestamp(6) with time zone"
UNSTORABLE = {"nul": "hold a NUL character", "invalid_utf8": "are not valid UTF-8"}
ENOUGH = 1 - QUARANTINE_SHARE
INTEGERS = {16: "smallint", 32: "integer", 64: "bigint"}  # by bits
NARROWER = {"bigint": ("integer", "smallint"), "integer": ("smallint",)}


@dataclass(frozen=True)
class Choice:
    """A target type in the server's own spelling, the value conversion that fills it, and why.

    set_aside: values that the type can't hold, by the profile.
    """

    native: str
    route: str
    reason: str
    alternatives: tuple[str, ...] = ()
    set_aside: int = 0


@dataclass(frozen=True)
class Rule:
    """The first rule that applies decides; set_aside counts the values that its type can't hold."""

    name: str
    applies: Callable[[Facts], bool]
    native: str | Callable[[Facts], str]
    route: str
    reason: str
    alternatives: tuple[str, ...] = ()
    set_aside: Callable[[Facts], int] = field(default=lambda facts: 0)


def choose(facts: Facts) -> Choice:
    """The type, route, reason and alternatives of a column; there is always one."""
    for rule in RULES:
        if rule.applies(facts):
            return _choice(rule, facts)
    raise AssertionError("the last rule applies to every column")


def _choice(rule: Rule, facts: Facts) -> Choice:
    native = rule.native if isinstance(rule.native, str) else rule.native(facts)
    reason = rule.reason.format(declared=facts.declared, native=native)
    if facts.empty and facts.column.identity is None:
        reason = f"declared {facts.declared}; the column holds no value, so the declaration alone decided"
    aside = rule.set_aside(facts)
    if aside:
        reason += f"; {aside:,} of {facts.values:,} values don't fit and go to quarantine with their keys"
    for form, what in UNSTORABLE.items():
        if facts.form(form):
            reason += f"; {facts.form(form):,} texts {what}, which PostgreSQL can't store: quarantine"
    narrower = tuple(name for name in NARROWER.get(native, ()) if facts.fits(name))
    alternatives = tuple(item for item in (*rule.alternatives, *narrower) if item != native)
    return Choice(native, rule.route, reason, alternatives, aside)


def _mostly(facts: Facts, *classes: str) -> bool:
    return not facts.empty and facts.count(*classes) >= ENOUGH * facts.values


def _outside(*classes: str) -> Callable[[Facts], int]:
    return lambda facts: facts.values - facts.count(*classes)


def _without(*forms: str) -> Callable[[Facts], int]:
    return lambda facts: facts.values - facts.form(*forms)


def _declared(words: set[str], *forms: str) -> Callable[[Facts], bool]:
    return lambda facts: facts.base in words and facts.share(*forms) >= ENOUGH


def _moment(facts: Facts) -> bool:
    return facts.base in TIMESTAMPS | ZONED | DATES


def _numeric_native(facts: Facts) -> str:
    """numeric(p,s) where the declaration is legal and every value fits it exactly, else numeric."""
    if not facts.arguments:
        return "numeric"
    precision, scale = (*facts.arguments, 0)[:2]
    legal = 1 <= precision <= POSTGRESQL_NUMERIC_LIMIT and scale <= precision
    numbers = facts.count("integer", "real")
    whole = facts.form("precision_ok") >= numbers and facts.form(f"scale_{scale}") >= numbers
    return f"numeric({precision},{scale})" if legal and whole else "numeric"


def _fits_length(facts: Facts) -> bool:
    if not facts.arguments or "CHAR" not in facts.base:
        return False
    length = facts.arguments[0]
    return 1 <= length <= POSTGRESQL_VARCHAR_LIMIT and (facts.profile.max_length or 0) <= length


def _varchar(facts: Facts) -> str:
    return f"character varying({facts.arguments[0]})"


def _is_text(facts: Facts) -> bool:
    return facts.affinity == "TEXT" and (facts.empty or _mostly(facts, "text"))


def _numbers_and_text(facts: Facts) -> bool:
    return facts.only("integer", "real", "text") and not facts.form("numeric_text")


def integer_native(facts: Facts) -> str:
    """The integer type of the width declared, wider where values need more than half of it."""
    return INTEGERS[facts.integer_bits]


RULES: tuple[Rule, ...] = (
    Rule(
        "rowid", lambda f: f.column.identity is not None, integer_native, "integer",
        "INTEGER PRIMARY KEY is SQLite's rowid and numbers itself; {native} leaves it at least half of its range",
        ("bigint",),
    ),
    Rule(
        "boolean", lambda f: f.base in BOOLEANS and f.only("integer") and f.every("boolean"), "boolean", "boolean",
        "declared {declared} and every value is 0 or 1", ("bigint",),
    ),
    Rule(
        "date", _declared(DATES, "iso_date"), "date", "date",
        "declared {declared} and the values are YYYY-MM-DD", ("text",), _without("iso_date"),
    ),
    Rule(
        "timestamp with zone declared", lambda f: f.base in ZONED and f.empty, TIMESTAMPTZ, "timestamptz",
        "declared {declared}", (TIMESTAMP, "text"),
    ),
    Rule(
        "timestamp", lambda f: _moment(f) and f.share(*ISO_LOCAL) >= ENOUGH, TIMESTAMP, "timestamp",
        "declared {declared} and the values are ISO date-times without a zone", ("text",), _without(*ISO_LOCAL),
    ),
    Rule(
        "timestamp with zone", lambda f: _moment(f) and f.share(*ISO_ZONED) >= ENOUGH, TIMESTAMPTZ, "timestamptz",
        "declared {declared} and the values are ISO date-times with a zone", ("text",), _without(*ISO_ZONED),
    ),
    Rule(
        "epoch milliseconds", lambda f: _moment(f) and f.share("epoch_milliseconds") >= ENOUGH, TIMESTAMP,
        "epoch_milliseconds", "declared {declared} and the values are milliseconds since 1970, UTC", ("bigint",),
        _without("epoch_milliseconds"),
    ),
    Rule(
        "epoch seconds", lambda f: _moment(f) and f.share("epoch_seconds") >= ENOUGH, TIMESTAMP, "epoch_seconds",
        "declared {declared} and the values are seconds since 1970, UTC", ("bigint",), _without("epoch_seconds"),
    ),
    Rule(
        "julian day", lambda f: _moment(f) and f.only("real") and f.share("julian_day") >= ENOUGH, "double precision",
        "double", "declared {declared} and the values are julian days: a double holds about 40 microseconds, so "
        "converting there and back would not give the same value", (TIMESTAMP,),
    ),
    Rule(
        "time", lambda f: f.base in TIMES and f.every("iso_time"), "time(6) without time zone", "time",
        "declared {declared} and every value is HH:MM:SS", ("text",),
    ),
    Rule(
        "uuid", lambda f: f.base in UUIDS and f.every("uuid_lower"), "uuid", "uuid",
        "declared {declared} and every value is a UUID in lower case", ("text",),
    ),
    Rule(
        "json", lambda f: f.base in JSONS and f.only("text") and f.every("json"), "json", "json",
        "declared {declared} and every value is JSON; json keeps the text byte for byte", ("jsonb", "text"),
    ),
    Rule(
        "number", lambda f: f.base in DECIMALS and (f.empty or _mostly(f, "integer", "real")), _numeric_native,
        "numeric", "declared {declared}: {native} holds every number found exactly", ("double precision", "text"),
        _outside("integer", "real"),
    ),
    Rule(
        "double", lambda f: f.affinity == "REAL" and (f.empty or _mostly(f, "real", "integer")), "double precision",
        "double", "declared {declared}: SQLite stores 8-byte floating point", ("numeric",),
        _outside("real", "integer"),
    ),
    Rule(
        "integer", lambda f: (f.affinity == "INTEGER" or f.base in BOOLEANS) and (f.empty or _mostly(f, "integer")),
        integer_native, "integer",
        "declared {declared}, and the integers found leave at least half of the range of {native}",
        ("bigint", "numeric", "text"), _outside("integer"),
    ),
    Rule(
        "text of limited length", lambda f: _is_text(f) and _fits_length(f), _varchar, "text",
        "declared {declared} and no value is longer", ("text",), _outside("text"),
    ),
    Rule(
        "text of a length not kept", lambda f: _is_text(f) and bool(f.arguments) and "CHAR" in f.base, "text", "text",
        "declared {declared}, but values are longer, or PostgreSQL has no such length (SQLite keeps no limit)", (),
        _outside("text"),
    ),
    Rule("text", _is_text, "text", "text", "declared {declared}", (), _outside("text")),
    Rule(
        "binary", lambda f: f.base in BINARIES and f.only("blob"), "bytea", "bytea",
        "declared {declared} and no value is anything but a blob",
    ),
    Rule(
        "bytes", lambda f: f.affinity == "BLOB" and f.base != "" and f.only("blob"), "bytea", "bytea",
        "declared {declared} and every value is a blob",
    ),
    Rule(
        "bytes and text", lambda f: f.affinity == "BLOB" and f.base != "" and f.only("blob", "text")
        and "blob" in f.classes, "bytea", "bytea_any",
        "declared {declared} and holds blobs and text: text becomes its UTF-8 bytes", ("jsonb",),
    ),
    Rule("nothing to go by", lambda f: f.empty, "text", "text_any", "declared {declared}, and no value to go by"),
    Rule("all integers", lambda f: f.only("integer"), "bigint", "integer", "declared {declared}; all are integers"),
    Rule("all reals", lambda f: f.only("real"), "double precision", "double", "declared {declared}; all are reals"),
    Rule("all blobs", lambda f: f.only("blob"), "bytea", "bytea", "declared {declared}; all are blobs"),
    Rule("all text", lambda f: f.only("text"), "text", "text", "declared {declared}; all values are text"),
    Rule(
        "integers and reals", lambda f: f.only("integer", "real"), "numeric", "numeric",
        "declared {declared}; holds integers and reals, numeric keeps both", ("double precision",),
    ),
    Rule(
        "numbers and text", _numbers_and_text, "text", "text_any",
        "declared {declared}; holds numbers and text, and no text reads as a number, so text keeps them apart",
        ("jsonb",),
    ),
    Rule(
        "mixed", lambda f: True, "jsonb", "jsonb_any",
        "declared {declared}; holds storage classes that only jsonb keeps apart: numbers, strings, "
        'blobs as {{"$blob": "hex"}}', ("text",),
    ),
)  # fmt: skip
