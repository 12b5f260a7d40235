"""Aggregates and window functions of PostgreSQL on MySQL."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from sqlglot import exp

from conversion.shapes import NUMBERS, Untranslatable
from conversion.to_mysql.sql.texts import as_text
from conversion.to_mysql.sql.translator import Handler, Translator
from conversion.to_mysql.sql.values import OPAQUE, Value, made
from engines.catalog import Kind
from engines.mysql.quoting import quote_literal

AVERAGE = "avg() keeps 16 digits behind the point here, PostgreSQL about 16 significant ones"
LONGEST = "string_agg() became GROUP_CONCAT(), which cuts at group_concat_max_len (MySQL: 1,024 bytes unless set)"
WIDE = "DECIMAL(65,16)"
Filtered = Callable[[str], str]


def _plain(sql: str) -> str:
    return sql


def _aggregate(translator: Translator, node: exp.Expr, only: Filtered = _plain) -> Value:
    """only: puts a FILTER around the argument; aggregates leave NULLs out."""
    if isinstance(node, exp.Count):
        return _count(translator, node, only)
    if isinstance(node, exp.GroupConcat):
        return _joined(translator, node, only)
    if isinstance(node, (exp.LogicalOr, exp.LogicalAnd)):
        value = translator.condition(node.this)
        name = "MAX" if isinstance(node, exp.LogicalOr) else "MIN"
        return _over(f"{name}({only(value.sql)})", Kind.BOOLEAN)
    distinct, inner = _distinct(node.this)
    value = translator.value(inner)
    if isinstance(node, exp.Avg):
        return _average(translator, value, distinct, only)
    if isinstance(node, exp.Sum):
        if value.kind not in NUMBERS:
            raise Untranslatable("sum() of values that aren't numbers")
        kind = Kind.FLOAT if value.kind is Kind.FLOAT else Kind.DECIMAL
        return _over(f"SUM({distinct}{only(value.sql)})", kind)
    if value.kind in OPAQUE | {Kind.ENUM, Kind.UUID, Kind.BOOLEAN}:
        raise Untranslatable(f"min() and max() of {value.kind.value if value.kind else 'NULL'} values")
    name = "MIN" if isinstance(node, exp.Min) else "MAX"
    return replace(_over(f"{name}({only(value.sql)})", value.kind), collation=value.collation, zoned=value.zoned)


def _over(sql: str, kind: Kind | None) -> Value:
    return Value(sql, kind, immutable=False)


def _distinct(node: exp.Expr) -> tuple[str, exp.Expr]:
    if isinstance(node, exp.Distinct):
        if len(node.expressions) != 1:
            raise Untranslatable("DISTINCT over several values")
        return "DISTINCT ", node.expressions[0]
    return "", node


def _count(translator: Translator, node: exp.Expr, only: Filtered) -> Value:
    if isinstance(node.this, exp.Star):
        inner = only("1")
        return replace(_over("COUNT(*)" if inner == "1" else f"COUNT({inner})", Kind.INTEGER), nullable=False)
    distinct, inner_node = _distinct(node.this)
    value = translator.value(inner_node)
    if distinct and value.kind in OPAQUE:
        raise Untranslatable("count(DISTINCT) of values that MySQL keeps as text or JSON")
    return replace(_over(f"COUNT({distinct}{only(value.sql)})", Kind.INTEGER), nullable=False)


def _average(translator: Translator, value: Value, distinct: str, only: Filtered) -> Value:
    if value.kind is Kind.FLOAT:
        return _over(f"AVG({distinct}{only(value.sql)})", Kind.FLOAT)
    if value.kind not in NUMBERS:
        raise Untranslatable("avg() of values that aren't numbers")
    translator.note(AVERAGE)
    return _over(f"ROUND(AVG({distinct}{only(f'CAST({value.sql} AS {WIDE})')}), 16)", Kind.DECIMAL)


def _joined(translator: Translator, node: exp.Expr, only: Filtered) -> Value:
    inner, order = node.this, ""
    if isinstance(inner, exp.Order):
        order = " ORDER BY " + ", ".join(ordered(translator, item) for item in inner.expressions)
        inner = inner.this
    distinct, inner = _distinct(inner)
    value = as_text(translator.value(inner))
    separator = node.args.get("separator")
    literal = translator.value(separator).literal if separator is not None else ","
    if literal is None:
        raise Untranslatable("string_agg() with a separator that isn't a literal")
    if distinct and order:
        order = f" ORDER BY {value.sql}"
    translator.note(LONGEST)
    sql = f"GROUP_CONCAT({distinct}{only(value.sql)}{order} SEPARATOR {quote_literal(literal)})"
    return replace(_over(sql, Kind.TEXT), collation=value.collation)


def ordered(translator: Translator, node: exp.Expr, value: Value | None = None) -> str:
    """A key of ORDER BY with NULLs where PostgreSQL puts them; MySQL has them first, and last when descending."""
    inner = node.this if isinstance(node, exp.Ordered) else node
    value = value or translator.value(inner)
    if value.kind in OPAQUE:
        raise Untranslatable("ORDER BY values that MySQL keeps as text or JSON")
    if value.kind in (Kind.TEXT, Kind.CHAR):
        translator.note("text sorts by code point here, by the database's locale in PostgreSQL")
    descending = bool(node.args.get("desc"))
    first = bool(node.args.get("nulls_first"))
    text = value.sql + (" DESC" if descending else "")
    if not value.nullable or first != descending:
        return text
    return f"{value.grouped} IS NULL{' DESC' if first else ''}, {text}"


def _filter(translator: Translator, node: exp.Expr) -> Value:
    where = translator.condition(node.expression.this)
    if type(node.this) not in AGGREGATE_CLASSES:
        raise Untranslatable("FILTER on a function that isn't a plain aggregate")
    return _aggregate(translator, node.this, lambda sql: f"CASE WHEN {where.sql} THEN {sql} END")


def _window(translator: Translator, node: exp.Expr) -> Value:
    if not translator.flavour.has("window functions"):
        raise Untranslatable("window functions, which this version hasn't")
    if node.args.get("alias") is not None:
        raise Untranslatable("a named window")
    value = translator.value(node.this)
    parts = []
    if node.args.get("partition_by"):
        parts.append("PARTITION BY " + ", ".join(translator.value(item).sql for item in node.args["partition_by"]))
    order = node.args.get("order")
    if order is not None:
        parts.append("ORDER BY " + ", ".join(ordered(translator, item) for item in order.expressions))
    spec = node.args.get("spec")
    if spec is not None:
        text = spec.sql(dialect="postgres")
        if spec.args.get("exclude") or "GROUPS" in text.upper() or "INTERVAL" in text.upper():
            raise Untranslatable(f"the window frame {text}")
        parts.append(text)
    return replace(value, sql=f"{value.sql} OVER ({' '.join(parts)})", immutable=False, literal=None)


def _ranking(name: str) -> Handler:
    def handler(translator: Translator, node: exp.Expr) -> Value:
        return replace(_over(f"{name}()", Kind.INTEGER), nullable=False)

    return handler


def _neighbour(name: str) -> Handler:
    def handler(translator: Translator, node: exp.Expr) -> Value:
        value = translator.value(node.this)
        if node.args.get("default") is not None:
            raise Untranslatable(f"{name.lower()}() with a default, which MariaDB hasn't")
        offset = node.args.get("offset")
        parts = [value.sql, *([translator.value(offset).sql] if offset is not None else [])]
        found = made(f"{name}({', '.join(parts)})", value.kind, value, atomic=True)
        return replace(found, nullable=True, immutable=False, zoned=value.zoned)

    return handler


AGGREGATE_CLASSES = (
    exp.Count, exp.Sum, exp.Avg, exp.Min, exp.Max, exp.GroupConcat, exp.LogicalOr, exp.LogicalAnd,
)  # fmt: skip
AGGREGATES: dict[str | type[exp.Expr], Handler] = {
    **dict.fromkeys(AGGREGATE_CLASSES, _aggregate),
    exp.Filter: _filter,
    exp.Window: _window,
    exp.RowNumber: _ranking("ROW_NUMBER"),
    exp.Rank: _ranking("RANK"),
    exp.DenseRank: _ranking("DENSE_RANK"),
    exp.Lag: _neighbour("LAG"),
    exp.Lead: _neighbour("LEAD"),
    exp.FirstValue: _neighbour("FIRST_VALUE"),
    exp.LastValue: _neighbour("LAST_VALUE"),
}
