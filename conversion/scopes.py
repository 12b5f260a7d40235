"""Which table or view a column of a query belongs to, by SQLite's rules: names without case, aliases, rowid."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlglot import exp

from conversion.names import shorten
from conversion.shapes import ColumnShape, Shapes, TableShape, Untranslatable
from conversion.typed import Typed, text
from engines.catalog import Kind
from engines.sqlite.rowid import ROWIDS


@dataclass
class Scope:
    """The sources of one SELECT and those around it; merged holds the columns of USING and NATURAL."""

    shapes: Shapes
    parent: Scope | None = None
    sources: list[tuple[str, TableShape]] = field(default_factory=list)
    merged: set[str] = field(default_factory=set)
    aliases: dict[str, exp.Expr] = field(default_factory=dict)
    views: dict[str, TableShape] = field(default_factory=dict)  # common table expressions in sight

    def table(self, node: exp.Table) -> TableShape:
        """The table, view or common table expression that FROM names."""
        scope: Scope | None = self
        while scope is not None and not node.db:
            if node.name.lower() in scope.views:
                return scope.views[node.name.lower()]
            scope = scope.parent
        found = self.shapes.find(node.name, node.db)
        if found is None:
            raise Untranslatable(f"it reads {node.name}, which isn't on the target")
        return found

    def resolve(self, node: exp.Column) -> tuple[str, ColumnShape] | None:
        """The source's alias and the column; None when no source around has such a column."""
        scope: Scope | None = self
        while scope is not None:
            found = scope._resolve_here(node)
            if found is not None:
                return found
            scope = scope.parent
        return None

    def _resolve_here(self, node: exp.Column) -> tuple[str, ColumnShape] | None:
        wanted = node.table.lower()
        matches: list[tuple[str, ColumnShape]] = []
        for alias, shape in self.sources:
            if wanted and wanted != alias.lower():
                continue
            column = _column(shape, node.name)
            if column is not None:
                matches.append((alias, column))
        if len(matches) > 1 and not wanted and node.name.lower() not in self.merged:
            raise Untranslatable(f"column {node.name} is ambiguous")
        return matches[0] if matches else None


def _column(shape: TableShape, name: str) -> ColumnShape | None:
    found = shape.find(name)
    if found is None and name.lower() in ROWIDS and shape.rowid is not None:
        return shape.find(shape.rowid)
    return found


def reference(column: ColumnShape, table: str = "") -> Typed:
    """A column of the target, quoted, with what its values are."""
    name = exp.to_identifier(column.name, quoted=True)
    node = exp.Column(this=name, table=exp.to_identifier(table, quoted=True) if table else None)
    return Typed(node, column.kind, column.route, column.collation)


def unresolved(node: exp.Column) -> Typed:
    """What SQLite makes of a name that is no column: a string when it stands in double quotes."""
    if node.args.get("table") is None and node.this.args.get("quoted"):
        return Typed(text(node.name), Kind.TEXT)
    if node.name.lower() in ROWIDS:
        raise Untranslatable("it uses the rowid of a table whose rowid isn't carried over")
    raise Untranslatable(f"column {node.name} isn't on the target")


def shape_of(name: str, columns: list[str], values: list[Typed]) -> TableShape:
    """A query as a source of another: its columns under the names it gives them."""
    shapes = {
        column.lower(): ColumnShape(shorten(column), value.kind or Kind.TEXT, value.route, value.collation)
        for column, value in zip(columns, values, strict=True)
    }
    return TableShape("", shorten(name), shapes)


def quoted(name: str) -> exp.Identifier:
    """A name as it stands, in quotes."""
    return exp.to_identifier(name, quoted=True)
