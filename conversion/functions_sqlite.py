"""SQLite's scalar functions as PostgreSQL computes the same."""

from __future__ import annotations

from dataclasses import replace

from sqlglot import exp

from conversion.dates_sqlite import DATE_FUNCTIONS
from conversion.rewriter import Handler, Rewriter
from conversion.shapes import NUMBERS, Untranslatable
from conversion.typed import Typed, as_text, call, cast, collate_c, grouped, integer, number, text, unified
from engines.catalog import Kind

# typeof() of a column whose target type admits one storage class only.
STORAGE_CLASSES = {
    Kind.INTEGER: "integer", Kind.BOOLEAN: "integer", Kind.FLOAT: "real", Kind.TEXT: "text", Kind.BINARY: "blob",
    Kind.UUID: "text", Kind.DATE: "text",
}  # fmt: skip


def arguments(node: exp.Expr) -> list[exp.Expr]:
    """The arguments of a function in their order, however sqlglot files them."""
    found = [] if isinstance(node, exp.Anonymous) or node.this is None else [node.this]
    extra = [node.args[name] for name in ("expression", "decimals", "start", "length", "substr") if node.args.get(name)]
    return [*found, *extra, *node.expressions]


def _text_argument(rewriter: Rewriter, node: exp.Expr) -> Typed:
    value = rewriter.typed(node)
    if value.kind not in (Kind.TEXT, None):
        raise Untranslatable(f"a text function on a {value.kind.value} value")
    return value


def _folding(name: str) -> Handler:
    def handler(rewriter: Rewriter, node: exp.Expr) -> Typed:
        value = _text_argument(rewriter, node.this)
        return Typed(call(name, collate_c(value.node)), Kind.TEXT, immutable=value.immutable)

    return handler


def _length(rewriter: Rewriter, node: exp.Expr) -> Typed:
    value = rewriter.typed(node.this)
    name = "octet_length" if value.kind is Kind.BINARY else "length"
    if value.kind is not Kind.BINARY:
        value = as_text(value)
    return Typed(cast(call(name, value.node), "bigint"), Kind.INTEGER, immutable=value.immutable)


def _trim(rewriter: Rewriter, node: exp.Expr) -> Typed:
    name = {"LEADING": "ltrim", "TRAILING": "rtrim"}.get(str(node.args.get("position") or "").upper(), "btrim")
    values = [_text_argument(rewriter, item) for item in (node.this, node.args.get("expression")) if item is not None]
    result = call(name, *(value.node for value in values))
    return Typed(result, Kind.TEXT, immutable=all(value.immutable for value in values))


def _substring(rewriter: Rewriter, node: exp.Expr) -> Typed:
    value = _text_argument(rewriter, node.this)
    positions = [rewriter.typed(node.args[name]) for name in ("start", "length") if node.args.get(name) is not None]
    if any(not (item.literal or "").isdigit() for item in positions) or positions[0].literal == "0":
        raise Untranslatable("substr() with a start or length that isn't a positive literal counts otherwise")
    result = call("substr", value.node, *(item.node for item in positions))
    return Typed(result, Kind.TEXT, immutable=value.immutable)


def _position(rewriter: Rewriter, node: exp.Expr) -> Typed:
    values = [_text_argument(rewriter, item) for item in (node.this, node.args["substr"])]
    result = cast(call("strpos", *(value.node for value in values)), "bigint")
    return Typed(result, Kind.INTEGER, immutable=all(value.immutable for value in values))


def _replace(rewriter: Rewriter, node: exp.Expr) -> Typed:
    parts = [
        node.this,
        *(node.args[name] for name in ("expression", "replacement") if node.args.get(name)),
        *node.expressions,
    ]
    values = [_text_argument(rewriter, item) for item in parts if isinstance(item, exp.Expr)]
    result = call("replace", *(value.node for value in values))
    return Typed(result, Kind.TEXT, immutable=all(value.immutable for value in values))


def _absolute(rewriter: Rewriter, node: exp.Expr) -> Typed:
    value = number(rewriter.typed(node.this))
    return replace(value, node=call("abs", value.node))


