"""Queries of MySQL rewritten for the target: WITH, UNION, and SELECT."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sqlglot import exp

from conversion.from_mysql.queries_around import Outputs
from conversion.from_mysql.rewriter import Handler
from conversion.from_mysql.select import GROUPED_TEXT, SelectRewriter
from conversion.from_mysql.value import TEXTS, shape_of, unified
from conversion.from_mysql.words import Words
from conversion.names import shorten
from conversion.scopes import Scope, quoted
from conversion.shapes import Shapes, Untranslatable
from engines.catalog import Kind


class QueryRewriter:
    """Rewrites queries over known tables; notes collects what a reader should know."""

    def __init__(self, shapes: Shapes, words: Words, handlers: Mapping[str | type[exp.Expr], Handler]) -> None:
        self.shapes = shapes
        self.words = words
        self.handlers = handlers
        self.notes: list[str] = []

    def rewrite(self, node: exp.Expr, parent: Scope | None = None) -> tuple[exp.Query, Outputs]:
        """The query on the target and its output columns; Untranslatable with the reason."""
        if isinstance(node, exp.Subquery):
            return self.rewrite(node.this, parent)
        if isinstance(node, exp.Union):
            return self._union(node, parent)
        if isinstance(node, exp.Select):
            return SelectRewriter(self, node, parent).rewrite()
        raise Untranslatable(f"a query of the form {type(node).__name__}")

    def common_tables(self, node: exp.Query, scope: Scope) -> exp.With | None:
        """WITH: each query becomes a source for those after it."""
        clause = node.args.get("with_")
        if clause is None:
            return None
        if clause.args.get("recursive"):
            raise Untranslatable("WITH RECURSIVE")
        tables = []
        for table in clause.expressions:
            query, outputs = self.rewrite(table.this, scope)
            names = [item.name for item in table.args["alias"].columns] or [name for name, _ in outputs]
            scope.views[table.alias.lower()] = shape_of(table.alias, names, [value for _, value in outputs])
            alias = exp.TableAlias(this=quoted(shorten(table.alias)), columns=[quoted(shorten(n)) for n in names])
            tables.append(exp.CTE(this=query, alias=alias))
        return exp.With(expressions=tables)

    def _union(self, node: exp.Union, parent: Scope | None) -> tuple[exp.Query, Outputs]:
        scope = Scope(self.shapes, parent)
        clause = self.common_tables(node, scope)
        left, left_outputs = self.rewrite(node.this, scope)
        right, right_outputs = self.rewrite(node.expression, scope)
        if len(left_outputs) != len(right_outputs):
            raise Untranslatable("the parts of a UNION have different numbers of columns")
        outputs: Outputs = []
        for (name, one), (_, other) in zip(left_outputs, right_outputs, strict=True):
            if {one.kind, other.kind} > {Kind.BOOLEAN} and None not in (one.kind, other.kind):
                raise Untranslatable(f"column {name} of a UNION is true or false in one part and a number in another")
            outputs.append((name, replace(unified([one, other]), node=one.node)))
        if node.args.get("distinct") and any(value.folds and value.kind in TEXTS for _, value in outputs):
            self.notes.append(GROUPED_TEXT)
        made = exp.Union(this=left, expression=right, distinct=bool(node.args.get("distinct")))
        if clause is not None:
            made.set("with_", clause)
        if node.args.get("order") or node.args.get("limit"):
            raise Untranslatable("ORDER BY or LIMIT on a UNION")
        return made, outputs
