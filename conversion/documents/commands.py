"""MongoDB commands that make what a catalog describes, as JSON text for runCommand."""

from __future__ import annotations

import json
from typing import Any

from conversion.mapping import Statement
from engines.catalog import Catalog
from engines.documents import Collection, CollectionIndex

PRE, POST = "pre_data", "post_data"
# options of the model that `create` doesn't take
NOT_OF_CREATE = {"bucket", "shardKey", "shardUnique"}


def statements(catalog: Catalog) -> list[Statement]:
    """Collections before the documents; indexes and views after them.

    Each text is one command as Extended JSON (relaxed), the name of the command being its first key.
    """
    collections = [found for found in catalog.collections if found.kind != "view"]
    made = [_made("collection", found.name, create(found), {"drop": found.name}, PRE) for found in collections]
    for found in collections:
        for index in found.indexes:
            undo = {"dropIndexes": found.name, "index": index.name}
            made.append(_made("index", f"{found.name}.{index.name}", create_index(found.name, index), undo, POST))
    return made + [
        _made("view", found.name, create_view(found), {"drop": found.name}, POST) for found in _views(catalog)
    ]


def create(collection: Collection) -> dict[str, Any]:
    """The command that makes a collection with its options and validator."""
    options = {name: value for name, value in collection.options.items() if name not in NOT_OF_CREATE}
    validator = {"validator": collection.validator} if collection.validator else {}
    return {"create": collection.name, **options, **validator}


def create_index(collection: str, index: CollectionIndex) -> dict[str, Any]:
    """The command that makes one index."""
    described: dict[str, Any] = {"key": dict(index.keys), "name": index.name}
    if index.unique:
        described["unique"] = True
    if index.sparse:
        described["sparse"] = True
    if index.expire_after_seconds is not None:
        described["expireAfterSeconds"] = index.expire_after_seconds
    if index.partial_filter is not None:
        described["partialFilterExpression"] = index.partial_filter
    if index.hidden:
        described["hidden"] = True
    return {"createIndexes": collection, "indexes": [described | index.options]}


def create_view(view: Collection) -> dict[str, Any]:
    """The command that makes a view."""
    return {"create": view.name, **view.options, "viewOn": view.view_on, "pipeline": view.pipeline}


def _views(catalog: Catalog) -> list[Collection]:
    """Views after those that they read."""
    left = {found.name: found for found in catalog.collections if found.kind == "view"}
    order: list[Collection] = []
    while left:
        ready = [found for found in left.values() if found.view_on not in left] or list(left.values())
        for found in ready:
            order.append(left.pop(found.name))
    return order


def _made(kind: str, name: str, command: dict[str, Any], undo: dict[str, Any], stage: str) -> Statement:
    sql, back = (json.dumps(one, ensure_ascii=False) for one in (command, undo))
    return Statement(id=f"{kind}:{name}", sql=sql, undo=back, object=name, kind=kind, stage=stage)
