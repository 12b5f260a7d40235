"""MySQL's literals and operators; what has no proven counterpart is refused."""

from __future__ import annotations

from dataclasses import replace

from sqlglot import exp

from conversion.from_mysql.arithmetic import ARITHMETIC
from conversion.from_mysql.branches import BRANCHES
from conversion.from_mysql.comparisons import compare, sides
from conversion.from_mysql.rewriter import Handler, Rewriter
from conversion.from_mysql.source import folds
from conversion.from_mysql.value import NUMBERS, TEXTS, Value, bit_number, together
from conversion.shapes import Untranslatable
from conversion.typed import grouped, text
from engines.catalog import Kind

COMPARISONS = (exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.NullSafeEQ)


def literal(rewriter: Rewriter, node: exp.Expr) -> Value:
    """A number or text as it stands."""
    written = str(node.this)
    if node.args.get("is_string"):
        if "\0" in written:
            raise Untranslatable("a text with NUL")
        return Value(text(written), Kind.TEXT)
    if written.isdigit():
        return Value(exp.Literal.number(written), Kind.INTEGER, scale=0)
    if "e" in written.lower():
        return Value(exp.Literal.number(written), Kind.FLOAT)
    return Value(exp.Literal.number(written), Kind.DECIMAL, scale=len(written.partition(".")[2]))


def _paren(rewriter: Rewriter, node: exp.Expr) -> Value:
    inner = rewriter.value(node.this)
    return replace(inner, node=grouped(inner.node))


def _connector(rewriter: Rewriter, node: exp.Expr) -> Value:
    left, right = rewriter.value(node.this), rewriter.value(node.expression)
    conditions = [_grouped_or(rewriter.words.condition(side)) for side in (left, right)]
    made = type(node)(this=conditions[0], expression=conditions[1])
    return Value(made, Kind.BOOLEAN, immutable=together([left, right]))


def _grouped_or(node: exp.Expr) -> exp.Expr:
    return exp.Paren(this=node) if isinstance(node, (exp.Or, exp.And)) else node


def _xor(rewriter: Rewriter, node: exp.Expr) -> Value:
    left, right = rewriter.value(node.this), rewriter.value(node.expression)
    ends = [grouped(rewriter.words.condition(side)) for side in (left, right)]
    return Value(exp.NEQ(this=ends[0], expression=ends[1]), Kind.BOOLEAN, immutable=together([left, right]))


def _not(rewriter: Rewriter, node: exp.Expr) -> Value:
    inner = rewriter.value(node.this)
    made = exp.Not(this=grouped(rewriter.words.condition(inner)))
    return Value(made, Kind.BOOLEAN, immutable=inner.immutable)


def _comparison(rewriter: Rewriter, node: exp.Expr) -> Value:
    left, right = rewriter.value(node.this), rewriter.value(node.expression)
    if left.kind in (*NUMBERS, Kind.BOOLEAN):
        right = bit_number(node.expression) or right
    if right.kind in (*NUMBERS, Kind.BOOLEAN):
        left = bit_number(node.this) or left
    return compare(rewriter, type(node), left, right)


def _is(rewriter: Rewriter, node: exp.Expr) -> Value:
    value = rewriter.value(node.this)
    if isinstance(node.expression, exp.Null):
        made = exp.Is(this=value.operand, expression=exp.Null())
        return Value(made, Kind.BOOLEAN, immutable=value.immutable)
    if isinstance(node.expression, exp.Boolean):
        checked = exp.Paren(this=rewriter.words.condition(value))
        made = exp.Is(this=checked, expression=node.expression.copy())
        return Value(made, Kind.BOOLEAN, immutable=value.immutable)
    raise Untranslatable("IS with something that is neither NULL nor TRUE nor FALSE")


def _between(rewriter: Rewriter, node: exp.Expr) -> Value:
    value = rewriter.value(node.this)
    low = compare(rewriter, exp.GTE, value, rewriter.value(node.args["low"]))
    high = compare(rewriter, exp.LTE, value, rewriter.value(node.args["high"]))
    both = exp.Paren(this=exp.And(this=low.node, expression=high.node))
    return Value(both, Kind.BOOLEAN, immutable=together([low, high]))


