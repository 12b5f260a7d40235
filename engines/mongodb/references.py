"""Which fields hold keys of other documents: by their values, looked up in the collections they may come from."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from bson.binary import UUID_SUBTYPE, Binary
from bson.objectid import ObjectId

from engines.documents import Collection, Reference
from engines.mongodb.node import IdSample

# Types whose values are made to be keys; numbers and other text only under a name that says so.
KEY_NAME = re.compile(r"(?:^|_)(?:ids?|refs?|keys?)$|(?<=[a-z0-9])(?:Ids?|IDs?|Refs?|Keys?)$|^\$id$", re.ASCII)
LEAST_SHARE = 0.5  # of the values must be found for a field to be held for a reference; a planning value
LONGEST_KEY = 200

MADE_TO_BE_KEYS = {"objectId", "binData"}
NUMBERS = {"int", "long", "double", "decimal"}

Lookup = Callable[[str, list[Any]], int]


def looks_like_key(name: str, kind: str, value: Any) -> bool:
    """True where a value at a field of that name may be the key of another document."""
    if kind == "objectId":
        return name != "_id"
    if name == "_id":
        return False
    if kind == "binData":
        return isinstance(value, uuid.UUID) or (isinstance(value, Binary) and value.subtype == UUID_SUBTYPE)
    if kind in ("int", "long"):
        return KEY_NAME.search(name) is not None
    if kind == "string":
        return 0 < len(value) <= LONGEST_KEY and KEY_NAME.search(name) is not None
    return False


def find_references(
    collection: Collection,
    candidates: Iterable[tuple[list[str | None], IdSample]],
    others: Mapping[str, frozenset[str]],
    lookup: Lookup,
) -> None:
    """Put into the collection's fields the collections in which their values were found as _id.

    others: by collection, the BSON types of its keys; lookup(collection, values): how many of them are keys there.
    A field is a reference to one collection, which holds at least half of its values.
    """
    whole = collection.sampling_error == 0
    for path, ids in candidates:
        values = list(ids.values.values())
        names = [name for name in path if name is not None]
        found = _best(names[-1] if names else "", values, others, lookup)
        if found is None:
            continue
        name, hits = found
        reference = Reference(
            collection=name,
            values=len(values),
            orphans=len(values) - hits,
            exact=whole and ids.complete,
            declared=path[-1] == "$id",
        )
        collection.field(*path).references.append(reference)


def key_types(collection: Collection) -> frozenset[str]:
    """The types of a collection's keys, all numbers as one."""
    try:
        types = collection.field("_id").types
    except KeyError:
        return frozenset()
    return frozenset("number" if name in NUMBERS else name for name in types)


def _best(
    field: str, values: list[Any], others: Mapping[str, frozenset[str]], lookup: Lookup
) -> tuple[str, int] | None:
    """The collection that a field refers to: the one it is named after, else the one that holds most of its values.

    Numbers and texts meet by chance, so that they are taken for no reference where two collections hold as many.
    """
    kinds = {_key_kind(value) for value in values}
    found = {name: lookup(name, values) for name, types in sorted(others.items()) if kinds & types}
    found = {name: hits for name, hits in found.items() if hits and hits >= LEAST_SHARE * len(values)}
    named = [name for name in found if _named_after(field, name)]
    if named:
        return named[0], found[named[0]]
    most = [name for name, hits in found.items() if hits == max(found.values())]
    if not most or (len(most) > 1 and not kinds <= MADE_TO_BE_KEYS):
        return None
    return most[0], found[most[0]]


def _named_after(field: str, collection: str) -> bool:
    """True for `artist_id`, `artistIds`, `artist` and the collections `artist`, `Artists`, `app.artists`."""
    stem = _plain(KEY_NAME.sub("", field))
    name = _plain(collection.rsplit(".", 1)[-1])
    return bool(stem) and stem in (
        name,
        name.removesuffix("s"),
        name.removesuffix("es"),
        f"{name.removesuffix('ies')}y",
    )


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _key_kind(value: Any) -> str:
    if isinstance(value, ObjectId):
        return "objectId"
    if isinstance(value, bytes | uuid.UUID):
        return "binData"
    return "string" if isinstance(value, str) else "number"
