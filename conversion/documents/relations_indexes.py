"""Indexes and unique keys of tables as indexes of the collections that their rows stand in."""

from __future__ import annotations

import json
import re
from typing import Any

from conversion.documents.relations_conditions import Conditions
from conversion.documents.relations_draft import DocumentDraft
from conversion.documents.relations_mapping import ID
from conversion.documents.relations_places import Location, Place, collation_of
from conversion.documents.relations_schema import once
from conversion.documents.relations_unique import Uniqueness, check_lists
from conversion.shapes import Untranslatable
from engines.catalog import Index, IndexKey, Key, Kind
from engines.documents import CollectionIndex

MOST_KEYS = 32  # https://www.mongodb.com/docs/manual/reference/limits/#indexes
MOST_INDEXES = 64
MOST_TEXT = 1
OR_IN_PARTIAL = 6  # https://www.mongodb.com/docs/manual/core/index-partial/
UNICODE = "text is compared by the rules of Unicode, which may hold more of it to be equal than the source does"
FOLDED = re.compile(r'^\(?\s*(?:lower|upper)\s*\(\s*\(?["`]?(\w+)["`]?\)?(?:::text)?\s*\)\s*\)?$', re.IGNORECASE)
# method of the source -> why it has no counterpart; methods that aren't here become ascending or descending keys
LACKING = {
    "gist": "MongoDB has no index for ranges, distances or shapes of this kind",
    "spgist": "MongoDB has no index of this kind",
    "spatial": "shapes are kept in the source's own form, which MongoDB's 2dsphere index doesn't read",
    "rtree": "shapes are kept in the source's own form, which MongoDB's 2dsphere index doesn't read",
}
NOTED = {
    "hash": "an ascending index answers equality as well",
    "brin": "an ascending index takes its place, which needs more room",
}


