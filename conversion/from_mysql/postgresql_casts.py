"""MySQL's casts and its parts of JSON as PostgreSQL spells them."""

from __future__ import annotations

from dataclasses import replace

from sqlglot import exp

from conversion.from_mysql.rewriter import Handler, Rewriter
from conversion.from_mysql.value import NUMBERS, TEXTS, Value
from conversion.shapes import Untranslatable
from conversion.typed import call, cast, integer, text
from engines.catalog import Kind

TEXT_TYPES = {exp.DType.CHAR, exp.DType.VARCHAR, exp.DType.NCHAR, exp.DType.NVARCHAR, exp.DType.TEXT}
WHOLE_TYPES = {exp.DType.BIGINT, exp.DType.INT, exp.DType.UBIGINT}


def _cast(rewriter: Rewriter, node: exp.Expr) -> Value:
    wanted = node.args["to"]
    value = rewriter.value(node.this)
    if wanted.this == exp.DType.CHARACTER_SET:
        found = rewriter.words.text(value)
        return replace(found, folds=found.folds and wanted.args["kind"].name.lower() != "binary")
    if wanted.this in TEXT_TYPES:
        found = rewriter.words.text(value)
        size = wanted.expressions[0].name if wanted.expressions else None
        made = call("substr", found.node, integer(1), exp.Literal.number(size)) if size else found.node
        return replace(found, node=made)
    if wanted.this == exp.DType.BINARY and not wanted.expressions and value.kind in TEXTS:
        return replace(rewriter.words.text(value), folds=False)
    if wanted.this in WHOLE_TYPES:
        return _whole(rewriter, value, wanted.this == exp.DType.UBIGINT)
    if wanted.this == exp.DType.DECIMAL:
        return _decimal(rewriter, value, [int(item.name) for item in wanted.expressions])
    if wanted.this in (exp.DType.DOUBLE, exp.DType.FLOAT) and value.kind in NUMBERS:
        return value.become(cast(value.operand, "double precision"), Kind.FLOAT)
    if wanted.this == exp.DType.DATE:
        return _date(rewriter, value)
    if wanted.this in (exp.DType.DATETIME, exp.DType.TIMESTAMP, exp.DType.TIMESTAMPTZ) and value.literal:
        return Value(rewriter.words.moment(value.literal, Value(value.node, Kind.TIMESTAMP)), Kind.TIMESTAMP)
    if wanted.this == exp.DType.JSON and value.kind in (Kind.JSON, Kind.TEXT):
        return value.become(cast(value.operand, "jsonb"), Kind.JSON)
    raise Untranslatable(f"CAST to {wanted.sql(dialect='mysql')} of a {value.kind.value if value.kind else 'NULL'}")


def _whole(rewriter: Rewriter, value: Value, unsigned: bool) -> Value:
    found = rewriter.words.number(value)
    if found.kind is Kind.FLOAT:
        raise Untranslatable("CAST of a floating point number to an integer")
    if unsigned:
        rewriter.note("CAST AS UNSIGNED turns a negative number around in MySQL; here it stays negative")
    return found.become(cast(found.operand, "bigint"), Kind.INTEGER, 0)


def _decimal(rewriter: Rewriter, value: Value, arguments: list[int]) -> Value:
    found = rewriter.words.number(value)
    precision, scale = (*arguments, 0)[:2] if arguments else (10, 0)
    return found.become(cast(found.operand, f"numeric({precision},{scale})"), Kind.DECIMAL, scale)


def _date(rewriter: Rewriter, value: Value) -> Value:
    if value.kind is Kind.DATE:
        return value
    if value.kind is Kind.TIMESTAMP:
        return Value(cast(value.operand, "date"), Kind.DATE, immutable=value.immutable and not value.zoned)
    if value.literal is not None:
        return Value(rewriter.words.moment(value.literal[:10], Value(value.node, Kind.DATE)), Kind.DATE)
    raise Untranslatable("a date out of a text")


def _json(scalar: bool) -> Handler:
    def handler(rewriter: Rewriter, node: exp.Expr) -> Value:
        value, keys = rewriter.value(node.this), _json_keys(node)
        if value.kind is not Kind.JSON:
            raise Untranslatable("a part of a text that isn't declared JSON")
        name = "jsonb_extract_path_text" if scalar else "jsonb_extract_path"
        made = call(name, value.node, *[text(key) for key in keys])
        return value.become(made, Kind.TEXT if scalar else Kind.JSON)

    return handler


def _json_keys(node: exp.Expr) -> list[str]:
    path = node.expression
    if not isinstance(path, exp.JSONPath):
        raise Untranslatable("a JSON path that isn't a literal")
    keys = []
    for part in path.expressions[1:]:
        if isinstance(part, (exp.JSONPathKey, exp.JSONPathSubscript)) and isinstance(part.this, (str, int)):
            keys.append(str(part.this))
        else:
            raise Untranslatable("a JSON path of more than keys and places")
    return keys


def _json_unquote(rewriter: Rewriter, node: exp.Expr) -> Value:
    inner = node.expressions[0]
    if isinstance(inner, exp.JSONExtract):
        return _json(scalar=True)(rewriter, inner)
    raise Untranslatable("JSON_UNQUOTE of something else than a part of a JSON column")


CASTS: dict[str | type[exp.Expr], Handler] = {
    exp.Cast: _cast,
    exp.TryCast: _cast,
    exp.JSONExtract: _json(scalar=False),
    exp.JSONExtractScalar: _json(scalar=True),
    "JSON_UNQUOTE": _json_unquote,
}
