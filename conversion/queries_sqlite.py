"""Queries of SQLite rewritten for PostgreSQL: WITH, set operations, and SELECT."""

from __future__ import annotations

from sqlglot import exp

from conversion.grouping_sqlite import refuse_incomparable
from conversion.names import shorten
from conversion.scopes import Scope, quoted, shape_of
from conversion.select_sqlite import SelectRewriter
from conversion.shapes import Shapes, Untranslatable
from conversion.typed import Typed, unified


class QueryRewriter:
    """Rewrites queries over known tables; notes collects what a reader should know."""

    def __init__(self, shapes: Shapes) -> None:
        self.shapes = shapes
        self.notes: list[str] = []

    def rewrite(self, node: exp.Query, parent: Scope | None = None) -> tuple[exp.Query, list[tuple[str, Typed]]]:
        """The query on PostgreSQL and its output columns; Untranslatable with the reason."""
        if isinstance(node, exp.Subquery):
            return self.rewrite(node.this, parent)
        if isinstance(node, exp.SetOperation):
            return self._set_operation(node, parent)
        if isinstance(node, exp.Select):
            return SelectRewriter(self, node, parent).rewrite()
        raise Untranslatable(f"a query of the form {type(node).__name__}")

    def common_tables(self, node: exp.Query, scope: Scope) -> exp.With | None:
        """WITH: each query becomes a source for those after it."""
        clause = node.args.get("with_") or node.args.get("with")
        if clause is None:
            return None
        if clause.args.get("recursive"):
            raise Untranslatable("WITH RECURSIVE")
        tables = []
        for table in clause.expressions:
            query, outputs = self.rewrite(table.this, scope)
            names = [item.name for item in table.args["alias"].columns] or [name for name, _ in outputs]
            scope.views[table.alias.lower()] = shape_of(table.alias, names, [value for _, value in outputs])
            columns = [quoted(shorten(name)) for name in names]
            alias = exp.TableAlias(this=quoted(shorten(table.alias)), columns=columns)
            tables.append(exp.CTE(this=query, alias=alias))
        return exp.With(expressions=tables)

    def _set_operation(self, node: exp.SetOperation, parent: Scope | None) -> tuple[exp.Query, list[tuple[str, Typed]]]:
        if any(node.args.get(part) for part in ("order", "limit", "offset")):
            raise Untranslatable("ORDER BY or LIMIT on a compound query")
        scope = Scope(self.shapes, parent)
        clause = self.common_tables(node, scope)
        left, left_outputs = self.rewrite(node.this, scope)
        right, right_outputs = self.rewrite(node.expression, scope)
        if len(left_outputs) != len(right_outputs):
            raise Untranslatable("the parts of a compound query have different numbers of columns")
        outputs = []
        for (name, one), (_, other) in zip(left_outputs, right_outputs, strict=True):
            if one.kind != other.kind and None not in (one.kind, other.kind):
                raise Untranslatable("the parts of a compound query have columns of different kinds")
            _, kind = unified([one, other])
            outputs.append((name, Typed(one.node, kind, one.route if one.route == other.route else "")))
        if node.args.get("distinct") or not isinstance(node, exp.Union):
            refuse_incomparable([value for _, value in outputs], "UNION")
        result = type(node)(this=left, expression=right, distinct=bool(node.args.get("distinct")))
        if clause is not None:
            result.set("with_", clause)
        return result, outputs
