"""The whole catalog: one listCollections, one listIndexes and one $collStats per collection, then the documents."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pymongo.database import Database
from pymongo.errors import OperationFailure

from engines.catalog import Catalog, Unread
from engines.documents import Collection
from engines.errors import EngineError
from engines.mongodb.bson_exact import decode
from engines.mongodb.infer import MOST_IDS, Observer
from engines.mongodb.introspect import collections, indexes, server
from engines.mongodb.references import find_references, key_types

SAMPLE_IDS = 2_000  # different values of a field that are looked up where documents are sampled
IDS_PER_LOOKUP = 2_000

Read = Callable[[str, int | None], Iterator[bytes]]


def read_catalog(database: Database[Any], version: str, sample: int | None, read: Read) -> Catalog:
    """Everything the database contains, with the fields that were seen in its documents.

    sample: of collections with more documents than that, so many are read at random; None: all are read.
    read(collection, sample) gives documents as bytes. What can't be read for want of a right is unread.
    """
    catalog = Catalog(engine="mongodb", version=version, database=database.name, schemas=[database.name])
    catalog.settings = server.settings(database, catalog.unread)
    catalog.collections = _described(database, catalog.unread)
    for found in catalog.collections:
        if found.kind != "view":
            _indexes(database, found, catalog.unread)
            server.size(database, found, catalog.unread)
    collections.mark_buckets(catalog.collections)
    if catalog.settings.get("topology") == server.ROUTER:
        server.shard_keys(database, catalog.collections, catalog.unread)
    catalog.size_bytes = sum(found.size_bytes or 0 for found in catalog.collections)
    _observe(database, catalog, sample, read)
    catalog.collections.sort(key=lambda found: found.name)
    return catalog


def _described(database: Database[Any], unread: list[Unread]) -> list[Collection]:
    try:
        entries: list[Mapping[str, Any]] = list(database.list_collections())
    except OperationFailure as error:
        why = server.reason(error)
        unread.append(Unread(part="options of collections", reason=why, kind="collection"))
        entries = _names_only(database, unread)
    if any(entry["name"] == "system.js" for entry in entries):
        why = "functions stored on the server are not described"
        unread.append(Unread(part="system.js", reason=why, kind="stored function"))
    return [collections.describe(entry) for entry in entries if not collections.is_internal(entry["name"])]


def _names_only(database: Database[Any], unread: list[Unread]) -> list[Mapping[str, Any]]:
    """Names of the collections that the user may do something with, which needs no right of its own."""
    try:
        answer = database.command("listCollections", nameOnly=True, authorizedCollections=True)
        return list(answer["cursor"]["firstBatch"])
    except OperationFailure as error:
        unread.append(Unread(part="collections", reason=server.reason(error), kind="collection"))
        return []


def _indexes(database: Database[Any], collection: Collection, unread: list[Unread]) -> None:
    try:
        entries = list(database[collection.name].list_indexes())
    except OperationFailure as error:
        unread.append(Unread(part=f"indexes of {collection.name}", reason=server.reason(error), kind="index"))
        return
    found = [indexes.describe(entry) for entry in entries if not indexes.is_implicit(entry)]
    collection.indexes = sorted(found, key=lambda index: index.name)


def _observe(database: Database[Any], catalog: Catalog, sample: int | None, read: Read) -> None:
    """Infer the fields of every collection but views, and then the references between them."""
    seen: list[tuple[Collection, Observer]] = []
    for collection in catalog.collections:
        if collection.kind == "view":
            continue
        try:
            seen.append((collection, _infer(collection, sample, read, catalog.unread)))
        except OperationFailure as error:
            part = f"documents of {collection.name}"
            catalog.unread.append(Unread(part=part, reason=server.reason(error), kind="documents"))
    others = {collection.name: key_types(collection) for collection, _ in seen}

    def lookup(name: str, values: list[Any]) -> int:
        chunks = [values[start : start + IDS_PER_LOOKUP] for start in range(0, len(values), IDS_PER_LOOKUP)]
        return sum(len(list(database[name].find({"_id": {"$in": chunk}}, {"_id": 1}))) for chunk in chunks)

    for collection, observer in seen:
        try:
            find_references(collection, observer.candidates(), others, lookup)
        except OperationFailure as error:
            part = f"references of {collection.name}"
            catalog.unread.append(Unread(part=part, reason=server.reason(error), kind="reference"))


def _infer(collection: Collection, sample: int | None, read: Read, unread: list[Unread]) -> Observer:
    total = collection.documents
    size = sample if sample is not None and (total is None or total > sample) else None
    observer = Observer(collection.name, SAMPLE_IDS if size is not None else MOST_IDS)
    unreadable = 0
    for raw in read(collection.name, size):
        try:
            observer.add(decode(raw))
        except EngineError:
            unreadable += 1
    if unreadable:
        reason = f"{unreadable} documents hold what Python has no value for"
        unread.append(Unread(part=f"documents of {collection.name}", reason=reason, kind="documents"))
    if size is None:
        found = observer.collection()
    else:
        found = observer.collection(max(total or 0, observer.root.objects + 1))
    observed = ("fields", "scanned", "sampling_error", "unseen", "untracked", "order_varies")
    for name in (*observed, *(("documents", "documents_exact") if size is None else ())):
        setattr(collection, name, getattr(found, name))
    return observer
