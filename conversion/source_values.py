"""What a conversion asks the source's rows: which values its columns hold, and which references they break."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from engines.catalog import Catalog, ForeignKey, Table
from engines.families import family
from engines.mysql import quoting as mysql
from engines.profile import TableProfile
from engines.protocols import Database
from engines.sqlite import quoting as sqlite

# scans tables of a source: what their columns hold, by full name; a table that is missing was not looked at
Look = Callable[[Database, Sequence[Table]], dict[str, TableProfile]]

# Kinds of tables that have no rows of their own to look at.
UNSCANNED = {"virtual", "shadow", "foreign", "partitioned"}
# (source, target) whose rules don't look at values: types of one family are the same, SQLite's hold any value.
DECLARED = {("postgresql", "postgresql"), ("mysql", "mysql"), ("postgresql", "sqlite")}
# Engines that can hold rows which break a declared reference: SQLite checks only when told to, MySQL unless told not.
QUOTES: dict[str, Callable[[str], str]] = {"sqlite": sqlite.quote_identifier, "mysql": mysql.quote_identifier}


def all_of(source: Database, tables: Sequence[Table]) -> dict[str, TableProfile]:
    """A scan of each, telling nobody."""
    return {table.full_name: source.profile(table) for table in tables}


def scannable(catalog: Catalog, target_engine: str) -> list[Table]:
    """The tables whose values decide types; none where the declared types say all that the direction asks."""
    if (family(catalog.engine), family(target_engine)) in DECLARED:
        return []
    return [table for table in catalog.tables if table.kind not in UNSCANNED]


def broken_references(catalog: Catalog, source: Database) -> set[tuple[str, int]]:
    """(table, place in its list of foreign keys) of each reference with at least one row without a parent."""
    quote = QUOTES.get(family(catalog.engine))
    if quote is None:
        return set()
    names = {table.full_name: table for table in catalog.tables}
    found: set[tuple[str, int]] = set()
    for table in catalog.tables:
        for place, key in enumerate(table.foreign_keys):
            parent = names.get(key.referenced)
            if parent is not None and _readable(parent, key) and source.query(_orphan(table, key, quote)):
                found.add((table.full_name, place))
    return found


def _readable(parent: Table, key: ForeignKey) -> bool:
    columns = {column.name for column in parent.columns}
    return bool(key.referenced_columns) and set(key.referenced_columns) <= columns


def _orphan(table: Table, key: ForeignKey, quote: Callable[[str], str]) -> str:
    """One orphaned row, if there is any; a NULL in any column means that the row refers to nothing."""
    pairs = list(zip(key.columns, key.referenced_columns, strict=False))
    present = " AND ".join(f"c.{quote(name)} IS NOT NULL" for name, _ in pairs)
    same = " AND ".join(f"p.{quote(other)} = c.{quote(name)}" for name, other in pairs)
    child, parent = quote(table.name), quote(key.referenced_table)
    return f"SELECT 1 FROM {child} c WHERE {present} AND NOT EXISTS (SELECT 1 FROM {parent} p WHERE {same}) LIMIT 1"
