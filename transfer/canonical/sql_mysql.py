"""SQL that gives the canonical text of a MySQL or MariaDB column, by form and kind of its type.

The session is that of engines/mysql/snapshot.py: UTC, utf8mb4, neither NO_BACKSLASH_ESCAPES nor PAD_CHAR_TO_FULL_LENGTH
in its sql_mode. A text is NULL for NULL; that of a value in HEXED, and an encoded one, also where it would pass
max_allowed_packet (MySQL manual, String Functions and Operators).
"""

from __future__ import annotations

from dataclasses import dataclass

from engines.columns import Kind
from engines.mysql.charsets import AS_UTF8, WHOLE
from engines.mysql.server import Server
from transfer.canonical.columns import ComparedColumn, Form, Held, Role
from transfer.canonical.encoding import DELIMITED

UTF8 = AS_UTF8
# a CAST, because a hex literal would be brought into the other branch's character set
UNEXPECTED = "CAST(CONCAT(x'FF', 'unexpected {class} ', LOWER(HEX(LEFT({c}, 100))), ' md5 ', MD5({c})) AS BINARY)"
CONVERTED = f"IF(MD5(CONVERT({UTF8} USING {{charset}})) = MD5({{c}}), {UTF8}, {UNEXPECTED.replace('{class}', 'text')})"
# of documents, which have a text that is none by its own bytes
OWN = f"IF(MD5(CONVERT({UTF8} USING {{charset}})) = MD5({{c}}), {UTF8}, CAST({{c}} AS BINARY))"
TEXTS = (Kind.TEXT, Kind.CHAR)
SINGLE_BITS = 32
NO_PAD = ("_nopad_", "_0900_", "binary")  # in names of collations: MariaDB's, those of MySQL 8, of bytes

# digits without an exponent of {t}, the server's own text of a double: those are the shortest that say it
# (sql/strings dtoa: the same digits as Python's repr)
EXPONENT = "CAST(SUBSTRING_INDEX({t}, 'e', -1) AS SIGNED)"
MANTISSA = "REPLACE(TRIM(LEADING '-' FROM SUBSTRING_INDEX({t}, 'e', 1)), '.', '')"
PLAIN = (
    "IF(LOCATE('e', {t}) = 0, {t}, CONCAT(IF(LEFT({t}, 1) = '-', '-', ''),"
    f" CASE WHEN {EXPONENT} < 0 THEN CONCAT('0.', REPEAT('0', -1 - {EXPONENT}), {MANTISSA})"
    f" WHEN LENGTH({MANTISSA}) > {EXPONENT} + 1 THEN INSERT({MANTISSA}, {EXPONENT} + 2, 0, '.')"
    f" ELSE RPAD({MANTISSA}, {EXPONENT} + 1, '0') END))"
)
DOUBLE = PLAIN.replace("{t}", "CAST({c} + 0e0 AS CHAR)")  # + 0e0: no display width, no negative zero
# beyond 10^17 a double has no fraction
ROUNDED_DOUBLE = "IF(ABS({c}) < 1e17, {rounded}, " + DOUBLE + ")"
EXACT = "CAST(CAST({c} + 0e0 AS CHAR) AS DECIMAL(65, 30))"
TRIMMED = "TRIM(TRAILING '.' FROM TRIM(TRAILING '0' FROM {x}))"

UUID_HEX = "INSERT(INSERT(INSERT(INSERT(LOWER({h}), 9, 0, '-'), 14, 0, '-'), 19, 0, '-'), 24, 0, '-')"
UUID_TEXT = (
    "CASE WHEN {c} REGEXP '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12} *$'"
    f" THEN RTRIM(LOWER({UTF8})) WHEN {{c}} REGEXP '^[0-9a-fA-F]{{32}} *$'"
    f" THEN {UUID_HEX.replace('{h}', f'RTRIM({UTF8})')} ELSE {UNEXPECTED.replace('{class}', 'text')} END"
)
UUID_BYTES = f"IF(LENGTH({{c}}) = 16, {UUID_HEX.replace('{h}', 'HEX({c})')}, {UNEXPECTED.replace('{class}', 'blob')})"
CLOCK = (
    "CONCAT('0 0 ', IF({c} < 0, '-', ''), CAST((HOUR({c}) * 3600 + MINUTE({c}) * 60 + SECOND({c})) * 1000000"
    " + MICROSECOND({c}) AS SIGNED))"
)
YEAR = "IF(MONTH({c}) = 1 AND DAYOFMONTH({c}) = 1, YEAR({c}), {c})"

