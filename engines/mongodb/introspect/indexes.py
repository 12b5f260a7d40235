"""Indexes as listIndexes describes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engines.documents import CollectionIndex
from engines.mongodb.introspect.collections import plain

PRIMARY = {"_id": 1}
# the parts that listIndexes shows in place of the fields of a text index
TEXT_PARTS = {"_fts", "_ftsx"}
# what has a field of its own in the model, or says nothing about the index
OWN_FIELDS = {"v", "ns", "key", "name", "unique", "sparse", "expireAfterSeconds", "partialFilterExpression", "hidden"}


def is_implicit(entry: Mapping[str, Any]) -> bool:
    """True for the index over _id that every collection has; of a clustered one the collection's options tell it."""
    return dict(entry["key"]) == PRIMARY


def describe(entry: Mapping[str, Any]) -> CollectionIndex:
    """An index from its entry in listIndexes.

    The fields of a text index stand where the server shows _fts, in the order of their names; their weights, the
    language and every other option are kept in options.
    """
    return CollectionIndex(
        name=entry["name"],
        keys=_keys(entry),
        unique=bool(entry.get("unique")),
        sparse=bool(entry.get("sparse")),
        expire_after_seconds=entry.get("expireAfterSeconds"),
        partial_filter=plain(entry["partialFilterExpression"]) if "partialFilterExpression" in entry else None,
        hidden=bool(entry.get("hidden")),
        options={key: plain(value) for key, value in entry.items() if key not in OWN_FIELDS},
    )


def _keys(entry: Mapping[str, Any]) -> list[tuple[str, int | str]]:
    keys: list[tuple[str, int | str]] = []
    for path, how in entry["key"].items():
        if path == "_fts":
            keys += [(name, "text") for name in sorted(entry.get("weights", {}))]
        elif path not in TEXT_PARTS:
            keys.append((path, how if isinstance(how, str) else -1 if how < 0 else 1))
    return keys
