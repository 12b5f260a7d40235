"""A catalog with tables and columns under the names they are to have; texts of the server stay as they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engines.catalog import Catalog, ForeignKey, Table


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
        table.schema_name, table.name = _split(renames.table(before), table)
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
            owner, _, column = sequence.owned_by.rpartition(".")
            sequence.owned_by = f"{renames.table(owner)}.{renames.column(owner, column)}"
    return found


def _split(full_name: str, table: Table) -> tuple[str, str]:
    """Schema and name; a renamed table stays in its schema unless the new name says otherwise."""
    if full_name == table.full_name:
        return table.schema_name, table.name
    if full_name.startswith(f"{table.schema_name}."):
        return table.schema_name, full_name[len(table.schema_name) + 1 :]
    schema, _, name = full_name.partition(".")
    return schema, name


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
    before = f"{key.referenced_schema}.{key.referenced_table}"
    key.referenced_columns = [renames.column(before, name) for name in key.referenced_columns]
    after = renames.table(before)
    if after != before:
        same = after.startswith(f"{key.referenced_schema}.")
        if same:
            key.referenced_table = after[len(key.referenced_schema) + 1 :]
        else:
            key.referenced_schema, _, key.referenced_table = after.partition(".")


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
        view.depends_on = [f"{database}{name[len(own) :]}" if name.startswith(f"{own}.") else name
                           for name in view.depends_on]  # fmt: skip
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
