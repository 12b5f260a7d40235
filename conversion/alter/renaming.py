"""A catalog with tables and columns under the names they are to have; texts of the server stay as they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engines.catalog import Catalog, ForeignKey, Table
from engines.full_names import column_name, column_parts, parts, qualified


class Renames:
    """Names before -> after: tables by full name, columns by the table's full name before and their own name."""

    def __init__(self, tables: Mapping[str, str], columns: Mapping[tuple[str, str], str]) -> None:
        self.tables = dict(tables)
        self.columns = dict(columns)

    def table(self, full_name: str) -> str:
        """The full name that a table will have."""
        return self.tables.get(full_name, full_name)

    def column(self, table: str, name: str) -> str:
        """The name that a column will have; table: its table's full name before."""
        return self.columns.get((table, name), name)


def renamed(catalog: Catalog, renames: Renames) -> Catalog:
    """A copy in which everything that refers to a table or column by structure does so by the new name."""
    found = catalog.model_copy(deep=True)
    for table in found.tables:
        before = table.full_name
        table.schema_name, table.name = parts(renames.table(before))
        _columns(table, before, renames)
        for key in table.foreign_keys:
            _reference(key, renames)
        table.inherits = [renames.table(name) for name in table.inherits]
        if table.partitioning and table.partitioning.parent:
            table.partitioning.parent = renames.table(table.partitioning.parent)
    for view in found.views:
        view.depends_on = [renames.table(name) for name in view.depends_on]
    for sequence in found.sequences:
        if sequence.owned_by:
            owner, column = column_parts(sequence.owned_by)
            sequence.owned_by = column_name(renames.table(owner), renames.column(owner, column))
    return found


def _columns(table: Table, before: str, renames: Renames) -> None:
    def new(name: str) -> str:
        return renames.column(before, name)

    for column in table.columns:
        column.name = new(column.name)
    keys = [*([table.primary_key] if table.primary_key else []), *table.uniques]
    for key in keys:
        key.columns = [new(name) for name in key.columns]
        key.include = [new(name) for name in key.include]
        key.prefixes = {new(name): length for name, length in key.prefixes.items()}
    for index in table.indexes:
        index.include = [new(name) for name in index.include]
        for part in index.keys:
            part.column = new(part.column) if part.column is not None else None
    for reference in table.foreign_keys:
        reference.columns = [new(name) for name in reference.columns]
    for trigger in table.triggers:
        trigger.columns = [new(name) for name in trigger.columns]


def _reference(key: ForeignKey, renames: Renames) -> None:
    before = key.referenced
    key.referenced_columns = [renames.column(before, name) for name in key.referenced_columns]
    key.referenced_schema, key.referenced_table = parts(renames.table(before))


def at_home(catalog: Catalog, database: str) -> Catalog:
    """A catalog of MySQL as if its database had another name."""
    if catalog.database == database:
        return catalog
    found = catalog.model_copy(deep=True)
    own = found.database
    found.database, found.schemas = database, [database if name == own else name for name in found.schemas]
    items: list[Any] = [*found.tables, *found.views, *found.sequences, *found.routines, *found.events]
    for item in items:
        item.schema_name = database if item.schema_name == own else item.schema_name
    for table in found.tables:
        for key in table.foreign_keys:
            key.referenced_schema = database if key.referenced_schema == own else key.referenced_schema
    for view in found.views:
        placed = [(name, *parts(name)) for name in view.depends_on]
        view.depends_on = [qualified(database, plain) if schema == own else name for name, schema, plain in placed]
    return found


def twins(a: Catalog, b: Catalog, renames: Renames, blind: bool) -> None:
    """Columns, and where it is blind tables, whose names differ in nothing but case are one, where engines say so."""
    wanted = {table.full_name: table for table in b.tables}
    anyhow = {table.full_name.lower(): table.full_name for table in b.tables} if blind else {}
    for table in a.tables:
        after = renames.table(table.full_name)
        if after not in wanted and after.lower() in anyhow:
            renames.tables[table.full_name] = anyhow[after.lower()]
        other = wanted.get(renames.table(table.full_name))
        if other is not None:
            _column_twins(table, other, renames)


def _column_twins(table: Table, other: Table, renames: Renames) -> None:
    exact = {column.name for column in other.columns}
    folded = {column.name.lower(): column.name for column in other.columns}
    for column in table.columns:
        twin = folded.get(column.name.lower())
        if column.name not in exact and twin is not None and (table.full_name, column.name) not in renames.columns:
            renames.columns[table.full_name, column.name] = twin
