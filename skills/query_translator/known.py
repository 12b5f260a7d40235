"""The tables and views that a workload may name, under their target names, from the mapping of a migration."""

from __future__ import annotations

from collections.abc import Iterable

from conversion.expressions import output_shapes
from conversion.mapping import TableMapping
from conversion.postgresql_types import kind_of
from conversion.shapes import ColumnShape, Shapes, TableShape, Untranslatable
from engines.catalog import Catalog, Key, Table, View
from engines.full_names import name_of, parts


def shapes_of(tables: Iterable[TableMapping], catalog: Catalog | None) -> Shapes:
    """Shapes for every mapped table, and for each view of the catalog whose query can be carried over."""
    sources = {table.full_name.lower(): table for table in catalog.tables} if catalog else {}
    shapes = Shapes()
    for mapping in tables:
        shape = _shape(mapping, sources.get(mapping.source.lower()))
        shapes.add(mapping.source, shape)
        shapes.add(name_of(mapping.source), shape)
    if catalog is not None:
        _add_views(shapes, list(catalog.views), dict.fromkeys(_schemas(tables)))
    return shapes


def _schemas(tables: Iterable[TableMapping]) -> list[str]:
    return [parts(mapping.target)[0] for mapping in tables]


def _shape(mapping: TableMapping, table: Table | None) -> TableShape:
    schema, name = parts(mapping.target)
    known = {column.name: column for column in table.columns} if table else {}
    columns = {}
    for column in mapping.columns:
        source = known.get(column.source)
        columns[column.source.lower()] = ColumnShape(
            name=column.target,
            kind=kind_of(column.target_type),
            route=column.route,
            collation=_collation(source.collation if source else None),
            generated=bool(source and source.generated),
        )
    key: Key | None = table.primary_key if table else None
    named = {source: shape.name for source, shape in columns.items()}
    return TableShape(
        schema=schema,
        name=name,
        columns=columns,
        key=frozenset(named.get(column.lower(), column) for column in key.columns) if key else frozenset(),
        rowid=next((c.name.lower() for c in table.columns if c.identity), None) if table else None,
    )


def _collation(name: str | None) -> str:
    return "" if name is None or name.upper() == "BINARY" else name


def _add_views(shapes: Shapes, views: list[View], schemas: dict[str, None]) -> None:
    """Views in the order in which they can be resolved; one that no rule carries stays unknown."""
    schema = next(iter(schemas), "public")
    waiting = views
    while waiting:
        left = [view for view in waiting if not _add_view(shapes, view, schema)]
        if len(left) == len(waiting):
            return
        waiting = left


def _add_view(shapes: Shapes, view: View, schema: str) -> bool:
    try:
        outputs = output_shapes(view.definition, shapes)
    except Untranslatable:
        return False
    names = view.columns if len(view.columns) == len(outputs) else [name for name, _ in outputs]
    columns = {}
    for name, (_, value) in zip(names, outputs, strict=True):
        if value.kind is None:
            return False
        columns[name.lower()] = ColumnShape(name, value.kind, value.route, value.collation)
    shape = TableShape(schema, view.name, columns)
    shapes.add(view.name, shape)
    shapes.add(view.full_name, shape)
    return True
