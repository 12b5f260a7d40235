"""The schemas of several collections together, from their documents and without a server."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from typing import Any

from engines.documents import Collection
from engines.mongodb.infer import Observer
from engines.mongodb.node import fingerprint
from engines.mongodb.references import find_references, key_types


def infer_all(collections: Mapping[str, Iterable[Mapping[str, Any]]]) -> list[Collection]:
    """The fields of every collection, and the references between them; all keys are held in memory."""
    keys: dict[str, set[Hashable]] = {}
    observers: dict[str, Observer] = {}
    for name, documents in collections.items():
        observers[name], keys[name] = Observer(name), set()
        for document in documents:
            observers[name].add(document)
            if "_id" in document:
                keys[name].add(fingerprint(document["_id"]))
    found = {name: observer.collection() for name, observer in observers.items()}
    others = {name: key_types(collection) for name, collection in found.items()}

    def lookup(name: str, values: list[Any]) -> int:
        return sum(fingerprint(value) in keys[name] for value in values)

    for name, observer in observers.items():
        find_references(found[name], observer.candidates(), others, lookup)
    return list(found.values())
