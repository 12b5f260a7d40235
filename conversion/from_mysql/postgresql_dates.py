"""MySQL's dates and times as PostgreSQL spells them."""

from __future__ import annotations

from sqlglot import exp

from conversion.from_mysql.arithmetic import moved
from conversion.from_mysql.comparisons import valid_moment
from conversion.from_mysql.rewriter import Handler, Rewriter
from conversion.from_mysql.source import is_day_zero
from conversion.from_mysql.value import MOMENTS, Value, together
from conversion.shapes import Untranslatable
from conversion.typed import call, cast, integer, text
from engines.catalog import Kind

# sqlglot hands formats of DATE_FORMAT over in strftime's letters; what to_char writes for each.
FORMATS = {
    "%Y": "YYYY", "%y": "YY", "%m": "MM", "%d": "DD", "%H": "HH24", "%I": "HH12", "%M": "MI", "%S": "SS", "%f": "US",
    "%p": "AM", "%b": "Mon", "%B": "FMMonth", "%a": "Dy", "%A": "FMDay", "%j": "DDD", "%-d": "FMDD", "%-m": "FMMM",
    "%-H": "FMHH24", "%-I": "FMHH12", "%T": "HH24:MI:SS", "%W": "FMDay", "%e": "FMDD", "%c": "FMMM", "%i": "MI",
    "%h": "HH12", "%k": "FMHH24", "%l": "FMHH12", "%s": "SS", "%%": "%",
}  # fmt: skip
# What EXTRACT of PostgreSQL calls the parts, and what MySQL's number is made of it.
PARTS: dict[type[exp.Expr], tuple[str, int]] = {
    exp.Year: ("year", 0), exp.Month: ("month", 0), exp.Day: ("day", 0), exp.DayOfMonth: ("day", 0),
    exp.Hour: ("hour", 0), exp.Minute: ("minute", 0), exp.Quarter: ("quarter", 0), exp.DayOfYear: ("doy", 0),
    exp.DayOfWeek: ("dow", 1),
}  # fmt: skip
UNITS = {"YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "QUARTER"}


def moment(rewriter: Rewriter, node: exp.Expr) -> Value:
    """A date or date-time; a text literal of a date counts as one."""
    inner = node.this if isinstance(node, (exp.TsOrDsToDate, exp.TsOrDsToTimestamp)) else node
    value = rewriter.value(inner)
    if value.kind is Kind.TEXT and value.literal is not None and valid_moment(value.literal):
        kind = Kind.DATE if len(value.literal) == len("YYYY-MM-DD") else Kind.TIMESTAMP
        return Value(rewriter.words.moment(value.literal, Value(value.node, kind)), kind)
    if value.kind not in MOMENTS:
        raise Untranslatable("a date function of something that is no date")
    return value


def _now(rewriter: Rewriter, node: exp.Expr) -> Value:
    """The wall clock of the session when the statement began, cut to whole seconds as MySQL does."""
    digits = node.args.get("this") if not isinstance(node, exp.Anonymous) else (node.expressions or [None])[0]
    scale = int(digits.name) if isinstance(digits, exp.Literal) else 0
    unit = {0: "second", 3: "milliseconds", 6: "microseconds"}.get(scale)
    if unit is None:
        raise Untranslatable(f"the clock with {scale} digits")
    clock = exp.Paren(this=cast(call("statement_timestamp"), "timestamp"))
    return Value(call("date_trunc", text(unit), clock), Kind.TIMESTAMP, scale=scale, immutable=False)


def _today(rewriter: Rewriter, node: exp.Expr) -> Value:
    return Value(exp.CurrentDate(), Kind.DATE, immutable=False)


def _utc_now(rewriter: Rewriter, node: exp.Expr) -> Value:
    clock = exp.AtTimeZone(this=call("statement_timestamp"), zone=text("UTC"))
    return Value(call("date_trunc", text("second"), clock), Kind.TIMESTAMP, scale=0, immutable=False)


def _date(rewriter: Rewriter, node: exp.Expr) -> Value:
    value = moment(rewriter, node)
    if value.kind is Kind.DATE:
        return value
    return Value(cast(value.operand, "date"), Kind.DATE, immutable=value.immutable and not value.zoned)


def _part(rewriter: Rewriter, node: exp.Expr) -> Value:
    name, more = PARTS[type(node)]
    return _extracted(moment(rewriter, node.this), name, more)


def _extract(rewriter: Rewriter, node: exp.Expr) -> Value:
    unit = node.this.name.upper()
    if unit not in UNITS:
        raise Untranslatable(f"EXTRACT of {unit}")
    return _extracted(moment(rewriter, node.expression), unit.lower(), 0)


def _extracted(value: Value, name: str, more: int) -> Value:
    made: exp.Expr = cast(exp.Extract(this=exp.var(name), expression=value.node), "integer")
    if more:
        made = exp.Paren(this=exp.Add(this=made, expression=integer(more)))
    return Value(made, Kind.INTEGER, scale=0, immutable=value.immutable and not value.zoned)


def _second(rewriter: Rewriter, node: exp.Expr) -> Value:
    value = moment(rewriter, node.this)
    made = cast(call("floor", exp.Extract(this=exp.var("second"), expression=value.node)), "integer")
    return Value(made, Kind.INTEGER, scale=0, immutable=value.immutable and not value.zoned)


def _format(rewriter: Rewriter, node: exp.Expr) -> Value:
    value, pattern = moment(rewriter, node.this), node.args["format"]
    if not isinstance(pattern, exp.Literal):
        raise Untranslatable("DATE_FORMAT with a format that isn't a literal")
    written, place, out = pattern.name, 0, ""
    while place < len(written):
        found = next((key for key in sorted(FORMATS, key=len, reverse=True) if written.startswith(key, place)), None)
        if found is not None:
            out += FORMATS[found]
            place += len(found)
        elif written[place] == "%":
            raise Untranslatable(f"DATE_FORMAT with {written[place : place + 2]}")
        else:
            plain = written[place]
            out += f'"{plain}"' if plain.isalpha() else '\\"' if plain == '"' else plain
            place += 1
    return Value(call("to_char", value.node, text(out)), Kind.TEXT, immutable=False)


def _shift(rewriter: Rewriter, node: exp.Expr) -> Value:
    unit = node.args.get("unit")
    back = isinstance(node, exp.DateSub)
    name = unit.name.upper() if unit is not None else "DAY"
    return moved(rewriter, rewriter.value(node.this), node.expression, name, back)


def _difference(rewriter: Rewriter, node: exp.Expr) -> Value:
    if is_day_zero(node.expression):
        # TO_DAYS counts from the year 0, 1 BC to PostgreSQL, but gives that year no 29 February
        start = Value(cast(text("0001-01-02 BC"), "date"), Kind.DATE)
        ends = [_date(rewriter, node.this), start]
    else:
        ends = [_date(rewriter, item) for item in (node.this, node.expression)]
    made = exp.Paren(this=exp.Sub(this=ends[0].operand, expression=ends[1].operand))
    return Value(made, Kind.INTEGER, scale=0, immutable=together(ends))


def _unix_timestamp(rewriter: Rewriter, node: exp.Expr) -> Value:
    if not node.expressions:
        seconds = exp.Extract(this=exp.var("epoch"), expression=call("statement_timestamp"))
        return Value(cast(call("floor", seconds), "bigint"), Kind.INTEGER, scale=0, immutable=False)
    value = moment(rewriter, node.expressions[0])
    if value.scale:
        raise Untranslatable("UNIX_TIMESTAMP of a time with a fraction")
    zoned = value.node if value.zoned else cast(value.operand, "timestamptz")
    made = cast(exp.Extract(this=exp.var("epoch"), expression=zoned), "bigint")
    return Value(made, Kind.INTEGER, scale=0, immutable=value.immutable and value.zoned)


def _from_unixtime(rewriter: Rewriter, node: exp.Expr) -> Value:
    value = rewriter.number(node.this)
    if value.kind is not Kind.INTEGER or node.args.get("format") is not None:
        raise Untranslatable("FROM_UNIXTIME of a number with a fraction, or with a format")
    made = cast(call("to_timestamp", value.node), "timestamp")
    return Value(made, Kind.TIMESTAMP, scale=0, immutable=False)


def _last_day(rewriter: Rewriter, node: exp.Expr) -> Value:
    value = moment(rewriter, node.this)
    month = call("date_trunc", text("month"), cast(value.operand, "timestamp"))
    step = cast(text("1 month -1 day"), "interval")
    made = cast(exp.Paren(this=exp.Add(this=month, expression=step)), "date")
    return Value(made, Kind.DATE, immutable=value.immutable and not value.zoned)


def _to_date(rewriter: Rewriter, node: exp.Expr) -> Value:
    """A date function around a value, which sqlglot puts in by itself."""
    return _date(rewriter, node)


def _as_timestamp(rewriter: Rewriter, node: exp.Expr) -> Value:
    return moment(rewriter, node)


def _weekday(rewriter: Rewriter, node: exp.Expr) -> Value:
    value = moment(rewriter, node.expressions[0] if isinstance(node, exp.Anonymous) else node.this)
    return _extracted(value, "isodow", -1)


DATES: dict[str | type[exp.Expr], Handler] = {
    exp.CurrentTimestamp: _now,
    exp.CurrentDate: _today,
    exp.UtcTimestamp: _utc_now,
    "NOW": _now,
    "LOCALTIMESTAMP": _now,
    "LOCALTIME": _now,
    exp.Localtimestamp: _now,
    exp.Localtime: _now,
    exp.TsOrDsToDate: _to_date,
    exp.Date: _to_date,
    exp.TsOrDsToTimestamp: _as_timestamp,
    **dict.fromkeys(PARTS, _part),
    exp.Second: _second,
    exp.Extract: _extract,
    exp.TimeToStr: _format,
    exp.DateAdd: _shift,
    exp.DateSub: _shift,
    exp.DateDiff: _difference,
    "UNIX_TIMESTAMP": _unix_timestamp,
    exp.UnixToTime: _from_unixtime,
    exp.LastDay: _last_day,
    "WEEKDAY": _weekday,
}