class IndexConverter:
    """Converts the keys and indexes of one table at its place in a collection."""

    def __init__(self, draft: DocumentDraft, place: Place) -> None:
        self.draft = draft
        self.place = place
        self.table = place.table
        self.unique = Uniqueness(draft, place)

    def convert(self) -> None:
        """Put what can be made into the collection; the rest becomes omissions."""
        if self.place.optional:
            self._primary()
        elif self.table.primary_key is not None and not self._is_id(self.table.primary_key.columns):
            self._unique(
                f"{self.table.full_name}.{self.table.primary_key.name or 'primary key'}", self.table.primary_key
            )
        for number, key in enumerate(self.table.uniques):
            name = f"{self.table.full_name}.{key.name or ','.join(key.columns)}"
            if self._is_id(key.columns) and not self.place.optional:
                self.draft.note(name, "it is the collection's _id")
            else:
                self._unique(name, key, number)
        for index in self.table.indexes:
            self._index(index)

    def _is_id(self, columns: list[str]) -> bool:
        mapping = self.draft.root(self.place.collection)
        return mapping.table == self.table.full_name and set(mapping.key) == set(columns)

    def _primary(self) -> None:
        key = self.table.primary_key
        if key is None:
            return
        name = f"{self.table.full_name}.{key.name or 'primary key'}"
        mapping = self.draft.embedded(self.table.full_name)
        if set(key.columns) <= set(mapping.link_columns):
            self.draft.note(name, "at most one such document stands in its parent's: their structure holds the key")
        elif once(mapping, self.table):
            self.draft.note(name, "the validator lets no value stand twice in the array (uniqueItems)")
        else:
            self._unique(name, key)

    def _unique(self, name: str, key: Key, number: int = 0) -> None:
        index = Index(
            name=key.name or f"{self.table.name}_{'_'.join(key.columns)}_{number}",
            keys=[IndexKey(column=column, prefix=key.prefixes.get(column)) for column in key.columns],
            unique=True,
            nulls_distinct=key.nulls_distinct,
        )
        if key.deferrable:
            self.draft.note(name, "it is checked with every write, a transaction can't defer it")
        self._make(name, "unique constraint", index, "")

    def _index(self, index: Index) -> None:
        name = f"{self.table.full_name}.{index.name}"
        original = index.definition or ""
        if not index.valid:
            self.draft.omit(name, "index", "it is not valid in the source: its creation failed", original)
        elif index.method in LACKING:
            self.draft.omit(name, "index", LACKING[index.method], original)
        else:
            self._make(name, "index", index, original)

    def _make(self, name: str, kind: str, index: Index, original: str) -> None:
        try:
            if self.unique.within_documents(name, index):
                return
            made = self._made(name, index)
        except Untranslatable as error:
            self.draft.omit(name, kind, error.reason, original or ", ".join(key.column or "" for key in index.keys))
            return
        target = self.draft.collection(self.place.collection)
        twin = _answered_by(made, target.indexes)
        if twin is not None:
            self.draft.note(name, f"{twin} answers it: an index over the same fields")
            return
        text = sum(any(how == "text" for _, how in found.keys) for found in target.indexes)
        if any(how == "text" for _, how in made.keys) and text >= MOST_TEXT:
            self.draft.omit(name, kind, "a collection has one text index at most", original)
        elif len(target.indexes) + 1 >= MOST_INDEXES:
            self.draft.omit(name, kind, "a collection has 64 indexes at most", original)
        else:
            made.name = self.draft.namer.take_recorded(f"indexes:{self.place.collection}", made.name, name)
            target.indexes.append(made)
            if index.comment:
                self.draft.omit(name, "comment", "MongoDB keeps no comments of indexes", index.comment)

    def _made(self, name: str, index: Index) -> CollectionIndex:
        keys: dict[str, int | str] = {}
        options: dict[str, Any] = {}
        found: list[Location] = []
        for key in index.keys:
            location, how, extra = self._key(name, index, key)
            found.append(location)
            keys[f"{location.path}.$**" if how == "wildcard" else location.path] = 1 if how == "wildcard" else how
            options |= extra
        check_lists(index, found, any(path.endswith(".$**") for path in keys))
        if not index.unique:
            keys |= {path: 1 for path in self._included(index) if path not in keys}
        if len(keys) > MOST_KEYS:
            raise Untranslatable(f"an index has {MOST_KEYS} keys at most")
        collation = self._collation(name, found, options)
        if collation is not None:
            options["collation"] = collation
        partial = self._partial(name, index)
        if index.unique:
            partial = self.unique.filter(name, index, found, partial)
        if index.method in NOTED:
            self.draft.note(name, NOTED[index.method])
        return CollectionIndex(
            name=index.name,
            keys=list(keys.items()),
            unique=index.unique,
            partial_filter=partial,
            hidden=not index.visible,
            options=options,
        )

    def _key(self, name: str, index: Index, key: IndexKey) -> tuple[Location, int | str, dict[str, Any]]:
        options: dict[str, Any] = {}
        column = key.column
        if column is None:
            folded = FOLDED.match(key.expression or "")
            if folded is None or index.method not in ("btree", "hash"):
                raise Untranslatable("MongoDB has no indexes over expressions")
            column = folded[1]
            options["collation"] = {"locale": "en", "strength": 2}
            self.draft.note(name, f"lower() becomes a collation without case: {UNICODE}")
        location = self.place.find(column)
        if location is None:
            raise Untranslatable(f"{column} is no field of the documents")
        if key.prefix is not None:
            weaker = "; values that differ only further on are unique now" if index.unique else ""
            self.draft.note(name, f"it holds whole values, not their beginnings{weaker}")
        if location.rest and index.unique:
            raise Untranslatable("the microseconds of its values stand in another field")
        return location, self._how(index, key, location), options

    def _how(self, index: Index, key: IndexKey, location: Location) -> int | str:
        if index.method == "fulltext":
            return "text"
        if index.method == "gin":
            if location.kind is Kind.JSON:
                return "wildcard"
            if location.kind is not Kind.ARRAY:
                raise Untranslatable("MongoDB has no index for what it searches")
        return -1 if key.descending else 1

    def _included(self, index: Index) -> list[str]:
        found = [self.place.find(column) for column in index.include]
        return [location.path for location in found if location is not None]

    def _collation(self, name: str, found: list[Location], options: dict[str, Any]) -> dict[str, Any] | None:
        """What the index needs to compare as the source does, where the collection's own collation doesn't."""
        own = self.draft.collection(self.place.collection).options.get("collation")
        if "collation" in options:
            return dict(options["collation"])
        texts = [one for one in found if one.kind in (Kind.TEXT, Kind.CHAR, Kind.ENUM)]
        wanted = [collation_of(one.collation, self._type_name(one), one.kind, self.draft.engine) for one in texts]
        if not texts or all(one == own for one in wanted):
            return None
        if any(one != wanted[0] for one in wanted):
            raise Untranslatable("its columns compare by different collations, an index has one")
        if wanted[0] is None:
            return {"locale": "simple"}
        self.draft.note(name, UNICODE)
        return wanted[0]

    def _type_name(self, location: Location) -> str | None:
        for column in self.table.columns:
            if self.place.locations.get(column.name) is location:
                return column.type.name
        return None

    def _partial(self, name: str, index: Index) -> dict[str, Any] | None:
        if index.predicate is None:
            return None
        try:
            found = Conditions(self.place, self.draft.engine, partial=True).filter(index.predicate)
            if self.draft.version < OR_IN_PARTIAL and re.search(r'"\$(?:or|in)":', json.dumps(found)):
                raise Untranslatable("partialFilterExpression takes $or and $in from version 6 on")
            return found
        except Untranslatable as error:
            if index.unique:
                raise
            self.draft.note(name, f"it holds all documents: {error.reason}")
            return None


def _answered_by(made: CollectionIndex, others: list[CollectionIndex]) -> str | None:
    """The name of an index that makes this one needless; MongoDB refuses two that differ only in name."""
    if [path for path, _ in made.keys] == [ID] and "collation" not in made.options:
        return "_id_"
    for other in others:
        like = (other.keys, other.options, other.hidden) == (made.keys, made.options, made.hidden)
        whole = other.partial_filter is None or other.partial_filter == made.partial_filter
        if like and whole and (other.unique or not made.unique):
            return other.name
    return None
