"""MySQL's aggregates and window functions."""

from __future__ import annotations

from dataclasses import replace

from sqlglot import exp

from conversion.from_mysql.rewriter import Handler, Rewriter
from conversion.from_mysql.value import EXACT, TEXTS, Value
from conversion.shapes import Untranslatable
from conversion.typed import call, cast, text
from engines.catalog import Kind

AVERAGE_DIGITS = 4  # div_precision_increment
CUT = "GROUP_CONCAT cuts its result at group_concat_max_len bytes, string_agg doesn't"
SORTED = "texts are compared by the target's collation"


def count(rewriter: Rewriter, node: exp.Expr) -> Value:
    """COUNT(*), COUNT(x), COUNT(DISTINCT x)."""
    inner = node.this
    if isinstance(inner, exp.Star) or inner is None:
        return Value(exp.Count(this=exp.Star()), Kind.INTEGER, scale=0, immutable=False)
    if isinstance(inner, exp.Distinct):
        if len(inner.expressions) != 1:
            raise Untranslatable("COUNT(DISTINCT) of several columns")
        node_of = _told_apart(rewriter, rewriter.value(inner.expressions[0]))
        return Value(exp.Count(this=exp.Distinct(expressions=[node_of])), Kind.INTEGER, scale=0, immutable=False)
    return Value(exp.Count(this=rewriter.value(inner).node), Kind.INTEGER, scale=0, immutable=False)


def _told_apart(rewriter: Rewriter, value: Value) -> exp.Expr:
    """What makes two values different: text without case counts once."""
    if value.folds and value.kind in TEXTS and value.kind is not Kind.ENUM:
        return rewriter.words.fold(value.node)
    return value.node


def total(rewriter: Rewriter, node: exp.Expr) -> Value:
    """SUM of numbers and booleans."""
    distinct = isinstance(node.this, exp.Distinct)
    value = rewriter.number(node.this.expressions[0] if distinct else node.this)
    inner = exp.Distinct(expressions=[value.node]) if distinct else value.node
    kind = Kind.DECIMAL if value.kind in EXACT else value.kind
    return Value(exp.Sum(this=inner), kind, scale=value.scale, immutable=False)


def average(rewriter: Rewriter, node: exp.Expr) -> Value:
    """AVG of exact numbers has four digits more than they have."""
    distinct = isinstance(node.this, exp.Distinct)
    value = rewriter.number(node.this.expressions[0] if distinct else node.this)
    if value.kind is Kind.FLOAT:
        return Value(exp.Avg(this=value.node), Kind.FLOAT, immutable=False)
    if value.scale is None:
        raise Untranslatable("the average of numbers whose digits behind the point aren't known")
    scale = value.scale + AVERAGE_DIGITS
    inner = rewriter.words.averaged(exp.Distinct(expressions=[value.node]) if distinct else value.node)
    return Value(rewriter.words.rounded(inner, Kind.DECIMAL, scale), Kind.DECIMAL, scale=scale, immutable=False)


def extreme(rewriter: Rewriter, node: exp.Expr) -> Value:
    """MIN and MAX."""
    value = rewriter.value(node.this.expressions[0] if isinstance(node.this, exp.Distinct) else node.this)
    if value.kind is Kind.BOOLEAN:
        value = rewriter.words.number(value)
    if value.kind in TEXTS:
        rewriter.note(SORTED)
    return replace(value, node=type(node)(this=value.node), immutable=False)


def group_concat(rewriter: Rewriter, node: exp.Expr) -> Value:
    """GROUP_CONCAT with DISTINCT, ORDER BY and SEPARATOR."""
    separator = node.args.get("separator")
    inner, keys = node.this, []
    if isinstance(inner, exp.Order):
        keys, inner = inner.expressions, inner.this
    distinct = isinstance(inner, exp.Distinct)
    parts = inner.expressions if distinct else [inner]
    values = [rewriter.text(part) for part in parts]
    if len(values) != 1:
        raise Untranslatable("GROUP_CONCAT of several columns")
    rewriter.note(CUT)
    if distinct and any(item.this != parts[0] for item in keys):
        raise Untranslatable("GROUP_CONCAT(DISTINCT) in the order of something else")
    orders = []
    for item in keys:
        key = values[0].node if distinct else rewriter.words.sort_key(rewriter.value(item.this))
        descending = bool(item.args.get("desc"))
        orders.append(exp.Ordered(this=key, desc=descending, nulls_first=not descending))
    sign = separator.name if separator is not None else ","
    made = rewriter.words.joined_texts(values[0].node, text(sign), orders, distinct)
    return Value(made, Kind.TEXT, values[0].folds, immutable=False)


def any_value(rewriter: Rewriter, node: exp.Expr) -> Value:
    """ANY_VALUE: the smallest is one of them."""
    value = rewriter.value(node.this)
    if value.kind is Kind.BOOLEAN:
        return replace(value, node=call("bool_and", value.node), immutable=False)
    return replace(value, node=exp.Min(this=value.node), immutable=False)


def deviation(name: str) -> Handler:
    """Standard deviations and variances, which are doubles in MySQL."""

    def handler(rewriter: Rewriter, node: exp.Expr) -> Value:
        value = rewriter.number(node.this)
        made = call(name, cast(value.operand, "double precision"))
        return Value(made, Kind.FLOAT, immutable=False)

    return handler


def row_number(rewriter: Rewriter, node: exp.Expr) -> Value:
    """ROW_NUMBER, RANK, DENSE_RANK."""
    return Value(node.copy(), Kind.INTEGER, scale=0, immutable=False)


def window(rewriter: Rewriter, node: exp.Expr) -> Value:
    """OVER (PARTITION BY ... ORDER BY ...) with the default frame."""
    if node.args.get("spec") is not None or node.args.get("alias") is not None:
        raise Untranslatable("a window with a frame or a name")
    value = rewriter.value(node.this)
    if not isinstance(value.node, (exp.AggFunc, exp.Func)):
        raise Untranslatable("a computed aggregate over a window")
    parts = [_told_apart(rewriter, rewriter.value(item)) for item in node.args.get("partition_by") or []]
    made = exp.Window(this=value.node, partition_by=parts, over="OVER")
    order = node.args.get("order")
    if order is not None:
        made.set("order", exp.Order(expressions=[ordered(rewriter, item) for item in order.expressions]))
    return replace(value, node=made, immutable=False)


def ordered(rewriter: Rewriter, item: exp.Expr) -> exp.Ordered:
    """A key of ORDER BY; NULL comes first in ascending order, as in MySQL."""
    descending = bool(item.args.get("desc"))
    key = rewriter.words.sort_key(rewriter.value(item.this))
    return exp.Ordered(this=key, desc=descending, nulls_first=not descending)


AGGREGATES: dict[str | type[exp.Expr], Handler] = {
    exp.Count: count,
    exp.Sum: total,
    exp.Avg: average,
    exp.Min: extreme,
    exp.Max: extreme,
    exp.GroupConcat: group_concat,
    exp.AnyValue: any_value,
    exp.RowNumber: row_number,
    exp.Rank: row_number,
    exp.DenseRank: row_number,
    exp.Window: window,
}
STATISTICS: dict[str | type[exp.Expr], Handler] = {
    exp.StddevPop: deviation("stddev_pop"),
    exp.Stddev: deviation("stddev_pop"),
    exp.StddevSamp: deviation("stddev_samp"),
    exp.VariancePop: deviation("var_pop"),
    exp.Variance: deviation("var_samp"),
}
