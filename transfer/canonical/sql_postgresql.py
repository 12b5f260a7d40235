"""SQL that gives the canonical text of a PostgreSQL column, by form and kind of its type.

The session has the settings of engines/postgresql/snapshot.py FORMS: dates in ISO, UTC, shortest digits of floats, no
search_path. Functions are pg_catalog's own; a type of one's own is written by `concat`, which takes its output
function, never by a cast, which somebody may have made (CREATE CAST).
"""

from __future__ import annotations

from engines.columns import Kind, LogicalType
from transfer.canonical.columns import ComparedColumn, Form, Held, Role

V13, V14 = 130000, 140000
OWN_TEXT = "CASE WHEN {c} IS DISTINCT FROM NULL THEN pg_catalog.concat({c}) END"
TEXT = "{c}::text"
TEXTS = (Kind.TEXT, Kind.CHAR, Kind.XML)

# A double's digits as PostgreSQL gives them are the shortest strictly inside of its rounding interval; everybody else
# takes the ends too. An end is an odd multiple of a power of two, and has 17 digits only between 2^53 and 1e41 (1e23 is
# one): there one digit less is tried.
DOUBLE = """CASE WHEN pg_catalog.abs({x}) >= 9007199254740992 AND pg_catalog.abs({x}) < 1e41 THEN
    (SELECT coalesce(min(near::text) FILTER (WHERE near::float8 = {x}), min(whole::text)) FROM (
        SELECT whole, pg_catalog.div(whole, unit) * unit + pg_catalog.unnest(ARRAY[0, unit]) AS near FROM (
            SELECT whole, ('1' || pg_catalog.repeat('0', 1 + pg_catalog.length(whole::text)
                                - pg_catalog.length(pg_catalog.rtrim(whole::text, '0'))))::numeric
                          * pg_catalog.sign(whole) AS unit
              FROM (SELECT {x}::text::numeric AS whole) AS digits) AS units) AS candidates)
    ELSE {x}::text::numeric::text END"""
BITS_64 = "pg_catalog.lpad({c}::text, 64, '0')"
BITS_NUMBER = (
    f"CASE WHEN pg_catalog.length({{c}}) <= 64 THEN (4294967296::numeric"
    f" * pg_catalog.substr({BITS_64}, 1, 32)::bit(32)::int8"
    f" + pg_catalog.substr({BITS_64}, 33)::bit(32)::int8)::text ELSE {{c}}::text END"
)
# right-aligned in whole bytes; varbit_send gives a length of four bytes and the bits, left-aligned
BITS_BYTES = (
    "pg_catalog.encode(pg_catalog.substr(pg_catalog.varbit_send((pg_catalog.repeat('0',"
    " (8 - pg_catalog.length({c}) % 8) % 8) || {c}::text)::varbit), 5), 'hex')"
)
YEAR = "CASE WHEN {c}::text ~ '^[0-9]+-01-01$' THEN ltrim(pg_catalog.left({c}::text, -6), '0') ELSE {c}::text END"
MIDNIGHT = (
    "CASE WHEN NOT pg_catalog.isfinite({c}) THEN {c}::text WHEN {c} < '0001-01-01'"
    " THEN pg_catalog.left({c}::text, -3) || ' 00:00:00 BC' ELSE {c}::text || ' 00:00:00' END"
)
# interval_send: microseconds (8 bytes), days (4), months (4); time_send: microseconds
MICROSECONDS = "('x' || pg_catalog.encode(pg_catalog.substr(pg_catalog.{send}, 1, 8), 'hex'))::bit(64)::int8"
PART = "('x' || pg_catalog.encode(pg_catalog.substr(pg_catalog.interval_send({c}), {at}, 4), 'hex'))::bit(32)::int4"
INTERVAL = (
    "CASE WHEN pg_catalog.isfinite({c}) THEN "
    + PART.replace("{at}", "13")
    + " || ' ' || "
    + PART.replace("{at}", "9")
    + " || ' ' || "
    + MICROSECONDS.replace("{send}", "interval_send({c})")
    + " ELSE {c}::text END"
)
CLOCK = "'0 0 ' || " + MICROSECONDS.replace("{send}", "time_send({c}::time)")
BY_BYTES = '({c}::text COLLATE "C")'  # a collation for which different bytes may be equal knows no patterns
UUID_BYTES = (
    "CASE WHEN pg_catalog.octet_length({c}) = 16 THEN pg_catalog.encode({c}, 'hex')::uuid::text"
    " ELSE pg_catalog.encode({c}, 'hex') END"
)
LABELS = (
    "CASE WHEN {c} IS NOT NULL THEN"
    " (SELECT coalesce(pg_catalog.string_agg(label, ',' ORDER BY label COLLATE \"C\"), '')"
    " FROM (SELECT pg_catalog.concat(part) AS label FROM pg_catalog.unnest({parts}) AS part) AS labels) END"
)

