"""Collections and views as listCollections describes them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from bson import json_util

from engines.documents import Collection
from engines.own_state import notes

# options of listCollections that have a field of their own in the model
OWN_FIELDS = {"validator", "viewOn", "pipeline", "uuid"}
SYSTEM_PREFIX = "system."
NOTES = frozenset(notes("mongodb"))
FILES, CHUNKS = ".files", ".chunks"


def plain(value: Any) -> Any:
    """A BSON value as JSON data (relaxed Extended JSON), so that a catalog can be stored and compared."""
    return json.loads(json_util.dumps(value, json_options=json_util.RELAXED_JSON_OPTIONS))


def is_internal(name: str) -> bool:
    """True for what the server or this program keeps for itself."""
    return name.startswith(SYSTEM_PREFIX) or name in NOTES


def describe(entry: Mapping[str, Any]) -> Collection:
    """A collection from its entry in listCollections; fields, indexes and sizes follow."""
    options = entry.get("options", {})
    pipeline = options.get("pipeline", [])
    return Collection(
        name=entry["name"],
        kind=kind_of(entry),
        options={key: plain(value) for key, value in options.items() if key not in OWN_FIELDS},
        validator=plain(options["validator"]) if options.get("validator") else None,
        view_on=options.get("viewOn"),
        pipeline=plain(pipeline) if isinstance(pipeline, list) else [],
    )


def kind_of(entry: Mapping[str, Any]) -> str:
    """collection, capped, timeseries or view, by an entry of listCollections."""
    options = entry.get("options", {})
    if entry.get("type") == "view" or "viewOn" in options:
        return "view"
    if entry.get("type") == "timeseries" or "timeseries" in options:
        return "timeseries"
    return "capped" if options.get("capped") else "collection"


def mark_buckets(collections: list[Collection]) -> None:
    """Say which collections are a GridFS bucket: name.files and name.chunks with its index over files_id and n.

    https://www.mongodb.com/docs/manual/core/gridfs/#gridfs-collections
    """
    by_name = {found.name: found for found in collections if found.kind == "collection"}
    for name, chunks in by_name.items():
        files = by_name.get(name.removesuffix(CHUNKS) + FILES)
        indexed = any(
            [path for path, _ in index.keys] == ["files_id", "n"] and index.unique for index in chunks.indexes
        )
        if not name.endswith(CHUNKS) or files is None or not indexed:
            continue
        for found in (chunks, files):
            found.kind = "bucket"
            found.options["bucket"] = name.removesuffix(CHUNKS)
