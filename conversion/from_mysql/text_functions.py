"""MySQL's functions of texts and numbers that mean the same under both targets or are written out for them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from sqlglot import exp

from conversion.from_mysql.branches import same_kind
from conversion.from_mysql.comparisons import compare
from conversion.from_mysql.rewriter import Handler, Rewriter
from conversion.from_mysql.value import EXACT, TEXTS, Value, together
from conversion.shapes import Untranslatable
from conversion.typed import call, grouped, integer, text
from engines.catalog import Kind


def concat(rewriter: Rewriter, node: exp.Expr) -> Value:
    """CONCAT is NULL as soon as one part is, as || is."""
    parts = [rewriter.text(item) for item in node.expressions]
    if not parts:
        raise Untranslatable("CONCAT of nothing")
    result = grouped(parts[0].node)
    for part in parts[1:]:
        result = exp.DPipe(this=result, expression=grouped(part.node), safe=True)
    folds = any(part.folds for part in parts)
    return Value(result, Kind.TEXT, folds, immutable=together(parts))


def named(name: str, kind: Kind, *arguments: str) -> Handler:
    """A function of the same meaning under this name; arguments: text or number, one per argument of the call."""

    def handler(rewriter: Rewriter, node: exp.Expr) -> Value:
        given = [item for item in node.args.values() if isinstance(item, exp.Expr)]
        if isinstance(node, exp.Anonymous):
            given = list(node.expressions)
        if len(given) != len(arguments):
            raise Untranslatable(f"{node.sql(dialect='mysql')[:60]} with other arguments than known")
        values = [
            rewriter.text(item) if wanted == "text" else rewriter.number(item)
            for item, wanted in zip(given, arguments, strict=True)
        ]
        folds = kind is Kind.TEXT and any(value.folds for value in values)
        scale = 0 if kind is Kind.INTEGER else None
        return Value(call(name, *[v.node for v in values]), kind, folds, scale=scale, immutable=together(values))

    return handler


def length(name_of_characters: str, name_of_bytes: Callable[[exp.Expr], exp.Expr]) -> Handler:
    """CHAR_LENGTH counts characters, LENGTH bytes."""

    def handler(rewriter: Rewriter, node: exp.Expr) -> Value:
        named = isinstance(node, (exp.Anonymous, exp.ByteLength))
        value = rewriter.value(node.expressions[0] if isinstance(node, exp.Anonymous) else node.this)
        if value.kind is not Kind.BINARY:
            value = rewriter.words.text(value)
        in_bytes = named or node.args.get("binary") or value.kind is Kind.BINARY
        made = name_of_bytes(value.node) if in_bytes else call(name_of_characters, value.node)
        return Value(made, Kind.INTEGER, scale=0, immutable=value.immutable)

    return handler


def substring(rewriter: Rewriter, node: exp.Expr) -> Value:
    """SUBSTR from a positive place; from zero it is empty in MySQL, from a negative one it counts from the end."""
    value, start = rewriter.text(node.this), rewriter.number(node.args["start"])
    if start.literal is None or int(start.literal) < 1:
        raise Untranslatable("SUBSTRING from a place that isn't a positive number")
    arguments = [value.node, start.node]
    size = node.args.get("length")
    if size is not None:
        found = rewriter.number(size)
        arguments.append(rewriter.words.size(found))
        start = found
    return Value(call("substr", *arguments), Kind.TEXT, value.folds, immutable=together([value, start]))


def left(rewriter: Rewriter, node: exp.Expr) -> Value:
    """LEFT(x, n) for a known n."""
    value, size = rewriter.text(node.this), rewriter.number(node.expression)
    made = call("substr", value.node, integer(1), rewriter.words.size(size))
    return Value(made, Kind.TEXT, value.folds, immutable=together([value, size]))


def trim(rewriter: Rewriter, node: exp.Expr) -> Value:
    """TRIM, LTRIM and RTRIM of spaces."""
    if node.args.get("expression") is not None and node.expression.name != " ":
        raise Untranslatable("TRIM of something else than spaces")
    value = rewriter.text(node.this)
    name = {"LEADING": "ltrim", "TRAILING": "rtrim"}.get(str(node.args.get("position") or "").upper(), "trim")
    return Value(call(name, value.node), Kind.TEXT, value.folds, immutable=value.immutable)


def replaced(rewriter: Rewriter, node: exp.Expr) -> Value:
    """REPLACE looks at case under every collation."""
    parts = [node.this, node.expression, node.args.get("replacement")]
    if any(part is None for part in parts):
        raise Untranslatable("REPLACE of other arguments than three")
    values = [rewriter.text(part) for part in parts if part is not None]
    return Value(call("replace", *[v.node for v in values]), Kind.TEXT, values[0].folds, immutable=together(values))


def position(name: str) -> Handler:
    """LOCATE and INSTR: the place of one text in another, without case where MySQL compares so."""

    def handler(rewriter: Rewriter, node: exp.Expr) -> Value:
        if node.args.get("position") is not None:
            raise Untranslatable("LOCATE from a place")
        value, wanted = rewriter.text(node.this), rewriter.text(node.args["substr"])
        ends = [value.node, wanted.node]
        if rewriter.value(node.this).folds or rewriter.value(node.args["substr"]).folds:
            ends = [call("lower", item) for item in ends]
        return Value(call(name, *ends), Kind.INTEGER, scale=0, immutable=together([value, wanted]))

    return handler


def rounded(rewriter: Rewriter, node: exp.Expr) -> Value:
    """ROUND of exact numbers; MySQL rounds doubles by their binary value, as the C library does."""
    value = rewriter.number(node.this)
    digits = node.args.get("decimals")
    places = 0 if digits is None else int(rewriter.number(digits).literal or "-1")
    if places < 0 or value.kind not in EXACT:
        raise Untranslatable("ROUND of a floating point number, or to a place before the point")
    if value.kind is Kind.INTEGER:
        return value
    made = rewriter.words.rounded(value.node, Kind.DECIMAL, places)
    return value.become(made, Kind.DECIMAL if places else Kind.INTEGER, places)


def whole(name: str) -> Handler:
    """FLOOR and CEILING: an integer of an exact number."""

    def handler(rewriter: Rewriter, node: exp.Expr) -> Value:
        value = rewriter.number(node.this)
        if value.kind is Kind.INTEGER:
            return value
        return value.become(call(name, value.node), Kind.DECIMAL if value.kind is Kind.DECIMAL else Kind.FLOAT, 0)

    return handler


def absolute(rewriter: Rewriter, node: exp.Expr) -> Value:
    """ABS."""
    value = rewriter.number(node.this)
    return replace(value, node=call("abs", value.node))


def field(rewriter: Rewriter, node: exp.Expr) -> Value:
    """FIELD(x, a, b, ...): the place of x among the others, 0 where it isn't."""
    values = [rewriter.text(item) for item in node.expressions]
    ifs = [
        exp.If(this=compare(rewriter, exp.EQ, values[0], item).node, true=integer(number))
        for number, item in enumerate(values[1:], 1)
    ]
    return Value(exp.Case(ifs=ifs, default=integer(0)), Kind.INTEGER, scale=0, immutable=together(values))