# form -> kind of the type -> SQL; {c} the column, {n} the number in the type's brackets. No entry: the value is read as
# it is and rendered here.
SQL: dict[Form, dict[Kind, str]] = {
    Form.NUMBER: {
        Kind.INTEGER: "{c}",
        Kind.YEAR: "{c} + 0",
        Kind.BIT: "{c} + 0",
        Kind.DECIMAL: "{c}",
        Kind.FLOAT: DOUBLE,
        Kind.DATE: YEAR,
    },
    Form.SINGLE: {Kind.FLOAT: DOUBLE},
    # of a type that isn't known here, its bytes
    Form.TEXT: {Kind.OTHER: "LOWER(HEX({c}))"} | dict.fromkeys(
        (*TEXTS, Kind.ENUM, Kind.SET, Kind.NETWORK, Kind.UUID, Kind.JSON, Kind.INTEGER, Kind.YEAR, Kind.DECIMAL,
         Kind.FLOAT, Kind.DATE, Kind.TIME, Kind.TIMESTAMP), UTF8
    ),
    Form.BYTES: {
        Kind.BINARY: "LOWER(HEX({c}))",
        Kind.BIT: "LPAD(LOWER(HEX({c} + 0)), 2 * CEIL({n} / 8), '0')",
        **dict.fromkeys(TEXTS, f"LOWER(HEX({UTF8}))"),
    },
    Form.BITS: {Kind.BIT: "LPAD(BIN({c} + 0), {n}, '0')"},
    Form.DATE: {Kind.DATE: "CAST({c} AS CHAR)"},
    Form.TIME: {Kind.TIME: "{c}"},
    Form.TIMESTAMP: {Kind.TIMESTAMP: "{c}", Kind.DATE: "CONCAT({c}, ' 00:00:00')"},
    Form.INTERVAL: {Kind.TIME: CLOCK},
    Form.UUID: {Kind.UUID: UTF8, Kind.BINARY: UUID_BYTES, **dict.fromkeys(TEXTS, UUID_TEXT)},
    Form.GEOMETRY: {Kind.GEOMETRY: "CONCAT(ST_SRID({c}), ':', LOWER(SUBSTR(HEX({c}), 9)))"},
}  # fmt: skip
SQL[Form.CHAR] = {
    **{kind: f"RTRIM({template})" for kind, template in SQL[Form.TEXT].items()},
    Kind.CHAR: UTF8,  # the server gives it without the blanks at its end
}
SQL[Form.NATIVE] = {
    **SQL[Form.TEXT],
    Kind.BINARY: "LOWER(HEX({c}))",
    Kind.GEOMETRY: "LOWER(HEX({c}))",
    Kind.BIT: "BIN({c} + 0)",
}
# of the coordinates' axes in MySQL 8 its bytes are asked (x before y, whatever the reference system), not ST_X
POINT = " ".join(
    ("CONCAT(", PLAIN.replace("{t}", "CAST(ST_X({c}) + 0e0 AS CHAR)"), ", ' ',",
     PLAIN.replace("{t}", "CAST(ST_Y({c}) + 0e0 AS CHAR)"), ")")
)  # fmt: skip
TIMED = (Kind.TIME, Kind.TIMESTAMP)


@dataclass(frozen=True)
class Live:
    """What the server says of a column: character set and collation of text, and whether it may be NULL.

    own: whether the other side has texts without code points by their bytes; apart: whether another column of the
    table has another binary collation, so that the server joins their texts by no operation.
    """

    charset: str | None
    nullable: bool
    collation: str | None = None
    own: bool = False
    apart: bool = False

    @property
    def padded(self) -> bool:
        """Whether `=` takes no notice of blanks at the end (MySQL manual, Trailing Space Handling in Comparisons)."""
        return self.collation is not None and not any(word in self.collation for word in NO_PAD)


def text_sql(column: ComparedColumn, role: Role, quoted: str, server: Server, live: Live | None) -> str | None:
    """SQL of the canonical text of the column `quoted`; None: read raw_sql() and render it here.

    Fractions are rounded to column.digits, half away from zero, as PostgreSQL and MySQL store them.
    """
    held = column.held(role)
    template = _template(column.form, held, server)
    if template is None:
        return None
    if column.form in (Form.NUMBER, Form.SINGLE):
        template = _number(held, template, column.digits)
    elif column.form in (Form.TIME, Form.TIMESTAMP) and held.type.kind in TIMED:
        template = _timed(held, column.digits)
    elif column.form is Form.INTERVAL and column.digits is not None:
        template = template.replace("{c}", _shifted(held, column.digits)[0])
    return _converted(template, held, live).replace("{n}", str(held.type.length or 1)).replace("{c}", quoted)


