"""MySQL expressions and view queries as SQLite text: only what is known to give the same value goes over."""

from __future__ import annotations

import sqlglot
from sqlglot import exp
from sqlglot.errors import ErrorLevel, SqlglotError

from conversion.from_mysql import text_functions
from conversion.from_mysql.aggregates import AGGREGATES
from conversion.from_mysql.arithmetic import moved
from conversion.from_mysql.comparisons import valid_moment
from conversion.from_mysql.operators import OPERATORS
from conversion.from_mysql.query_rewriter import QueryRewriter
from conversion.from_mysql.rewriter import Handler, Rewriter
from conversion.from_mysql.source import folds, is_day_zero, parse_expression, parse_statement
from conversion.from_mysql.sqlite_words import SqliteWords, as_integer
from conversion.from_mysql.text_functions import COMMON, named
from conversion.from_mysql.value import MOMENTS, TEXTS, Value, output, reference, together
from conversion.shapes import Shapes, TableShape, Translation, Untranslatable
from conversion.typed import call, text
from engines.catalog import Kind

PARTS: dict[type[exp.Expr], str] = {
    exp.Year: "%Y", exp.Month: "%m", exp.Day: "%d", exp.DayOfMonth: "%d", exp.Hour: "%H", exp.Minute: "%M",
    exp.Second: "%S", exp.DayOfYear: "%j",
}  # fmt: skip
UNITS = {"YEAR": "%Y", "MONTH": "%m", "DAY": "%d", "HOUR": "%H", "MINUTE": "%M", "SECOND": "%S"}
FORMATS = {"%Y", "%m", "%d", "%H", "%M", "%S", "%j", "%%"}
UTC = "SQLite's clock shows UTC; MySQL's shows the session's time zone"
WITHOUT_CASE = "lower() and upper() fold only the letters of ASCII in SQLite"
TEXT_TYPES = {exp.DType.CHAR, exp.DType.VARCHAR, exp.DType.NCHAR, exp.DType.TEXT, exp.DType.CHARACTER_SET}


def scalar(sql: str, shape: TableShape) -> Translation:
    """An expression over the columns of one table; Untranslatable where no counterpart is known."""
    rewriter = _rewriter(shape)
    value = rewriter.value(parse_expression(sql))
    return Translation(_text_of(value.node), value.kind or Kind.OTHER, value.immutable, rewriter.notes)


def predicate(sql: str, shape: TableShape) -> Translation:
    """A condition over the columns of one table."""
    rewriter = _rewriter(shape)
    value = rewriter.value(parse_expression(sql))
    return Translation(_text_of(rewriter.words.condition(value)), Kind.BOOLEAN, value.immutable, rewriter.notes)


def query(sql: str, shapes: Shapes) -> Translation:
    """The query of a view; columns are its output names and kinds, in their order."""
    rewriter = QueryRewriter(shapes, SqliteWords(), QUERY_HANDLERS)
    node, outputs = rewriter.rewrite(parse_statement(sql))
    return Translation(
        _text_of(node),
        notes=list(dict.fromkeys(rewriter.notes)),
        columns=[(name, value.kind or Kind.TEXT) for name, value in outputs],
        outputs=[output(name, value) for name, value in outputs],
    )


def _rewriter(shape: TableShape) -> Rewriter:
    def column(node: exp.Column) -> Value:
        found = shape.find(node.name) if not node.table or node.table.lower() == shape.name.lower() else None
        if found is None:
            raise Untranslatable(f"column {node.name} isn't on the target")
        return reference(found, folds(found.collation))

    return Rewriter(column, _no_query, SqliteWords(), SCALARS)


def _no_query(node: exp.Query) -> tuple[exp.Query, list[Value]]:
    raise Untranslatable("a query inside an expression of a table")


def _text_of(node: exp.Expr) -> str:
    try:
        sql = node.sql(dialect="sqlite", identify=True, comments=False, unsupported_level=ErrorLevel.RAISE)
        sqlglot.parse_one(sql, read="sqlite")
    except SqlglotError as error:
        raise Untranslatable(f"SQLite has no form for it ({str(error).splitlines()[0]})") from error
    return sql


def _moment(rewriter: Rewriter, node: exp.Expr) -> Value:
    inner = node.this if isinstance(node, (exp.TsOrDsToDate, exp.TsOrDsToTimestamp)) else node
    value = rewriter.value(inner)
    if value.kind is Kind.TEXT and value.literal is not None and valid_moment(value.literal):
        return Value(value.node, Kind.DATE if len(value.literal) == len("YYYY-MM-DD") else Kind.TIMESTAMP)
    if value.kind not in MOMENTS or value.zoned:
        raise Untranslatable("a date function of something that is no plain date or time")
    return value


def _part(rewriter: Rewriter, node: exp.Expr) -> Value:
    return _formatted(_moment(rewriter, node.this), PARTS[type(node)])


def _extract(rewriter: Rewriter, node: exp.Expr) -> Value:
    unit = node.this.name.upper()
    if unit not in UNITS:
        raise Untranslatable(f"EXTRACT of {unit}")
    return _formatted(_moment(rewriter, node.expression), UNITS[unit])


def _formatted(value: Value, letters: str) -> Value:
    return value.become(as_integer(call("strftime", text(letters), value.node)), Kind.INTEGER, 0)


