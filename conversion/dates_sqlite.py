"""SQLite's date functions on PostgreSQL: they give text, and read columns that became dates and timestamps."""

from __future__ import annotations

import re
from collections.abc import Callable

from sqlglot import exp

from conversion.rewriter import Rewriter, utc_now
from conversion.shapes import Untranslatable
from conversion.typed import ISO_MOMENT, Typed, call, cast, text
from engines.catalog import Kind

# strftime codes whose to_char pattern prints the same: https://www.sqlite.org/lang_datefunc.html,
# https://www.postgresql.org/docs/current/functions-formatting.html
PATTERNS = {
    "Y": "YYYY", "m": "MM", "d": "DD", "H": "HH24", "M": "MI", "S": "SS", "f": "SS.MS", "j": "DDD",
    "F": "YYYY-MM-DD", "T": "HH24:MI:SS", "R": "HH24:MI",
}  # fmt: skip
FORMATS = {"DATE": "%Y-%m-%d", "TIME": "%H:%M:%S", "DATETIME": "%Y-%m-%d %H:%M:%S"}
UNITS = ("day", "hour", "minute", "month", "year", "second")
MODIFIER = re.compile(r"^([+-]?\d+) (" + "|".join(UNITS) + r")s?$")
UNIX_EPOCH_DAY = "2440587.5"


def pattern(format_text: str) -> str:
    """A strftime format as to_char pattern; refused for codes without one."""
    out = ""
    for literal, code in re.findall(r"([^%]+)|%(.?)", format_text):
        if literal:
            quoted = literal.replace("\\", "\\\\").replace('"', '\\"')
            out += f'"{quoted}"' if any(character.isalpha() or character in '"\\' for character in literal) else literal
        elif code == "%":
            out += "%"
        elif code in PATTERNS:
            out += PATTERNS[code]
        else:
            raise Untranslatable(f"strftime code %{code}")
    return out


def moment(rewriter: Rewriter, parts: list[exp.Expr]) -> tuple[exp.Expr, bool]:
    """The time value and modifiers of a date function as a timestamp, and whether it never changes."""
    modifiers = [item.name.lower() if isinstance(item, exp.Literal) else "" for item in parts[1:]]
    if not parts or (isinstance(parts[0], exp.Literal) and parts[0].name.lower() == "now"):
        return _modified(utc_now(), modifiers), False
    value = rewriter.typed(parts[0])
    if value.moment is not None:
        return _modified(value.moment, modifiers), value.immutable
    if value.route.startswith("epoch"):
        if value.route != "epoch_seconds" or modifiers[:1] != ["unixepoch"]:
            raise Untranslatable("a date function reads a column of epoch numbers as julian days")
        return _modified(value.node, modifiers[1:]), value.immutable
    if value.kind is Kind.TIMESTAMP and value.route == "timestamptz":
        zoned = exp.Paren(this=exp.AtTimeZone(this=value.node, zone=text("UTC")))
        return _modified(zoned, modifiers), value.immutable
    if value.kind in (Kind.TIMESTAMP, Kind.DATE) and value.route != "epoch_milliseconds":
        node = value.node if value.kind is Kind.TIMESTAMP else cast(value.node, "timestamp")
        return _modified(node, modifiers), value.immutable
    if value.literal is not None and ISO_MOMENT.match(value.literal):
        return _modified(cast(text(value.literal), "timestamp"), modifiers), True
    if value.kind is Kind.INTEGER and modifiers[:1] == ["unixepoch"]:
        seconds = call("to_timestamp", cast(value.node, "double precision"))
        utc = exp.Paren(this=exp.AtTimeZone(this=seconds, zone=text("UTC")))
        return _modified(utc, modifiers[1:]), value.immutable
    raise Untranslatable("a date function reads a column that isn't a date-time on the target")


