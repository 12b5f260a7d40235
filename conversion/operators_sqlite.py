"""SQLite's literals and operators on PostgreSQL; what has no proven counterpart is refused."""

from __future__ import annotations

from dataclasses import replace

from sqlglot import exp

from conversion import comparisons
from conversion.rewriter import Handler, Rewriter
from conversion.shapes import NUMBERS, Untranslatable
from conversion.typed import Typed, as_text, call, condition, double, grouped, integer, number, text
from engines.catalog import Kind

SQLITE_INTEGER_LIMIT = 2**63
COMPARISONS = (exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.NullSafeEQ, exp.NullSafeNEQ)
ARITHMETIC = (exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod)


def _literal(rewriter: Rewriter, node: exp.Expr) -> Typed:
    value = str(node.this)
    if node.args.get("is_string"):
        return Typed(text(value), Kind.TEXT)
    if value.isdigit() and int(value) < SQLITE_INTEGER_LIMIT:
        return Typed(exp.Literal.number(value), Kind.INTEGER)
    return Typed(exp.Literal.number(value), Kind.FLOAT)


def _binary_literal(rewriter: Rewriter, node: exp.Expr) -> Typed:
    return Typed(call("decode", text(str(node.this)), text("hex")), Kind.BINARY)


def _paren(rewriter: Rewriter, node: exp.Expr) -> Typed:
    inner = rewriter.typed(node.this)
    return replace(inner, node=grouped(inner.node))


def _connector(rewriter: Rewriter, node: exp.Expr) -> Typed:
    left, right = rewriter.typed(node.this), rewriter.typed(node.expression)
    sides = [_grouped_or(condition(side)) for side in (left, right)]
    return Typed(
        type(node)(this=sides[0], expression=sides[1]), Kind.BOOLEAN, immutable=left.immutable and right.immutable
    )


def _grouped_or(node: exp.Expr) -> exp.Expr:
    return exp.Paren(this=node) if isinstance(node, exp.Or) else node


def _not(rewriter: Rewriter, node: exp.Expr) -> Typed:
    inner = rewriter.typed(node.this)
    return Typed(exp.Not(this=grouped(condition(inner))), Kind.BOOLEAN, immutable=inner.immutable)


def _comparison(rewriter: Rewriter, node: exp.Expr) -> Typed:
    return comparisons.compare(type(node), rewriter.typed(node.this), rewriter.typed(node.expression))


def _is(rewriter: Rewriter, node: exp.Expr) -> Typed:
    value = rewriter.typed(node.this)
    if isinstance(node.expression, exp.Null):
        return Typed(exp.Is(this=grouped(value.node), expression=exp.Null()), Kind.BOOLEAN, immutable=value.immutable)
    if isinstance(node.expression, exp.Boolean):
        checked = exp.Paren(this=condition(value))
        return Typed(exp.Is(this=checked, expression=node.expression.copy()), Kind.BOOLEAN, immutable=value.immutable)
    return comparisons.compare(exp.NullSafeEQ, value, rewriter.typed(node.expression))


def _between(rewriter: Rewriter, node: exp.Expr) -> Typed:
    value = node.this
    low = comparisons.compare(exp.GTE, rewriter.typed(value), rewriter.typed(node.args["low"]))
    high = comparisons.compare(exp.LTE, rewriter.typed(value), rewriter.typed(node.args["high"]))
    both = exp.Paren(this=exp.And(this=low.node, expression=high.node))
    return Typed(both, Kind.BOOLEAN, immutable=low.immutable and high.immutable)


def _in(rewriter: Rewriter, node: exp.Expr) -> Typed:
    value = rewriter.typed(node.this)
    subquery = node.args.get("query")
    if subquery is not None:
        inner, outputs = rewriter.query(subquery.this if isinstance(subquery, exp.Subquery) else subquery)
        if len(outputs) != 1 or (outputs[0].kind != value.kind and not {outputs[0].kind, value.kind} <= NUMBERS):
            raise Untranslatable("IN compares values of different kinds")
        if value.collation or outputs[0].collation:
            raise Untranslatable("IN with a query over a column that SQLite compares without case")
        return Typed(exp.In(this=grouped(value.node), query=exp.Subquery(this=inner)), Kind.BOOLEAN, immutable=False)
    pairs = [comparisons.sides(value, rewriter.typed(item), ordering=False) for item in node.expressions]
    if not pairs:
        return Typed(exp.Boolean(this=False), Kind.BOOLEAN)
    lefts = {pair[0].sql() for pair in pairs}
    if len(lefts) > 1:
        raise Untranslatable("IN compares values of different kinds")
    node = exp.In(this=grouped(pairs[0][0]), expressions=[pair[1] for pair in pairs])
    return Typed(node, Kind.BOOLEAN, immutable=value.immutable)


