"""Queries of PostgreSQL written for MySQL: WITH, set operations, VALUES refused, and SELECT."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlglot import exp

from conversion.scopes import Scope
from conversion.shapes import ColumnShape, Shapes, TableShape, Untranslatable
from conversion.to_mysql.flavour import Flavour
from conversion.to_mysql.sql.handlers import HANDLERS
from conversion.to_mysql.sql.select import SelectWriter
from conversion.to_mysql.sql.translator import Translator
from conversion.to_mysql.sql.values import Value, unified
from engines.catalog import Kind
from engines.mysql.quoting import quote_identifier

Outputs = list[tuple[str, Value]]
SET_WORDS: dict[type[exp.Expr], str] = {exp.Union: "UNION", exp.Intersect: "INTERSECT", exp.Except: "EXCEPT"}


@dataclass
class QueryWriter:
    """Writes queries over known tables; notes collects what a reader should know."""

    shapes: Shapes
    flavour: Flavour
    notes: list[str] = field(default_factory=list)

    def write(self, node: exp.Expr, parent: Scope | None = None) -> tuple[str, Outputs]:
        """The query on MySQL and its output columns; Untranslatable with the reason."""
        if isinstance(node, exp.Subquery):
            return self.write(node.this, parent)
        if isinstance(node, exp.SetOperation):
            return self._set_operation(node, parent)
        if isinstance(node, exp.Select):
            return SelectWriter(self, node, parent).write()
        raise Untranslatable(f"a query of the form {type(node).__name__}")

    def translator(self, scope: Scope) -> Translator:
        """Expressions of a query whose sources the scope knows."""

        def subquery(node: exp.Expr) -> tuple[str, list[Value]]:
            sql, outputs = self.write(node, scope)
            return sql, [value for _, value in outputs]

        def column(node: exp.Column) -> Value:
            return column_value(scope, node)

        return Translator(self.flavour, column, subquery, HANDLERS, self.notes)

    def common_tables(self, node: exp.Expr, scope: Scope) -> str:
        """WITH and a space after it; each query becomes a source for those after it."""
        clause = node.args.get("with_")
        if clause is None:
            return ""
        if clause.args.get("recursive"):
            raise Untranslatable("WITH RECURSIVE, whose columns MySQL cuts to the width of the first part's")
        if not self.flavour.has("common table expressions"):
            raise Untranslatable("WITH, which this version hasn't")
        parts = []
        for table in clause.expressions:
            sql, outputs = self.write(table.this, scope)
            names = [item.name for item in table.args["alias"].columns] or [name for name, _ in outputs]
            scope.views[table.alias.lower()] = shape_of(table.alias, names, [value for _, value in outputs])
            columns = ", ".join(quote_identifier(name) for name in names)
            parts.append(f"{quote_identifier(table.alias)} ({columns}) AS ({sql})")
        return f"WITH {', '.join(parts)} "

    def _set_operation(self, node: exp.SetOperation, parent: Scope | None) -> tuple[str, Outputs]:
        if any(node.args.get(part) for part in ("order", "limit", "offset")):
            raise Untranslatable("ORDER BY or LIMIT on a compound query")
        word = SET_WORDS[type(node)]
        distinct = bool(node.args.get("distinct"))
        if word != "UNION" and not self.flavour.has("intersect and except"):
            raise Untranslatable(f"{word}, which this version hasn't")
        if word != "UNION" and not distinct and not self.flavour.has("except all"):
            raise Untranslatable(f"{word} ALL, which this version hasn't")
        scope = Scope(self.shapes, parent)
        clause = self.common_tables(node, scope)
        left, left_outputs = self.write(node.this, scope)
        right, right_outputs = self.write(node.expression, scope)
        if len(left_outputs) != len(right_outputs):
            raise Untranslatable("the parts of a compound query have different numbers of columns")
        outputs = []
        for (name, one), (_, other) in zip(left_outputs, right_outputs, strict=True):
            collation = one.collation or other.collation
            kind = unified([one, other])
            outputs.append((name, Value("", kind, collation=collation, zoned=one.zoned, immutable=False)))
        joined = f" {word}{'' if distinct else ' ALL'} "
        return f"{clause}{_part(node.this, left)}{joined}{_part(node.expression, right)}", outputs


def _part(node: exp.Expr, sql: str) -> str:
    """A part of a compound query; one that is compound or ordered itself needs parentheses."""
    inner = node.this if isinstance(node, exp.Subquery) else node
    plain = isinstance(inner, exp.Select) and not any(inner.args.get(part) for part in ("order", "limit", "with_"))
    return sql if plain else f"({sql})"


def column_value(scope: Scope, node: exp.Column) -> Value:
    """A column of one of the scope's sources, named with its alias."""
    found = scope.resolve(node)
    if found is None:
        raise Untranslatable(f"column {node.name} isn't on the target")
    alias, shape = found
    return shape_value(shape, f"{quote_identifier(alias)}." if alias else "")


def shape_value(shape: ColumnShape, prefix: str = "") -> Value:
    """A column as a value."""
    sql = prefix + quote_identifier(shape.name)
    return Value(sql, shape.kind, collation=shape.collation, zoned=shape.route == "pg_timestamptz")


def shape_of(name: str, columns: list[str], values: list[Value]) -> TableShape:
    """A query as a source of another: its columns under the names it gives them."""
    shapes = {
        column.lower(): ColumnShape(
            column, value.kind or Kind.TEXT, "pg_timestamptz" if value.zoned else "", value.collation
        )
        for column, value in zip(columns, values, strict=True)
    }
    return TableShape("", name, shapes)
