"""MySQL's arithmetic: what a division adds behind the point, intervals, operators on bits."""

from __future__ import annotations

from dataclasses import replace

from sqlglot import exp

from conversion.from_mysql.comparisons import valid_moment
from conversion.from_mysql.rewriter import Handler, Rewriter
from conversion.from_mysql.value import EXACT, Value, together
from conversion.shapes import Untranslatable
from conversion.typed import grouped, integer
from engines.catalog import Kind

OPERATIONS = (exp.Add, exp.Sub, exp.Mul, exp.Div, exp.IntDiv, exp.Mod)
BITWISE = (exp.BitwiseAnd, exp.BitwiseOr, exp.BitwiseXor)
SHIFTS = (exp.BitwiseLeftShift, exp.BitwiseRightShift)
DIVISION_DIGITS = 4  # div_precision_increment: what a division adds behind the point


def _arithmetic(rewriter: Rewriter, node: exp.Expr) -> Value:
    if isinstance(node.expression, exp.Interval) or isinstance(node.this, exp.Interval):
        return shifted(rewriter, node)
    left, right = rewriter.number(node.this), rewriter.number(node.expression)
    kinds = {left.kind, right.kind} - {None}
    kind = Kind.FLOAT if Kind.FLOAT in kinds else Kind.DECIMAL if Kind.DECIMAL in kinds else Kind.INTEGER
    immutable = together([left, right])
    if isinstance(node, (exp.Div, exp.IntDiv, exp.Mod)):
        return replace(_division(rewriter, node, left, right, kind), immutable=immutable)
    scale = _scale(node, left, right) if kind in EXACT else None
    made = type(node)(this=left.operand, expression=right.operand)
    return Value(made, kind, scale=scale, immutable=immutable)


def shifted(rewriter: Rewriter, node: exp.Expr) -> Value:
    """date + INTERVAL n UNIT, and its relatives."""
    base, step = node.this, node.expression
    if isinstance(base, exp.Interval) and isinstance(node, exp.Add):
        base, step = step, base
    if not isinstance(step, exp.Interval) or not isinstance(node, (exp.Add, exp.Sub)):
        raise Untranslatable("an interval beside something other than + and -")
    unit = step.args["unit"].name.upper() if step.args.get("unit") else ""
    return moved(rewriter, rewriter.value(base), step.this, unit, isinstance(node, exp.Sub))


def moved(rewriter: Rewriter, value: Value, amount: exp.Expr, unit: str, back: bool) -> Value:
    """A date moved by an amount of units; a text literal that is a date counts as one."""
    if value.kind is Kind.TEXT and value.literal is not None and valid_moment(value.literal):
        kind = Kind.DATE if len(value.literal) == len("YYYY-MM-DD") else Kind.TIMESTAMP
        like = Value(value.node, kind)
        value = Value(rewriter.words.moment(value.literal, like), kind)
    number = rewriter.number(amount)
    if number.kind is not Kind.INTEGER:
        raise Untranslatable("INTERVAL of a number with a fraction")
    node = exp.Neg(this=number.operand) if back else number.node
    found = rewriter.words.shifted(value, node, unit)
    return replace(found, immutable=found.immutable and number.immutable)


def _scale(node: exp.Expr, left: Value, right: Value) -> int | None:
    if left.scale is None or right.scale is None:
        return None
    return left.scale + right.scale if isinstance(node, exp.Mul) else max(left.scale, right.scale)


def _division(rewriter: Rewriter, node: exp.Expr, left: Value, right: Value, kind: Kind) -> Value:
    """A division by zero is NULL in MySQL; that of exact numbers has four digits more than its first operand."""
    divisor = right.node
    if not (right.literal and right.literal.strip("-0.")):
        divisor = exp.Nullif(this=divisor, expression=integer(0))
    if isinstance(node, exp.Mod):
        if kind is Kind.FLOAT:
            raise Untranslatable("the remainder of floating point numbers")
        made = exp.Mod(this=left.operand, expression=grouped(divisor))
        return Value(made, kind, scale=_scale(node, left, right))
    if isinstance(node, exp.IntDiv):
        if kind is not Kind.INTEGER:
            raise Untranslatable("DIV of numbers that aren't integers")
        return Value(rewriter.words.quotient(left.operand, grouped(divisor)), Kind.INTEGER, scale=0)
    if kind is Kind.FLOAT:
        return Value(rewriter.words.divided(left.operand, grouped(divisor), kind), Kind.FLOAT)
    if left.scale is None:
        raise Untranslatable("the division of a number whose digits behind the point aren't known")
    scale = left.scale + DIVISION_DIGITS
    quotient = rewriter.words.divided(left.operand, grouped(divisor), Kind.DECIMAL)
    return Value(rewriter.words.rounded(quotient, Kind.DECIMAL, scale), Kind.DECIMAL, scale=scale)


def _negation(rewriter: Rewriter, node: exp.Expr) -> Value:
    value = rewriter.number(node.this)
    return replace(value, node=exp.Neg(this=value.operand))


def _bitwise(rewriter: Rewriter, node: exp.Expr) -> Value:
    mixed = (*OPERATIONS, *BITWISE, *SHIFTS, exp.Neg)
    if any(isinstance(side, mixed) and type(side) is not type(node) for side in (node.this, node.expression)):
        raise Untranslatable("operators on bits beside others without parentheses")
    left, right = rewriter.number(node.this), rewriter.number(node.expression)
    if {left.kind, right.kind} - {None} != {Kind.INTEGER}:
        raise Untranslatable("operators on bits of numbers that aren't integers")
    made = rewriter.words.bits(type(node), left.operand, right.operand)
    return Value(made, Kind.INTEGER, scale=0, immutable=together([left, right]))


ARITHMETIC: dict[str | type[exp.Expr], Handler] = {
    **dict.fromkeys(OPERATIONS, _arithmetic),
    **dict.fromkeys(BITWISE, _bitwise),
    **dict.fromkeys(SHIFTS, _bitwise),
    exp.Neg: _negation,
}
