"""The compared tables of a plan with MongoDB on a side, by the plan's own mapping of paths and columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from conversion.documents.mapping import CollectionMapping
from conversion.documents.naming import namer_for, path_text
from conversion.documents.relations_mapping import DocumentMapping
from conversion.documents.tables import TableMaker
from engines.catalog import Catalog
from engines.errors import UsageError
from engines.full_names import qualified
from transfer.compare.aside_places import located
from transfer.compare.document_layouts import Rows, rows_of
from transfer.compare.pairing import Pairing
from transfer.compare.pairing_documents import pair_documents
from transfer.compare.pairing_of_documents import DocumentPairer


def from_documents(
    documents: Sequence[CollectionMapping],
    collections: Sequence[DocumentMapping],
    renamed: Mapping[str, str],
    source: Catalog,
    target: Catalog,
) -> Pairing:
    """What the collections of a plan are compared as, with the types that the live catalogs give.

    documents: collections of the source that became tables; collections: of tables that became collections; renamed:
    source `database.collection` -> the target's collection, documents on both sides. UsageError TABLE_MISSING where a
    table or collection of the plan is gone.
    """
    if renamed:
        return _alike(renamed, source, target)
    pairer = _PlanPairer(source, target, {}, frozenset())
    rows = [one for mapping in documents for one in _as_tables(mapping, source)]
    for mapping in collections:
        collection = next((one for one in target.collections if one.name == mapping.collection), None)
        if collection is None:
            raise _missing("target", "collection", mapping.collection)
        rows += rows_of(mapping, collection, source, target.database, planned=True)
    return pairer.planned(rows)


def _as_tables(mapping: CollectionMapping, source: Catalog) -> list[Rows]:
    """The rows that the documents became, as the mapping lays them out."""
    if not any(one.name == mapping.collection for one in source.collections):
        raise _missing("source", "collection", mapping.collection)
    maker = TableMaker(mapping, namer_for(mapping.engine))
    made = zip(maker.tables(), mapping.tables, strict=True)
    return [
        Rows(table, (source.database, path_text([mapping.collection, *rows.path])), mapping, rows.residue)
        for (table, _), rows in made
    ]


class _PlanPairer(DocumentPairer):
    """Pairs exactly what a plan names."""

    def planned(self, rows: Sequence[Rows]) -> Pairing:
        """Each of the rows beside the table of its full name."""
        found = Pairing(tables=[])
        relations = {relation.full_name: relation for relation in self.relations}
        for one in rows:
            name = one.table.full_name
            if name not in relations:
                raise _missing("target" if self.role == "source" else "source", "table", name)
            self._pair(found, one, relations[name])
        found.tables = located(found.tables, self.tables.engine)
        found.tables.sort(key=lambda table: table.name)
        return found


def _alike(renamed: Mapping[str, str], source: Catalog, target: Catalog) -> Pairing:
    """Documents beside documents."""
    there = {one.name for one in target.collections}
    gone = next((name for name in renamed.values() if name not in there), None)
    if gone is not None:
        raise _missing("target", "collection", gone)
    found = pair_documents(source, target, {one: qualified(target.database, name) for one, name in renamed.items()})
    found.tables = [table for table in found.tables if table.source in renamed]
    found.unpaired = []
    return found


def _missing(side: str, kind: str, name: str) -> UsageError:
    return UsageError(
        "TABLE_MISSING",
        f"The {side} has no {kind} {name}, which the plan names.",
        "Look whether it was renamed or dropped, and compare again.",
        table=name,
    )
