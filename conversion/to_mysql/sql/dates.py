"""Dates, times and intervals of PostgreSQL on MySQL."""

from __future__ import annotations

import re
from dataclasses import replace

from sqlglot import exp

from conversion.shapes import Untranslatable
from conversion.to_mysql.sql.casts import UTC
from conversion.to_mysql.sql.operators import plus
from conversion.to_mysql.sql.translator import Handler, Translator
from conversion.to_mysql.sql.values import MOMENTS, Value, made
from engines.catalog import Kind
from engines.mysql.quoting import quote_literal

# EXTRACT(field FROM x) -> how MySQL computes it, and the kind of the result
FIELDS: dict[str, tuple[str, Kind]] = {
    "year": ("YEAR({x})", Kind.INTEGER), "month": ("MONTH({x})", Kind.INTEGER), "day": ("DAY({x})", Kind.INTEGER),
    "hour": ("HOUR({x})", Kind.INTEGER), "minute": ("MINUTE({x})", Kind.INTEGER),
    "quarter": ("QUARTER({x})", Kind.INTEGER), "dow": ("DAYOFWEEK({x}) - 1", Kind.INTEGER),
    "isodow": ("WEEKDAY({x}) + 1", Kind.INTEGER), "doy": ("DAYOFYEAR({x})", Kind.INTEGER),
    "week": ("WEEK({x}, 3)", Kind.INTEGER), "isoyear": ("YEARWEEK({x}, 3) DIV 100", Kind.INTEGER),
    "second": ("SECOND({x}) + MICROSECOND({x}) / 1000000", Kind.DECIMAL),
    "epoch": ("TIMESTAMPDIFF(MICROSECOND, '1970-01-01', {x}) / 1000000", Kind.DECIMAL),
    "century": ("CEILING(YEAR({x}) / 100)", Kind.INTEGER),
}  # fmt: skip
OF_DATES = {"year", "month", "day", "quarter", "dow", "isodow", "doy", "week", "isoyear", "epoch", "century"}
# date_trunc(unit, x) -> the same moment cut to the unit
TRUNCATED = {
    "year": "DATE_FORMAT({x}, '%Y-01-01 00:00:00')", "month": "DATE_FORMAT({x}, '%Y-%m-01 00:00:00')",
    "day": "DATE_FORMAT({x}, '%Y-%m-%d 00:00:00')", "hour": "DATE_FORMAT({x}, '%Y-%m-%d %H:00:00')",
    "minute": "DATE_FORMAT({x}, '%Y-%m-%d %H:%i:00')", "second": "DATE_FORMAT({x}, '%Y-%m-%d %H:%i:%s')",
    "week": "DATE_FORMAT({x} - INTERVAL WEEKDAY({x}) DAY, '%Y-%m-%d 00:00:00')",
}  # fmt: skip
# what an interval's text may name -> MySQL's unit and how many of it
UNITS = {
    "year": ("YEAR", 1), "mon": ("MONTH", 1), "month": ("MONTH", 1), "week": ("DAY", 7), "day": ("DAY", 1),
    "hour": ("HOUR", 1), "minute": ("MINUTE", 1), "min": ("MINUTE", 1), "second": ("SECOND", 1), "sec": ("SECOND", 1),
}  # fmt: skip
PIECE = re.compile(r"\s*([+-]?\d+)\s*([a-z]+?)s?\b\s*", re.IGNORECASE)
CLOCK = re.compile(r"\s*(-?)(\d+):(\d\d)(?::(\d\d))?\s*$")
# to_char()'s pieces that DATE_FORMAT has (sqlglot turns the pattern into strftime's): strftime -> DATE_FORMAT
# and as PostgreSQL writes them, where the pattern is cast to text
PIECES = {"YYYY": "%Y", "YY": "%y", "MM": "%m", "DDD": "%j", "DD": "%d", "HH24": "%H", "HH12": "%h", "HH": "%h",
          "MI": "%i", "SS": "%s", "US": "%f"}  # fmt: skip