# form -> kind of the type -> SQL; {c} the column, {d} the digits. Decimals, floats and points: see the functions below.
# What has no entry is read as text and rendered here.
SQL: dict[Form, dict[Kind, str]] = {
    Form.NUMBER: {
        Kind.INTEGER: TEXT,
        Kind.BOOLEAN: "{c}::int4::text",
        Kind.BIT: BITS_NUMBER,
        Kind.DATE: YEAR,
    },
    Form.BYTES: {
        Kind.BINARY: "pg_catalog.encode({c}, 'hex')",
        Kind.BIT: BITS_BYTES,
        **dict.fromkeys(TEXTS, "pg_catalog.encode(pg_catalog.convert_to({c}::text, 'UTF8'), 'hex')"),
    },
    Form.BITS: {Kind.BIT: TEXT},
    Form.DATE: {Kind.DATE: TEXT},
    Form.TIME: {Kind.TIME: "{c}::time{d}::text"},
    Form.TIMETZ: {Kind.TIME: "{c}::timetz{d}::text"},
    Form.TIMESTAMP: {Kind.TIMESTAMP: "{c}::timestamp{d}::text", Kind.DATE: MIDNIGHT},
    Form.INTERVAL: {Kind.INTERVAL: INTERVAL, Kind.TIME: CLOCK},
    Form.UUID: {Kind.UUID: TEXT, Kind.BINARY: UUID_BYTES},
    Form.SET: {
        Kind.ARRAY: LABELS.replace("{parts}", "{c}"),
        **dict.fromkeys(TEXTS, LABELS.replace("{parts}", f"pg_catalog.string_to_array({BY_BYTES}, ',')")),
    },
}
# a double from here on has no 32-bit float next to it: halfway between the largest and the next power of two
SINGLE_END = "3.4028235677973366e38"
SINGLE_ZERO = "7.006492321624085e-46"  # half the smallest one; what is no larger becomes 0


def text_sql(column: ComparedColumn, role: Role, quoted: str, version: int, whole: bool = False) -> str | None:
    """SQL of the canonical text of the column `quoted`, NULL for NULL; None: read raw_sql() and render it here.

    version: of the server (150018); whole: with all fractional digits, not cut to the column's `digits`.
    """
    digits = None if whole else column.digits
    template = _template(column, column.held(role), digits, version)
    if template is None:
        return None
    return template.replace("{d}", "" if digits is None else f"({digits})").replace("{c}", quoted)


def raw_sql(column: ComparedColumn, role: Role, quoted: str) -> str:
    """SQL of the text that is rendered here: the value's own, arrays of PostgreSQL's own types as JSON, of money's
    amounts as numbers."""
    held = column.held(role)
    composed = held.type.kind is Kind.COMPOSITE and column.form is Form.JSON
    if composed or (held.type.kind is Kind.ARRAY and not is_own(held)):
        numbers = f"{quoted}::pg_catalog.numeric[]" if is_money(held.type.element) else quoted
        return f"pg_catalog.to_json({numbers})::text"
    return (OWN_TEXT if is_own(held) else TEXT).replace("{c}", quoted)


