"""A catalog of collections as catalog of tables: PostgreSQL, MySQL, MariaDB or SQLite."""

from __future__ import annotations

import json

from conversion.documents.build import Builder, key_encoding
from conversion.documents.indexes import IndexMaker
from conversion.documents.mapping import CollectionMapping
from conversion.documents.naming import namer_for
from conversion.documents.observed import tree
from conversion.documents.references import Candidate, add_foreign_keys, candidates
from conversion.documents.shred import KEY_FIELD
from conversion.documents.tables import TableMaker
from conversion.documents.targets import Target, target_for
from conversion.documents.validators import ValidatorMaker
from conversion.draft import Draft
from conversion.result import Conversion, Request
from engines.catalog import Catalog
from engines.documents import Collection
from engines.full_names import qualified

# kind of a collection, or an option of it -> what the target doesn't do as MongoDB did
BEHAVIOURS = {
    "capped": ("capped collection", "a table keeps all its rows: the oldest aren't dropped when it is full"),
    "timeseries": ("time series", "a plain table: no buckets by time, and rows aren't dropped when they expire"),
    "clusteredIndex": ("clustered collection", "the order of rows on disk is the target's own"),
    "collation": ("collation", "text is compared byte by byte, whatever the collection's collation"),
    "encryptedFields": ("encrypted fields", "values encrypted by clients are carried over as the bytes they are"),
    "changeStreamPreAndPostImages": ("pre- and post-images", "the target's own log tells what a row was before"),
}
VIEW = "its pipeline isn't translated to SQL here; write its query over {tables}"
GRIDFS = "is a GridFS bucket: files and chunks are carried over as rows, programs read them by SQL"
SAMPLED = (
    "fields were seen in {scanned} of {documents} documents: shares are right to within {error:.1%}, and what the "
    "sample didn't show is kept in the column {residue}"
)


def convert_catalog(request: Request) -> Conversion:
    """Tables, keys, indexes and checks for every collection; Conversion.documents says where each path goes."""
    target = target_for(request.engine, request.version)
    schema = target.schema or request.schema
    home = schema if target.family == "mysql" else ""  # where a database is the one schema
    catalog = Catalog(
        engine=request.engine, version=request.version, database=home, schemas=_schemas(target, schema),
        encoding={"postgresql": "UTF8", "mysql": "utf8mb4"}.get(target.family),
    )  # fmt: skip
    draft = Draft(request, catalog, namer_for(request.engine, request.lowers), schema)
    carried = [found for found in request.source.collections if _carried(draft, found)]
    references = candidates(carried)
    keys = {found.name: key_encoding(tree(found).children.get(KEY_FIELD)) for found in carried}
    mappings = {found.name: _collection(draft, target, found, references[found.name], keys) for found in carried}
    for found in carried:
        IndexMaker(draft, mappings[found.name], found, target).add()
        add_foreign_keys(draft, mappings, references[found.name], found.name)
        ValidatorMaker(draft, mappings[found.name], found, target).add()
        _behaviours(draft, mappings[found.name], found)
    for view in request.source.collections:
        if view.kind == "view" and not draft.skipped(_source(draft, view)):
            _view(draft, view, mappings)
    for part in request.source.unread:
        draft.omit(part.part, "unread", f"MongoDB could not read it: {part.reason}")
    catalog.tables.sort(key=lambda table: (table.schema_name, table.name))
    result = draft.finish()
    result.documents = list(mappings.values())
    return result


def _schemas(target: Target, schema: str) -> list[str]:
    return sorted({schema, "public"}) if target.family == "postgresql" else [schema]


def _source(draft: Draft, collection: Collection) -> str:
    return qualified(draft.source.database, collection.name)


def _carried(draft: Draft, collection: Collection) -> bool:
    if draft.skipped(_source(draft, collection)):
        draft.omit(_source(draft, collection), collection.kind, "left out on request")
        return False
    return collection.kind != "view"


def _collection(
    draft: Draft, target: Target, collection: Collection, references: list[Candidate], keys: dict[str, str]
) -> CollectionMapping:
    builder = Builder(
        collection, _source(draft, collection), target, draft.request.engine, draft.request.version, draft.schema,
        draft.namer, draft.overrides,
        indexed=frozenset(path for index in collection.indexes for path, _ in index.keys),
        references={found.path: keys[found.reference.collection] for found in references if not found.doubts},
    )  # fmt: skip
    mapping = builder.build()
    for table, way in TableMaker(mapping, draft.namer).tables():
        draft.target.tables.append(table)
        draft.tables.append(way)
    root = draft.target.table(mapping.root.table)
    root.rows, root.rows_exact = collection.documents, collection.documents_exact
    draft.tables[-len(mapping.tables)].rows = collection.documents
    draft.tables[-len(mapping.tables)].size_bytes = collection.size_bytes
    for path in builder.spilled:
        draft.note(f"{mapping.source}.{path}", f"has no column: the row would be too wide; see {mapping.root.residue}")
    return mapping


def _behaviours(draft: Draft, mapping: CollectionMapping, collection: Collection) -> None:
    """What the collection did beside holding documents, and how sure its fields are."""
    for name, (kind, reason) in BEHAVIOURS.items():
        if collection.kind == name or collection.options.get(name):
            draft.omit(mapping.source, kind, reason, json.dumps(collection.options, sort_keys=True, default=str))
    if collection.options.get("expireAfterSeconds"):
        reason = f"rows aren't deleted by themselves after {collection.options['expireAfterSeconds']} seconds"
        draft.omit(mapping.source, "ttl", reason, json.dumps(collection.options, sort_keys=True, default=str))
    if collection.kind == "bucket":
        draft.note(mapping.source, GRIDFS)
    if not collection.fields:
        draft.note(mapping.source, f"no document was read: everything goes to {mapping.root.residue}")
    elif collection.sampling_error:
        draft.note(
            mapping.source,
            SAMPLED.format(
                scanned=collection.scanned, documents=collection.documents, error=collection.sampling_error,
                residue=mapping.root.residue,
            ),
        )  # fmt: skip
    if collection.untracked:
        text = f"{collection.untracked} values at too many different paths weren't told apart: they go to the residue"
        draft.note(mapping.source, text)


def _view(draft: Draft, view: Collection, mappings: dict[str, CollectionMapping]) -> None:
    below = mappings.get(view.view_on or "")
    tables = ", ".join(found.table for found in below.tables) if below else "the tables"
    original = json.dumps({"viewOn": view.view_on, "pipeline": view.pipeline})
    draft.omit(_source(draft, view), "view", VIEW.format(tables=tables), original)
