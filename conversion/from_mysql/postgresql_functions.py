"""MySQL's functions as PostgreSQL spells them."""

from __future__ import annotations

import re
from dataclasses import replace

from sqlglot import exp

from conversion.from_mysql import text_functions
from conversion.from_mysql.operators import OPERATORS
from conversion.from_mysql.postgresql_casts import CASTS
from conversion.from_mysql.postgresql_dates import DATES
from conversion.from_mysql.rewriter import Handler, Rewriter
from conversion.from_mysql.text_functions import COMMON, named
from conversion.from_mysql.value import Value, together
from conversion.shapes import Untranslatable
from conversion.typed import call, cast, integer, text
from engines.catalog import Kind

PLAIN_PATTERN = re.compile(r"^\^?[\w\s@./,:;=\-%|()\[\]*+?]*\$?$", re.ASCII)


def _concat_ws(rewriter: Rewriter, node: exp.Expr) -> Value:
    values = [rewriter.text(item) for item in node.expressions]
    return Value(call("concat_ws", *[v.node for v in values]), Kind.TEXT, any(v.folds for v in values), immutable=False)


def _right(rewriter: Rewriter, node: exp.Expr) -> Value:
    value, size = rewriter.text(node.this), rewriter.number(node.expression)
    if size.literal is None or int(size.literal) < 0:
        raise Untranslatable("RIGHT of a length that isn't a number")
    return Value(call("right", value.node, size.node), Kind.TEXT, value.folds, immutable=value.immutable)


def _pad(rewriter: Rewriter, node: exp.Expr) -> Value:
    fill = node.args.get("fill_pattern")
    values = [
        rewriter.text(node.this),
        rewriter.number(node.expression),
        rewriter.text(fill or exp.Literal.string(" ")),
    ]
    name = "lpad" if node.args.get("is_left") else "rpad"
    size = replace(values[1], node=cast(values[1].operand, "integer")) if values[1].literal is None else values[1]
    made = call(name, values[0].node, size.node, values[2].node)
    return Value(made, Kind.TEXT, values[0].folds, immutable=together(values))


def _substring_index(rewriter: Rewriter, node: exp.Expr) -> Value:
    """The part before the n-th delimiter, for n = 1: without the delimiter the whole text, as split_part gives it."""
    value, delimiter = rewriter.text(node.this), rewriter.text(node.args["delimiter"])
    count = rewriter.number(node.args["count"])
    if count.literal not in ("1", "-1") or delimiter.literal in (None, ""):
        raise Untranslatable("SUBSTRING_INDEX of another count than 1 and -1")
    if count.literal == "-1":
        made = call(
            "reverse",
            call("split_part", call("reverse", value.node), text((delimiter.literal or "")[::-1]), integer(1)),
        )
    else:
        made = call("split_part", value.node, delimiter.node, integer(1))
    return Value(made, Kind.TEXT, value.folds, immutable=value.immutable)


def _regexp(rewriter: Rewriter, node: exp.Expr) -> Value:
    value, pattern = rewriter.text(node.this), rewriter.value(node.expression)
    if pattern.literal is None or not PLAIN_PATTERN.match(pattern.literal):
        raise Untranslatable("a regular expression that isn't a plain literal")
    kind = exp.RegexpILike if rewriter.value(node.this).folds else exp.RegexpLike
    return Value(kind(this=value.operand, expression=pattern.node), Kind.BOOLEAN, immutable=value.immutable)


def _hex(rewriter: Rewriter, node: exp.Expr) -> Value:
    value = rewriter.value(node.this)
    if value.kind is Kind.BINARY:
        made = call("upper", call("encode", value.node, text("hex")))
    elif value.kind is Kind.INTEGER:
        made = call("upper", call("to_hex", cast(value.operand, "bigint")))
    else:
        found = rewriter.words.text(value)
        made = call("upper", call("encode", call("convert_to", found.node, text("UTF8")), text("hex")))
    return Value(made, Kind.TEXT, immutable=value.immutable)


def _unhex(rewriter: Rewriter, node: exp.Expr) -> Value:
    value = rewriter.text(node.this)
    return Value(call("decode", value.node, text("hex")), Kind.BINARY, immutable=value.immutable)


def _inet_ntoa(rewriter: Rewriter, node: exp.Expr) -> Value:
    value = rewriter.number(node.expressions[0])
    address = exp.Add(this=cast(text("0.0.0.0"), "inet"), expression=cast(value.operand, "bigint"))
    return Value(call("host", address), Kind.TEXT, immutable=value.immutable)