def is_money(type_: LogicalType | None) -> bool:
    """Whether it is the type money, whose text has a sign of currency and commas."""
    return type_ is not None and type_.name == "money"


def is_own(held: Held) -> bool:
    """Whether the type was made in this database or by an extension: its name has a schema."""
    return "." in held.native


def double_sql(x: str, version: int) -> str:
    """The digits of a float8 expression."""
    double = DOUBLE.replace("{x}", x)
    if version >= V14:
        return double
    return f"CASE WHEN {x} IN ('Infinity', '-Infinity') THEN {x}::text ELSE {double} END"  # numeric had none


def _template(column: ComparedColumn, held: Held, digits: int | None, version: int) -> str | None:
    form, kind = column.form, held.type.kind
    if form in (Form.TEXT, Form.NATIVE):
        # inet::text has a length that its output has not, unless it is asked for
        output = is_own(held) or (kind is Kind.NETWORK and held.reading != "cast")
        return OWN_TEXT if output else TEXT
    if form is Form.CHAR:
        return f"pg_catalog.rtrim({OWN_TEXT if is_own(held) else TEXT}, ' ')"
    if form in (Form.NUMBER, Form.SINGLE):
        number = _number(held, version)
        if number is not None and form is Form.SINGLE:
            number = _single(held, number, version)
        return number if number is None or digits is None else _rounded(number, digits, version)
    if form is Form.POINT and kind is Kind.GEOMETRY:
        return f"{double_sql('({c})[0]', version)} || ' ' || {double_sql('({c})[1]', version)}"
    if form is Form.TIME and held.type.with_zone:
        return "({c} AT TIME ZONE 'UTC')::time{d}::text"
    template = SQL.get(form, {}).get(kind)
    if template is not None and kind is Kind.INTERVAL and digits is not None:
        return template.replace("{c}", f"({{c}}::interval({digits}))")
    return template


def _number(held: Held, version: int) -> str | None:
    if held.type.kind is Kind.FLOAT:
        return double_sql("{c}::float8", version)
    if held.type.kind is Kind.DECIMAL:
        # money, and a domain over it, are numbers as numeric only, which may be read with other digits than their own
        whole = held.type.scale == 0 and not (is_money(held.type) or is_own(held))
        return "{c}::numeric::text" if whole else _trimmed("{c}::numeric", version)
    return SQL[Form.NUMBER].get(held.type.kind)


def _trimmed(numeric: str, version: int) -> str:
    """A numeric's text without zeros at the end of its fraction."""
    if version >= V13:
        return f"pg_catalog.trim_scale({numeric})::text"
    text = f"({numeric})::text"
    return f"CASE WHEN strpos({text}, '.') > 0 THEN rtrim(rtrim({text}, '0'), '.') ELSE {text} END"


def _rounded(text: str, digits: int, version: int) -> str:
    rounded = _trimmed(f"pg_catalog.round(({text})::numeric, {digits})", version)
    if version >= V14:
        return rounded
    return f"CASE WHEN ({text}) IN ('Infinity', '-Infinity') THEN {text} ELSE {rounded} END"


def _single(held: Held, text: str, version: int) -> str:
    """The digits of the 32-bit float nearest to the number's double; beyond the largest one the number itself."""
    kind = held.type.kind
    if kind not in (Kind.INTEGER, Kind.DECIMAL, Kind.FLOAT) or (kind is Kind.FLOAT and held.type.bits == 32):
        return text
    size = "pg_catalog.abs({c}::float8)"
    single = (
        f"CASE WHEN {size} <= {SINGLE_ZERO} THEN '0' WHEN {size} < {SINGLE_END}"
        f" THEN {double_sql('{c}::float8::float4::float8', version)} ELSE {text} END"
    )
    if kind is not Kind.DECIMAL:
        return single
    # what is no double either must not be cast to one
    outside = "pg_catalog.abs({c}::numeric)"
    return f"CASE WHEN {outside} < 1e-60 THEN '0' WHEN {outside} < 1e39 THEN {single} ELSE {text} END"
