"""Conditional, numeric and JSON functions of PostgreSQL on MySQL."""

from __future__ import annotations

import json
import re
from dataclasses import replace

from sqlglot import exp

from conversion.shapes import NUMBERS, Untranslatable
from conversion.to_mysql.sql.comparisons import compare
from conversion.to_mysql.sql.translator import Handler, Translator
from conversion.to_mysql.sql.values import Value, call, made, unified
from engines.catalog import Kind
from engines.mysql.quoting import quote_literal


def _coalesce(translator: Translator, node: exp.Expr) -> Value:
    values = [translator.value(item) for item in (node.this, *node.expressions)]
    found = call("COALESCE", unified(values), *values)
    return replace(found, nullable=all(value.nullable for value in values), zoned=any(value.zoned for value in values))


def _nullif(translator: Translator, node: exp.Expr) -> Value:
    one, other = translator.value(node.this), translator.value(node.expression)
    equal = compare(translator, exp.EQ, one, other)
    if equal.sql != f"{one.grouped} = {other.grouped}":
        sql = f"CASE WHEN {equal.sql} THEN NULL ELSE {one.sql} END"
        return replace(made(sql, one.kind, one, other), nullable=True)
    return replace(call("NULLIF", one.kind, one, other), nullable=True, zoned=one.zoned)


def _extreme(name: str) -> Handler:
    """PostgreSQL's greatest() and least() leave NULLs out, MySQL's give NULL then."""

    def handler(translator: Translator, node: exp.Expr) -> Value:
        values = [translator.value(item) for item in (node.this, *node.expressions)]
        kind = unified(values)
        if kind not in (*NUMBERS, Kind.DATE, Kind.TIMESTAMP):
            raise Untranslatable(f"{name.lower()}() of values that are no numbers or dates")
        found = values[0]
        for value in values[1:]:
            pair = made(f"{name}({found.sql}, {value.sql})", kind, found, value, atomic=True)
            if pair.nullable:
                pair = call("COALESCE", kind, pair, found, value)
            found = replace(pair, nullable=found.nullable and value.nullable)
        return found

    return handler


def _case(translator: Translator, node: exp.Expr) -> Value:
    subject = translator.value(node.this) if node.this is not None else None
    branches: list[str] = []
    results: list[Value] = []
    tests: list[Value] = []
    for branch in node.args["ifs"]:
        if subject is None:
            test = translator.condition(branch.this)
        else:
            test = compare(translator, exp.EQ, subject, translator.value(branch.this))
        results.append(translator.value(branch.args["true"]))
        tests.append(test)
        branches.append(f"WHEN {test.sql} THEN {results[-1].sql}")
    default = node.args.get("default")
    if default is not None:
        results.append(translator.value(default))
        branches.append(f"ELSE {results[-1].sql}")
    found = made(f"CASE {' '.join(branches)} END", unified(results), *results)
    lengths = [value.length for value in results if value.kind is not None]
    return replace(
        found,
        immutable=all(value.immutable for value in (*results, *tests)),
        nullable=default is None or any(value.nullable for value in results),
        zoned=any(value.zoned for value in results),
        length=max(length for length in lengths if length is not None) if lengths and None not in lengths else None,
    )


def _numeric(name: str, kind: Kind | None = None, floats: bool = True) -> Handler:
    """A function of one number; kind: what it gives, where that isn't its argument's."""

    def handler(translator: Translator, node: exp.Expr) -> Value:
        value = translator.value(node.this)
        if value.kind not in NUMBERS or (value.kind is Kind.FLOAT and not floats):
            raise Untranslatable(f"{name.lower()}() of a {value.kind.value if value.kind else 'NULL'} value")
        return call(name, kind or value.kind, value)

    return handler


def _rounded(name: str) -> Handler:
    """round() and trunc(): PostgreSQL rounds doubles half to even, MySQL half away from zero."""

    def handler(translator: Translator, node: exp.Expr) -> Value:
        value, digits = translator.value(node.this), node.args.get("decimals")
        if value.kind not in (Kind.INTEGER, Kind.DECIMAL):
            raise Untranslatable(f"{name.lower()}() of a {value.kind.value if value.kind else 'NULL'} value")
        places = translator.value(digits) if digits is not None else Value("0", Kind.INTEGER, literal="0")
        if places.literal is None:
            raise Untranslatable(f"{name.lower()}() to a number of digits that isn't a literal")
        return call(name, Kind.DECIMAL, value, places)

    return handler


def _power(translator: Translator, node: exp.Expr) -> Value:
    one, other = translator.value(node.this), translator.value(node.expression)
    if {one.kind, other.kind} != {Kind.FLOAT}:
        raise Untranslatable("a power of exact numbers, which PostgreSQL computes exactly and MySQL as double")
    return call("POW", Kind.FLOAT, one, other)


