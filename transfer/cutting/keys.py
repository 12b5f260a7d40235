"""Which key a source table is cut by: the cheapest one that holds every row once."""

from __future__ import annotations

from collections.abc import Iterable

from conversion.mapping import TableMapping
from engines.catalog import Catalog, Index, Kind, LogicalType, Table
from engines.families import family
from engines.sqlite.rowid import ROWIDS, free_rowid
from transfer.cutting.steps import TID_RANGE_SCAN
from transfer.moveplan import ChunkKey, KeyColumn

# Kinds that a server compares with a literal in another order than its index has, or not in one order at all.
UNORDERED: dict[str, frozenset[Kind]] = {
    "postgresql": frozenset({Kind.JSON, Kind.XML, Kind.GEOMETRY, Kind.COMPOSITE, Kind.ARRAY, Kind.RANGE}),
    "mysql": frozenset({Kind.ENUM, Kind.SET, Kind.BIT, Kind.FLOAT, Kind.GEOMETRY, Kind.JSON}),
    "sqlite": frozenset(),
}


def chunk_keys(
    catalog: Catalog, tables: Iterable[TableMapping], others: Iterable[str] = (), scattered: Iterable[str] = ()
) -> dict[str, ChunkKey]:
    """The key of each table of a plan by its full name; tables that the catalog lacks have none.

    others: source tables without a mapping of their own (those that become documents). scattered: PostgreSQL tables
    whose rows lie in another order than their key's; they are cut by pages.
    """
    named: dict[str, TableMapping | None] = {**dict.fromkeys(others), **{table.source: table for table in tables}}
    known = {table.full_name: table for table in catalog.tables}
    apart = set(scattered)
    return {
        name: _key(catalog, known[name], mapping, name in apart) for name, mapping in named.items() if name in known
    }


def _key(catalog: Catalog, table: Table, mapping: TableMapping | None, scattered: bool) -> ChunkKey:
    engine = family(catalog.engine)
    if engine == "sqlite":
        return _sqlite(table)
    pages = engine == "postgresql" and int(catalog.version.split(".")[0] or 0) >= TID_RANGE_SCAN
    if scattered and pages and mapping is not None:
        return ChunkKey(kind="ctid")
    found = [_columns(table, names) for names in _candidates(table, engine)]
    preferred = mapping.source_key if mapping is not None else ""
    for columns in found:
        if [column.name for column in columns] == [preferred]:
            return ChunkKey(kind="columns", columns=columns)
    if found:
        # a stable sort: single integers first, then the fewest columns, the primary key before others
        best = min(found, key=lambda columns: (not _is_integer(columns), len(columns)))
        return ChunkKey(kind="columns", columns=best)
    return ChunkKey(kind="ctid") if pages else ChunkKey()


def _sqlite(table: Table) -> ChunkKey:
    """The rowid under the name that is its own or that no column hides; the key of a table without rowid."""
    identity = next((column for column in table.columns if column.identity), None)
    if identity is not None:
        return ChunkKey(kind="columns", columns=_columns(table, [identity.name]))
    if table.options.get("without_rowid"):
        names = table.primary_key.columns if table.primary_key else []
        return ChunkKey(kind="columns", columns=_columns(table, names)) if names else ChunkKey()
    if table.kind in ("virtual", "shadow"):
        return ChunkKey()
    free = free_rowid(column.name for column in table.columns)
    if free is None:
        return ChunkKey()
    named = [] if free == ROWIDS[0] else [KeyColumn(name=free, native="integer", kind=Kind.INTEGER)]
    return ChunkKey(kind="rowid", columns=named)


def _candidates(table: Table, engine: str) -> list[list[str]]:
    """Column names of every usable key: plain columns, none nullable, all in an order that literals share."""
    keys = [key for key in (table.primary_key, *table.uniques) if key is not None and not key.prefixes]
    found = [key.columns for key in keys if not key.deferrable]
    found += [[key.column or "" for key in index.keys] for index in table.indexes if _is_plain(index)]
    columns = {column.name: column for column in table.columns}
    usable = []
    for names in found:
        parts = [columns.get(name) for name in names]
        if names and all(c is not None and not c.nullable and _is_ordered(c.type, engine) for c in parts):
            usable.append(names)
    return usable


def _is_ordered(found: LogicalType, engine: str) -> bool:
    """Whether literals of a type can be compared: not with what an extension of PostgreSQL brought (ltree, cube).

    Without a search_path the operators of such a type are not found.
    """
    own = engine == "postgresql" and found.kind is Kind.OTHER and "." in (found.name or "")
    return found.kind not in UNORDERED[engine] and not own


def _is_plain(index: Index) -> bool:
    return (
        index.unique
        and index.predicate is None
        and index.method == "btree"
        and index.valid
        and index.visible
        and all(
            key.column and key.prefix is None and not key.descending and not key.collation and not key.operator_class
            for key in index.keys
        )
    )


def _is_integer(columns: list[KeyColumn]) -> bool:
    return len(columns) == 1 and columns[0].kind is Kind.INTEGER


def _columns(table: Table, names: Iterable[str]) -> list[KeyColumn]:
    return [
        KeyColumn(name=column.name, native=column.native, kind=column.type.kind) for column in map(table.column, names)
    ]