def _in(rewriter: Rewriter, node: exp.Expr) -> Value:
    value = rewriter.value(node.this)
    subquery = node.args.get("query")
    if subquery is not None:
        return _in_query(rewriter, value, subquery.this if isinstance(subquery, exp.Subquery) else subquery)
    items = [rewriter.value(item) for item in node.expressions]
    pairs = [sides(rewriter, value, item) for item in items]
    if len({pair[0].sql() for pair in pairs}) != 1:
        raise Untranslatable("IN compares values of different kinds")
    made = exp.In(this=grouped(pairs[0][0]), expressions=[pair[1] for pair in pairs])
    return Value(made, Kind.BOOLEAN, immutable=together([value, *items]))


def _in_query(rewriter: Rewriter, value: Value, query: exp.Query) -> Value:
    inner, outputs = rewriter.query(query)
    if len(outputs) != 1:
        raise Untranslatable("IN with a query of several columns")
    found = outputs[0]
    if (value.folds or found.folds) and value.kind is not Kind.ENUM:
        raise Untranslatable("IN with a query over texts that MySQL compares without case")
    if found.kind != value.kind and not {found.kind, value.kind} <= NUMBERS:
        raise Untranslatable("IN compares values of different kinds")
    return Value(exp.In(this=value.operand, query=exp.Subquery(this=inner)), Kind.BOOLEAN, immutable=False)


def _exists(rewriter: Rewriter, node: exp.Expr) -> Value:
    inner, _ = rewriter.query(node.this)
    return Value(exp.Exists(this=inner), Kind.BOOLEAN, immutable=False)


def _subquery(rewriter: Rewriter, node: exp.Expr) -> Value:
    inner, outputs = rewriter.query(node.this if isinstance(node, exp.Subquery) else node)  # type: ignore[arg-type]
    if len(outputs) != 1:
        raise Untranslatable("a query of several columns stands for one value")
    return replace(outputs[0], node=exp.Subquery(this=inner), immutable=False)


def _like(rewriter: Rewriter, node: exp.Expr) -> Value:
    escape = None
    if isinstance(node, exp.Escape):
        escape, node = node.expression.copy(), node.this
    value, pattern = rewriter.text(node.this), rewriter.text(node.expression)
    if value.kind is not Kind.TEXT or pattern.kind is not Kind.TEXT:
        raise Untranslatable("LIKE on a value that isn't text")
    without_case = rewriter.value(node.this).folds or rewriter.value(node.expression).folds
    made = rewriter.words.like(value, pattern, without_case, escape)
    if node.args.get("negate"):
        made = exp.Not(this=exp.Paren(this=made))
    return Value(made, Kind.BOOLEAN, immutable=together([value, pattern]))


def _collate(rewriter: Rewriter, node: exp.Expr) -> Value:
    value = rewriter.value(node.this)
    if value.kind not in TEXTS:
        raise Untranslatable("COLLATE on a value that isn't text")
    return replace(value, folds=folds(node.expression.name))


def _introduced(rewriter: Rewriter, node: exp.Expr) -> Value:
    return rewriter.value(node.expression)


OPERATORS: dict[str | type[exp.Expr], Handler] = {
    exp.Literal: literal,
    exp.National: lambda rewriter, node: Value(text(str(node.this)), Kind.TEXT),
    exp.BitString: lambda rewriter, node: bit_number(node) or Value(exp.Null(), None),
    exp.Introducer: _introduced,
    exp.Boolean: lambda rewriter, node: Value(node.copy(), Kind.BOOLEAN),
    exp.Null: lambda rewriter, node: Value(exp.Null(), None),
    exp.Column: lambda rewriter, node: rewriter.column(node),  # type: ignore[arg-type]
    exp.Paren: _paren,
    exp.And: _connector,
    exp.Or: _connector,
    exp.Xor: _xor,
    exp.Not: _not,
    **dict.fromkeys(COMPARISONS, _comparison),
    exp.Is: _is,
    exp.Between: _between,
    exp.In: _in,
    exp.Exists: _exists,
    exp.Subquery: _subquery,
    exp.Select: _subquery,
    exp.Like: _like,
    exp.Escape: _like,
    **ARITHMETIC,
    **BRANCHES,
    exp.Collate: _collate,
}
