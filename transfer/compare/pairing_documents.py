"""Pairs collections with collections, and collections with the tables that their documents became or were made of."""

from __future__ import annotations

import json
from collections.abc import Collection as Names
from collections.abc import Sequence
from typing import Literal

from conversion.documents.relations_mapping import ID
from engines.catalog import Catalog, Kind, LogicalType
from engines.documents import Collection, ObservedField
from engines.families import family
from transfer.canonical.columns import ComparedColumn, ComparedTable, Form, Held, Role
from transfer.canonical.values_mongodb import REST
from transfer.compare.pairing import NO_COUNTERPART, OTHER, Pairing, Unpaired
from transfer.compare.pairing_given import Side, given_names
from transfer.compare.pairing_names import Ends, Matched, Named, match_tables
from transfer.compare.pairing_of_documents import DocumentPairer
from transfer.compare.relations import Relation

MULTISET = frozenset({"view", "timeseries"})  # kinds whose _id is not kept unique by the server
OTHERS = "other fields and order"
NO_KEY = "No server keeps its _id unique: documents are a multiset, a changed one is one missing and one extra."
PART = "It is a view: its documents are those of other collections."


def pair_documents(
    source: Catalog, target: Catalog, names: dict[str, str] | None = None, ignored: Names[str] = ()
) -> Pairing:
    """Pair two live catalogs of which at least one is MongoDB's.

    names: target names of source collections or tables (database.collection, schema.table); ignored: fields or columns
    to leave out, as database.collection.field or schema.table.column of the source. UsageError NAME_UNKNOWN for names
    that a side doesn't have.
    """
    if family(source.engine) == family(target.engine) == "mongodb":
        return _collections(source, target, names or {}, frozenset(ignored))
    return DocumentPairer(source, target, names or {}, frozenset(ignored)).pairing()


def _collections(source: Catalog, target: Catalog, names: dict[str, str], ignored: frozenset[str]) -> Pairing:
    sides = _side(source), _side(target)
    given = given_names(*sides, names)
    matched = match_tables(_ends(sides[0]), _ends(sides[1]), given.schemas, given.pairs)
    found = Pairing(tables=[])
    for here, there in sorted(matched.pairs):
        ours, theirs = source.collections[here], target.collections[there]
        full_names = sides[0].relations[here].full_name, sides[1].relations[there].full_name
        wished = [one for one in _fields(ours, theirs) if f"{full_names[0]}.{one}" in ignored]
        table = _table(ours, theirs, full_names, wished)
        found.tables.append(table)
        if wished:
            found.ignored[table.name] = wished
        if not table.key:
            found.notes[table.name] = [NO_KEY]
    add_lone(found, matched, sides)
    found.tables.sort(key=lambda table: table.name)
    return found


def _side(catalog: Catalog) -> Side:
    """The collections as relations without columns."""
    made = [
        Relation(catalog.database, one.name, [], view=one.kind == "view", harmless=PART if one.kind == "view" else None)
        for one in catalog.collections
    ]
    return Side(catalog, made)


def _ends(side: Side) -> Ends:
    relations = [Named(one.schema, one.name) for one in side.relations]
    return Ends(side.catalog.engine, side.catalog.database, relations)


def _fields(*collections: Collection) -> list[str]:
    """The top-level fields that were seen, _id first, in the order of the first collection."""
    found: dict[str, None] = {ID: None}
    for collection in collections:
        found |= {one.path[0]: None for one in collection.fields if len(one.path) == 1 and one.path[0] is not None}
    return list(found)


def _table(source: Collection, target: Collection, names: tuple[str, str], wished: Sequence[str]) -> ComparedTable:
    """Every field that was seen anywhere is a column; one more stands for all others and the order of all of them.

    The fields of documents that were not sampled are among the others, so nothing is left out.
    """
    fields = _fields(source, target)
    columns = [_column(name, source, target) for name in fields if name not in wished]
    columns.append(_rest(fields, wished))
    view = "view" in (source.kind, target.kind)
    whole = MULTISET.isdisjoint((source.kind, target.kind)) and ID not in wished
    return ComparedTable(
        name=names[0], source=names[0], target=names[1], columns=columns, key=[ID] if whole else [], view=view,
    )  # fmt: skip


def _column(name: str, source: Collection, target: Collection) -> ComparedColumn:
    held = [Held(name=name, native=_types(one, name), type=LogicalType(kind=Kind.DYNAMIC)) for one in (source, target)]
    return ComparedColumn(name=name, form=Form.BSON, source=held[0], target=held[1])


def _rest(fields: Sequence[str], wished: Sequence[str]) -> ComparedColumn:
    name = OTHERS
    while name in fields:
        name += "_"
    reading = REST + json.dumps(list(wished)) if wished else REST
    held = Held(name=name, native="document", type=LogicalType(kind=Kind.DYNAMIC), nullable=False, reading=reading)
    return ComparedColumn(name=name, form=Form.BSON, source=held, target=held)


def _types(collection: Collection, name: str) -> str:
    field = next((one for one in collection.fields if one.path == [name]), ObservedField(path=[name]))
    return "|".join(sorted(field.types)) or "unseen"


def add_lone(found: Pairing, matched: Matched, sides: tuple[Side, Side]) -> None:
    """Name what has no counterpart, or several."""
    left = matched.left(len(sides[0].relations), len(sides[1].relations))
    doubtful = matched.source_ambiguous, matched.target_ambiguous
    roles: tuple[Literal["source", "target"], ...] = ("source", "target")
    for number, role in enumerate(roles):
        here: Role = role
        for lone in left[number]:
            relation = sides[number].relations[lone]
            reason = NO_COUNTERPART.format(other=OTHER[here])
            reason = f"{reason} {relation.harmless}" if relation.harmless else reason
            found.unpaired.append(
                Unpaired(name=relation.full_name, side=role, reason=reason, loses=relation.harmless is None)
            )
        for one, fits in doubtful[number].items():
            other = ", ".join(sorted(sides[1 - number].relations[fit].full_name for fit in fits))
            reason = f"Its name fits several on the {OTHER[here]}: {other}."
            found.unpaired.append(Unpaired(name=sides[number].relations[one].full_name, side=role, reason=reason))
        for part in sides[number].catalog.unread:
            if part.part in ("collections", "tables and views") or part.part.startswith("table "):
                found.unpaired.append(Unpaired(name=part.part.removeprefix("table "), side=role, reason=part.reason))
    found.unpaired.sort(key=lambda one: (one.side, one.name))
