"""Which tables are repaired together, and in which order: rows come before what refers to them, and go after it."""

from __future__ import annotations

from collections.abc import Sequence

from conversion.order import dependency_order
from engines.catalog import Catalog, ForeignKey, Table

ACTING = frozenset({"CASCADE", "SET NULL", "SET DEFAULT"})


def groups(tables: Sequence[Table]) -> list[list[Table]]:
    """Tables that references join, each group in the order in which rows are inserted; cycles by name."""
    by_name = {table.full_name: table for table in tables}
    needs = {
        name: [parent for key in table.foreign_keys if (parent := _parent(key)) in by_name]
        for name, table in by_name.items()
    }
    order, cyclic = dependency_order(needs)
    root = {name: name for name in by_name}

    def find(name: str) -> str:
        while root[name] != name:
            name = root[name]
        return name

    for name, parents in needs.items():
        for parent in parents:
            root[find(parent)] = find(name)
    found: dict[str, list[Table]] = {}
    for name in [*order, *cyclic]:
        found.setdefault(find(name), []).append(by_name[name])
    return list(found.values())


def acting_references(catalog: Catalog, table: Table) -> list[tuple[Table, ForeignKey]]:
    """Foreign keys of other tables that would delete or change rows there when a row of this table goes."""
    return [
        (other, key)
        for other in catalog.tables
        for key in other.foreign_keys
        if _parent(key) == table.full_name and key.enforced and key.on_delete.split(" (")[0].upper() in ACTING
    ]


def followed_columns(catalog: Catalog, table: Table) -> set[str]:
    """Columns of a table whose change other tables' foreign keys would follow."""
    return {
        column
        for other in catalog.tables
        for key in other.foreign_keys
        if _parent(key) == table.full_name and key.on_update.upper() in ACTING
        for column in key.referenced_columns
    }


def _parent(key: ForeignKey) -> str:
    return key.referenced