def _decoded(translator: Translator, node: exp.Expr) -> Value:
    """decode('00ff', 'hex') of literals."""
    parts = [translator.value(item).literal for item in (node.this, node.args.get("charset")) if item is not None]
    if len(parts) != 2 or parts[1] != "hex" or not re.fullmatch(r"(?:[0-9a-fA-F]{2})*", parts[0] or "-"):
        raise Untranslatable("decode() of what is no hexadecimal literal")
    return Value(f"X'{parts[0]}'", Kind.BINARY, literal=f"\\x{parts[0]}", nullable=False)


def _random(translator: Translator, node: exp.Expr) -> Value:
    return Value("RAND()", Kind.FLOAT, immutable=False, nullable=False)


def _uuid(translator: Translator, node: exp.Expr) -> Value:
    if translator.flavour.has("random uuid"):
        return Value("UUID_v4()", Kind.UUID, immutable=False, nullable=False)
    translator.note("the server's uuid() is made of the clock and its network address, not of random bits")
    return Value("UUID()", Kind.UUID, immutable=False, nullable=False)


def _json_text(translator: Translator, node: exp.Expr) -> Value:
    """x ->> 'key': the text of a scalar; JSON's null is NULL in PostgreSQL."""
    value, path = translator.value(node.this), _path(node.expression)
    if value.kind is not Kind.JSON:
        raise Untranslatable("->> of a value that isn't JSON")
    found = f"JSON_EXTRACT({value.sql}, {quote_literal('$' + path)})"
    translator.note("the text of an object or array inside JSON may have other spaces than in PostgreSQL")
    sql = f"CASE WHEN JSON_TYPE({found}) <> 'NULL' THEN JSON_UNQUOTE({found}) END"
    return replace(made(sql, Kind.TEXT, value), collation="utf8mb4_bin", nullable=True)


def _json_value(translator: Translator, node: exp.Expr) -> Value:
    value, path = translator.value(node.this), _path(node.expression)
    if value.kind is not Kind.JSON:
        raise Untranslatable("-> of a value that isn't JSON")
    return replace(call("JSON_EXTRACT", Kind.JSON, value, Value(quote_literal("$" + path), Kind.TEXT)), nullable=True)


def _path(node: exp.Expr) -> str:
    """A key or place as a piece of a JSON path."""
    inner = node.this if isinstance(node, exp.Cast) else node
    if isinstance(inner, exp.JSONPath):
        parts = [part for part in inner.expressions if not isinstance(part, exp.JSONPathRoot)]
        if all(isinstance(part, (exp.JSONPathKey, exp.JSONPathSubscript)) for part in parts):
            return "".join(_step(part.this) for part in parts)
    if isinstance(inner, exp.Literal):
        return _step(inner.name if inner.args.get("is_string") else int(inner.name))
    raise Untranslatable("a JSON path that isn't a literal")


def _step(key: object) -> str:
    if isinstance(key, int):
        if key < 0:
            raise Untranslatable("a place counted from the end of a JSON array")
        return f"[{key}]"
    return "." + json.dumps(str(key), ensure_ascii=False)


def _collate(translator: Translator, node: exp.Expr) -> Value:
    """COLLATE "C" is what texts have on the target anyway."""
    if node.expression.name not in ("C", "POSIX", "default", "ucs_basic"):
        raise Untranslatable(f"COLLATE {node.expression.name}")
    return translator.value(node.this)


FUNCTIONS: dict[str | type[exp.Expr], Handler] = {
    exp.Coalesce: _coalesce,
    exp.Nullif: _nullif,
    exp.Greatest: _extreme("GREATEST"),
    exp.Least: _extreme("LEAST"),
    exp.Case: _case,
    exp.Abs: _numeric("ABS"),
    exp.Ceil: _numeric("CEILING"),
    exp.Floor: _numeric("FLOOR"),
    exp.Sqrt: _numeric("SQRT", Kind.FLOAT),
    exp.Exp: _numeric("EXP", Kind.FLOAT),
    exp.Ln: _numeric("LN", Kind.FLOAT),
    exp.Sign: _numeric("SIGN"),
    exp.Round: _rounded("ROUND"),
    exp.Trunc: _rounded("TRUNCATE"),
    exp.Pow: _power,
    exp.Decode: _decoded,
    exp.Rand: _random,
    exp.Uuid: _uuid,
    "UUID_GENERATE_V4": _uuid,
    "UUID_GENERATE_V1": lambda translator, node: Value("UUID()", Kind.UUID, immutable=False, nullable=False),
    exp.JSONExtractScalar: _json_text,
    exp.JSONExtract: _json_value,
    exp.Collate: _collate,
}
