"""What a conversion asks the source's rows: which values its columns hold, and which references they break."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from conversion.documents.relations_alike import compares_otherwise
from engines.catalog import Catalog, ForeignKey, Table
from engines.families import family
from engines.mysql import quoting as mysql
from engines.postgresql import quoting as postgresql
from engines.profile import TableProfile
from engines.protocols import Database
from engines.sqlite import quoting as sqlite

# scans tables of a source: what their columns hold, by full name; a table that is missing was not looked at
Look = Callable[[Database, Sequence[Table]], dict[str, TableProfile]]

# Kinds of tables that have no rows of their own to look at.
UNSCANNED = {"virtual", "shadow", "foreign", "partitioned"}
# (source, target) whose rules don't look at values: types of one family are the same, SQLite's hold any value.
DECLARED = {("postgresql", "postgresql"), ("mysql", "mysql"), ("postgresql", "sqlite")}
# All engines can hold rows which break a declared reference: SQLite checks only when told to, MySQL unless told not,
# PostgreSQL unless triggers are off, which is so rare that only documents ask, where such rows would have no place.
QUOTES: dict[str, Callable[[str], str]] = {
    "sqlite": sqlite.quote_identifier,
    "mysql": mysql.quote_identifier,
    "postgresql": postgresql.quote_identifier,
}


def all_of(source: Database, tables: Sequence[Table]) -> dict[str, TableProfile]:
    """A scan of each, telling nobody."""
    return {table.full_name: source.profile(table) for table in tables}


def scannable(catalog: Catalog, target_engine: str) -> list[Table]:
    """The tables whose values decide types; none where the declared types say all that the direction asks."""
    if (family(catalog.engine), family(target_engine)) in DECLARED:
        return []
    return [table for table in catalog.tables if table.kind not in UNSCANNED]


def broken_references(catalog: Catalog, source: Database, target_engine: str) -> set[tuple[str, int]]:
    """(table, place in its list of foreign keys) of each reference with at least one row without a parent."""
    if family(catalog.engine) not in QUOTES or (family(catalog.engine) == "postgresql" and target_engine != "mongodb"):
        return set()
    names = {table.full_name: table for table in catalog.tables}
    found: set[tuple[str, int]] = set()
    for table in catalog.tables:
        for place, key in enumerate(table.foreign_keys):
            parent = names.get(key.referenced)
            readable = parent is not None and _readable(table, parent, key, catalog.engine)
            if parent is not None and readable and source.query(_orphan(table, key, parent, catalog.engine)):
                found.add((table.full_name, place))
    return found


def _readable(table: Table, parent: Table, key: ForeignKey, engine: str) -> bool:
    """Whether it can be asked; PostgreSQL compares nothing whose collations differ."""
    columns = {column.name for column in parent.columns}
    if not key.referenced_columns or not set(key.referenced_columns) <= columns:
        return False
    return family(engine) != "postgresql" or not compares_otherwise(table, key, parent, engine)


def _orphan(table: Table, key: ForeignKey, parent: Table, engine: str) -> str:
    """One orphaned row, if there is any; a NULL in any column means that the row refers to nothing."""
    quote = QUOTES[family(engine)]
    pairs = list(zip(key.columns, key.referenced_columns, strict=False))
    present = " AND ".join(f"c.{quote(name)} IS NOT NULL" for name, _ in pairs)
    same = " AND ".join(f"p.{quote(other)} = c.{quote(name)}" for name, other in pairs)
    child, above = _from(table, engine), _from(parent, engine)
    return f"SELECT 1 FROM {child} c WHERE {present} AND NOT EXISTS (SELECT 1 FROM {above} p WHERE {same}) LIMIT 1"


def _from(table: Table, engine: str) -> str:
    """The table's own rows: of PostgreSQL's without those of tables that inherit from it, which no reference sees."""
    if family(engine) != "postgresql":
        return QUOTES[family(engine)](table.name)
    only = "" if table.kind == "partitioned" else "ONLY "
    return f"{only}{postgresql.quote_name(table.schema_name, table.name)}"
