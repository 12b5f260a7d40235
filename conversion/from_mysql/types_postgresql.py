"""Which PostgreSQL type a MySQL or MariaDB column becomes: a table of rules, the first that applies decides.

Routes (how a value gets there): integer, numeric, double, boolean (0 and 1), bit_boolean (b'0' and b'1'), bit, text,
bytea, date, timestamp, timestamptz (a moment, read in UTC), time, interval (a time of more than a day or below zero),
enum, set (the labels as an array), json, uuid, network, wkb (a geometry's well-known binary behind its SRID).

What experts chose for the same columns in seventeen hand-written pairs of schemas stands behind rules where several
types hold every value: datetime became timestamp in 95 %, tinyint(1) boolean in 82 %, enum an enum type in 84 %,
bigint unsigned bigint in 93 %, int unsigned integer in 69 % and bigint in 27 %.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from conversion.from_mysql.facts_postgresql import (
    NUL,
    ZERO_DATES,
    boolean,
    boolean_reason,
    character,
    dates_reason,
    day,
    declared,
    fits,
    fits_64,
    fits_reason,
    has_type,
    in_array,
    in_list,
    kind,
    length,
    numeric,
    precision,
    sign,
    unsigned,
)
from conversion.from_mysql.source import base, labels
from conversion.relational.choice import Choice, ColumnFacts
from engines.catalog import Kind

INT16 = 2**15 - 1
INT32 = 2**31 - 1
Text = str | Callable[[ColumnFacts], str]


@dataclass(frozen=True)
class Rule:
    """One row: applies to these columns; native, reason: a text or made of the facts; aside: forms that don't fit."""

    name: str
    applies: Callable[[ColumnFacts], bool]
    native: Text
    route: str
    reason: Text
    alternatives: tuple[str, ...] = ()
    aside: tuple[str, ...] = ()
    checks: Callable[[ColumnFacts], tuple[str, ...]] = lambda facts: ()
    labels: Callable[[ColumnFacts], tuple[str, ...]] = lambda facts: ()


def choose(facts: ColumnFacts) -> Choice:
    """The first rule's choice; there is always one."""
    rule = next(rule for rule in RULES if rule.applies(facts))
    native = rule.native if isinstance(rule.native, str) else rule.native(facts)
    reason = rule.reason if isinstance(rule.reason, str) else rule.reason(facts)
    unfit, aside = facts.form(*rule.aside), facts.aside(*rule.aside)
    if unfit and facts.profile:
        reason += f"; {unfit:,} of {facts.profile.values:,} values don't fit and " + (
            "are set aside with their keys" if aside == unfit else "go by the plan's policies"
        )
    return Choice(
        native=native,
        route=rule.route,
        reason=f"{facts.column.native}: {reason}",
        alternatives=tuple(item for item in rule.alternatives if item != native),
        set_aside=aside,
        checks=rule.checks(facts),
        labels=rule.labels(facts),
    )