def _like(rewriter: Rewriter, node: exp.Expr) -> Typed:
    escape = None
    if isinstance(node, exp.Escape):
        escape, node = node.expression.copy(), node.this
    if isinstance(node, exp.Glob):
        return comparisons.glob(rewriter.typed(node.this), rewriter.typed(node.expression))
    value = rewriter.typed(node.this)
    if value.kind is Kind.INTEGER:
        value = as_text(value)
    return comparisons.like(value, rewriter.typed(node.expression), escape, bool(node.args.get("negate")))


def _concatenation(rewriter: Rewriter, node: exp.Expr) -> Typed:
    if any(isinstance(side, (exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod)) for side in (node.this, node.expression)):
        raise Untranslatable("|| beside arithmetic without parentheses, which SQLite binds otherwise")
    sides = [as_text(rewriter.typed(side)) for side in (node.this, node.expression)]
    if all(side.kind is None for side in sides):
        return sides[0]
    result = exp.DPipe(this=grouped(sides[0].node), expression=grouped(sides[1].node), safe=True)
    return Typed(result, Kind.TEXT, immutable=all(side.immutable for side in sides))


def _arithmetic(rewriter: Rewriter, node: exp.Expr) -> Typed:
    if any(isinstance(side, exp.DPipe) for side in (node.this, node.expression)):
        raise Untranslatable("|| beside arithmetic without parentheses, which SQLite binds otherwise")
    left, right = number(rewriter.typed(node.this)), number(rewriter.typed(node.expression))
    kinds = {left.kind, right.kind} - {None}
    division = isinstance(node, (exp.Div, exp.Mod))
    if Kind.DECIMAL in kinds and Kind.FLOAT not in kinds and division:
        raise Untranslatable("SQLite divides a NUMERIC value as integer or as double, value by value")
    if isinstance(node, exp.Mod) and kinds - {Kind.INTEGER}:
        raise Untranslatable("SQLite's % cuts its operands to integers")
    kind = next((kind for kind in (Kind.FLOAT, Kind.DECIMAL) if kind in kinds), Kind.INTEGER)
    operands = [double(side) if kind is Kind.FLOAT and side.kind else side.node for side in (left, right)]
    if kind is Kind.DECIMAL:
        rewriter.note("decimal arithmetic is exact in PostgreSQL; SQLite computes it in floating point")
    if division and not (right.literal and right.literal.strip("-0.")):
        operands[1] = exp.Nullif(this=operands[1], expression=integer(0))
    options = {"typed": True, "safe": False} if isinstance(node, exp.Div) else {}
    result = type(node)(this=grouped(operands[0]), expression=grouped(operands[1]), **options)
    return Typed(result, kind, immutable=left.immutable and right.immutable)


def _negation(rewriter: Rewriter, node: exp.Expr) -> Typed:
    value = number(rewriter.typed(node.this))
    return replace(value, node=exp.Neg(this=grouped(value.node)), route="")


OPERATORS: dict[str | type[exp.Expr], Handler] = {
    exp.Literal: _literal,
    exp.HexString: _binary_literal,
    exp.Boolean: lambda rewriter, node: Typed(node.copy(), Kind.BOOLEAN),
    exp.Null: lambda rewriter, node: Typed(exp.Null(), None),
    exp.Column: lambda rewriter, node: rewriter.column(node),  # type: ignore[arg-type]
    exp.Paren: _paren,
    exp.And: _connector,
    exp.Or: _connector,
    exp.Not: _not,
    **dict.fromkeys(COMPARISONS, _comparison),
    exp.Is: _is,
    exp.Between: _between,
    exp.In: _in,
    exp.Like: _like,
    exp.Glob: _like,
    exp.Escape: _like,
    exp.DPipe: _concatenation,
    **dict.fromkeys(ARITHMETIC, _arithmetic),
    exp.Neg: _negation,
}
