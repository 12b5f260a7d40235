"""What differs between the collections of two MongoDB catalogs, as far as somebody declared it."""

from __future__ import annotations

from collections.abc import Iterator

from conversion.differences import Difference, added, changed, missing
from engines.catalog import Catalog
from engines.documents import Collection

DECLARED = ("kind", "options", "validator", "view_on", "pipeline")


def collection_differences(a: Catalog, b: Catalog) -> Iterator[Difference]:
    """Collections, validators, options, views and indexes; what was observed in documents is no schema."""
    left, right = ({item.name: item for item in side.collections} for side in (a, b))
    for name in sorted(left.keys() | right.keys()):
        if name not in right:
            yield missing(name, "collection")
        elif name not in left:
            yield added(name, "collection")
        else:
            yield from _collection(left[name], right[name])


def _collection(a: Collection, b: Collection) -> Iterator[Difference]:
    for field in DECLARED:
        if getattr(a, field) != getattr(b, field):
            kind = field if field == "validator" else f"collection {field.replace('_', ' ')}"
            yield changed(a.name, kind, getattr(a, field), getattr(b, field)).model_copy(update=_severity(field))
    left, right = ({index.name: index for index in side.indexes} for side in (a, b))
    for name in sorted(left.keys() | right.keys()):
        full_name = f"{a.name}.{name}"
        if name not in right:
            yield missing(full_name, "index")
        elif name not in left:
            yield added(full_name, "index")
        elif left[name] != right[name]:
            yield changed(full_name, "index", left[name].model_dump(), right[name].model_dump())


def _severity(field: str) -> dict[str, str]:
    return {"severity": "high" if field in ("kind", "validator") else "medium"}
