"""Pairs collections with tables by the layouts that rows may have in documents."""

from __future__ import annotations

from dataclasses import replace

from conversion.documents.mapping import CollectionMapping, Node
from engines.catalog import Catalog
from engines.errors import UsageError
from engines.families import family
from engines.full_names import qualified
from transfer.canonical.columns import ComparedTable, Form, Role, Uncompared
from transfer.compare.document_layouts import Rows, as_it_is, of_collections, of_tables
from transfer.compare.pairing import NO_COUNTERPART, OTHER, Pairing, Unpaired
from transfer.compare.pairing_columns import Refused, paired_table
from transfer.compare.pairing_given import Side, check_ignored
from transfer.compare.pairing_names import Ends, Matched, Named, match_tables
from transfer.compare.relations import Relation, relations

LEFTOVER = "The other side keeps nothing of what columns can't say: types, order of keys, fields that are rare."
FIELD_ALONE = "The table has no such column."
VIEW = "It is a view: its rows are those of other tables."
VIEW_OF_DOCUMENTS = "It is a view: its documents are those of other collections."


class DocumentPairer:
    """One side is MongoDB's, the other one has tables."""

    def __init__(self, source: Catalog, target: Catalog, names: dict[str, str], ignored: frozenset[str]) -> None:
        self.role: Role = "source" if family(source.engine) == "mongodb" else "target"
        self.documents, self.tables = (source, target) if self.role == "source" else (target, source)
        self.engines = source.engine, target.engine
        self.names = names
        self.ignored = ignored
        self.relations = relations(self.tables)
        if self.role == "target":
            check_ignored(Side(source, self.relations), ignored)
        self._check_names()

    def pairing(self) -> Pairing:
        """The pairs, and what has no other side."""
        from_documents = self.role == "source"
        if from_documents:
            rows = of_collections(self.documents, self.tables)
        else:
            rows = of_tables(self.tables, self.documents, self.names)
        found = Pairing(tables=[])
        matched = self._matched(rows)
        read: set[str] = set()  # collections that are compared as another tool moved them
        for here, there in sorted(matched.pairs):
            one, relation = rows[here], self.relations[there]
            if from_documents and not _keeps_leftover(one, relation):
                one = self._as_it_is(one, relation)
                read.add(one.mapping.collection)
            self._pair(found, one, relation)
        left = matched.left(len(rows), len(self.relations))
        for number in left[0]:
            if rows[number].mapping.collection not in read:
                self._alone(found, self.role, ".".join(rows[number].place), None)
        for number in left[1]:
            relation = self.relations[number]
            self._alone(found, OTHER[self.role], relation.full_name, VIEW if relation.view else relation.harmless)
        known = {one.mapping.collection for one in rows}
        for collection in self.documents.collections:
            view = collection.kind == "view"
            if view or collection.name not in known:
                name = qualified(self.documents.database, collection.name)
                self._alone(found, self.role, name, VIEW_OF_DOCUMENTS if view else None)
        found.tables.sort(key=lambda table: table.name)
        found.unpaired.sort(key=lambda one: (one.side, one.name))
        return found

    def _check_names(self) -> None:
        """UsageError NAME_UNKNOWN for names that a side doesn't have."""
        tables = {one.full_name for one in self.relations}
        collections = {qualified(self.documents.database, one.name) for one in self.documents.collections}
        known = (collections, tables) if self.role == "source" else (tables, collections)
        for pair in self.names.items():
            for side, name, there in zip(("source", "target"), pair, known, strict=True):
                if name not in there:
                    raise UsageError(
                        "NAME_UNKNOWN",
                        f"The {side} has no table or collection {name!r}.",
                        "Use names as the databases have them: schema.table, database.collection.",
                    )

    def _matched(self, rows: list[Rows]) -> Matched:
        here = [Named(one.table.schema_name, one.table.name) for one in rows]
        there = [Named(one.schema, one.name) for one in self.relations]
        if self.role == "target":  # the rows are called as the tables they come from
            numbers = {one: number for number, one in enumerate(there)}
            pairs = [(number, numbers[one]) for number, one in enumerate(here) if one in numbers]
            return Matched(pairs=pairs)
        given = []
        by_place = {".".join(one.place): number for number, one in enumerate(rows)}
        for name, other in self.names.items():
            fits = [number for number, one in enumerate(self.relations) if one.full_name == other]
            if name in by_place and fits:
                given.append((by_place[name], fits[0]))
        ends = Ends("mongodb", self.documents.database, here), Ends(self.tables.engine, self.tables.database, there)
        return match_tables(*ends, {}, given)

    def _as_it_is(self, rows: Rows, relation: Relation) -> Rows:
        """The rows of a table that doesn't have what our own conversion gives it; of the documents themselves only."""
        collection = next(one for one in self.documents.collections if one.name == rows.mapping.collection)
        if rows.place[1] != collection.name:
            return rows
        return as_it_is(relation, collection, self.documents.database)

    def _pair(self, found: Pairing, rows: Rows, relation: Relation) -> None:
        """The comparison of a table with the rows that documents hold of it."""
        table = rows.table
        keys = ((tuple(table.primary_key.columns),) if table.primary_key else ()) or relation.keys[:1]
        database, path = rows.place
        ours = Relation(database, path, table.columns, keys)
        pair = (ours, relation) if self.role == "source" else (relation, replace(ours, keys=relation.keys))
        made = paired_table(pair[0], pair[1], self.engines, self.ignored)
        if isinstance(made, Refused):
            found.problems.append(made)
            return
        made.table.range_column = None  # documents have no ranges
        mapping = rows.mapping
        if isinstance(mapping, CollectionMapping):
            mapping = _renamed(mapping, table.full_name, relation.full_name)
        made.table.documents = mapping
        _letter_by_letter(made.table)
        made.table.uncompared = _explained(made.table, rows, self.role) + [
            Uncompared(column=name, side=self.role, reason=FIELD_ALONE) for name in rows.alone
        ]
        found.tables.append(made.table)
        if made.ignored:
            found.ignored[made.table.name] = made.ignored
        if made.notes:
            found.notes[made.table.name] = made.notes

    def _alone(self, found: Pairing, side: Role, name: str, harmless: str | None) -> None:
        reason = NO_COUNTERPART.format(other=OTHER[side])
        reason = f"{reason} {harmless}" if harmless else reason
        found.unpaired.append(Unpaired(name=name, side=side, reason=reason, loses=harmless is None))


