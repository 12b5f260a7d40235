"""Tables as collections and as documents inside them: the decisions, the fields, their names, the key."""

from __future__ import annotations

from collections import defaultdict

from conversion.documents.relations_access import Workload
from conversion.documents.relations_choice import REFERENCE, Relation, decide
from conversion.documents.relations_draft import DocumentDraft
from conversion.documents.relations_mapping import (
    ID,
    DocumentMapping,
    EmbeddedMapping,
    FieldMapping,
    RelationDecision,
)
from conversion.documents.relations_types import FieldType, choose
from conversion.documents.relations_values import encoding
from conversion.order import dependency_order
from conversion.relational.choice import ColumnFacts
from engines.catalog import Column, ForeignKey, Key, Table
from engines.families import family

HOMES = {"postgresql": "public", "sqlite": "main"}
SYSTEM = "system."
REST = "__us"


class TableBuilder:
    """Decides for every foreign key, then builds the mappings of all collections."""

    def __init__(self, draft: DocumentDraft) -> None:
        self.draft = draft
        self.referenced: dict[str, set[str]] = defaultdict(set)  # columns that foreign keys refer to, by table
        for table in draft.tables.values():
            for key in table.foreign_keys:
                self.referenced[_parent(key)].update(key.referenced_columns)
        self.inside: dict[str, list[tuple[Table, ForeignKey, RelationDecision]]] = defaultdict(list)

    def build(self) -> None:
        """Put decisions and mappings into the draft."""
        placed = self._decide()
        for name, table in self.draft.tables.items():
            if name not in placed:
                mapping = self._collection(table)
                self.draft.mappings[mapping.collection] = mapping

    def _decide(self) -> set[str]:
        """Decide for the tables that refer first, those they refer to later; full names of embedded tables."""
        tables = self.draft.tables
        needs = {name: [_parent(key) for key in table.foreign_keys] for name, table in tables.items()}
        order, cyclic = dependency_order(needs)
        referring: dict[str, set[str]] = defaultdict(set)
        for name, parents in needs.items():
            for parent in parents:
                referring[parent].add(name)
        heights: dict[str, int] = dict.fromkeys(tables, 0)
        workload = Workload(self.draft.request.workload, self.draft.engine)
        placed: set[str] = set()
        for name in [*reversed(cyclic), *reversed(order)]:
            table = tables[name]
            relations = [
                self._relation(table, number, frozenset(referring[name]), heights[name], workload)
                for number in range(len(table.foreign_keys))
            ]
            for relation, decision in zip(
                relations, decide(relations, self.draft.request.overrides.relations), strict=True
            ):
                self.draft.decisions.append(decision)
                if decision.choice != REFERENCE and relation.parent is not None:
                    placed.add(name)
                    parent = relation.parent.full_name
                    if not any(_parent(key) == parent for key in _others(table, relation.key)):
                        referring[parent].discard(name)
                    heights[parent] = max(heights[parent], heights[name] + 1)
                    self.inside[parent].append((table, relation.key, decision))
        if workload.unread:
            self.draft.note("workload", f"{workload.unread} queries can't be parsed and had no part in the decisions")
        return placed

    def _relation(
        self, table: Table, number: int, referring: frozenset[str], height: int, workload: Workload
    ) -> Relation:
        key = table.foreign_keys[number]
        others = [self.draft.tables.get(_parent(other)) for other in _others(table, key)]
        parent = self.draft.tables.get(_parent(key))
        return Relation(
            engine=self.draft.engine,
            child=table,
            key=key,
            number=number,
            parent=parent,
            numbered=parent is not None and self._lacks_keys(parent),
            others=_others(table, key),
            referenced_by=referring,
            broken=(table.full_name, number) in self.draft.request.unvalidated,
            height=height,
            access=workload.access(table.name, key.referenced_table),
            other_rows=others[0].rows if len(others) == 1 and others[0] else None,
        )

    def _collection(self, table: Table) -> DocumentMapping:
        name = self._collection_name(table)
        key = self._key(table)
        reserved = {ID}
        return DocumentMapping(
            table=table.full_name,
            collection=name,
            key=key,
            fields=self._fields(table, key, reserved),
            embedded=self._embedded(table, reserved),
            rows=table.rows,
            size_bytes=table.size_bytes,
        )

    def _collection_name(self, table: Table) -> str:
        home = HOMES.get(family(self.draft.engine), self.draft.request.source.database)
        plain = table.name if table.schema_name in (home, "") else ".".join((table.schema_name, table.name))
        wanted = self.draft.request.overrides.names.get(table.full_name, plain)
        name = _acceptable_collection(wanted)
        taken = self.draft.namer.take("collections", name)
        if taken != plain:
            self.draft.namer.renames[table.full_name] = taken
        return taken

    def _key(self, table: Table) -> list[str]:
        """The columns of _id, with a note where there are none, or more than the key has."""
        found = self._found_key(table)
        if found is None:
            self.draft.note(table.full_name, "it has no key without NULLs: the server numbers its documents (ObjectId)")
            return []
        if found.prefixes:
            self.draft.note(table.full_name, "_id holds the whole key, not its beginning: it allows more")
        return found.columns

    def _found_key(self, table: Table) -> Key | None:
        """The primary key, else the shortest unique key; none may hold NULLs."""
        keys = [table.primary_key] if table.primary_key else []
        keys += sorted(table.uniques, key=lambda key: len(key.columns))
        for key in keys:
            columns = [table.column(name) for name in key.columns]
            if all(self._never_null(table, column) for column in columns):
                return key
        return None

    def _lacks_keys(self, table: Table) -> bool:
        """True where rows were seen that have no key (SQLite), so that no range of documents can be told by one."""
        return table.full_name in self.draft.request.profiles and self._found_key(table) is None

    def _never_null(self, table: Table, column: Column) -> bool:
        if not column.nullable or column.identity is not None:
            return True
        in_key = table.primary_key is not None and column.name in table.primary_key.columns
        if family(self.draft.engine) != "sqlite":
            return in_key
        profile = self.draft.request.profiles.get(table.full_name)
        found = profile.columns.get(column.name) if profile else None
        return in_key and found is not None and not found.classes.get("null")

    def _fields(self, table: Table, key: list[str], taken: set[str]) -> list[FieldMapping]:
        fields = [self._field(table, column, column.name in key, len(key), taken) for column in table.columns]
        in_order = {name: place for place, name in enumerate(key)}
        return sorted(fields, key=lambda found: (not found.in_id, in_order.get(found.column, 0)))

    def _field(self, table: Table, column: Column, in_id: bool, parts: int, taken: set[str]) -> FieldMapping:
        full_name = f"{table.full_name}.{column.name}"
        choice = self._type(table, column)
        wanted = self.draft.request.overrides.names.get(full_name, column.name)
        name = self._field_name(table, wanted, taken)
        if in_id and parts == 1:
            self.draft.namer.renames[full_name] = ID
        elif name != column.name:
            self.draft.namer.renames[full_name] = name
        for note in choice.notes:
            self.draft.note(full_name, note)
        return FieldMapping(
            column=column.name,
            field=name,
            source_type=column.native,
            encoding=choice.encoding,
            bson=list(encoding(choice.encoding).bson),
            rest=self._field_name(table, name + REST, taken) if choice.rest else None,
            in_id=in_id,
            nullable=not in_id and column.nullable and not self._never_null(table, column),
            reason=choice.reason,
            alternatives=list(choice.alternatives),
        )

    def _field_name(self, table: Table, wanted: str, taken: set[str]) -> str:
        """A free name without dots and leading dollars, which paths in indexes and queries can't name."""
        name = (wanted or "unnamed").replace(".", "_").replace("\0", "_")
        name = "_" + name[1:] if name.startswith("$") else name
        while name in taken:
            name += "_"
        taken.add(name)
        return name

    def _type(self, table: Table, column: Column) -> FieldType:
        profile = self.draft.request.profiles.get(table.full_name)
        keys = [key.columns for key in [table.primary_key, *table.uniques] if key]
        keys += [[part.column or "" for part in index.keys] for index in table.indexes if index.unique]
        facts = ColumnFacts(
            source=self.draft.request.source,
            table=table,
            column=column,
            profile=profile.columns.get(column.name) if profile else None,
            in_primary_key=table.primary_key is not None and column.name in table.primary_key.columns,
            in_unique=any(column.name in columns for columns in keys),
            in_foreign_key=any(column.name in key.columns for key in table.foreign_keys)
            or column.name in self.referenced[table.full_name],
        )
        wanted = self.draft.request.overrides.type_for(table.full_name, column.name, column.native)
        return choose(facts, wanted)

    def _embedded(self, table: Table, taken: set[str]) -> list[EmbeddedMapping]:
        found: list[EmbeddedMapping] = []
        for child, key, decision in self.inside[table.full_name]:
            own: set[str] = set()
            found.append(
                EmbeddedMapping(
                    table=child.full_name,
                    field=self._field_name(child, self._array_name(child, key, decision), taken),
                    shape=decision.choice,
                    links=list(zip(key.columns, key.referenced_columns, strict=True)),
                    fields=self._fields(child, [], own),
                    order=child.primary_key.columns if child.primary_key else [],
                    embedded=self._embedded(child, own),
                )
            )
        return found

    def _array_name(self, child: Table, key: ForeignKey, decision: RelationDecision) -> str:
        wanted = self.draft.request.overrides.names.get(child.full_name, child.name)
        self.draft.namer.renames[child.full_name] = wanted
        return wanted


def _parent(key: ForeignKey) -> str:
    return key.referenced


def _others(table: Table, key: ForeignKey) -> list[ForeignKey]:
    return [other for other in table.foreign_keys if other is not key]


def _acceptable_collection(wanted: str) -> str:
    """Without $ and NUL, not empty, and not of the names that the server keeps for itself."""
    name = (wanted or "unnamed").replace("$", "_").replace("\0", "_").strip(".") or "unnamed"
    return "_" + name if name.startswith(SYSTEM) else name
