"""A catalog of collections as the same collections on another MongoDB server."""

from __future__ import annotations

import json
from typing import Any

from conversion.names import Namer
from conversion.result import Conversion, Note, Request, omission
from engines.catalog import Catalog
from engines.documents import Collection, CollectionIndex
from engines.full_names import name_of, qualified

NAME_BYTES = 190  # of the 255 that database and collection have together, a database's name taking up to 64
# option of a collection -> first version that has it: https://www.mongodb.com/docs/manual/reference/command/create/
SINCE: dict[str, tuple[int, int]] = {
    "timeseries": (5, 0),
    "clusteredIndex": (5, 3),
    "changeStreamPreAndPostImages": (6, 0),
    "encryptedFields": (7, 0),
}
# of a collection that must be made with them, or not at all
ESSENTIAL = frozenset({"timeseries", "encryptedFields"})
NOT_CARRIED = {
    "shardKey": "the cluster is to be sharded by hand (sh.shardCollection) before the copy",
    "shardUnique": "",
}
OLDER = "the target's version {version} has no {option}, which came with {since}"
VALIDATED = "its validator is made with it; documents of today that break it are written all the same"


def convert_catalog(request: Request) -> Conversion:
    """Collections with options and validators, indexes and views of the same names; the documents go byte for byte."""
    version = _version(request.version)
    target = Catalog(engine=request.engine, version=request.version, database="")
    result = Conversion(target=target, tables=[])
    namer = Namer(NAME_BYTES)
    for found in request.source.collections:
        full_name = qualified(request.source.database, found.name)
        if full_name in request.overrides.skip:
            result.omissions.append(omission(full_name, found.kind, "left out on request"))
            continue
        kept = _carried(found, full_name, version, request.version, result)
        if kept is None:
            continue
        wanted = request.overrides.names.get(full_name, found.name)
        kept.name = namer.take("collections", wanted)
        if kept.name != found.name:
            result.renames[full_name] = kept.name
        if kept.validator:
            result.notes.append(Note(object=full_name, text=VALIDATED))
        target.collections.append(kept)
    _follow_renames(request, result)
    for part in request.source.unread:
        result.omissions.append(omission(part.part, "unread", f"MongoDB could not read it: {part.reason}"))
    target.collections.sort(key=lambda one: one.name)
    return result


def moved_collections(source: Catalog, conversion: Conversion) -> dict[str, str]:
    """MovePlan.renamed_collections: source database.collection -> collection of the target, views left out."""
    there = {found.name for found in conversion.target.collections if found.kind != "view"}
    names = {
        name: conversion.renames.get(name, plain)
        for name, plain in ((qualified(source.database, found.name), found.name) for found in source.collections)
    }
    left_out = {entry.object for entry in conversion.omissions}
    return {full: name for full, name in names.items() if name in there and full not in left_out}


def _carried(
    found: Collection, full_name: str, version: tuple[int, int], spelled: str, result: Conversion
) -> Collection | None:
    """The collection without what it has observed of its documents; None where the target can't have it."""
    kept = Collection(**found.model_dump(include=MADE))
    for option, since in SINCE.items():
        if option not in kept.options or version >= since:
            continue
        reason = OLDER.format(version=spelled, option=option, since=".".join(map(str, since)))
        result.omissions.append(omission(full_name, option, reason, _text(kept.options[option])))
        if option in ESSENTIAL:
            return None
        del kept.options[option]
    for option, reason in NOT_CARRIED.items():
        value = kept.options.pop(option, None)
        if value is not None and reason:
            result.omissions.append(omission(full_name, "sharding", reason, _text(value)))
    kept.indexes = [CollectionIndex(**index.model_dump()) for index in found.indexes]
    return kept


MADE = {"name", "kind", "options", "validator", "view_on", "pipeline"}


def _follow_renames(request: Request, result: Conversion) -> None:
    """Views read the collections by their new names; what their pipelines name is left to a person."""
    renamed = {name_of(full): name for full, name in result.renames.items()}
    for found in result.target.collections:
        if found.kind == "view" and found.view_on in renamed:
            found.view_on = renamed[found.view_on]
        if found.kind == "view" and any(f'"{name}"' in _text(found.pipeline) for name in renamed):
            text = "its pipeline may name collections by their old names ($lookup, $unionWith)"
            result.notes.append(Note(object=qualified(request.source.database, found.name), text=text))


def _version(text: str) -> tuple[int, int]:
    numbers = [int(part) for part in text.split(".")[:2] if part.isdecimal()]
    return (numbers[0], numbers[1] if len(numbers) > 1 else 0) if numbers else (99, 0)


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)