PATTERN_PIECE = re.compile("|".join(PIECES) + r"|[^A-Za-z\"%]")
FORMATS = {"%Y": "%Y", "%y": "%y", "%m": "%m", "%d": "%d", "%H": "%H", "%I": "%h", "%M": "%i", "%S": "%s", "%j": "%j"}
FORMAT_PIECE = re.compile(r"%-?.|[^%]+")


def _now(translator: Translator, node: exp.Expr) -> Value:
    return Value("UTC_TIMESTAMP(6)", Kind.TIMESTAMP, immutable=False, zoned=True, nullable=False)


def _local(translator: Translator, node: exp.Expr) -> Value:
    return Value("CURRENT_TIMESTAMP(6)", Kind.TIMESTAMP, immutable=False, nullable=False)


def _today(translator: Translator, node: exp.Expr) -> Value:
    return Value("CURRENT_DATE", Kind.DATE, immutable=False, nullable=False)


def _extract(translator: Translator, node: exp.Expr) -> Value:
    inner = node.this.this if isinstance(node.this, exp.Cast) else node.this
    field, value = inner.name.lower(), translator.value(node.expression)
    if field not in FIELDS or value.kind not in (*MOMENTS, Kind.TIME):
        raise Untranslatable(f"extract({field}) of a {value.kind.value if value.kind else 'NULL'} value")
    if (value.kind is Kind.DATE and field not in OF_DATES) or (value.kind is Kind.TIME and field in OF_DATES):
        raise Untranslatable(f"extract({field}) of a {value.kind.value}")
    template, kind = FIELDS[field]
    return made(template.format(x=value.sql), kind, value)


def _truncated(translator: Translator, node: exp.Expr) -> Value:
    unit = node.args["unit"]
    name = (unit.this if isinstance(unit, exp.Cast) else unit).name.lower()
    value = translator.value(node.this)
    if name not in TRUNCATED or value.kind not in MOMENTS:
        raise Untranslatable(f"date_trunc({name!r})")
    if value.zoned:
        translator.note(UTC)
    sql = f"CAST({TRUNCATED[name].format(x=value.sql)} AS DATETIME(6))"
    return replace(made(sql, Kind.TIMESTAMP, value, atomic=True), zoned=value.zoned)


def interval_of(node: exp.Expr) -> list[tuple[int, str]] | None:
    """(number, unit) of an interval literal; None for what isn't one, Untranslatable for one MySQL can't add."""
    text = None
    inner = node.unnest()
    if isinstance(inner, exp.Cast) and inner.args["to"].sql(dialect="postgres").upper().startswith("INTERVAL"):
        literal = inner.this.unnest()
        text = literal.name if isinstance(literal, exp.Literal) else None
        if text is None:
            raise Untranslatable("an interval that isn't a literal")
    elif isinstance(inner, exp.Interval):
        text = f"{inner.this.name} {inner.args['unit'].name if inner.args.get('unit') else ''}"
    return None if text is None else _pieces(text)


def _pieces(text: str) -> list[tuple[int, str]]:
    found: list[tuple[int, str]] = []
    clock = CLOCK.search(text)
    if clock:
        sign = -1 if clock[1] else 1
        numbers = (("HOUR", clock[2]), ("MINUTE", clock[3]), ("SECOND", clock[4] or "0"))
        found += [(sign * int(number), unit) for unit, number in numbers if int(number)]
        text = text[: clock.start()]
    place = 0
    dated: list[tuple[int, str]] = []
    for piece in PIECE.finditer(text):
        unit = UNITS.get(piece[2].lower())
        if piece.start() != place or unit is None:
            break
        dated.append((int(piece[1]) * unit[1], unit[0]))
        place = piece.end()
    if text[place:].strip():
        raise Untranslatable(f"the interval {text!r}")
    return [*dated, *found]


