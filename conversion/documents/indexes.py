"""Indexes of a collection as the closest indexes of its tables; what they did more is an omission or a note."""

from __future__ import annotations

import json
from typing import Any

from conversion.documents.filters import FilterWriter
from conversion.documents.mapping import CollectionMapping
from conversion.documents.places import Found, place_of
from conversion.documents.targets import Target
from conversion.draft import Draft
from conversion.names import joined
from conversion.shapes import Untranslatable
from engines.catalog import Index, IndexKey, Key, Table
from engines.documents import Collection, CollectionIndex
from engines.full_names import name_of, parts, qualified

# kinds of keys that no table of the target can have -> why
NO_COUNTERPART = {
    "2dsphere": "places on earth need an extension for geometry on the target",
    "2d": "places on a plane need an extension for geometry on the target",
    "geoHaystack": "MongoDB itself dropped this kind of index",
}
# MongoDB's languages of text search -> PostgreSQL's configurations of the same name; others are searched as simple
LANGUAGES = frozenset(
    "danish dutch english finnish french german hungarian italian norwegian portuguese romanian russian spanish "
    "swedish turkish".split()
)
MYSQL_KEY_BYTES = 3072  # of one index of InnoDB: https://mariadb.com/kb/en/innodb-limitations
BYTES_PER_CHARACTER = 4


