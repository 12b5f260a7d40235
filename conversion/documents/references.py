"""References between documents: foreign keys where every value was found, proposals where it isn't proved."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from conversion.documents.mapping import CollectionMapping
from conversion.documents.naming import path_text
from conversion.documents.places import place_of
from conversion.draft import Draft
from conversion.names import joined
from engines.catalog import ForeignKey, Index, IndexKey
from engines.documents import Collection, ObservedField, Reference
from engines.full_names import name_of, parts

# types whose values are found in another collection by chance only with negligible probability
TELLING = {"objectId", "binData"}
NO_COLUMN = "its values stand in no column of their own"


@dataclass(frozen=True)
class Candidate:
    """A field that seems to refer to a collection; doubts: why that makes no foreign key, empty when nothing does."""

    field: ObservedField
    path: str
    reference: Reference
    doubts: tuple[str, ...]


def candidates(collections: list[Collection]) -> dict[str, list[Candidate]]:
    """What seems to refer to what, by the collection that refers; at most one candidate per field is without doubt."""
    names = {found.name for found in collections}
    return {found.name: list(_of(found, names)) for found in collections}


def dotted(field: ObservedField) -> str:
    """The path as MongoDB's queries write it, without places of arrays."""
    return path_text(field.path).replace("[]", "")


def _of(collection: Collection, names: set[str]) -> Iterator[Candidate]:
    for field in collection.fields:
        taken = False
        for reference in sorted(field.references, key=lambda item: (item.orphans, not item.exact, item.collection)):
            if not reference.values or reference.collection not in names:
                continue
            doubts = tuple(_doubts(field, reference, taken))
            taken = taken or not doubts
            yield Candidate(field, dotted(field), reference, doubts)


def _doubts(field: ObservedField, reference: Reference, taken: bool) -> Iterator[str]:
    if taken:
        yield "its values are found in another collection as well"
    if reference.orphans:
        yield f"{reference.orphans} values have no counterpart"
    if not reference.exact:
        yield "not every value was looked up"
    if reference.field != "_id":
        yield f"{reference.field} is no key of its table"
    if not TELLING & set(field.types) and not reference.declared and not _named_after(field, reference.collection):
        yield "numbers and texts meet by chance, and the field isn't named after the collection"
    if field.path == ["_id"]:
        yield "it is the key itself"


def _named_after(field: ObservedField, collection: str) -> bool:
    """True for student_id, studentIds or student of a collection students."""
    names = [part for part in field.path if part is not None and part != "$id"]
    own = re.sub(r"[^a-z0-9]", "", (names[-1] if names else "").lower())
    other = re.sub(r"[^a-z0-9]", "", collection.lower())
    stem = re.sub(r"(ids?|refs?)$", "", own)
    return len(stem) > 1 and stem in {other, other.removesuffix("s"), other.removesuffix("es")}


def add_foreign_keys(draft: Draft, mappings: dict[str, CollectionMapping], found: list[Candidate], name: str) -> None:
    """Foreign keys of one collection's tables, each with an index for its own side; doubts become notes."""
    mapping = mappings[name]
    for candidate in found:
        parent = mappings[candidate.reference.collection]
        place = place_of(mapping, candidate.path)
        fits = place is not None and place.column is not None and place.node.encoding == parent.key_encoding
        doubts = candidate.doubts or (() if fits else (NO_COLUMN,))
        if doubts or place is None or place.column is None:
            draft.note(
                f"{mapping.source}.{path_text(candidate.field.path)}",
                f"seems to refer to {parent.source}: {candidate.reference.values} values looked up, "
                f"{candidate.reference.orphans} without counterpart; no foreign key: {'; '.join(doubts)}",
            )
        else:
            _add(draft, place.table.table, place.column, parent)


def _add(draft: Draft, table_name: str, column: str, parent: CollectionMapping) -> None:
    schema, name = parts(table_name)
    table = draft.target.table(table_name)
    deferred = draft.target.engine == "sqlite"  # its tables have their references before the rows: any order may load
    table.foreign_keys.append(
        ForeignKey(
            name=draft.namer.take(f"constraints:{schema}", joined([name, column], "fkey")),
            columns=[column], referenced_schema=schema, referenced_table=name_of(parent.root.table),
            referenced_columns=list(parent.root.key), deferrable=deferred, initially_deferred=deferred,
        )
    )  # fmt: skip
    if column not in {index.keys[0].column for index in table.indexes if index.keys}:
        index = draft.relation_name(joined([name, column], "idx"))
        table.indexes.append(Index(name=index, keys=[IndexKey(column=column)]))