def _plus(translator: Translator, node: exp.Expr) -> Value:
    """+ and -: of numbers, of a moment and an interval, of a date and days, of two dates."""
    sign = "-" if isinstance(node, exp.Sub) else "+"
    pieces = interval_of(node.expression)
    if pieces is not None:
        return _moved(translator.value(node.this), sign, pieces)
    left, right = node.this, node.expression
    one, other = translator.value(left), translator.value(right)
    if one.kind is Kind.DATE and other.kind is Kind.INTEGER:
        return made(f"{one.grouped} {sign} INTERVAL {other.grouped} DAY", Kind.DATE, one, other)
    if one.kind is Kind.DATE and other.kind is Kind.DATE and sign == "-":
        return made(f"DATEDIFF({one.sql}, {other.sql})", Kind.INTEGER, one, other, atomic=True)
    return plus(translator, node)


def _moved(value: Value, sign: str, pieces: list[tuple[int, str]]) -> Value:
    if value.kind not in MOMENTS:
        raise Untranslatable("an interval added to what is no date or timestamp")
    sql = f"CAST({value.sql} AS DATETIME(6))" if value.kind is Kind.DATE else value.grouped
    for number, unit in pieces:
        sql += f" {sign} INTERVAL {number} {unit}"
    return replace(made(sql, Kind.TIMESTAMP, value), zoned=value.zoned)


def _at_zone(translator: Translator, node: exp.Expr) -> Value:
    """AT TIME ZONE 'UTC', either way; other zones need the server's tables of zones, which may be empty."""
    if isinstance(node, exp.Anonymous):
        zone, inner = node.expressions
    else:
        zone, inner = node.args["zone"], node.this
    name = translator.value(zone).literal or ""
    value = translator.value(inner)
    if name.upper() not in ("UTC", "GMT", "Z") or value.kind is not Kind.TIMESTAMP:
        raise Untranslatable(f"AT TIME ZONE {name!r}")
    return replace(value, zoned=not value.zoned)


def _formatted(translator: Translator, node: exp.Expr) -> Value:
    value, pattern = translator.value(node.this), node.args["format"]
    if value.kind not in MOMENTS:
        raise Untranslatable("to_char() of a value that is no date or timestamp")
    if isinstance(pattern, exp.Cast) and isinstance(pattern.this, exp.Literal):
        text, spelled = pattern.this.name, _spelled(pattern.this.name)
    elif isinstance(pattern, exp.Literal):
        text, spelled = pattern.name, _respelled(pattern.name)
    else:
        raise Untranslatable("to_char() with a pattern that isn't a literal")
    if spelled is None:
        raise Untranslatable(f"to_char() with the pattern {text!r}")
    return made(f"DATE_FORMAT({value.sql}, {quote_literal(spelled)})", Kind.TEXT, value, atomic=True)


def _spelled(pattern: str) -> str | None:
    """PostgreSQL's own pattern for DATE_FORMAT; None where it has other pieces."""
    pieces = PATTERN_PIECE.findall(pattern)
    return "".join(PIECES.get(piece, piece) for piece in pieces) if "".join(pieces) == pattern else None


def _respelled(pattern: str) -> str | None:
    """A pattern that the parser has turned into strftime's."""
    pieces = FORMAT_PIECE.findall(pattern)
    words = "".join(piece for piece in pieces if not piece.startswith("%"))
    if any(piece.startswith("%") and piece not in FORMATS for piece in pieces) or re.search(r"[A-Za-z]", words):
        return None
    return "".join(FORMATS.get(piece, piece) for piece in pieces)


def _date(translator: Translator, node: exp.Expr) -> Value:
    return translator.value(exp.Cast(this=node.this, to=exp.DataType.build("date")))


DATE_FUNCTIONS: dict[str | type[exp.Expr], Handler] = {
    exp.CurrentTimestamp: _now,
    "TRANSACTION_TIMESTAMP": _now,
    "STATEMENT_TIMESTAMP": _now,
    "CLOCK_TIMESTAMP": _now,
    exp.Localtimestamp: _local,
    exp.CurrentDate: _today,
    exp.Extract: _extract,
    exp.TimestampTrunc: _truncated,
    exp.DateTrunc: _truncated,
    exp.Add: _plus,
    exp.Sub: _plus,
    exp.AtTimeZone: _at_zone,
    "TIMEZONE": _at_zone,
    exp.TimeToStr: _formatted,
    exp.Date: _date,
}
