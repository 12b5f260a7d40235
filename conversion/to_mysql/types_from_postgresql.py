"""Which MySQL or MariaDB type a PostgreSQL column becomes: a table of rules, exact before convenient.

Routes (what the mover writes): `pg_integer`, `pg_real`, `pg_boolean` (0 or 1), `pg_text` (the server's own text),
`pg_blob` (the bytes), `pg_numeric` (the digits), `pg_date`, `pg_time`, `pg_timestamp` (the server's ISO text),
`pg_timestamptz` (the same in UTC, without a zone), `pg_json` (the text), `pg_array` (a JSON array), `pg_composite` (a
JSON object), `pg_interval` (the server's text, IntervalStyle postgres), `pg_bit` (the bits). MySQL's dates go from
year 1000 to 9999 (https://dev.mysql.com/doc/refman/8.4/en/datetime.html), and it has neither infinity nor NaN.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from conversion.relational.choice import Choice, ColumnFacts
from conversion.to_mysql.flavour import Flavour
from conversion.to_mysql.limits import LONGEST_CHAR, LONGEST_VARCHAR, sized
from conversion.to_mysql.postgresql_case import (
    DECIMAL_DIGITS,
    DECIMAL_SCALE,
    LONGEST_BIT,
    USUAL_TEXT,
    Case,
    bit_type,
    caseless,
    declared_decimal,
    enum_fits,
    enum_type,
    exact,
    exceeds_decimal,
    fits_decimal,
    found_decimal,
    has_length,
    key_bytes,
    key_text,
    key_varchar,
    labels_of,
    named,
    of_bits,
    of_kind,
    padded,
    values_fit_decimal,
    with_seconds,
)
from engines.catalog import Kind
from engines.mysql.quoting import quote_literal

ASCII = {"charset": "ascii", "collation": "ascii_bin"}
UNBOUNDED = "PostgreSQL limits it only by what a btree entry holds (2,704 bytes); "
SIZED = "values found leave at least half of it for growth; without a look at them it is the longest"
DIGITS_OF_BITS = "as digits 0 and 1: MySQL's bit(n) has a fixed length up to 64"
MEDIUM_TEXT = (2**24 - 1) // 4  # characters that a mediumtext holds whatever they are
LONGEST_TEXT = LONGEST_VARCHAR - 100  # a row has other columns too

Native = str | Callable[[Case], str]


@dataclass(frozen=True)
class Rule:
    """The first rule that applies decides; kind: what expressions take the values for."""

    applies: Callable[[Case], bool]
    native: Native
    route: str
    reason: str
    alternatives: tuple[str, ...] = ()
    kind: Kind | None = None
    charset: str | None = None
    collation: str | Callable[[Case], str] | None = None


RULES: tuple[Rule, ...] = (
    Rule(named("oid"), "int unsigned", "pg_integer", "an oid is a number of 32 bits without sign", ("bigint",)),
    Rule(of_bits(16), "smallint", "pg_integer", "both have 16 bits", ("tinyint", "int")),
    Rule(of_bits(32), "int", "pg_integer", "both have 32 bits", ("bigint",)),
    Rule(of_kind(Kind.INTEGER), "bigint", "pg_integer", "both have 64 bits"),
    Rule(of_kind(Kind.BOOLEAN), "tinyint(1)", "pg_boolean", "MySQL's BOOLEAN is tinyint(1)", ("bit(1)",), Kind.BOOLEAN),
    Rule(lambda c: c.type.kind is Kind.DECIMAL and fits_decimal(c.type), declared_decimal, "pg_numeric",
         "the same digits", ("double",)),
    Rule(lambda c: c.type.kind is Kind.DECIMAL and exceeds_decimal(c), "longtext", "pg_text",
         f"values need more than {DECIMAL_DIGITS} digits or {DECIMAL_SCALE} behind the point, which no decimal has",
         ("double", "decimal(65,30)"), Kind.DYNAMIC, None, exact),
    Rule(lambda c: c.type.kind is Kind.DECIMAL and values_fit_decimal(c), found_decimal, "pg_numeric",
         "PostgreSQL keeps any digits; those found fit, and later ones behind the scale are rounded",
         ("decimal(65,30)", "double")),
    Rule(of_kind(Kind.DECIMAL), f"decimal({DECIMAL_DIGITS},{DECIMAL_SCALE})", "pg_numeric",
         "the widest decimal: PostgreSQL's has no limit, and nobody looked at the values",
         ("double", "decimal(38,10)")),
    Rule(lambda c: c.type.kind is Kind.FLOAT and c.type.bits == 32, "float", "pg_real",
         "both have 4 bytes; MySQL prints 6 digits of a float, CAST(x AS DOUBLE) gives them all", ("double",)),
    Rule(of_kind(Kind.FLOAT), "double", "pg_real", "both have 8 bytes"),
    Rule(lambda c: c.type.name == "citext" and c.keyed, key_varchar, "pg_text",
         "citext compares without case, and so does this collation", ("longtext",), None, None, caseless),
    Rule(named("citext"), "longtext", "pg_text", "citext compares without case, and so does this collation", (), None,
         None, caseless),
    Rule(lambda c: c.type.kind is Kind.CHAR and 0 < (c.type.length or 0) <= LONGEST_CHAR,
         lambda c: f"char({c.type.length})", "pg_text",
         "both ignore spaces at the end, under a collation that pads", ("varchar(255)",), Kind.CHAR, None, padded),
    Rule(lambda c: c.type.kind is Kind.CHAR and 0 < (c.type.length or 0) <= LONGEST_TEXT,
         lambda c: f"varchar({c.type.length})", "pg_text", "MySQL's char ends at 255 characters", ("longtext",),
         Kind.CHAR, None, padded),
    Rule(has_length, lambda c: f"varchar({c.type.length})", "pg_text", "the same length in characters", ("longtext",),
         None, None, exact),
    Rule(key_text, key_varchar, "pg_text",
         UNBOUNDED + "an InnoDB key holds 3,072 bytes, so a keyed text needs a length; longer values go to quarantine",
         ("varchar(255)", "longtext"), None, None, exact),
    Rule(lambda c: c.type.kind in (Kind.TEXT, Kind.CHAR) and bool(c.type.length),
         lambda c: "mediumtext" if (c.type.length or 0) <= MEDIUM_TEXT else "longtext", "pg_text",
         "a row of MySQL has no room for a varchar that long; a check keeps the length", ("longtext",), None, None,
         exact),
    Rule(of_kind(Kind.TEXT, Kind.CHAR), lambda c: sized("text", c.facts.profile), "pg_text", SIZED,
         ("text", "mediumtext", "longtext", "varchar(255)"), None, None, exact),
    Rule(key_bytes, lambda c: f"varbinary({c.room(1)})", "pg_blob",
         UNBOUNDED + "an InnoDB key holds 3,072 bytes, so keyed bytes need a length", ("varbinary(255)", "longblob")),
    Rule(of_kind(Kind.BINARY), lambda c: sized("blob", c.facts.profile), "pg_blob", SIZED,
         ("blob", "mediumblob", "longblob")),
    Rule(lambda c: c.type.kind is Kind.BIT and c.type.name != "varbit" and (c.type.length or 1) <= LONGEST_BIT,
         bit_type, "pg_bit", "the same bits"),
    Rule(lambda c: c.type.kind is Kind.BIT and (c.type.length or LONGEST_VARCHAR) < LONGEST_TEXT,
         lambda c: f"varchar({c.type.length})", "pg_text", DIGITS_OF_BITS, (), Kind.DYNAMIC, "ascii", "ascii_bin"),
    Rule(of_kind(Kind.BIT), "longtext", "pg_text", DIGITS_OF_BITS, (), Kind.DYNAMIC, None, exact),
    Rule(of_kind(Kind.DATE), "date", "pg_date", "MySQL's dates go from year 1000 to 9999"),
    Rule(lambda c: c.type.kind is Kind.TIME and c.type.with_zone, "varchar(21)", "pg_text",
         "MySQL's times have no zone, so the server's text keeps it", ("time(6)",), Kind.DYNAMIC, "ascii", "ascii_bin"),
    Rule(of_kind(Kind.TIME), with_seconds("time"), "pg_time", "the same time of day"),
    Rule(lambda c: c.type.kind is Kind.TIMESTAMP and c.type.with_zone, with_seconds("datetime"), "pg_timestamptz",
         "the moment in UTC: MySQL's timestamp ends in 2038", ("timestamp(6)",)),
    Rule(of_kind(Kind.TIMESTAMP), with_seconds("datetime"), "pg_timestamp", "a reading of the clock without a zone",
         ("timestamp(6)",)),
    Rule(of_kind(Kind.INTERVAL), "varchar(100)", "pg_interval", "MySQL has no interval type: the server's text",
         ("bigint",), Kind.DYNAMIC, "ascii", "ascii_bin"),
    Rule(lambda c: c.type.kind is Kind.UUID and c.flavour.has("uuid type"), "uuid", "pg_text",
         "MariaDB's own type, which sorts by other bytes than PostgreSQL's", ("char(36)", "binary(16)"), Kind.UUID),
    Rule(of_kind(Kind.UUID), "char(36)", "pg_text", "36 characters in lower case", ("binary(16)",), Kind.UUID, **ASCII),
    Rule(lambda c: c.type.kind is Kind.JSON and c.type.name == "json" and not c.flavour.is_mariadb, "longtext",
         "pg_json", "json keeps its text byte for byte, MySQL's json wouldn't", ("json",), Kind.JSON, None, exact),
    Rule(of_kind(Kind.JSON), "json", "pg_json",
         "both keep JSON; numbers that a double can't hold may be rounded by MySQL 8", ("longtext",), Kind.JSON),
    Rule(of_kind(Kind.ARRAY), "json", "pg_array", "MySQL has no arrays: a JSON array keeps order and NULLs",
         ("longtext",), Kind.ARRAY),
    Rule(of_kind(Kind.COMPOSITE), "json", "pg_composite", "MySQL has no composite types: a JSON object", ("longtext",),
         Kind.COMPOSITE),
    Rule(enum_fits, enum_type, "pg_text", "the same labels in the same order", ("varchar(255)",), Kind.ENUM, None,
         exact),
    Rule(of_kind(Kind.ENUM), "varchar(255)", "pg_text", "MySQL's ENUM can't have these labels; a check keeps the list",
         (), Kind.ENUM, None, exact),
    Rule(of_kind(Kind.NETWORK), "varchar(43)", "pg_text", "the server's text, which keeps the netmask", ("inet6",),
         Kind.DYNAMIC, "ascii", "ascii_bin"),
    Rule(lambda c: c.type.kind is Kind.RANGE and c.keyed, lambda c: f"varchar({min(c.room(4), USUAL_TEXT)})", "pg_text",
         "MySQL has no ranges: the server's text", ("json",), Kind.DYNAMIC, None, exact),
    Rule(lambda c: True, "longtext", "pg_text", "the server's own text: MySQL has no such type", (), Kind.DYNAMIC, None,
         exact),
)  # fmt: skip
# forms of the profile that no type of MySQL can hold, by route
UNSTORABLE: dict[str, tuple[str, ...]] = {
    "pg_numeric": ("nan", "infinity"), "pg_real": ("nan", "infinity"), "pg_date": ("infinity", "out_of_range"),
    "pg_timestamp": ("infinity", "out_of_range"), "pg_timestamptz": ("infinity", "out_of_range"),
}  # fmt: skip
WHAT = {"nan": "NaN", "infinity": "infinity", "out_of_range": "a year before 1000 or after 9999"}


def choose(facts: ColumnFacts, flavour: Flavour) -> Choice:
    """The type, route, reason and alternatives; there is always one."""
    case = Case(facts, flavour)
    for rule in RULES:
        if rule.applies(case):
            return _choice(rule, case)
    raise AssertionError("the last rule applies to every column")


def _choice(rule: Rule, case: Case) -> Choice:
    native = rule.native if isinstance(rule.native, str) else rule.native(case)
    collation = rule.collation if isinstance(rule.collation, str | None) else rule.collation(case)
    choice = Choice(
        native=native,
        route=rule.route,
        reason=f"{case.facts.column.native}: {rule.reason}",
        alternatives=tuple(item for item in rule.alternatives if item != native),
        kind=rule.kind,
        collation=collation,
        charset=rule.charset or ("utf8mb4" if collation else None),
    )
    return _with_losses(_with_checks(choice, case), case)


def _with_checks(choice: Choice, case: Case) -> Choice:
    length = case.type.length
    if choice.kind is Kind.ENUM and not choice.native.startswith("enum("):
        labels = ", ".join(quote_literal(label) for label in labels_of(case))
        return replace(choice, checks=(f"{{column}} IN ({labels})",)) if labels else choice
    if choice.native in ("mediumtext", "longtext") and length and case.type.kind in (Kind.TEXT, Kind.CHAR):
        return replace(choice, checks=(f"CHAR_LENGTH({{column}}) <= {length}",))
    return choice


def _with_losses(choice: Choice, case: Case) -> Choice:
    found = {form: case.facts.form(form) for form in UNSTORABLE.get(choice.route, ())}
    lost = {form: count for form, count in found.items() if count}
    if not lost:
        return choice
    words = ", ".join(f"{count:,} hold {WHAT[form]}" for form, count in lost.items())
    reason = f"{choice.reason}; {words}, which MySQL can't store: quarantine"
    return replace(choice, reason=reason, set_aside=sum(lost.values()))
