"""How rows are found again whose document was set aside: by their own key, or by the row that they belong to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from conversion.documents.relations_mapping import DocumentMapping, EmbeddedMapping
from engines.families import family
from engines.sqlite.rowid import free_rowid
from transfer.canonical.columns import ComparedTable

Step = tuple[str, EmbeddedMapping]  # the table that a table stands inside, and how


def located(tables: Sequence[ComparedTable], engine: str) -> list[ComparedTable]:
    """The tables of a plan whose documents the target holds, with what says where their rows are; others as they are.

    engine: of the source. A table inside documents gets the one above it, as long as that is compared itself.
    """
    by_name = {table.source: table for table in tables}
    return [_located(table, by_name, engine) for table in tables]


def _located(table: ComparedTable, by_name: dict[str, ComparedTable], engine: str) -> ComparedTable:
    mapping = table.documents
    if not isinstance(mapping, DocumentMapping):
        return table
    if table.source == mapping.table:
        return table.model_copy(update={"locator": _locator(mapping, engine)})
    for above, step in _steps(mapping.table, mapping.embedded):
        if step.table == table.source and above in by_name:
            found = _located(by_name[above], by_name, engine)
            return table.model_copy(update={"above": found, "links": step.links})
    return table


def _locator(mapping: DocumentMapping, engine: str) -> list[str]:
    columns = [found.column for found in mapping.fields]
    if mapping.key:
        return mapping.key
    rowid = free_rowid(columns) if family(engine) == "sqlite" else None
    return [rowid] if rowid is not None else columns


def _steps(above: str, embedded: Iterable[EmbeddedMapping]) -> Iterator[Step]:
    for found in embedded:
        yield above, found
        yield from _steps(found.table, found.embedded)