def _modified(node: exp.Expr, modifiers: list[str]) -> exp.Expr:
    for modifier in modifiers:
        found = MODIFIER.match(modifier)
        if modifier == "start of day":
            node = call("date_trunc", text("day"), node)
        elif modifier in ("start of month", "start of year"):
            node = call("date_trunc", text(modifier.removeprefix("start of ")), node)
        elif found and found[2] in ("day", "hour", "minute", "second"):
            node = exp.Paren(this=exp.Add(this=node, expression=cast(text(f"{int(found[1])} {found[2]}"), "interval")))
        else:
            raise Untranslatable(f"date modifier '{modifier}'")
    return node


def _named(name: str) -> Callable[[Rewriter, exp.Expr], Typed]:
    def handler(rewriter: Rewriter, node: exp.Expr) -> Typed:
        parts = list(node.expressions)
        if isinstance(node, exp.Date):
            parts = [part for part in (node.this, *node.expressions) if part is not None]
        return _formatted(rewriter, FORMATS[name], parts)

    return handler


def _formatted(rewriter: Rewriter, format_text: str, parts: list[exp.Expr]) -> Typed:
    value, _ = moment(rewriter, parts)
    whole = {"%Y-%m-%d": "day", "%Y-%m-%d %H:%M:%S": "second"}.get(format_text)
    rounded = call("date_trunc", text(whole), value.copy()) if whole else None
    # to_char() is only stable in PostgreSQL (it may print names of months), so it can't fill a stored column.
    return Typed(call("to_char", value, text(pattern(format_text))), Kind.TEXT, moment=rounded, immutable=False)


def _strftime(rewriter: Rewriter, node: exp.Expr) -> Typed:
    if isinstance(node, exp.TimeToStr):
        source = node.this.this if isinstance(node.this, exp.TsOrDsToTimestamp) else node.this
        format_node, parts = node.args["format"], [source]
    else:
        format_node, parts = node.expressions[0], node.expressions[1:]
    if not isinstance(format_node, exp.Literal):
        raise Untranslatable("strftime() with a format that isn't a literal")
    if format_node.name == "%s":
        seconds = as_epoch(rewriter, parts)
        return Typed(cast(seconds, "text"), Kind.TEXT, immutable=False)
    return _formatted(rewriter, format_node.name, parts)


def as_epoch(rewriter: Rewriter, parts: list[exp.Expr]) -> exp.Expr:
    """Whole seconds since 1970 of a date function's arguments, as bigint."""
    value, _ = moment(rewriter, parts)
    seconds = exp.Extract(this=exp.var("epoch"), expression=value)
    return cast(call("floor", seconds), "bigint")


def _unixepoch(rewriter: Rewriter, node: exp.Expr) -> Typed:
    return Typed(as_epoch(rewriter, list(node.expressions)), Kind.INTEGER, immutable=False)


def _julianday(rewriter: Rewriter, node: exp.Expr) -> Typed:
    parts = list(node.expressions)
    if len(parts) == 1 and rewriter_is_double(rewriter, parts[0]):
        return rewriter.typed(parts[0])
    value, _ = moment(rewriter, parts)
    seconds = cast(exp.Extract(this=exp.var("epoch"), expression=value), "double precision")
    days = exp.Div(this=seconds, expression=exp.Literal.number("86400.0"), typed=True, safe=False)
    total = exp.Add(this=days, expression=exp.Literal.number(UNIX_EPOCH_DAY))
    rewriter.note("julianday() is computed from microseconds; SQLite's has milliseconds")
    return Typed(exp.Paren(this=total), Kind.FLOAT, immutable=False)


def rewriter_is_double(rewriter: Rewriter, node: exp.Expr) -> bool:
    """True when the argument already is a julian day in a double."""
    if isinstance(node, exp.Literal):
        return False
    return rewriter.typed(node).kind is Kind.FLOAT


DATE_FUNCTIONS: dict[str | type[exp.Expr], Callable[[Rewriter, exp.Expr], Typed]] = {
    "DATE": _named("DATE"),
    exp.Date: _named("DATE"),
    "TIME": _named("TIME"),
    "DATETIME": _named("DATETIME"),
    "STRFTIME": _strftime,
    exp.TimeToStr: _strftime,
    "UNIXEPOCH": _unixepoch,
    "JULIANDAY": _julianday,
}