def _format(rewriter: Rewriter, node: exp.Expr) -> Value:
    value, pattern = _moment(rewriter, node.this), node.args["format"]
    if not isinstance(pattern, exp.Literal):
        raise Untranslatable("DATE_FORMAT with a format that isn't a literal")
    letters = {pattern.name[place : place + 2] for place, sign in enumerate(pattern.name) if sign == "%"}
    if not letters <= FORMATS:
        raise Untranslatable(f"DATE_FORMAT with {', '.join(sorted(letters - FORMATS))}")
    return value.become(call("strftime", text(pattern.name), value.node), Kind.TEXT)


def _date(rewriter: Rewriter, node: exp.Expr) -> Value:
    value = _moment(rewriter, node)
    return value if value.kind is Kind.DATE else value.become(call("date", value.node), Kind.DATE)


def _now(rewriter: Rewriter, node: exp.Expr) -> Value:
    if node.args.get("this") is not None and not isinstance(node, exp.Anonymous):
        raise Untranslatable("the clock with digits behind the second")
    rewriter.note(UTC)
    return Value(exp.CurrentTimestamp(), Kind.TIMESTAMP, scale=0, immutable=False)


def _today(rewriter: Rewriter, node: exp.Expr) -> Value:
    rewriter.note(UTC)
    return Value(exp.CurrentDate(), Kind.DATE, immutable=False)


def _difference(rewriter: Rewriter, node: exp.Expr) -> Value:
    # TO_DAYS counts from the year 0, but gives that year no 29 February
    first = Value(text("0000-01-02"), Kind.DATE)
    start = first if is_day_zero(node.expression) else _date(rewriter, node.expression)
    ends = [_date(rewriter, node.this), start]
    days = [call("julianday", end.node) for end in ends]
    made = as_integer(exp.Sub(this=days[0], expression=days[1]))
    return Value(made, Kind.INTEGER, scale=0, immutable=together(ends))


def _cast(rewriter: Rewriter, node: exp.Expr) -> Value:
    wanted, value = node.args["to"], rewriter.value(node.this)
    bytewise = wanted.this == exp.DType.CHARACTER_SET and wanted.args["kind"].name.lower() == "binary"
    if wanted.this in TEXT_TYPES and not wanted.expressions and not bytewise:
        return rewriter.words.text(value)
    if wanted.this in (exp.DType.BIGINT, exp.DType.UBIGINT):
        found = rewriter.words.number(value)
        if found.kind is Kind.INTEGER:
            return found
    if (bytewise or wanted.this == exp.DType.BINARY) and not wanted.expressions and value.kind in TEXTS:
        made = exp.Collate(this=value.operand, expression=exp.var("BINARY"))
        return Value(made, Kind.TEXT, immutable=value.immutable)
    if wanted.this == exp.DType.DATE and value.kind in MOMENTS:
        return _date(rewriter, node.this)
    raise Untranslatable(f"CAST to {wanted.sql(dialect='mysql')}")


def _bytes(node: exp.Expr) -> exp.Expr:
    return call("length", exp.Cast(this=node, to=exp.DataType.build("BLOB", dialect="sqlite")))


def _case_of_letters(rewriter: Rewriter, node: exp.Expr) -> Value:
    raise Untranslatable(WITHOUT_CASE)


def _position(rewriter: Rewriter, node: exp.Expr) -> Value:
    if rewriter.value(node.this).folds or rewriter.value(node.args["substr"]).folds:
        raise Untranslatable("a place in a text that MySQL compares without case")
    return text_functions.position("instr")(rewriter, node)


def _whole(rewriter: Rewriter, node: exp.Expr) -> Value:
    value = rewriter.number(node.this)
    if value.kind is not Kind.INTEGER:
        raise Untranslatable("rounding of a number with a fraction")
    return value


def _shift(rewriter: Rewriter, node: exp.Expr) -> Value:
    unit = node.args.get("unit")
    name = unit.name.upper() if unit is not None else "DAY"
    return moved(rewriter, rewriter.value(node.this), node.expression, name, isinstance(node, exp.DateSub))


LENGTH = text_functions.length("length", _bytes)
SCALARS: dict[str | type[exp.Expr], Handler] = {
    **OPERATORS,
    **COMMON,
    exp.Lower: _case_of_letters,
    exp.Upper: _case_of_letters,
    exp.Round: _whole,
    exp.Floor: _whole,
    exp.Ceil: _whole,
    exp.Length: LENGTH,
    exp.ByteLength: LENGTH,
    "OCTET_LENGTH": LENGTH,
    exp.StrPosition: _position,
    exp.Greatest: text_functions.extreme("max", True),
    exp.Least: text_functions.extreme("min", True),
    exp.Hex: named("hex", Kind.TEXT, "text"),
    exp.Cast: _cast,
    **dict.fromkeys(PARTS, _part),
    exp.Extract: _extract,
    exp.TimeToStr: _format,
    exp.TsOrDsToDate: _date,
    exp.TsOrDsToTimestamp: _moment,
    exp.Date: _date,
    exp.CurrentTimestamp: _now,
    "NOW": _now,
    exp.CurrentDate: _today,
    exp.DateDiff: _difference,
    exp.DateAdd: _shift,
    exp.DateSub: _shift,
    exp.HexString: lambda rewriter, node: Value(node.copy(), Kind.BINARY),
}
QUERY_HANDLERS = {**SCALARS, **AGGREGATES}
