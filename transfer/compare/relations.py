"""Tables and views of a catalog as one kind of thing to compare: place, columns, what identifies rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from engines.catalog import Catalog, Column, Index, Kind, Table, View
from engines.full_names import qualified

# Kinds of tables whose rows are stored for another table.
UNFILLED = "It is a materialized view that was never filled."
INNER = {"shadow": "It is the storage of a virtual table, which is compared itself."}


@dataclass(frozen=True)
class Relation:
    """A table or view; keys: column lists that identify rows, the primary key first; led: columns that lead an index.

    integers: columns of SQLite that hold integers and nothing else, because they number rows or the table is STRICT;
    harmless: why nothing is lost where the other side has no such thing, None: it holds rows of its own.
    """

    schema: str
    name: str
    columns: list[Column]
    keys: tuple[tuple[str, ...], ...] = ()
    led: frozenset[str] = frozenset()
    integers: frozenset[str] = frozenset()
    view: bool = False
    harmless: str | None = None
    unreadable: str | None = None

    @property
    def full_name(self) -> str:
        """schema.name."""
        return qualified(self.schema, self.name)


def relations(catalog: Catalog) -> list[Relation]:
    """All tables and views. A partition is not among them: its rows are compared with the table that it is a part of.

    A part whose table isn't there stands for itself.
    """
    known = {table.full_name for table in catalog.tables}
    tables = [table for table in catalog.tables if not _part_of(table, known)]
    return [_table(table) for table in tables] + [_view(view) for view in catalog.views]


def parts(catalog: Catalog) -> list[Relation]:
    """Partitions that are tables of their own, for a side where the table they are a part of has no counterpart."""
    known = {table.full_name for table in catalog.tables}
    return [_table(table) for table in catalog.tables if _part_of(table, known) and table.kind != "partitioned"]


def root_of(catalog: Catalog, full_name: str) -> str:
    """The table that a partition is a part of, over all steps; a table that is no partition is its own."""
    partitioning = catalog.table(full_name).partitioning
    parent = partitioning.parent if partitioning else None
    return full_name if parent is None else root_of(catalog, parent)


def _part_of(table: Table, known: set[str]) -> bool:
    return table.partitioning is not None and table.partitioning.parent in known


def _table(table: Table) -> Relation:
    return Relation(
        schema=table.schema_name,
        name=table.name,
        columns=table.columns,
        keys=tuple(dict.fromkeys(_keys(table))),
        led=frozenset(_led(table)),
        integers=frozenset(column.name for column in table.columns if _integer(table, column)),
        harmless=INNER.get(table.kind),
    )


def _integer(table: Table, column: Column) -> bool:
    strict = table.options.get("strict") == "1" and column.type.kind is Kind.INTEGER
    return strict or column.identity is not None


def _view(view: View) -> Relation:
    unreadable = view.broken
    if unreadable is None and not view.populated:
        unreadable = UNFILLED
    if unreadable is None and not view.typed:
        unreadable = "The types of its columns couldn't be read."
    return Relation(
        schema=view.schema_name,
        name=view.name,
        columns=view.typed,
        led=frozenset(index.keys[0].column for index in view.indexes if _plain(index) and index.keys[0].column),
        keys=tuple(_unique_indexes(view.indexes, frozenset())),
        view=True,
        harmless="It is a view: its rows are those of other tables.",
        unreadable=unreadable,
    )


def _keys(table: Table) -> Iterator[tuple[str, ...]]:
    """The primary key, then unique constraints and indexes over columns that are never NULL."""
    if table.primary_key is not None:
        yield tuple(table.primary_key.columns)
    never_null = frozenset(column.name for column in table.columns if not column.nullable)
    for key in table.uniques:
        if never_null.issuperset(key.columns):
            yield tuple(key.columns)
    yield from _unique_indexes(table.indexes, never_null)


def _unique_indexes(indexes: list[Index], never_null: frozenset[str]) -> Iterator[tuple[str, ...]]:
    for index in indexes:
        columns = tuple(key.column for key in index.keys if key.column is not None)
        if index.unique and _plain(index) and never_null.issuperset(columns):
            yield columns


def _plain(index: Index) -> bool:
    """Whether it covers every row by columns alone."""
    return index.valid and index.predicate is None and all(key.column is not None for key in index.keys)


def _led(table: Table) -> Iterator[str]:
    for key in (table.primary_key, *table.uniques):
        if key is not None:
            yield key.columns[0]
    for index in table.indexes:
        first = index.keys[0].column
        if first is not None and index.method == "btree" and index.visible and _plain(index):
            yield first
