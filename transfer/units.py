"""What is copied as one: a table, a collection on its way into tables, tables on their way into documents."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from conversion.documents.mapping import CollectionMapping
from conversion.documents.relations_mapping import DocumentMapping, EmbeddedMapping
from conversion.mapping import TableMapping
from transfer.moveplan import ChunkKey, MovePlan


@dataclass(frozen=True)
class TableUnit:
    """Rows of one table become rows of one table."""

    mapping: TableMapping
    key: ChunkKey

    @property
    def name(self) -> str:
        """Its source table's full name."""
        return self.mapping.source

    @property
    def apart(self) -> bool:
        """Whether its ranges can be told apart on the target: cut by one integer that is a column there."""
        one = self.key.kind == "columns" and len(self.key.columns) == 1
        column = self.mapping.range_column
        return one and column is not None and self.mapping.source_key == self.key.columns[0].name


@dataclass(frozen=True)
class CollectionUnit:
    """Documents of one collection become rows of several tables, or documents again (no mapping)."""

    name: str
    target: str
    mapping: CollectionMapping | None
    key: ChunkKey


@dataclass(frozen=True)
class DocumentUnit:
    """Rows of a table, with those of tables inside it, become documents of one collection."""

    mapping: DocumentMapping
    key: ChunkKey

    @property
    def name(self) -> str:
        """Its root table's full name."""
        return self.mapping.table


Unit = TableUnit | CollectionUnit | DocumentUnit


def columns_of(unit: Unit) -> Iterator[tuple[str, list[str]]]:
    """Each of a unit's source tables with its columns that are read."""
    if isinstance(unit, TableUnit):
        yield unit.name, [column.source for column in unit.mapping.copied]
    elif isinstance(unit, DocumentUnit):
        open_ones: list[DocumentMapping | EmbeddedMapping] = [unit.mapping]
        while open_ones:
            found = open_ones.pop()
            yield found.table, [field.column for field in found.fields]
            open_ones += found.embedded


def tables_of(unit: Unit) -> list[str]:
    """Full names of the source's tables that a unit's rows come from; none of a collection."""
    return [table for table, _ in columns_of(unit)]


def units(plan: MovePlan) -> Iterator[Unit]:
    """Everything that the plan copies, each once, in the plan's order."""
    for table in plan.tables:
        yield TableUnit(table, plan.key_of(table.source))
    for collection in plan.documents:
        yield CollectionUnit(collection.source, collection.root.table, collection, plan.key_of(collection.source))
    for source, target in plan.renamed_collections.items():
        yield CollectionUnit(source, target, None, plan.key_of(source))
    for document in plan.collections:
        yield DocumentUnit(document, plan.key_of(document.table))
