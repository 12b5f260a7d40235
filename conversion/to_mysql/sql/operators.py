"""PostgreSQL's literals and operators on MySQL; what has no proven counterpart is refused."""

from __future__ import annotations

from dataclasses import replace

from sqlglot import exp

from conversion.shapes import NUMBERS, Untranslatable
from conversion.to_mysql.sql.comparisons import ORDERING, compare, sides
from conversion.to_mysql.sql.texts import as_text
from conversion.to_mysql.sql.translator import Handler, Translator
from conversion.to_mysql.sql.values import (
    Value,
    call,
    condition,
    made,
    number_value,
    text_value,
)
from engines.catalog import Kind

SIGNS: dict[type[exp.Expr], str] = {
    exp.Add: "+", exp.Sub: "-", exp.Mul: "*",
    exp.BitwiseAnd: "&", exp.BitwiseOr: "|",
}  # fmt: skip
DIVISION = "a division by zero is NULL in MySQL and an error in PostgreSQL"
DIGITS = "a numeric division gives up to 24 digits behind the point here; PostgreSQL keeps about 16 significant ones"
WIDE = "DECIMAL(65,20)"


def _literal(translator: Translator, node: exp.Expr) -> Value:
    return text_value(str(node.this)) if node.args.get("is_string") else number_value(str(node.this))


def _paren(translator: Translator, node: exp.Expr) -> Value:
    inner = translator.value(node.this)
    return inner if inner.atomic else replace(inner, sql=f"({inner.sql})", atomic=True)


def _connector(translator: Translator, node: exp.Expr) -> Value:
    word = "AND" if isinstance(node, exp.And) else "OR"
    pair = [translator.condition(side) for side in (node.this, node.expression)]
    return made(f" {word} ".join(side.grouped for side in pair), Kind.BOOLEAN, *pair)


def _not(translator: Translator, node: exp.Expr) -> Value:
    inner = node.this
    if isinstance(inner, exp.Is) and isinstance(inner.expression, exp.Null):
        value = translator.value(inner.this)
        return made(f"{value.grouped} IS NOT NULL", Kind.BOOLEAN, value)
    value = translator.condition(inner)
    return made(f"NOT ({value.sql})", Kind.BOOLEAN, value)


def _comparison(translator: Translator, node: exp.Expr) -> Value:
    listed = _listed(translator, node)
    if listed is not None:
        return listed
    left, right = translator.value(node.this), translator.value(node.expression)
    if isinstance(node, exp.NullSafeNEQ):
        found = compare(translator, exp.NullSafeEQ, left, right)
        return made(f"NOT ({found.sql})", Kind.BOOLEAN, found)
    return compare(translator, type(node), left, right)


def _listed(translator: Translator, node: exp.Expr) -> Value | None:
    """= ANY (ARRAY[...]) and <> ALL (ARRAY[...]) as IN and NOT IN."""
    right, word = node.expression, ""
    if isinstance(node, exp.EQ) and isinstance(right, exp.Any):
        right, word = right.this, "IN"
    elif isinstance(node, exp.NEQ) and isinstance(right, exp.Anonymous) and str(right.this).upper() == "ALL":
        right, word = right.expressions[0], "NOT IN"
    if not word:
        return None
    inner = right.unnest()
    while isinstance(inner, exp.Cast):
        inner = inner.this.unnest()
    if not isinstance(inner, exp.Array) or not inner.expressions:
        raise Untranslatable("a comparison with all values of an array")
    return _among(translator, node.this, inner.expressions, word)


def _among(translator: Translator, node: exp.Expr, items: list[exp.Expr], word: str) -> Value:
    value = translator.value(node)
    pairs = [sides(translator, value, translator.value(item), False) for item in items]
    if len({pair[0].sql for pair in pairs}) > 1:
        raise Untranslatable("IN compares values of different kinds")
    texts = ", ".join(pair[1].sql for pair in pairs)
    return made(f"{pairs[0][0].grouped} {word} ({texts})", Kind.BOOLEAN, *(part for pair in pairs for part in pair))


def _is(translator: Translator, node: exp.Expr) -> Value:
    value = translator.value(node.this)
    if isinstance(node.expression, exp.Null):
        word = "IS NOT NULL" if node.args.get("negate") else "IS NULL"
        return made(f"{value.grouped} {word}", Kind.BOOLEAN, value)
    if isinstance(node.expression, exp.Boolean):
        word = ("NOT " if node.args.get("negate") else "") + ("TRUE" if node.expression.this else "FALSE")
        return made(f"{condition(value).grouped} IS {word}", Kind.BOOLEAN, value)
    raise Untranslatable(f"IS {node.expression.sql(dialect='postgres')[:40]}")


def _between(translator: Translator, node: exp.Expr) -> Value:
    value = translator.value(node.this)
    low = compare(translator, exp.GTE, value, translator.value(node.args["low"]))
    high = compare(translator, exp.LTE, value, translator.value(node.args["high"]))
    return made(f"({low.sql} AND {high.sql})", Kind.BOOLEAN, low, high, atomic=True)