def raw_sql(column: ComparedColumn, role: Role, quoted: str, live: Live | None) -> str:
    """SQL of the value that is rendered here: bytes as they are, everything else as text in UTF-8."""
    held = column.held(role)
    if held.type.kind in (Kind.BINARY, Kind.GEOMETRY):
        return quoted
    if held.type.kind is Kind.BIT or _zerofill(held):
        return f"{quoted} + 0"
    return _converted(UTF8, held, live).replace("{c}", quoted)


def encoded_sql(column: ComparedColumn, text: str, quoted: str, nullable: bool) -> str:
    """SQL of the text as encoding.encode() writes it; NULL only for what would pass max_allowed_packet."""
    if column.form in DELIMITED:
        return f"IF({quoted} IS NULL, 'n,', CONCAT({text}, ','))" if nullable else f"{text}, ','"
    whole = f"LENGTH({text}), ':', {text}"
    return f"IF({quoted} IS NULL, 'n', CONCAT({whole}))" if nullable else whole


def _template(form: Form, held: Held, server: Server) -> str | None:
    if form is Form.SET and held.type.kind is Kind.SET:
        return _labels(held.type.labels)
    if form is Form.SINGLE and held.type.bits != SINGLE_BITS:
        return None
    if form is Form.POINT and held.type.name == "point" and server.is_mariadb:
        return POINT
    return SQL.get(form, {}).get(held.type.kind)


def _labels(labels: list[str]) -> str:
    """The labels that are set, in the order of their bytes."""
    ordered = sorted((label.encode(), place) for place, label in enumerate(labels) if label)
    parts = [f"IF({{c}} & {1 << place}, CONVERT(x'{label.hex()}' USING utf8mb4), NULL)" for label, place in ordered]
    return f"IF({{c}} IS NULL, NULL, CONCAT_WS(',', {', '.join(parts) or 'NULL'}))"


def _number(held: Held, template: str, digits: int | None) -> str:
    """The template for numbers, with zeros and digits cut that the form doesn't have."""
    kind, scale = held.type.kind, held.type.scale or 0
    if kind is Kind.FLOAT and digits is not None:
        return ROUNDED_DOUBLE.replace("{rounded}", _trimmed(f"ROUND({EXACT}, {digits})", digits))
    if kind is Kind.DECIMAL:
        value = "{c} + 0" if _zerofill(held) else template
        if digits is not None and digits < scale:
            value, scale = f"ROUND({value}, {digits})", digits
        return _trimmed(value, scale)
    return "{c} + 0" if kind is Kind.INTEGER and _zerofill(held) else template


def _trimmed(value: str, scale: int) -> str:
    """Without zeros at the end of a fraction of that many digits."""
    return TRIMMED.replace("{x}", value) if scale else value


def _timed(held: Held, digits: int | None) -> str:
    value, precision = _shifted(held, digits)
    if precision == (held.type.precision or 0):
        return _trimmed(value, precision)
    # one place less: without a fraction there is no point
    cut = f"SUBSTRING_INDEX({value}, '.', 1)"
    if precision:
        cut = f"CONCAT({cut}, '.', LEFT(SUBSTRING_INDEX({value}, '.', -1), {precision}))"
    return _trimmed(cut, precision)


def _shifted(held: Held, digits: int | None) -> tuple[str, int]:
    """The time moved by half a unit of its last digit that is kept, to be cut there, and how many are kept."""
    precision = held.type.precision or 0
    if digits is None or digits >= precision:
        return "{c}", precision
    half = 5 * 10 ** (5 - digits)
    if held.type.kind is Kind.TIME:
        step = f"'00:00:{half / 1_000_000:09.6f}'"
        return f"CAST(IF({{c}} < 0, SUBTIME({{c}}, {step}), ADDTIME({{c}}, {step})) AS TIME(6))", digits
    # zero and partial dates can't be reckoned with, nor the last moment there is
    return f"COALESCE(CAST({{c}} AS DATETIME(6)) + INTERVAL {half} MICROSECOND, CAST({{c}} AS DATETIME(6)))", digits


def _converted(template: str, held: Held, live: Live | None) -> str:
    """The conversion to UTF-8 that the column's character set needs."""
    charset = live.charset if live is not None else None
    if charset is None or held.type.kind not in TEXTS or UTF8 not in template:
        return template
    if charset in WHOLE:
        return template.replace(UTF8, "{c}") if charset == "utf8mb4" else template
    return template.replace(UTF8, (OWN if live is not None and live.own else CONVERTED).replace("{charset}", charset))


def _zerofill(held: Held) -> bool:
    return "zerofill" in held.native.lower()
