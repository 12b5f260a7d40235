"""PostgreSQL expressions and queries as SQLite text: only what is known to give the same value goes over."""

from __future__ import annotations

import re
from functools import lru_cache

import sqlglot
from sqlglot import exp
from sqlglot.errors import ErrorLevel, SqlglotError

from conversion.shapes import ColumnShape, Shapes, TableShape, Untranslatable
from engines.catalog import Kind

# Kinds whose values compare, sort and group in SQLite as they do in PostgreSQL under the C collation.
COMPARABLE = {
    Kind.INTEGER,
    Kind.FLOAT,
    Kind.TEXT,
    Kind.BOOLEAN,
    Kind.UUID,
    Kind.DATE,
    Kind.BINARY,
    Kind.ENUM,
    Kind.TIMESTAMP,
}
LOGIC = (
    exp.And,
    exp.Or,
    exp.Not,
    exp.Paren,
    exp.EQ,
    exp.NEQ,
    exp.LT,
    exp.LTE,
    exp.GT,
    exp.GTE,
    exp.Is,
    exp.In,
    exp.Null,
)
VALUES = (exp.Literal, exp.Column, exp.Identifier, exp.Case, exp.If, exp.Coalesce, exp.Nullif, exp.Between, exp.Boolean)
NUMERIC = (exp.Add, exp.Sub, exp.Mul, exp.Mod, exp.Neg, exp.Abs, exp.Div)
TEXTUAL = (exp.DPipe, exp.Length, exp.Lower, exp.Upper, exp.Glob, exp.Like, exp.Collate)
COUNTING = (exp.Count, exp.Min, exp.Max, exp.Sum, exp.Avg, exp.Distinct, exp.Star)
QUERY = (
    exp.Select, exp.From, exp.Join, exp.Where, exp.Group, exp.Having, exp.Order, exp.Ordered, exp.Limit, exp.Offset,
    exp.Alias, exp.Table, exp.TableAlias, exp.Subquery, exp.Exists, exp.Union,
)  # fmt: skip
SCALAR_NODES = (*LOGIC, *VALUES, *NUMERIC, *TEXTUAL)
QUERY_NODES = (*SCALAR_NODES, *COUNTING, *QUERY)
FULL_TIMESTAMP = re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d*[1-9])?$")
HARMLESS_PARENTS = (exp.Alias, exp.Select, exp.Is, exp.Count)
IGNORED_CASTS = {"TEXT", "VARCHAR", "CHAR", "BPCHAR", "INT", "BIGINT", "SMALLINT", "DOUBLE", "DOUBLE PRECISION", "NAME"}


def scalar(sql: str, shape: TableShape) -> str:
    """An expression over one table (CHECK, index, generated column); Untranslatable with the reason."""
    node = _parsed(f"SELECT {sql}")
    if not isinstance(node, exp.Select) or len(node.expressions) != 1:
        raise Untranslatable("the expression can't be read")
    sources = [("", shape)]
    return _written(_checked(_rewritten(node.expressions[0]), SCALAR_NODES, sources))


@lru_cache(maxsize=10_000)
def constant(sql: str, kind: Kind, as_text: bool, with_zone: bool = False) -> str:
    """A DEFAULT of literals and the clock for a column of that kind; as_text: its values became text."""
    node = _parsed(f"SELECT {sql}")
    found = node.expressions[0].unnest() if isinstance(node, exp.Select) and node.expressions else None
    if isinstance(found, exp.Cast) and isinstance(found.this, (exp.Literal, exp.Null)):
        found = found.this
    if isinstance(found, exp.Neg) and isinstance(found.this, exp.Literal):
        found = exp.Literal(this="-" + found.this.name, is_string=False)
    if isinstance(found, exp.Literal) and kind is not Kind.ARRAY:
        return _written(_literal(found.name, kind, as_text, with_zone))
    if isinstance(found, exp.Null):
        return "NULL"
    if isinstance(found, exp.Boolean):
        return str(int(bool(found.this)))
    if isinstance(found, exp.CurrentTimestamp) and kind is Kind.TIMESTAMP:
        return f"(strftime('%Y-%m-%d %H:%M:%f{'+00:00' if with_zone else ''}', 'now'))"
    if isinstance(found, exp.CurrentDate) and kind is Kind.DATE:
        return "CURRENT_DATE"
    raise Untranslatable("the default isn't a constant")


def _literal(value: str, kind: Kind, as_text: bool, with_zone: bool) -> exp.Expr:
    if kind is Kind.BOOLEAN:
        return exp.Literal.number(int(value.lower() in ("t", "true", "1", "yes", "on")))
    if kind is Kind.BINARY:
        if not value.startswith("\\x"):
            raise Untranslatable("the default isn't written in hexadecimal")
        return exp.HexString(this=value[2:])
    if kind in (Kind.INTEGER, Kind.FLOAT, Kind.DECIMAL) and not as_text:
        return exp.Literal.number(value)
    if with_zone and value.endswith("+00"):
        value += ":00"
    return exp.Literal.string(value)


