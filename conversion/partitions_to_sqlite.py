"""Partitioned tables in SQLite: each part a table with its parent's constraints, and a view that joins them."""

from __future__ import annotations

from conversion.draft import Draft
from conversion.shapes import ColumnShape, TableShape, column_keys
from engines.catalog import Catalog, Table, View
from engines.sqlite.quoting import quote_identifier


def whole(source: Catalog, table: Table) -> Table:
    """A part with what PostgreSQL keeps with its parents only: keys, references, checks and indexes."""
    parents = _parents(source, table)
    if not parents:
        return table
    found = table.model_copy(deep=True)
    for parent in parents:
        found.uniques += [key.model_copy(deep=True) for key in parent.uniques]
        found.foreign_keys += [key.model_copy(deep=True) for key in parent.foreign_keys]
        known = {check.name for check in found.checks}
        found.checks += [check.model_copy(deep=True) for check in parent.checks if check.name not in known]
        for index in parent.indexes:
            found.indexes.append(index.model_copy(deep=True, update={"name": f"{table.name}_{index.name}"}))
    return found


def join_parts(draft: Draft, table: Table) -> None:
    """A view under the partitioned table's name over all parts that hold rows."""
    shapes = [
        draft.table_shapes[part.full_name]
        for part in leaves(draft.source, table)
        if part.full_name in draft.table_shapes
    ]
    wanted = table.name if table.schema_name == "public" else f"{table.schema_name}_{table.name}"
    if not shapes:
        return
    columns = [column.name for column in table.columns]
    parts = []
    for shape in shapes:
        names = ", ".join(quote_identifier(found.name) for column in columns if (found := shape.find(column)))
        parts.append(f"SELECT {names} FROM {quote_identifier(shape.name)}")
    name = draft.table_name(table.full_name, wanted)
    draft.target.views.append(
        View(
            schema_name="main",
            name=name,
            definition=" UNION ALL ".join(parts),
            columns=columns,
            depends_on=[f"main.{shape.name}" for shape in shapes],
        )
    )
    keys = column_keys(columns)
    kinds = {keys[name]: ColumnShape(name, found.kind) for name in columns if (found := shapes[0].find(name))}
    draft.shapes.add(table.full_name, TableShape("", name, kinds))


def leaves(source: Catalog, table: Table) -> list[Table]:
    """The parts of a partitioned table that hold rows, those of its parts included."""
    found: list[Table] = []
    for part in source.tables:
        if part.partitioning is not None and part.partitioning.parent == table.full_name:
            found += leaves(source, part) if part.kind == "partitioned" else [part]
    return found


def _parents(source: Catalog, table: Table) -> list[Table]:
    found: list[Table] = []
    parent = table.partitioning.parent if table.partitioning else None
    while parent is not None:
        try:
            found.append(source.table(parent))
        except KeyError:
            break
        partitioning = found[-1].partitioning
        parent = partitioning.parent if partitioning else None
    return found