def _keeps_leftover(rows: Rows, relation: Relation) -> bool:
    """Whether the table has the column by which our own conversion is told."""
    return rows.leftover is not None and rows.leftover.lower() in {one.name.lower() for one in relation.columns}


def _renamed(mapping: CollectionMapping, name: str, real: str) -> CollectionMapping:
    """The mapping with one table called as it is called on the other side."""
    if name == real:
        return mapping
    copy = mapping.model_copy(deep=True)
    for rows in copy.tables:
        rows.table = real if rows.table == name else rows.table
        rows.parent = real if rows.parent == name else rows.parent
        _rename(rows.value, name, real)
    return copy


def _rename(node: Node, name: str, real: str) -> None:
    if node.table == name:
        node.table = real
    for child in node.children:
        _rename(child, name, real)


def _letter_by_letter(table: ComparedTable) -> None:
    """Columns of PostgreSQL's json hold the very text that documents become: order and spelling say types of BSON."""
    for column in table.columns:
        if column.form is Form.JSON and column.source.native == column.target.native == "json":
            column.form = Form.TEXT


def _explained(table: ComparedTable, rows: Rows, role: Role) -> list[Uncompared]:
    return [
        one.model_copy(update={"reason": LEFTOVER}) if one.side == role and one.column == rows.leftover else one
        for one in table.uncompared
    ]
