"""Unique keys in documents: what an index holds, what the validator holds, and what nothing holds."""

from __future__ import annotations

from typing import Any

from conversion.documents.relations_draft import DocumentDraft
from conversion.documents.relations_places import Location, Place
from conversion.shapes import Untranslatable
from engines.catalog import Index
from engines.documents import Collection

LISTS = ("array:", "labels", "json")  # beginnings of encodings whose fields may hold a list
NOTHING_HOLDS = "within the array of one document MongoDB holds nothing to be unique"


class Uniqueness:
    """The unique keys of one table at its place.

    MongoDB's unique indexes hold missing values to be equal, and compare the elements of an array with other
    documents only. So NULLs are kept out by a partial filter, and the validator looks into arrays.
    """

    def __init__(self, draft: DocumentDraft, place: Place) -> None:
        self.draft = draft
        self.place = place

    def within_documents(self, name: str, index: Index) -> bool:
        """True where the key names its parent whole: the validator holds it for the one array, no index is needed."""
        if self.place.array is None or not index.unique or index.predicate:
            return False
        links = set(self.draft.embedded(self.place.table.full_name).link_columns)
        columns = [key.column or "" for key in index.keys]
        if not links <= set(columns):
            return False
        found = [self.place.find(column) for column in columns if column not in links]
        inside = [one for one in found if one is not None]
        if len(inside) < len(found) or (not index.nulls_distinct and any(one.nullable for one in inside)):
            return False
        self._within_arrays(name, inside)
        return True

    def filter(
        self, name: str, index: Index, found: list[Location], partial: dict[str, Any] | None
    ) -> dict[str, Any] | None:
        """The filter that lets NULLs and missing sub-documents repeat; Untranslatable inside arrays with NULLs."""
        nullable = [one for one in found if one.nullable]
        if self.place.array is not None:
            if nullable:
                raise Untranslatable("elements without the field would count as equal")
            self._within_arrays(name, found)
        if nullable and not index.nulls_distinct:
            if partial is None and not self.place.optional:
                return None
            raise Untranslatable("NULLs that are equal to each other can't be told from documents without the row")
        needed = found if self.place.optional else nullable
        if not needed:
            return partial
        exists: list[dict[str, Any]] = [{one.path: {"$exists": True}} for one in needed]
        return {"$and": [*([partial] if partial else []), *exists]} if partial or len(exists) > 1 else exists[0]

    def _within_arrays(self, name: str, found: list[Location]) -> None:
        """Let the validator compare the number of different keys in the array with its length."""
        array = self.place.array or ""
        collection = self.draft.collection(self.place.collection)
        folded = any(one.folded for one in found) and "collation" not in collection.options
        if self.place.arrays != 1 or folded or not all(one.path.startswith(f"{array}.") for one in found):
            raise Untranslatable(NOTHING_HOLDS)
        elements: dict[str, Any] = {"$ifNull": [f"${array}", []]}
        there = [{"$ne": [{"$ifNull": [f"$$this.{one.inside}", None]}, None]} for one in found if one.nullable]
        if there:
            elements = {"$filter": {"input": elements, "as": "this", "cond": {"$and": there}}}
        keys = {f"k{number}": f"$$this.{one.inside}" for number, one in enumerate(found)}
        different = {"$size": {"$setUnion": [{"$map": {"input": elements, "in": keys}}, []]}}
        add_condition(collection, {"$expr": {"$eq": [different, {"$size": elements}]}})
        self.draft.note(name, "the validator lets no two elements of an array have the same key")


def check_lists(index: Index, found: list[Location], whole: bool) -> None:
    """Untranslatable where MongoDB would not take an index over lists, or let it say something else.

    It indexes the elements of a list, each by itself: unique is then an element, among all documents, and of two lists
    there would be every pair (https://www.mongodb.com/docs/manual/core/indexes/index-types/index-multikey). whole: a
    key of the index takes all fields of a document.
    """
    lists = [one for one in found if one.encoding.startswith(LISTS)]
    if index.unique and lists:
        raise Untranslatable("MongoDB would hold the elements of its lists to be unique, not the lists")
    if len(lists) > 1:
        raise Untranslatable("an index takes the elements of one list only")
    if whole and len(found) > 1:
        raise Untranslatable("an index over all fields of a document stands alone")


def add_condition(collection: Collection, condition: dict[str, Any]) -> None:
    """Let the validator ask for one more condition; the schema stays the first."""
    validator = collection.validator or {}
    parts = validator.get("$and") or ([validator] if validator else [])
    collection.validator = {"$and": [*parts, condition]} if condition not in parts else validator
