"""Grouped queries: what a group determines, and what other engines want to see in GROUP BY for it.

MySQL accepts a column that isn't grouped where the grouped ones determine it: a key determines its table's columns, and
an equality of an inner join hands that on to the other side. PostgreSQL sees the first only, SQLite asks for neither.
What isn't determined MySQL answers with any row's value (without ONLY_FULL_GROUP_BY): that is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlglot import exp

from conversion.scopes import Scope
from conversion.shapes import Untranslatable

AGGREGATES = (exp.AggFunc, exp.GroupConcat)


def determined(
    scope: Scope, node: exp.Select, items: Sequence[exp.Expr], groups: list[exp.Expr] | None
) -> list[exp.Column]:
    """Columns that are neither grouped nor aggregated but determined by the groups: they may be grouped as well.

    Untranslatable where one isn't determined.
    """
    if groups is None and not any(_aggregates(item) for item in items):
        return []
    given = {_named(scope, group) for group in groups or []}
    known = _closure(scope, node, set(given))
    more: dict[str, exp.Column] = {}
    for item in items:
        for column in _bare_columns(item, groups or []):
            name = _named(scope, column)
            if scope.resolve(column) is None or name in given:
                continue
            if name not in known:
                raise Untranslatable(
                    f"column {column.name} is neither grouped nor aggregated: without ONLY_FULL_GROUP_BY MySQL takes "
                    "any row's"
                )
            more.setdefault(name, column)
    return list(more.values())


def _closure(scope: Scope, node: exp.Select, known: set[str]) -> set[str]:
    """All columns that these determine, by keys and by equalities of inner joins and of WHERE."""
    pairs = list(_equalities(scope, node))
    before = -1
    while len(known) != before:
        before = len(known)
        for one, other in pairs:
            if one in known or other in known:
                known |= {one, other}
        for alias, shape in scope.sources:
            if shape.key and all(f"{alias}.{name}" in known for name in shape.key):
                known |= {f"{alias}.{column.name}" for column in shape.columns.values()}
    return known


def _equalities(scope: Scope, node: exp.Select) -> Iterator[tuple[str, str]]:
    conditions: list[exp.Expr] = []
    if node.args.get("where") is not None:
        conditions.append(node.args["where"].this)
    clause = node.args.get("from_")
    joins = [*(clause.find_all(exp.Join) if clause is not None else []), *(node.args.get("joins") or [])]
    if any(join.args.get("side") for join in joins):
        joins = []
    conditions += [join.args["on"] for join in joins if join.args.get("on") is not None]
    for condition in conditions:
        for part in _anded(condition):
            if (
                isinstance(part, exp.EQ)
                and isinstance(part.this, exp.Column)
                and isinstance(part.expression, exp.Column)
            ):
                yield _named(scope, part.this), _named(scope, part.expression)


def _anded(node: exp.Expr) -> Iterator[exp.Expr]:
    node = node.unnest()
    if isinstance(node, exp.And):
        yield from _anded(node.this)
        yield from _anded(node.expression)
    else:
        yield node


def _named(scope: Scope, node: exp.Expr) -> str:
    found = scope.resolve(node) if isinstance(node, exp.Column) else None
    return f"{found[0]}.{found[1].name}" if found else node.sql(dialect="mysql").lower()


def _aggregates(node: exp.Expr) -> bool:
    if isinstance(node, (exp.Window, exp.Subquery, exp.Exists)):
        return False
    return isinstance(node, AGGREGATES) or any(_aggregates(child) for child in node.iter_expressions())


def _bare_columns(node: exp.Expr, groups: list[exp.Expr]) -> list[exp.Column]:
    """Columns outside of aggregates and grouped expressions."""
    if node in groups or isinstance(node, (*AGGREGATES, exp.Subquery, exp.Exists)):
        return []
    if isinstance(node, exp.Column):
        return [node]
    return [column for child in node.iter_expressions() for column in _bare_columns(child, groups)]
