"""The engine-neutral model of collections of documents, and what was observed in their fields."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from engines.model import Model


class Reference(Model):
    """A field whose values occur as keys of a collection: how many were looked up, how many had no counterpart.

    exact: every value of every document was looked up, so that no orphans means that there are none; declared: the
    documents name the collection themselves (DBRef).
    """

    collection: str
    field: str = "_id"
    values: int
    orphans: int
    exact: bool = False
    declared: bool = False


class ObservedField(Model):
    """What occurs at one path.

    path: names from the top; None is any element of an array, or any value of an object whose keys are data.
    types: values per BSON type (aliases of $type: string, int, long, double, decimal, objectId, date, bool, null,
    object, array, binData, regex, timestamp, ...). present of parents: how many of the objects that could hold the
    field do; below an array: elements of arrays; below an object whose keys are data: values of such objects.
    forms: values with a form that matters to a target (the names are in engines/mongodb/forms.py, FORMS).
    minimum, maximum: of integers; max_length: characters of text; max_bytes: of text in UTF-8 and of binData;
    max_digits before and max_scale behind the decimal point, of decimals; earliest, latest: of dates, milliseconds
    since 1970 in UTC; shortest, longest, elements: of arrays (elements of all of them together); map_like: the
    object's keys are data; keys: how many different ones, counted up to a limit, so at least that many; order_varies:
    objects whose keys come in another order than the fields are listed in; unique: no value occurred twice when every
    document was read (None: not known), null and missing aside.
    """

    path: list[str | None]
    types: dict[str, int] = Field(default_factory=dict)
    present: int = 0
    parents: int = 0
    forms: dict[str, int] = Field(default_factory=dict)
    subtypes: dict[str, int] = Field(default_factory=dict)  # of binData
    minimum: int | None = None
    maximum: int | None = None
    max_length: int | None = None
    max_bytes: int | None = None
    max_digits: int | None = None
    max_scale: int | None = None
    earliest: int | None = None
    latest: int | None = None
    shortest: int | None = None
    longest: int | None = None
    elements: int | None = None
    map_like: bool = False
    keys: int | None = None
    order_varies: int = 0
    unique: bool | None = None
    references: list[Reference] = Field(default_factory=list)


class CollectionIndex(Model):
    """An index of a collection: keys as (path, direction or kind: 1, -1, text, hashed, 2dsphere, ...)."""

    name: str
    keys: list[tuple[str, int | str]]
    unique: bool = False
    sparse: bool = False
    expire_after_seconds: float | None = None
    partial_filter: dict[str, Any] | None = None
    hidden: bool = False
    options: dict[str, Any] = Field(default_factory=dict)


class Collection(Model):
    """A collection, or a view over one (kind: collection, capped, timeseries, view, bucket).

    fields: what was seen in `scanned` documents of `documents`; sampling_error: half the width of the 95 % interval of
    a share (0 when every document was read); unseen: the share of documents that may still hold a field that was never
    seen (95 %: three divided by the number of documents read); untracked: values below fields that weren't kept apart
    because the collection has more different paths than are; order_varies: documents whose fields come in another
    order than they are listed in. bucket is a GridFS bucket's files or chunks.
    """

    name: str
    kind: str = "collection"
    options: dict[str, Any] = Field(default_factory=dict)
    validator: dict[str, Any] | None = None
    view_on: str | None = None
    pipeline: list[dict[str, Any]] = Field(default_factory=list)
    indexes: list[CollectionIndex] = Field(default_factory=list)
    fields: list[ObservedField] = Field(default_factory=list)
    documents: int | None = None
    documents_exact: bool = False
    size_bytes: int | None = None
    scanned: int = 0
    sampling_error: float | None = None
    unseen: float | None = None
    untracked: int = 0
    order_varies: int = 0

    def field(self, *path: str | None) -> ObservedField:
        """What was observed at a path; KeyError when nothing was."""
        for found in self.fields:
            if found.path == list(path):
                return found
        raise KeyError(f"{self.name} has no field {list(path)}")