class IndexMaker:
    """Adds the indexes of one collection to the tables of the draft's target."""

    def __init__(self, draft: Draft, mapping: CollectionMapping, collection: Collection, target: Target) -> None:
        self.draft = draft
        self.mapping = mapping
        self.collection = collection
        self.target = target

    def add(self) -> None:
        """Every index becomes one of a table, or an omission."""
        for index in self.collection.indexes:
            if index.keys == [("_id", 1)]:
                self._expiry(index)
                continue
            try:
                self._index(index)
            except Untranslatable as error:
                self.draft.omit(self._name(index), "index", error.reason, _original(index))

    def _name(self, index: CollectionIndex) -> str:
        return f"{self.mapping.source}.{index.name}"

    def _index(self, index: CollectionIndex) -> None:
        places = [self._place(path, how) for path, how in index.keys]
        tables = list(dict.fromkeys(place.table.table for place in places))
        if len(tables) > 1:
            raise Untranslatable(f"its fields stand in several tables: {', '.join(tables)}")
        if index.hidden and self.target.family != "mysql":
            raise Untranslatable("it is hidden from the planner, and the target has no such state")
        made = self._text(index, places) if "text" in dict(index.keys).values() else self._plain(index, places)
        self._condition(index, made, places)
        made.visible = not index.hidden
        self._keep(self.draft.target.table(tables[0]), made)
        self.draft.namer.renames[self._name(index)] = qualified(parts(tables[0])[0], made.name)
        self._differences(index, places)

    def _keep(self, table: Table, made: Index) -> None:
        """MySQL knows a unique index over columns as unique constraint only."""
        names = [key.column for key in made.keys if key.column is not None and not key.descending]
        if self.target.family == "mysql" and made.unique and made.visible and len(names) == len(made.keys):
            table.uniques.append(Key(name=made.name, columns=names))
        else:
            table.indexes.append(made)

    def _place(self, path: str, how: int | str) -> Found:
        if how in NO_COUNTERPART:
            raise Untranslatable(NO_COUNTERPART[str(how)])
        if "$**" in path:
            raise Untranslatable("it covers fields that it doesn't name; index the columns that queries use")
        place = place_of(self.mapping, path)
        if place is None or place.column is None or place.node.encoding in ("json", "jsonb"):
            raise Untranslatable(f"{path} has no column of its own")
        return place

    def _free_name(self, places: list[Found]) -> str:
        table = name_of(places[0].table.table)
        return self.draft.relation_name(joined([table, *(place.column or "" for place in places)], "idx"))

    def _plain(self, index: CollectionIndex, places: list[Found]) -> Index:
        keys = [
            IndexKey(column=place.column, descending=how == -1, prefix=self._prefix(place))
            for place, (_, how) in zip(places, index.keys, strict=True)
        ]
        unique = index.unique
        if unique and any(place.in_array for place in places):
            unique = self._not_unique(index, "one document's array may hold a value twice, which a table can't tell")
        if unique and (any(key.prefix for key in keys) or any(self._long(place) for place in places)):
            unique = self._not_unique(index, "its texts are longer than a key of the target can be")
        width = sum(place.node.options.get("length", 0) * BYTES_PER_CHARACTER for place in places)
        if self.target.prefixes and width > MYSQL_KEY_BYTES:
            raise Untranslatable(f"its key would have {width} bytes, the target takes {MYSQL_KEY_BYTES}")
        return Index(name=self._free_name(places), keys=keys, unique=unique, method=self._method(index, places, unique))

    def _method(self, index: CollectionIndex, places: list[Found], unique: bool) -> str:
        if self.target.family != "postgresql" or len(places) > 1 or unique:
            return "btree"
        if index.keys[0][1] == "hashed":
            return "hash"
        if self._long(places[0]):
            self.draft.note(self._name(index), "values are too long for a sorted index: it is a hash index, for = only")
            return "hash"
        return "btree"

    def _long(self, place: Found) -> bool:
        """True for a text or binary column whose values may not fit into an index entry."""
        unlimited = place.node.encoding in ("text", "binary") and not place.node.options.get("length")
        return unlimited and self.target.index_text > 0

    def _prefix(self, place: Found) -> int | None:
        return self.target.index_text if self.target.prefixes and self._long(place) else None

    def _text(self, index: CollectionIndex, places: list[Found]) -> Index:
        """A text index: GIN over the words in PostgreSQL, FULLTEXT in MySQL."""
        if self.target.family == "sqlite":
            raise Untranslatable("full text search needs a virtual table of SQLite's own, filled by triggers")
        if any(how != "text" for _, how in index.keys):
            raise Untranslatable("it joins words with plain keys, which no index of the target does")
        if any(place.node.encoding != "text" for place in places):
            raise Untranslatable("one of its fields isn't text alone")
        self.draft.note(self._name(index), "words are cut, weighed and ranked by the target's own rules of text search")
        name = self._free_name(places)
        if self.target.family == "mysql":
            return Index(name=name, keys=[IndexKey(column=place.column) for place in places], method="fulltext")
        language = str(index.options.get("default_language", "english"))
        language = language if language in LANGUAGES else "simple"
        identifier = FilterWriter(self.mapping, places[0].table, "postgresql").identifier
        words = " || ' '::text || ".join(f"COALESCE({identifier(place.column or '')}, ''::text)" for place in places)
        return Index(
            name=name, method="gin", keys=[IndexKey(expression=f"to_tsvector('{language}'::regconfig, {words})")]
        )

    def _condition(self, index: CollectionIndex, made: Index, places: list[Found]) -> None:
        """The predicate of a partial or sparse index; without one a unique index would hold for more documents."""
        writer = FilterWriter(self.mapping, places[0].table, self.target.family)
        if index.partial_filter is None:
            if index.sparse and not made.unique and self.target.partial_indexes and len(places) == 1:
                made.predicate = f"{writer.identifier(places[0].column or '')} IS NOT NULL"
            return
        try:
            if not self.target.partial_indexes:
                raise Untranslatable("the target has no partial indexes")
            made.predicate = writer.condition(index.partial_filter)
        except Untranslatable as error:
            if made.unique:
                made.unique = self._not_unique(index, f"it holds for part of the documents only: {error.reason}")
            self.draft.note(self._name(index), f"the index is over all rows: {error.reason}")

    def _not_unique(self, index: CollectionIndex, reason: str) -> bool:
        self.draft.omit(self._name(index), "unique constraint", f"{reason}; the index is there", _original(index))
        return False

    def _differences(self, index: CollectionIndex, places: list[Found]) -> None:
        self._expiry(index)
        if index.options.get("collation"):
            reason = "its collation isn't carried over: text is compared byte by byte"
            self.draft.omit(self._name(index), "collation", reason, _original(index))
        if index.unique and not index.sparse and index.partial_filter is None:
            text = "MongoDB lets one document be without the field or null in it, SQL any number of them"
            self.draft.note(self._name(index), text)
        if "hashed" in dict(index.keys).values() and self.target.family != "postgresql":
            self.draft.note(self._name(index), "a hashed key becomes a plain one")

    def _expiry(self, index: CollectionIndex) -> None:
        if index.expire_after_seconds is None:
            return
        reason = (
            f"rows aren't deleted by themselves {index.expire_after_seconds:g} seconds after the moment in the column: "
            "schedule a DELETE"
        )
        self.draft.omit(self._name(index), "ttl", reason, _original(index))


def _original(index: CollectionIndex) -> str:
    found: dict[str, Any] = index.model_dump(exclude_defaults=True)
    return json.dumps(found, sort_keys=True, default=str)
