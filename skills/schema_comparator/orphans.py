"""Foreign keys of a SQLite database that rows break today, asked of the rows themselves."""

from __future__ import annotations

from engines.catalog import Catalog, ForeignKey, Table
from engines.protocols import Database
from engines.sqlite.quoting import quote_identifier


def broken_references(catalog: Catalog, source: Database) -> set[tuple[str, int]]:
    """(table, place in its list of foreign keys) of each reference with at least one row without a parent."""
    names = {table.full_name: table for table in catalog.tables}
    found: set[tuple[str, int]] = set()
    for table in catalog.tables:
        for place, key in enumerate(table.foreign_keys):
            parent = names.get(f"{key.referenced_schema}.{key.referenced_table}")
            if parent is not None and _readable(parent, key) and source.query(_orphan(table, key)):
                found.add((table.full_name, place))
    return found


def _readable(parent: Table, key: ForeignKey) -> bool:
    columns = {column.name for column in parent.columns}
    return bool(key.referenced_columns) and set(key.referenced_columns) <= columns


def _orphan(table: Table, key: ForeignKey) -> str:
    """One orphaned row, if there is any; a NULL in any column means that the row refers to nothing."""
    pairs = list(zip(key.columns, key.referenced_columns, strict=False))
    present = " AND ".join(f"c.{quote_identifier(name)} IS NOT NULL" for name, _ in pairs)
    same = " AND ".join(f"p.{quote_identifier(other)} = c.{quote_identifier(name)}" for name, other in pairs)
    child, parent = quote_identifier(table.name), quote_identifier(key.referenced_table)
    return f"SELECT 1 FROM {child} c WHERE {present} AND NOT EXISTS (SELECT 1 FROM {parent} p WHERE {same}) LIMIT 1"