def _round(rewriter: Rewriter, node: exp.Expr) -> Typed:
    value = number(rewriter.typed(node.this))
    digits = node.args.get("decimals")
    places = rewriter.typed(digits) if digits is not None else Typed(integer(0), Kind.INTEGER)
    rewriter.note("round() goes through numeric, half away from zero; SQLite rounds the binary value")
    rounded = call("round", cast(grouped(value.node), "numeric"), cast(places.node, "integer"))
    return Typed(cast(rounded, "double precision"), Kind.FLOAT, immutable=value.immutable)


def extreme(name: str) -> Handler:
    """max() and min() of several values: NULL when one of them is."""

    def handler(rewriter: Rewriter, node: exp.Expr) -> Typed:
        values = [rewriter.typed(item) for item in arguments(node)]
        nodes, kind = unified(values)
        if kind is Kind.TEXT:
            nodes = [collate_c(item) for item in nodes]
        nulls: exp.Expr = exp.Is(this=nodes[0], expression=exp.Null())
        for item in nodes[1:]:
            nulls = exp.Or(this=nulls, expression=exp.Is(this=item.copy(), expression=exp.Null()))
        checked = exp.Case(
            ifs=[exp.If(this=nulls, true=exp.Null())], default=call(name, *(item.copy() for item in nodes))
        )
        return Typed(checked, kind, immutable=all(value.immutable for value in values))

    return handler


def _coalesce(rewriter: Rewriter, node: exp.Expr) -> Typed:
    values = [rewriter.typed(item) for item in arguments(node)]
    nodes, kind = unified(values)
    route = values[0].route if all(value.route in (values[0].route, "") for value in values) else ""
    result = exp.Coalesce(this=nodes[0], expressions=nodes[1:])
    return Typed(result, kind, route, immutable=all(value.immutable for value in values))


def _nullif(rewriter: Rewriter, node: exp.Expr) -> Typed:
    left, right = rewriter.typed(node.this), rewriter.typed(node.expression)
    if left.kind != right.kind and not {left.kind, right.kind} <= NUMBERS:
        raise Untranslatable("nullif() of values of different kinds")
    return replace(left, node=exp.Nullif(this=left.node, expression=right.node), route="")


def _typeof(rewriter: Rewriter, node: exp.Expr) -> Typed:
    value = rewriter.typed(node.this)
    name = STORAGE_CLASSES.get(value.kind) if value.kind else None
    if value.route.startswith("epoch"):
        name = "integer"
    if name is None:
        raise Untranslatable("typeof() of a value whose storage class the target type doesn't tell")
    empty = exp.Is(this=grouped(value.node), expression=exp.Null())
    return Typed(exp.Case(ifs=[exp.If(this=empty, true=text("null"))], default=text(name)), Kind.TEXT)


def _hex(rewriter: Rewriter, node: exp.Expr) -> Typed:
    value = rewriter.typed(node.this)
    if value.kind is not Kind.BINARY:
        raise Untranslatable("hex() of a value that isn't a blob")
    digits = call("upper", call("encode", value.node, text("hex")))
    # hex(NULL) is the empty text in SQLite.
    return Typed(exp.Coalesce(this=digits, expressions=[text("")]), Kind.TEXT, immutable=value.immutable)


def _random(rewriter: Rewriter, node: exp.Expr) -> Typed:
    raise Untranslatable("random() gives a 64-bit integer in SQLite and a fraction of 1 in PostgreSQL")


SCALAR_FUNCTIONS: dict[str | type[exp.Expr], Handler] = {
    exp.Lower: _folding("lower"), exp.Upper: _folding("upper"), exp.Length: _length, exp.Trim: _trim,
    exp.Substring: _substring, exp.StrPosition: _position, exp.Replace: _replace, exp.Abs: _absolute,
    exp.Round: _round, exp.Greatest: extreme("greatest"), exp.Least: extreme("least"), exp.Coalesce: _coalesce,
    exp.Nullif: _nullif, exp.Typeof: _typeof, exp.Hex: _hex, exp.Rand: _random, "RANDOM": _random,
    **DATE_FUNCTIONS,
}  # fmt: skip
