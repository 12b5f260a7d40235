"""SQLite's aggregates and window functions as PostgreSQL computes the same."""

from __future__ import annotations

from dataclasses import replace

from sqlglot import exp

from conversion.clauses_sqlite import CLAUSES
from conversion.functions_sqlite import SCALAR_FUNCTIONS, arguments, extreme
from conversion.operators_sqlite import OPERATORS
from conversion.rewriter import Handler, Rewriter, sort_key
from conversion.shapes import Untranslatable
from conversion.typed import Typed, as_text, call, cast, collate_c, double, integer, number, text
from engines.catalog import Kind


def _distinct(rewriter: Rewriter, node: exp.Expr) -> tuple[exp.Expr, bool]:
    if isinstance(node, exp.Distinct):
        if len(node.expressions) != 1:
            raise Untranslatable("an aggregate over DISTINCT of several values")
        return node.expressions[0], True
    return node, False


def _aggregate(name: str, value: exp.Expr, distinct: bool, *more: exp.Expr) -> exp.Expr:
    first = exp.Distinct(expressions=[value]) if distinct and not more else value
    if distinct and more:
        return call(name, exp.Distinct(expressions=[value, *more]))
    return call(name, first, *more)


def _count(rewriter: Rewriter, node: exp.Expr) -> Typed:
    if node.this is None or isinstance(node.this, exp.Star):
        return Typed(exp.Count(this=exp.Star()), Kind.INTEGER, immutable=False)
    inner, distinct = _distinct(rewriter, node.this)
    value = rewriter.typed(inner)
    if distinct and (value.kind in (Kind.DYNAMIC, Kind.JSON) or value.collation):
        raise Untranslatable("count(DISTINCT) of values that the two engines tell apart differently")
    return Typed(_aggregate("count", value.node, distinct), Kind.INTEGER, immutable=False)


def _sum(rewriter: Rewriter, node: exp.Expr) -> Typed:
    inner, distinct = _distinct(rewriter, node.this)
    value = number(rewriter.typed(inner))
    result = _aggregate("sum", value.node, distinct)
    if value.kind is Kind.INTEGER:
        return Typed(cast(result, "bigint"), Kind.INTEGER, immutable=False)
    if value.kind is Kind.DECIMAL:
        rewriter.note("sums of decimals are exact in PostgreSQL; SQLite adds them in floating point")
    return Typed(result, value.kind, immutable=False)


def _average(rewriter: Rewriter, node: exp.Expr) -> Typed:
    inner, distinct = _distinct(rewriter, node.this)
    value = number(rewriter.typed(inner))
    return Typed(_aggregate("avg", double(value), distinct), Kind.FLOAT, immutable=False)


def _total(rewriter: Rewriter, node: exp.Expr) -> Typed:
    total = call("sum", double(number(rewriter.typed(arguments(node)[0]))))
    zero = cast(integer(0), "double precision")
    return Typed(exp.Coalesce(this=total, expressions=[zero]), Kind.FLOAT, immutable=False)


def _extreme_of_group(name: str) -> Handler:
    def handler(rewriter: Rewriter, node: exp.Expr) -> Typed:
        if node.expressions:
            return extreme({"max": "greatest", "min": "least"}[name])(rewriter, node)
        value = rewriter.typed(node.this)
        if value.kind is Kind.BOOLEAN:
            value = number(value)
        if value.kind in (Kind.UUID, Kind.BINARY, Kind.DYNAMIC, Kind.JSON) or value.collation:
            raise Untranslatable(f"{name}() of values that PostgreSQL can't order as SQLite does")
        argument = collate_c(value.node) if value.kind is Kind.TEXT else value.node
        return replace(value, node=call(name, argument), immutable=False)

    return handler


def _group_concat(rewriter: Rewriter, node: exp.Expr) -> Typed:
    parts = arguments(node)
    separator = node.args.get("separator")
    inner, distinct = _distinct(rewriter, parts[0])
    joint = rewriter.typed(separator) if separator is not None else Typed(text(","), Kind.TEXT)
    rewriter.note("group_concat() gives no order of its own; string_agg() may join in another")
    result = _aggregate("string_agg", as_text(rewriter.typed(inner)).node, distinct, joint.node)
    return Typed(result, Kind.TEXT, immutable=False)


def _filter(rewriter: Rewriter, node: exp.Expr) -> Typed:
    value = rewriter.typed(node.this)
    if isinstance(value.node, (exp.Cast, exp.Coalesce)):
        raise Untranslatable("FILTER on an aggregate that needs a cast")
    where = exp.Where(this=rewriter.condition(node.expression.this))
    return replace(value, node=exp.Filter(this=value.node, expression=where))


def _window(rewriter: Rewriter, node: exp.Expr) -> Typed:
    inner = node.this
    if isinstance(inner, (exp.RowNumber, exp.Rank, exp.DenseRank)):
        value = Typed(call(inner.sql_name().lower()), Kind.INTEGER)
    elif isinstance(inner, (exp.Sum, exp.Count, exp.Min, exp.Max, exp.Avg)):
        value = rewriter.typed(inner)
    else:
        raise Untranslatable(f"window function {inner.sql(dialect='sqlite')[:40]}")
    if node.args.get("spec") is not None or node.args.get("alias") is not None:
        raise Untranslatable("a window with a frame or a name")
    order = node.args.get("order")
    partition = [rewriter.typed(item).node for item in node.args.get("partition_by") or []]
    keys = [_ordered(rewriter, item) for item in order.expressions] if order is not None else []

    def over(aggregate: exp.Expr) -> exp.Expr:
        return exp.Window(
            this=aggregate, partition_by=partition, order=exp.Order(expressions=keys) if keys else None, over="OVER"
        )

    if isinstance(value.node, exp.Cast):
        return replace(value, node=exp.Cast(this=over(value.node.this), to=value.node.args["to"]), immutable=False)
    return replace(value, node=over(value.node), immutable=False)


def _ordered(rewriter: Rewriter, node: exp.Expr) -> exp.Expr:
    descending = bool(node.args.get("desc"))
    return exp.Ordered(
        this=sort_key(rewriter.typed(node.this)), desc=descending, nulls_first=bool(node.args.get("nulls_first"))
    )


# Everything that a SQLite expression or query may hold.
HANDLERS: dict[str | type[exp.Expr], Handler] = {
    **OPERATORS,
    **CLAUSES,
    **SCALAR_FUNCTIONS,
    exp.Count: _count,
    exp.Sum: _sum,
    exp.Avg: _average,
    "TOTAL": _total,
    exp.Max: _extreme_of_group("max"),
    exp.Min: _extreme_of_group("min"),
    exp.GroupConcat: _group_concat,
    exp.Filter: _filter,
    exp.Window: _window,
}