RULES: tuple[Rule, ...] = (
    Rule("boolean", boolean, "boolean", "boolean", boolean_reason, ("smallint",)),
    Rule(
        "numbered float", lambda f: f.column.identity is not None and f.column.type.kind is Kind.FLOAT, "bigint",
        "integer", "the server numbers it, which it does in whole numbers only", ("double precision",),
    ),
    Rule(
        "tiny", declared("tinyint"), "smallint", "integer", "PostgreSQL's smallest integer has 16 bits",
        ("integer", "boolean"), checks=sign,
    ),
    Rule(
        "small unsigned of small values", lambda f: unsigned("smallint")(f) and fits(INT16)(f), "smallint", "integer",
        fits_reason("smallint"), ("integer",), checks=sign,
    ),
    Rule(
        "small unsigned", unsigned("smallint"), "integer", "integer", "65,535 is more than 16 bits with a sign hold",
        ("smallint",), checks=sign,
    ),
    Rule("small", declared("smallint"), "smallint", "integer", "the same range", ("integer",), checks=sign),
    Rule("medium", declared("mediumint"), "integer", "integer", "24 bits fit into 32", ("bigint",), checks=sign),
    Rule(
        "int unsigned of small values", lambda f: unsigned("int", "integer")(f) and fits(INT32)(f), "integer",
        "integer", fits_reason("integer"), ("bigint",), checks=sign,
    ),
    Rule(
        "int unsigned", unsigned("int", "integer"), "bigint", "integer",
        "it goes up to 4,294,967,295, beyond 32 bits with a sign", ("integer",), checks=sign,
    ),
    Rule("int", declared("int", "integer"), "integer", "integer", "the same range", ("bigint",), checks=sign),
    Rule(
        "big unsigned that fits", lambda f: unsigned("bigint")(f) and fits_64(f), "bigint", "integer",
        lambda f: "the server numbers it from 1: 63 bits are enough" if f.column.identity else
        "no value is beyond 63 bits" if not f.empty else "no value yet; a value beyond 63 bits would be refused",
        ("numeric(20,0)",), checks=sign,
    ),
    Rule(
        "big unsigned", unsigned("bigint"), "numeric(20,0)", "numeric",
        lambda f: "values are beyond 63 bits" if f.profile else "it goes up to 18,446,744,073,709,551,615, beyond 64 "
        "bits with a sign, and nobody looked at the values", ("bigint",), checks=sign,
    ),
    Rule("big", declared("bigint"), "bigint", "integer", "the same range", ("numeric(20,0)",), checks=sign),
    Rule("decimal", kind(Kind.DECIMAL), numeric, "numeric", "the same digits", ("double precision",), checks=sign),
    Rule(
        "float", lambda f: f.column.type.kind is Kind.FLOAT and f.column.type.bits == 32, "real", "double",
        lambda f: "4-byte floating point on both"
        + ("; how many digits are shown isn't kept" if "(" in f.column.native else ""),
        ("double precision", "numeric"), checks=sign,
    ),
    Rule(
        "double", kind(Kind.FLOAT), "double precision", "double", "8-byte floating point on both", ("numeric",),
        checks=sign,
    ),
    Rule(
        "one bit", lambda f: f.column.type.kind is Kind.BIT and f.column.type.length in (None, 1), "boolean",
        "bit_boolean", "one bit is true or false", ("bit(1)", "smallint"),
    ),
    Rule("bits", kind(Kind.BIT), lambda f: f"bit({length(f) or 1})", "bit", "the same bits", ("bigint",)),
    Rule("year", kind(Kind.YEAR), "smallint", "integer", "a year is a small number", ("integer",)),
    Rule(
        "no characters at all", lambda f: f.column.type.kind in (Kind.CHAR, Kind.TEXT) and length(f) == 0,
        "character varying(1)", "text", "PostgreSQL's texts hold at least one character", ("text",),
        checks=lambda f: ("{column} = ''",),
    ),
    Rule(
        "char", lambda f: f.column.type.kind is Kind.CHAR, character, "text",
        "padded with spaces that don't count in comparisons, as on the source", ("character varying", "text"), NUL,
    ),
    Rule(
        "varchar", lambda f: base(f.column.native) in ("varchar", "nvarchar") and length(f) is not None,
        lambda f: f"character varying({length(f)})", "text", "both count characters", ("text",), NUL,
    ),
    Rule("text", kind(Kind.TEXT), "text", "text", "PostgreSQL's text takes up to 1 GB", (), NUL),
    Rule(
        "sixteen bytes", lambda f: base(f.column.native) == "binary" and length(f) == 16, "bytea", "bytea",
        "the same bytes; if they are UUIDs, uuid takes them too", ("uuid",),
    ),
    Rule("bytes", kind(Kind.BINARY), "bytea", "bytea", "the same bytes", ("text",)),
    Rule("date", kind(Kind.DATE), "date", "date", dates_reason("a day on both"), ("text",), ZERO_DATES),
    Rule(
        "timestamp", lambda f: f.column.type.kind is Kind.TIMESTAMP and f.column.type.with_zone,
        lambda f: f"timestamp({precision(f)}) with time zone", "timestamptz",
        dates_reason("a moment, kept in UTC by both and shown in the session's time zone"),
        ("timestamp without time zone",), ZERO_DATES,
    ),
    Rule(
        "datetime", kind(Kind.TIMESTAMP), lambda f: f"timestamp({precision(f)}) without time zone", "timestamp",
        dates_reason("a date and a time of the wall clock, without a zone"), ("timestamp with time zone",),
        ZERO_DATES,
    ),
    Rule(
        "time of a day", lambda f: f.column.type.kind is Kind.TIME and day(f),
        lambda f: f"time({precision(f)}) without time zone", "time",
        lambda f: "every value lies within a day" if not f.empty else "no value yet; one beyond a day would be refused",
        ("interval",),
    ),
    Rule(
        "time", kind(Kind.TIME), lambda f: f"interval({precision(f)})", "interval",
        lambda f: f"{f.form('over_24h'):,} values are negative or longer than a day" if f.profile else
        "it goes from -838:59:59 to 838:59:59, and nobody looked at the values", ("time without time zone",),
    ),
    Rule(
        "enum", lambda f: f.column.type.kind is Kind.ENUM and has_type(f), "", "enum",
        lambda f: "a type of its own keeps the labels and their order" + (
            "; the empty text that MySQL stores for a wrong label is among them"
            if len(labels(f)) > len(f.column.type.labels) else ""),
        ("text",), labels=labels,
    ),
    Rule(
        "enum of long labels", kind(Kind.ENUM), "text", "text",
        "PostgreSQL's enum labels have at most 63 bytes, so a CHECK keeps the list", (), checks=in_list,
    ),
    Rule(
        "set", kind(Kind.SET), "text[]", "set", "an array of labels; a CHECK keeps the list", ("text",),
        checks=in_array,
    ),
    Rule(
        "json", kind(Kind.JSON), "jsonb", "json",
        lambda f: "kept parsed, as on the source" if f.source.engine == "mysql" else
        "kept parsed; order and repetition of keys and blanks aren't kept (json keeps the text)", ("json", "text"),
    ),
    Rule(
        "geometry", kind(Kind.GEOMETRY), "bytea", "wkb",
        "PostGIS isn't assumed: its SRID and well-known binary, byte for byte", ("geometry", "text"),
    ),
    Rule("uuid", kind(Kind.UUID), "uuid", "uuid", "the same 16 bytes", ("text",)),
    Rule("network", kind(Kind.NETWORK), "inet", "network", "an address on both", ("text",)),
    Rule("other", lambda f: True, "text", "text", "no counterpart is known: its text"),
)  # fmt: skip
