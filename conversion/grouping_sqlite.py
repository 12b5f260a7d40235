"""Grouped queries: what PostgreSQL refuses and SQLite answers with any row's value is found before."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from conversion.scopes import Scope
from conversion.shapes import TableShape, Untranslatable
from conversion.typed import Typed
from engines.catalog import Kind

AGGREGATES = (exp.AggFunc, exp.GroupConcat, exp.Filter)


def check_grouping(scope: Scope, items: Sequence[exp.Expr], groups: list[exp.Expr] | None) -> None:
    """Untranslatable when a column is neither grouped, nor aggregated, nor of a table whose key is grouped."""
    if groups is None and not any(_aggregates(item) for item in items):
        return
    allowed = {_named(scope, group) for group in groups or []}
    keys = {alias for alias, shape in scope.sources if shape.key and _covers(alias, shape, allowed)}
    for item in items:
        for column in _bare_columns(item, groups or []):
            found = scope.resolve(column)
            if found and found[0] not in keys and _named(scope, column) not in allowed:
                raise Untranslatable(f"column {column.name} is neither grouped nor aggregated; SQLite takes any row's")


def refuse_incomparable(values: Sequence[Typed], clause: str) -> None:
    """Untranslatable for values that only one of the engines can tell apart, or that it tells apart otherwise."""
    if any(value.kind in (Kind.DYNAMIC, Kind.JSON) or value.collation for value in values):
        raise Untranslatable(f"{clause} over values that the two engines tell apart differently")


def _covers(alias: str, shape: TableShape, allowed: set[str]) -> bool:
    return all(f"{alias}.{name}" in allowed for name in shape.key)


def _named(scope: Scope, node: exp.Expr) -> str:
    found = scope.resolve(node) if isinstance(node, exp.Column) else None
    return f"{found[0]}.{found[1].name}" if found else node.sql(dialect="sqlite").lower()


def _is_aggregate(node: exp.Expr) -> bool:
    return isinstance(node, AGGREGATES) or (isinstance(node, exp.Anonymous) and str(node.this).upper() == "TOTAL")


def _aggregates(node: exp.Expr) -> bool:
    if isinstance(node, (exp.Window, exp.Subquery)):
        return False
    if _is_aggregate(node):
        return True
    return any(_aggregates(child) for child in node.iter_expressions())


def _bare_columns(node: exp.Expr, groups: list[exp.Expr]) -> list[exp.Column]:
    """Columns outside of aggregates and grouped expressions."""
    if node in groups or _is_aggregate(node) or isinstance(node, (exp.Subquery, exp.Exists)):
        return []
    if isinstance(node, exp.Column):
        return [node]
    return [column for child in node.iter_expressions() for column in _bare_columns(child, groups)]