def query(sql: str, shapes: Shapes) -> str:
    """A view's query; tables are named without schema, as SQLite has none."""
    node = _rewritten(_parsed(sql))
    sources: list[tuple[str, TableShape]] = []
    for table in node.find_all(exp.Table):
        shape = shapes.find(table.name, table.db)
        if shape is None:
            raise Untranslatable(f"it reads {table.sql(dialect='postgres')}, which isn't on the target")
        sources.append((table.alias_or_name, shape))
        if not table.alias and table.name != shape.name:  # columns go on naming it as they do
            table.set("alias", exp.TableAlias(this=exp.to_identifier(table.name, quoted=True)))
        table.set("db", None)
        table.set("this", exp.to_identifier(shape.name, quoted=True))
    return _written(_checked(node, QUERY_NODES, sources))


def _rewritten(node: exp.Expr) -> exp.Expr:
    for name, value in list(node.args.items()):
        if isinstance(value, exp.Expr):
            node.set(name, _rewritten(value))
        elif isinstance(value, list):
            node.set(name, [_rewritten(item) if isinstance(item, exp.Expr) else item for item in value])
    return _step(node)


def _step(node: exp.Expr) -> exp.Expr:
    if isinstance(node, exp.Cast):
        return _uncast(node)
    if isinstance(node, exp.Boolean):
        return exp.Literal.number(int(bool(node.this)))
    if isinstance(node, exp.EQ) and isinstance(node.expression, exp.Any):
        inner = node.expression.this.unnest()
        if isinstance(inner, exp.Array):
            return exp.In(this=node.this, expressions=inner.expressions)
    if isinstance(node, exp.Like) and not isinstance(node, exp.ILike):
        found = exp.Glob(this=node.this, expression=exp.Literal.string(_glob(node.expression)))
        return exp.Not(this=found) if node.args.get("negate") else found
    if isinstance(node, exp.ILike):
        return exp.Like(this=node.this, expression=node.expression, negate=node.args.get("negate"))
    if isinstance(node, exp.Collate) and node.expression.name == "C":
        inside: exp.Expr = node.this
        return inside
    return node


def _uncast(node: exp.Cast) -> exp.Expr:
    inner: exp.Expr = node.this
    wanted = node.args["to"].sql(dialect="postgres").upper().split("(")[0].strip()
    if wanted.startswith(("TEXT[", "VARCHAR[")):
        return inner
    numbers = {"DECIMAL", "NUMERIC", "REAL"}
    if isinstance(inner, exp.Literal) and wanted == "TIMESTAMP" and FULL_TIMESTAMP.match(inner.name):
        return inner
    if isinstance(inner, exp.Literal):
        return inner if wanted in IGNORED_CASTS | numbers | {"DATE"} else node
    return inner if wanted in ("TEXT", "VARCHAR", "BPCHAR", "CHAR", "BIGINT", "INT") else node


def _glob(pattern: exp.Expr) -> str:
    if not isinstance(pattern, exp.Literal) or "\\" in pattern.name:
        raise Untranslatable("LIKE with a pattern that isn't a plain literal")
    special = {"%": "*", "_": "?", "*": "[*]", "?": "[?]", "[": "[[]"}
    return "".join(special.get(character, character) for character in pattern.name)


def _checked(node: exp.Expr, allowed: tuple[type[exp.Expr], ...], sources: list[tuple[str, TableShape]]) -> exp.Expr:
    for part in node.walk():
        if not isinstance(part, allowed):
            shown = part.sql(dialect="postgres")
            raise Untranslatable(f"{shown[:80]} has no counterpart that is known to give the same value")
        if isinstance(part, exp.Column):
            _check_column(part, sources)
        if isinstance(part, exp.Ordered) and isinstance(part.this, exp.Literal):
            raise Untranslatable("ORDER BY a position")
        if isinstance(part, (exp.Lower, exp.Upper)):
            raise Untranslatable("lower() and upper() fold only ASCII in SQLite")
        if isinstance(part, exp.Avg):
            raise Untranslatable("avg() is exact in PostgreSQL and a double in SQLite")
    return node


def _check_column(node: exp.Column, sources: list[tuple[str, TableShape]]) -> None:
    if isinstance(node.this, exp.Star):
        return
    found: ColumnShape | None = None
    for alias, shape in sources:
        if node.table in ("", alias) and found is None:
            found = shape.find(node.name)
    if found is None:
        return
    node.set("this", exp.to_identifier(found.name, quoted=True))
    if found.kind not in COMPARABLE and not isinstance(node.parent, HARMLESS_PARENTS) and node.parent is not None:
        raise Untranslatable(f"{node.name} became text in SQLite, which compares and computes otherwise")


def _written(node: exp.Expr) -> str:
    try:
        sql = node.sql(dialect="sqlite", identify=True, comments=False, unsupported_level=ErrorLevel.RAISE)
        sqlglot.parse_one(sql, read="sqlite")
    except SqlglotError as error:
        raise Untranslatable(f"SQLite has no form for it ({str(error).splitlines()[0]})") from error
    return sql


def _parsed(sql: str) -> exp.Expr:
    try:
        found = sqlglot.parse_one(sql, read="postgres")
    except SqlglotError as error:
        raise Untranslatable("the parser can't read it") from error
    if isinstance(found, exp.Command):
        raise Untranslatable("the parser can't read it")
    return found
