"""Hazards of a MongoDB source: what tables can't say of documents, collections without a copy's order, lost moments."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import cast

from conversion.documents.naming import path_text
from engines.catalog import Catalog
from engines.documents import Collection, ObservedField
from engines.mongodb.database import MongodbDatabase
from skills.database_optimization_analyzer.probe import Found, Probe

NUMBERS = frozenset({"int", "long", "double", "decimal"})
LARGEST_VALUE = 4 << 20  # bytes; the default max_allowed_packet of a MySQL 5.7 server, of newer ones 16 to 64 MB


def _fields(catalog: Catalog) -> Iterator[tuple[Collection, ObservedField]]:
    for collection in catalog.collections:
        if collection.kind != "view":
            for field in collection.fields:
                yield collection, field


def _place(probe: Probe, collection: Collection) -> str:
    return f"{probe.catalog.database}.{collection.name}"


def _seen(collection: Collection, words: str) -> str:
    """What was counted, and in how many documents."""
    every = collection.documents
    if every is None or every == collection.scanned:
        return words
    return f"{words}; in {collection.scanned:,} of {every:,} documents"


def _counted(probe: Probe, collection: Collection, field: ObservedField, counts: Mapping[str, int]) -> Iterator[Found]:
    """The field, where anything was counted."""
    if counts:
        words = ", ".join(f"{name.replace('_', ' ')}: {count}" for name, count in counts.items())
        place, total = path_text(field.path), sum(counts.values())
        yield Found(_place(probe, collection), place, total, detail=_seen(collection, words))


def of_forms(*forms: str) -> Callable[[Probe], Iterator[Found]]:
    """A detector of fields with values of one of these forms (engines/mongodb/forms.py)."""

    def detect(probe: Probe) -> Iterator[Found]:
        for collection, field in _fields(probe.catalog):
            counts = {form: field.forms[form] for form in forms if field.forms.get(form)}
            yield from _counted(probe, collection, field, counts)

    return detect


def of_types(*types: str) -> Callable[[Probe], Iterator[Found]]:
    """A detector of fields with values of one of these BSON types."""

    def detect(probe: Probe) -> Iterator[Found]:
        for collection, field in _fields(probe.catalog):
            counts = {name: field.types[name] for name in types if field.types.get(name)}
            yield from _counted(probe, collection, field, counts)

    return detect


def mixed_types(probe: Probe) -> Iterator[Found]:
    """Fields whose values are of several types; numbers of several widths are one."""
    for collection, field in _fields(probe.catalog):
        kinds: dict[str, int] = defaultdict(int)
        for name, count in field.types.items():
            if name != "null":
                kinds["number" if name in NUMBERS else name] += count
        if len(kinds) > 1:
            words = ", ".join(f"{name}: {count}" for name, count in sorted(kinds.items()))
            rarer = sum(kinds.values()) - max(kinds.values())
            yield Found(_place(probe, collection), path_text(field.path), rarer, detail=_seen(collection, words))


def awkward_names(probe: Probe) -> Iterator[Found]:
    """Names with dots, dollars or nothing in them, which queries and tools take for something else."""
    for collection, field in _fields(probe.catalog):
        name = field.path[-1]
        if name is not None and (not name or "." in name or name.startswith("$")):
            yield Found(_place(probe, collection), path_text(field.path), detail=repr(name))


def folded_names(probe: Probe) -> Iterator[Found]:
    """Fields of one object that differ only in case."""
    for collection in probe.catalog.collections:
        names: dict[tuple[object, ...], list[ObservedField]] = defaultdict(list)
        for field in collection.fields:
            if field.path[-1] is not None:
                names[(*field.path[:-1], field.path[-1].lower())].append(field)
        for found in names.values():
            if len(found) > 1:
                others = ", ".join(path_text(field.path) for field in found[1:])
                yield Found(_place(probe, collection), path_text(found[0].path), detail=f"also {others}")


def large_values(probe: Probe) -> Iterator[Found]:
    """Texts and bytes that a server's packet may not take."""
    for collection, field in _fields(probe.catalog):
        if (field.max_bytes or 0) > LARGEST_VALUE:
            detail = _seen(collection, f"up to {field.max_bytes:,} bytes")
            yield Found(_place(probe, collection), path_text(field.path), detail=detail)


def orphaned(probe: Probe) -> Iterator[Found]:
    """References whose document isn't there."""
    for collection, field in _fields(probe.catalog):
        for reference in field.references:
            if reference.orphans:
                detail = _seen(collection, f"of {reference.values} looked up in {reference.collection}")
                yield Found(_place(probe, collection), path_text(field.path), reference.orphans, detail=detail)


def of_kind(kind: str) -> Callable[[Probe], Iterator[Found]]:
    """A detector of collections of one kind."""

    def detect(probe: Probe) -> Iterator[Found]:
        return (Found(_place(probe, one)) for one in probe.catalog.collections if one.kind == kind)

    return detect


def validators(probe: Probe) -> Iterator[Found]:
    """Collections with a validator."""
    return (Found(_place(probe, one)) for one in probe.catalog.collections if one.validator)


def expiring(probe: Probe) -> Iterator[Found]:
    """Indexes by which the server deletes documents."""
    for collection in probe.catalog.collections:
        for index in collection.indexes:
            if index.expire_after_seconds is not None:
                detail = f"after {index.expire_after_seconds:g} seconds"
                yield Found(f"{_place(probe, collection)}.{index.name}", detail=detail)


def special_indexes(probe: Probe) -> Iterator[Found]:
    """Indexes over words, places, hashes and any field."""
    for collection in probe.catalog.collections:
        for index in collection.indexes:
            kinds = {str(kind) for _, kind in index.keys if isinstance(kind, str)}
            kinds |= {"wildcard" for path, _ in index.keys if path.endswith("$**")}
            if kinds:
                yield Found(f"{_place(probe, collection)}.{index.name}", detail=", ".join(sorted(kinds)))


def sampled(probe: Probe) -> Iterator[Found]:
    """Collections of which only a part was looked at: other fields and types may be there."""
    for collection in probe.catalog.collections:
        if collection.unseen:
            detail = f"{collection.scanned:,} of {collection.documents or 0:,} documents were looked at"
            words = f"{detail}; up to {collection.unseen:.2%} may hold a field that was not seen"
            yield Found(_place(probe, collection), detail=words)


def without_moment(probe: Probe) -> Iterator[Found]:
    """A server that gives no snapshot: documents are read as they are at some time during the copy."""
    session, words = cast(MongodbDatabase, probe.source).session()
    if session is None:
        yield Found(probe.catalog.database, detail=words.partition(": ")[2] or words)
    else:
        session.end_session()
