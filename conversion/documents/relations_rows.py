"""Documents from rows by the mapping, and the same rows from the documents again."""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from conversion.documents.relations_mapping import ID, DocumentMapping, EmbeddedMapping, FieldMapping
from conversion.documents.relations_moments import left_over
from conversion.documents.relations_values import encoding

Row = Mapping[str, Any]
Document = dict[str, Any]
# rows of an embedded table whose foreign key has these values
Children = Callable[[EmbeddedMapping, tuple[Any, ...]], Iterable[Row]]


def to_documents(mapping: DocumentMapping, tables: Mapping[str, Iterable[Row]]) -> Iterator[Document]:
    """The documents of a collection from the rows of its tables, by full names; the rows of embedded ones are held.

    A row is a dict of column to value, None for NULL. KeyError where a row lacks a column.
    """
    groups: dict[str, dict[tuple[Any, ...], list[Row]]] = {}
    for name in list(mapping.tables())[1:]:
        groups[name] = defaultdict(list)
    for found in _every(mapping.embedded):
        for row in tables.get(found.table, ()):
            groups[found.table][tuple(row[column] for column in found.link_columns)].append(row)

    def children(found: EmbeddedMapping, key: tuple[Any, ...]) -> Iterable[Row]:
        return groups[found.table].get(key, ())

    maker = DocumentMaker(mapping)
    for row in tables.get(mapping.table, ()):
        yield maker.document(row, children)


def to_document(mapping: DocumentMapping, row: Row, children: Children) -> Document:
    """One document; DocumentMaker does the same for many."""
    return DocumentMaker(mapping).document(row, children)


def to_rows(mapping: DocumentMapping, document: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """The rows that a document was made of, by the tables' full names; it may come from the server (_id added)."""
    row: dict[str, Any] = {}
    for found in mapping.fields:
        if found.in_id:
            value = document[ID] if len(mapping.key) == 1 else document[ID][found.field]
            row[found.column] = encoding(found.encoding).decode(value)
        else:
            row[found.column] = _take(document, found)
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in mapping.tables()}
    rows[mapping.table].append(row)
    _extract(document, mapping.embedded, row, rows)
    return rows


def _every(embedded: list[EmbeddedMapping]) -> Iterator[EmbeddedMapping]:
    for found in embedded:
        yield found
        yield from _every(found.embedded)


def _take(document: Mapping[str, Any], found: FieldMapping) -> Any:
    if found.field not in document:
        return None
    value = encoding(found.encoding).decode(document[found.field])
    if found.rest is not None and found.rest in document:
        value = value.replace(microsecond=value.microsecond + int(document[found.rest]))
    return value


# encoding -> class whose values it writes as they are; of text those without any character that UTF-8 may not have
PLAIN: dict[str, type] = {"string": str, "any": str, "double": float, "bool": bool}


class _Field:
    """A column's way, its encoding looked up."""

    __slots__ = ("column", "encode", "field", "plain", "rest")

    def __init__(self, found: FieldMapping) -> None:
        self.column, self.field, self.rest = found.column, found.field, found.rest
        self.encode = encoding(found.encoding).encode
        self.plain = PLAIN.get(found.encoding)

    def put(self, document: Document, value: Any) -> None:
        """NULL is a field that isn't there."""
        if value is None:
            return
        if type(value) is self.plain and (not isinstance(value, str) or value.isascii()):
            document[self.field] = value
            return
        written = document[self.field] = self.encode(value)
        if self.rest is not None and isinstance(written, datetime.datetime) and left_over(value):
            document[self.rest] = left_over(value)


class _Inside:
    """An embedded table, its encodings looked up."""

    def __init__(self, found: EmbeddedMapping) -> None:
        self.mapping, self.links = found, dict(found.links)
        self.parents = [parent for _, parent in found.links]
        self.fields = [_Field(one) for one in found.fields]
        self.own = [_Field(one) for one in found.own_fields]
        self.embedded = [_Inside(one) for one in found.embedded]

    def put(self, document: Document, row: Row, children: Children) -> None:
        """The rows that belong to a row, into its document."""
        found = self.mapping
        rows = list(children(found, tuple(row[parent] for parent in self.parents)))
        if len(rows) > 1:
            rows.sort(key=lambda child: tuple(_sortable(child[column]) for column in found.order))
        if found.shape == "object":
            if rows:
                document[found.field] = self._inside(rows[0], row, children)
        elif found.shape == "values":
            field = self.own[0]
            document[found.field] = [field.encode(child[field.column]) for child in rows]
        else:
            document[found.field] = [self._inside(child, row, children) for child in rows]

    def _inside(self, child: Row, parent: Row, children: Children) -> Document:
        document: Document = {}
        for field in self.fields:
            value = child[field.column]
            if field.column not in self.links or not same(value, parent[self.links[field.column]]):
                field.put(document, value)
        for inside in self.embedded:
            inside.put(document, child, children)
        return document


class DocumentMaker:
    """Makes the documents of one collection."""

    def __init__(self, mapping: DocumentMapping) -> None:
        self.key = mapping.key
        self.parts = [_Field(found) for found in mapping.fields if found.in_id]
        self.fields = [_Field(found) for found in mapping.fields if not found.in_id]
        self.embedded = [_Inside(found) for found in mapping.embedded]

    def document(self, row: Row, children: Children) -> Document:
        """One document: _id first, the columns in their order, then what is embedded."""
        document: Document = {}
        if self.parts:
            by_column = {part.column: part.encode(row[part.column]) for part in self.parts}
            key = {part.field: by_column[part.column] for part in self.parts}
            document[ID] = by_column[self.key[0]] if len(self.key) == 1 else key
        for field in self.fields:
            field.put(document, row[field.column])
        for inside in self.embedded:
            inside.put(document, row, children)
        return document


def same(one: Any, other: Any) -> bool:
    """Equal and spelled alike: 1.0 and 1.00 are equal and not the same."""
    return type(one) is type(other) and one == other and str(one) == str(other)


def _extract(
    document: Mapping[str, Any],
    embedded: list[EmbeddedMapping],
    parent: dict[str, Any],
    rows: dict[str, list[dict[str, Any]]],
) -> None:
    for found in embedded:
        inside = document.get(found.field, [] if found.shape != "object" else None)
        for one in [inside] if isinstance(inside, dict) else inside or []:
            if found.shape == "values":
                field = found.own_fields[0]
                row = {field.column: encoding(field.encoding).decode(one)}
                one = {}
            else:
                row = {field.column: _take(one, field) for field in found.own_fields}
            links = dict(found.links)
            for field in found.fields:
                if field.column in links:
                    row[field.column] = _take(one, field) if field.field in one else parent[links[field.column]]
            rows[found.table].append(row)
            _extract(one, found.embedded, row, rows)


def _sortable(value: Any) -> tuple[bool, str, Any]:
    """A key that sorts values of several classes without an error, None first."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return (value is not None, "", value)
    return (value is not None, type(value).__name__, str(value))
