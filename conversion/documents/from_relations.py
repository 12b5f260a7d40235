"""A catalog of tables as collections of documents: every object is carried over or named with the reason why not."""

from __future__ import annotations

from conversion.documents.relations_conditions import Conditions
from conversion.documents.relations_draft import DocumentDraft
from conversion.documents.relations_indexes import UNICODE, IndexConverter
from conversion.documents.relations_mapping import DocumentMapping, RelationDecision
from conversion.documents.relations_places import Place, collation_of, places
from conversion.documents.relations_rest import omit_rest
from conversion.documents.relations_schema import Schemas
from conversion.documents.relations_tables import TableBuilder
from conversion.documents.relations_unique import add_condition
from conversion.documents.relations_views import ViewConverter
from conversion.names import Namer
from conversion.result import Conversion, Request
from conversion.shapes import Untranslatable
from engines.catalog import Catalog, Column, ForeignKey, Kind, Table
from engines.documents import Collection

NAME_BYTES = 190  # of the 255 that database and collection have together, a database's name taking up to 64
CARRIED = {"table", "partitioned", "unlogged"}
NOT_ENFORCED = "MongoDB enforces no references: rows of {parent} are named in {fields}, and {action}"
ACTIONS = {
    "CASCADE": "deleting the one doesn't delete the others",
    "SET NULL": "deleting the one doesn't empty the others",
    "SET DEFAULT": "deleting the one doesn't change the others",
}


def convert_catalog(request: Request) -> Conversion:
    """The collections with validators and indexes, the way of every table, and what stays behind.

    How the foreign keys were decided stands in the conversion's relations, the way of rows in its collections.
    """
    target = Catalog(engine="mongodb", version=request.version, database="")
    draft = DocumentDraft(request, target, Namer(NAME_BYTES), _carried(request))
    _omit_tables(draft)
    TableBuilder(draft).build()
    schemas = Schemas(request)
    found: dict[str, Place] = {}
    for mapping in draft.mappings.values():
        target.collections.append(_collection(draft, mapping, schemas))
        found |= places(mapping, draft.tables, draft.engine)
    for name, table in draft.tables.items():
        IndexConverter(draft, found[name]).convert()
        _checks(draft, found[name], table)
    _references(draft)
    ViewConverter(draft, found).convert()
    omit_rest(draft)
    target.collections.sort(key=lambda one: one.name)
    draft.result.collections = sorted(draft.mappings.values(), key=lambda one: one.collection)
    draft.result.relations = draft.decisions
    draft.result.renames = dict(draft.namer.renames)
    return draft.result


def _carried(request: Request) -> dict[str, Table]:
    return {
        table.full_name: table
        for table in request.source.tables
        if table.kind in CARRIED
        and not (table.partitioning and table.partitioning.parent)
        and table.full_name not in request.overrides.skip
    }


def _omit_tables(draft: DocumentDraft) -> None:
    for table in draft.request.source.tables:
        if table.full_name in draft.tables:
            continue
        if table.full_name in draft.request.overrides.skip:
            draft.omit(table.full_name, "table", "left out on request", table.definition)
        elif table.partitioning and table.partitioning.parent:
            draft.note(table.full_name, f"its rows go with those of {table.partitioning.parent}")
        else:
            kind = f"{table.kind} table"
            draft.omit(table.full_name, kind, f"a {table.kind} table has no rows of its own here", table.definition)


def _collection(draft: DocumentDraft, mapping: DocumentMapping, schemas: Schemas) -> Collection:
    collection = Collection(name=mapping.collection, validator={"$jsonSchema": schemas.of_collection(mapping)})
    shared = _shared_collation(draft, mapping)
    if shared is not None:
        collection.options["collation"] = shared
        draft.note(mapping.table, f"all its text compares without regard to case, so its collection does; {UNICODE}")
        return collection
    table = draft.tables[mapping.table]
    wanted = [_folding(draft, table.column(name)) for name in mapping.key]
    folded = [one for one in wanted if one is not None]
    if folded:
        collection.options["collation"] = folded[0]
        sentence = "its key compares without regard to case, and so do all queries of the collection"
        draft.note(mapping.table, f"{sentence}; {UNICODE}")
        if any(one != folded[0] for one in folded):
            name = f"{mapping.table}.primary key"
            draft.omit(name, "collation", "its columns compare by several collations, _id by one")
    return collection


def _shared_collation(draft: DocumentDraft, mapping: DocumentMapping) -> dict[str, object] | None:
    """The collation that all text of the collection's tables compares by, where that folds case."""
    found = [
        _folding(draft, column)
        for name in mapping.tables()
        for column in draft.tables[name].columns
        if column.type.kind in (Kind.TEXT, Kind.CHAR)
    ]
    return found[0] if found and all(one == found[0] for one in found) else None


def _folding(draft: DocumentDraft, column: Column) -> dict[str, object] | None:
    return collation_of(column.collation, column.type.name, column.type.kind, draft.engine)


def _checks(draft: DocumentDraft, place: Place, table: Table) -> None:
    """Checks join the validator, after the schema: both must hold."""
    collection = draft.collection(place.collection)
    for number, check in enumerate(table.checks):
        name = f"{table.full_name}.{check.name or f'check {number + 1}'}"
        try:
            condition = Conditions(place, draft.engine).check(check.expression)
        except Untranslatable as error:
            draft.omit(name, "check", error.reason, check.expression)
            continue
        add_condition(collection, condition)
        if not check.validated:
            draft.note(name, "rows of today may break it: load them with bypassDocumentValidation")


def _references(draft: DocumentDraft) -> None:
    keys = {
        (table.full_name, tuple(key.columns), key.referenced): key
        for table in draft.tables.values()
        for key in table.foreign_keys
    }
    for decision in draft.decisions:
        key = keys[decision.table, tuple(decision.columns), decision.referenced]
        if decision.choice == "reference":
            draft.omit(decision.foreign_key, "foreign key", _not_enforced(decision, key))
        else:
            draft.note(
                decision.foreign_key, f"its rows stand in {decision.referenced} as {decision.choice}: {decision.reason}"
            )


def _not_enforced(decision: RelationDecision, key: ForeignKey) -> str:
    action = ACTIONS.get(key.on_delete, "nothing keeps the one from being deleted")
    return NOT_ENFORCED.format(fields=", ".join(decision.columns), parent=decision.referenced, action=action)