def extreme(name: str, others_too: bool) -> Handler:
    """GREATEST and LEAST are NULL in MySQL as soon as one argument is; others_too: the target's are so as well."""

    def handler(rewriter: Rewriter, node: exp.Expr) -> Value:
        values = [rewriter.value(item) for item in (node.this, *node.expressions)]
        if any(value.kind in TEXTS for value in values):
            raise Untranslatable(f"{name.upper()} of texts, which the two engines sort differently")
        nodes, kind = same_kind(rewriter, values)
        made: exp.Expr = call(name, *nodes)
        unsure = [item for item, value in zip(nodes, values, strict=True) if value.literal is None]
        if unsure and not others_too:
            absent: exp.Expr = exp.Is(this=grouped(unsure[0].copy()), expression=exp.Null())
            for item in unsure[1:]:
                absent = exp.Or(this=absent, expression=exp.Is(this=grouped(item.copy()), expression=exp.Null()))
            made = exp.Case(ifs=[exp.If(this=absent, true=exp.Null())], default=made)
        return replace(kind, node=made, immutable=together(values))

    return handler


def space(rewriter: Rewriter, node: exp.Expr) -> Value:
    """SPACE(n)."""
    value = rewriter.number(node.expressions[0])
    return Value(call("repeat", text(" "), value.node), Kind.TEXT, immutable=value.immutable)


COMMON: dict[str | type[exp.Expr], Handler] = {
    exp.Concat: concat,
    exp.Lower: named("lower", Kind.TEXT, "text"),
    exp.Upper: named("upper", Kind.TEXT, "text"),
    exp.Trim: trim,
    exp.Substring: substring,
    exp.Left: left,
    exp.Replace: replaced,
    exp.Round: rounded,
    exp.Floor: whole("floor"),
    exp.Ceil: whole("ceil"),
    exp.Abs: absolute,
    "FIELD": field,
}