def _inet_aton(rewriter: Rewriter, node: exp.Expr) -> Value:
    value = rewriter.text(node.expressions[0])
    made = exp.Sub(this=cast(value.operand, "inet"), expression=cast(text("0.0.0.0"), "inet"))
    return Value(exp.Paren(this=made), Kind.INTEGER, scale=0, immutable=value.immutable)


def _find_in_set(rewriter: Rewriter, node: exp.Expr) -> Value:
    """Of a set column, an array on the target, MySQL gives the label's place among all labels of the set."""
    wanted, found = rewriter.text(node.expressions[0]), rewriter.value(node.expressions[1])
    if found.kind is not Kind.ARRAY or wanted.literal not in found.labels:
        raise Untranslatable("FIND_IN_SET of something else than a label in a set column")
    place = integer(found.labels.index(wanted.literal or "") + 1)
    absent = exp.If(this=exp.Is(this=found.operand, expression=exp.Null()), true=exp.Null())
    among = exp.EQ(this=wanted.node, expression=exp.Any(this=exp.Paren(this=found.node.copy())))
    made = exp.Case(ifs=[absent, exp.If(this=among, true=place)], default=integer(0))
    return Value(made, Kind.INTEGER, scale=0, immutable=found.immutable)


def _sign(rewriter: Rewriter, node: exp.Expr) -> Value:
    value = rewriter.number(node.this)
    return value.become(cast(call("sign", value.node), "integer"), Kind.INTEGER, 0)


def _digest(name: str) -> Handler:
    def handler(rewriter: Rewriter, node: exp.Expr) -> Value:
        value = rewriter.text(node.this)
        return Value(call(name, value.node), Kind.TEXT, immutable=value.immutable)

    return handler


def _uuid(rewriter: Rewriter, node: exp.Expr) -> Value:
    return Value(cast(call("gen_random_uuid"), "text"), Kind.TEXT, immutable=False)


def _octets(node: exp.Expr) -> exp.Expr:
    return call("octet_length", node)


def _power(rewriter: Rewriter, node: exp.Expr) -> Value:
    values = [rewriter.number(item) for item in (node.this, node.expression)]
    doubles = [cast(value.operand, "double precision") for value in values]
    return Value(call("power", *doubles), Kind.FLOAT, immutable=together(values))


def _root(rewriter: Rewriter, node: exp.Expr) -> Value:
    value = rewriter.number(node.this)
    return value.become(call("sqrt", cast(value.operand, "double precision")), Kind.FLOAT)


def _truncated(rewriter: Rewriter, node: exp.Expr) -> Value:
    value, digits = rewriter.number(node.this), rewriter.number(node.args["decimals"])
    if value.kind is Kind.FLOAT or digits.literal is None or int(digits.literal) < 0:
        raise Untranslatable("TRUNCATE of a floating point number")
    return value.become(call("trunc", cast(value.operand, "numeric"), digits.node), Kind.DECIMAL, int(digits.literal))


LENGTH = text_functions.length("char_length", _octets)
SCALARS: dict[str | type[exp.Expr], Handler] = {
    **OPERATORS,
    **COMMON,
    **DATES,
    **CASTS,
    exp.ConcatWs: _concat_ws,
    exp.Length: LENGTH,
    exp.Right: _right,
    exp.Pad: _pad,
    exp.StrPosition: text_functions.position("strpos"),
    exp.SubstringIndex: _substring_index,
    exp.Greatest: text_functions.extreme("greatest", False),
    exp.Least: text_functions.extreme("least", False),
    exp.RegexpLike: _regexp,
    exp.Hex: _hex,
    exp.Unhex: _unhex,
    exp.LowerHex: _hex,
    exp.MD5: _digest("md5"),
    exp.Pow: _power,
    exp.Sqrt: _root,
    exp.Trunc: _truncated,
    exp.HexString: lambda rewriter, node: Value(call("decode", text(str(node.this)), text("hex")), Kind.BINARY),
    exp.Uuid: _uuid,
    "OCTET_LENGTH": LENGTH,
    exp.ByteLength: LENGTH,
    "INET_NTOA": _inet_ntoa,
    "INET_ATON": _inet_aton,
    "FIND_IN_SET": _find_in_set,
    "REVERSE": named("reverse", Kind.TEXT, "text"),
    "REPEAT": named("repeat", Kind.TEXT, "text", "number"),
    exp.Repeat: named("repeat", Kind.TEXT, "text", "number"),
    exp.Reverse: named("reverse", Kind.TEXT, "text"),
    exp.Sign: _sign,
    exp.Ascii: named("ascii", Kind.INTEGER, "text"),
    "SPACE": text_functions.space,
}
