"""Takes the rows of one table out of a document that was made of rows, by the mapping that says where they lie."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from conversion.documents.relations_mapping import ID, DocumentMapping, EmbeddedMapping, FieldMapping
from conversion.documents.relations_values import encoding
from transfer.canonical.columns import ComparedColumn, Form
from transfer.canonical.values_mongodb import ANY
from transfer.sides.gathered_lists import in_json

NULL = object()  # a field that is there and null
MISFITS = (KeyError, TypeError, ValueError, AttributeError, ArithmeticError)


def gathered(mapping: DocumentMapping, document: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    """The rows of one table in a document; what the mapping's encoding can't decode comes as it is."""
    row = {found.column: _field(document, found, mapping.key) for found in mapping.fields}
    rows: list[dict[str, Any]] = [row] if name == mapping.table else []
    _inside(mapping.embedded, document, row, name, rows)
    return rows


def _inside(
    embedded: Iterable[EmbeddedMapping],
    document: Mapping[str, Any],
    parent: Mapping[str, Any],
    name: str,
    rows: list[dict[str, Any]],
) -> None:
    for found in embedded:
        inside = document.get(found.field)
        items = [] if inside is None else inside if isinstance(inside, list) else [inside]
        for item in items:
            if found.shape == "values":
                field = found.own_fields[0]
                row = {field.column: NULL if item is None else _decoded(field, item)}
            else:
                fields = item if isinstance(item, dict) else {}
                row = {field.column: _field(fields, field, []) for field in found.fields}
            # a foreign key's column has a field of its own where it is spelled otherwise than what it refers to
            row |= {child: parent[above] for child, above in found.links if row.get(child) is None}
            if found.table == name:
                rows.append(row)
            _inside(found.embedded, item if isinstance(item, dict) else {}, row, name, rows)


def _field(document: Mapping[str, Any], found: FieldMapping, key: list[str]) -> Any:
    """The value of a column, None where the field isn't there, NULL where it is null."""
    holder: Any = document
    name = found.field
    if found.in_id:
        holder, name = (document, ID) if len(key) == 1 else (document.get(ID), found.field)
    if not isinstance(holder, Mapping) or name not in holder:
        return None
    value = holder[name]
    if value is None:
        return NULL
    back = _decoded(found, value)
    rest = holder.get(found.rest) if found.rest is not None else None
    if rest is not None and isinstance(back, datetime) and isinstance(rest, int):
        return back + timedelta(microseconds=rest)
    return back


def _decoded(found: FieldMapping, value: Any) -> Any:
    try:
        back = encoding(found.encoding).decode(value)
        return in_json(back, found) if isinstance(back, list) else back
    except MISFITS:
        return value


def cell(column: ComparedColumn, value: Any) -> Any:
    """The value of a compared column: JSON's null is a null in the document, NULL a field that isn't there.

    Columns of other forms have one NULL.
    """
    if value is not NULL:
        return value
    any_type = ANY in (column.source.reading, column.target.reading)
    return "null" if column.form is Form.JSON and not any_type else None