def _in(translator: Translator, node: exp.Expr) -> Value:
    subquery = node.args.get("query")
    if subquery is None:
        return _among(translator, node.this, node.expressions, "IN")
    value = translator.value(node.this)
    sql, outputs = translator.query(subquery)
    if len(outputs) != 1:
        raise Untranslatable("IN with a query of several columns")
    one, _ = sides(translator, value, replace(outputs[0], sql="", literal=None), False)
    return made(f"{one.grouped} IN ({sql})", Kind.BOOLEAN, one, Value("", None, immutable=False))


def _exists(translator: Translator, node: exp.Expr) -> Value:
    sql, _ = translator.query(node.this)
    return Value(f"EXISTS ({sql})", Kind.BOOLEAN, immutable=False, nullable=False)


def _subquery(translator: Translator, node: exp.Expr) -> Value:
    sql, outputs = translator.query(node.this if isinstance(node, exp.Subquery) else node)
    if len(outputs) != 1:
        raise Untranslatable("a query of several columns stands as one value")
    return replace(outputs[0], sql=f"({sql})", atomic=True, literal=None, immutable=False, nullable=True)


def _concatenation(translator: Translator, node: exp.Expr) -> Value:
    parts: list[exp.Expr] = []
    pending = [node]
    while pending:
        item = pending.pop()
        if isinstance(item, exp.DPipe):
            pending += [item.expression, item.this]
        else:
            parts.append(item)
    return call("CONCAT", Kind.TEXT, *(as_text(translator.value(part)) for part in parts))


def _arithmetic(translator: Translator, node: exp.Expr) -> Value:
    left, right = translator.value(node.this), translator.value(node.expression)
    kinds = {left.kind, right.kind} - {None}
    if not kinds <= NUMBERS:
        raise Untranslatable(f"{node.sql(dialect='postgres')[:60]} computes with values that aren't numbers")
    kind = next((kind for kind in (Kind.FLOAT, Kind.DECIMAL) if kind in kinds), Kind.INTEGER)
    if isinstance(node, (exp.Div, exp.Mod)):
        return _division(translator, node, left, right, kind)
    return made(f"{left.grouped} {SIGNS[type(node)]} {right.grouped}", kind, left, right)


def _division(translator: Translator, node: exp.Expr, left: Value, right: Value, kind: Kind) -> Value:
    if right.literal is None or not right.literal.strip("-0."):
        translator.note(DIVISION)
    if isinstance(node, exp.Mod):
        if kind is Kind.FLOAT:
            raise Untranslatable("% of floating point numbers")
        return made(f"{left.grouped} % {right.grouped}", kind, left, right)
    if kind is Kind.INTEGER:
        return made(f"{left.grouped} DIV {right.grouped}", kind, left, right)
    if kind is Kind.DECIMAL:
        translator.note(DIGITS)
        return made(f"CAST({left.sql} AS {WIDE}) / {right.grouped}", kind, left, right)
    return made(f"{left.grouped} / {right.grouped}", kind, left, right)


def _bitwise(translator: Translator, node: exp.Expr) -> Value:
    """Bits of integers; MySQL's result is unsigned, so it is cast back."""
    left, right = translator.value(node.this), translator.value(node.expression)
    if {left.kind, right.kind} != {Kind.INTEGER}:
        raise Untranslatable("bit operations on values that aren't integers")
    sign = "^" if isinstance(node, exp.BitwiseXor) else SIGNS[type(node)]
    return made(f"CAST({left.grouped} {sign} {right.grouped} AS SIGNED)", Kind.INTEGER, left, right, atomic=True)


def _negation(translator: Translator, node: exp.Expr) -> Value:
    value = translator.value(node.this)
    if value.kind not in NUMBERS:
        raise Untranslatable("minus before a value that isn't a number")
    literal = f"-{value.literal}" if value.literal is not None else None
    return replace(made(f"-{value.grouped}", value.kind, value, atomic=value.literal is not None), literal=literal)


OPERATORS: dict[str | type[exp.Expr], Handler] = {
    exp.Literal: _literal,
    exp.ByteString: lambda translator, node: text_value(str(node.this)),
    exp.BitString: lambda translator, node: Value(f"b'{node.this}'", Kind.BIT, literal=str(node.this), nullable=False),
    exp.Boolean: lambda translator, node: Value(
        "TRUE" if node.this else "FALSE", Kind.BOOLEAN, literal="1" if node.this else "0", nullable=False
    ),
    exp.Null: lambda translator, node: Value("NULL", None),
    exp.Column: lambda translator, node: translator.column(node),  # type: ignore[arg-type]
    exp.Paren: _paren,
    exp.And: _connector,
    exp.Or: _connector,
    exp.Not: _not,
    **dict.fromkeys((*ORDERING, exp.EQ, exp.NEQ, exp.NullSafeEQ, exp.NullSafeNEQ), _comparison),
    exp.Is: _is,
    exp.Between: _between,
    exp.In: _in,
    exp.Exists: _exists,
    exp.Subquery: _subquery,
    exp.DPipe: _concatenation,
    **dict.fromkeys((exp.Mul, exp.Div, exp.Mod), _arithmetic),
    **dict.fromkeys((exp.BitwiseAnd, exp.BitwiseOr, exp.BitwiseXor), _bitwise),
    exp.Neg: _negation,
}


def plus(translator: Translator, node: exp.Expr) -> Value:
    """+ and - of numbers."""
    return _arithmetic(translator, node)
