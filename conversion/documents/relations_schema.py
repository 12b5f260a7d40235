"""What a collection's validator says of its fields: $jsonSchema from columns, as JSON data."""

from __future__ import annotations

from typing import Any

from conversion.documents.relations_mapping import ID, DocumentMapping, EmbeddedMapping, FieldMapping
from conversion.documents.relations_values import ARRAY, encoding
from conversion.from_mysql.source import labels
from conversion.relational.choice import ColumnFacts
from conversion.result import Request
from engines.catalog import Column, Kind, LogicalType, Table
from engines.families import family

Schema = dict[str, Any]
LONG_DIGITS = 18
BEYOND = [{"$numberDecimal": "NaN"}, {"$numberDecimal": "Infinity"}, {"$numberDecimal": "-Infinity"}]


class Schemas:
    """Writes the schemas of one source; SQLite promises neither lengths nor ranges, so none are asked for."""

    def __init__(self, request: Request) -> None:
        self.request, source = request, request.source
        self.tables = {table.full_name: table for table in source.tables}
        self.labels = {found.full_name: found.labels for found in source.types}
        self.sized = family(source.engine) != "sqlite"

    def of_collection(self, mapping: DocumentMapping) -> Schema:
        """The schema of a collection's documents; NOT NULL is `required`, NULL a field that isn't there."""
        table = self.tables[mapping.table]
        parts = [found for found in mapping.fields if found.in_id]
        rest = [found for found in mapping.fields if not found.in_id]
        schema = self._object(table, rest, mapping.embedded)
        if len(parts) == 1:
            schema["properties"] = {ID: self._field(table, parts[0])} | schema["properties"]
        elif parts:
            schema["properties"] = {ID: self._object(table, parts, [])} | schema["properties"]
        if parts:
            schema["required"] = [ID, *schema.get("required", [])]
        return schema

    def _object(self, table: Table, fields: list[FieldMapping], embedded: list[EmbeddedMapping]) -> Schema:
        schema: Schema = {"bsonType": "object"}
        if table.comment:
            schema["description"] = table.comment
        required = [found.field for found in fields if not found.nullable]
        required += [found.field for found in embedded if found.shape != "object"]
        if required:
            schema["required"] = required
        properties = {}
        for found in fields:
            properties[found.field] = self._field(table, found)
            if found.rest is not None:
                properties[found.rest] = {"bsonType": ["int", "long"], "minimum": 1, "maximum": 999}
        for inside in embedded:
            properties[inside.field] = self._embedded(inside)
        return schema | {"properties": properties}

    def _embedded(self, mapping: EmbeddedMapping) -> Schema:
        table = self.tables[mapping.table]
        if mapping.shape == "values":
            schema: Schema = {"bsonType": "array", "items": self._field(table, mapping.own_fields[0])}
            return schema | {"uniqueItems": True} if once(mapping, table) else schema
        links = mapping.link_columns
        fields = [
            found.model_copy(update={"nullable": True}) if found.column in links else found for found in mapping.fields
        ]
        one = self._object(table, fields, mapping.embedded)
        return one if mapping.shape == "object" else {"bsonType": "array", "items": one}

    def _field(self, table: Table, mapping: FieldMapping) -> Schema:
        column = table.column(mapping.column)
        schema = self._type(mapping.encoding, column.type, self._labels(table, column))
        return schema | {"description": column.comment} if column.comment else schema

    def _labels(self, table: Table, column: Column) -> list[str]:
        if column.type.kind is Kind.ENUM and column.type.labels:
            profile = self.request.profiles.get(table.full_name)
            unscanned = table.full_name in self.request.unscanned
            found = profile.columns.get(column.name) if profile else None
            return list(labels(ColumnFacts(self.request.source, table, column, found, unscanned=unscanned)))
        element = column.type.element or column.type
        return column.type.labels or self.labels.get(element.name or "", [])

    def _type(self, encoded: str, column_type: LogicalType, labels: list[str]) -> Schema:
        found: Schema = {"bsonType": list(encoding(encoded).bson)}
        if encoded.startswith(ARRAY):
            inner = self._type(encoded.removeprefix(ARRAY), column_type.element or LogicalType(kind=Kind.OTHER), labels)
            return found | {"items": {"anyOf": [inner, {"bsonType": ["null", "array"]}]}}
        if encoded == "string" and column_type.kind is Kind.ENUM and labels:
            return {"enum": labels}
        if encoded == "labels" and labels:
            return found | {"items": {"enum": labels}}
        if self.sized:
            found |= _sizes(encoded, column_type)
        return found | {"bsonType": found["bsonType"][0]} if len(found["bsonType"]) == 1 else found


def once(mapping: EmbeddedMapping, table: Table) -> bool:
    """True where a key of the table keeps an array of values from holding one twice."""
    wanted = {found.column for found in mapping.fields}
    keys = [table.primary_key, *table.uniques] if table.primary_key else table.uniques
    return mapping.shape == "values" and any(set(key.columns) <= wanted for key in keys if key)


def _sizes(encoded: str, column_type: LogicalType) -> Schema:
    if encoded == "string" and column_type.kind in (Kind.TEXT, Kind.CHAR) and column_type.length is not None:
        return {"maxLength": column_type.length}
    if encoded in ("int", "long", "unsigned") and column_type.kind is Kind.INTEGER:
        return _range(column_type)
    if encoded == "decimal" and column_type.precision is not None and (column_type.scale or 0) >= 0:
        return {"anyOf": [_decimal_range(column_type), {"enum": BEYOND}, {"bsonType": "string"}]}
    return {}


def _range(column_type: LogicalType) -> Schema:
    bits = column_type.bits or 64
    if bits >= 64:
        return {"minimum": 0} if column_type.unsigned else {}
    low, high = (0, 2**bits - 1) if column_type.unsigned else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
    return {"minimum": low, "maximum": high}


def _decimal_range(column_type: LogicalType) -> Schema:
    digits = (column_type.precision or 0) - (column_type.scale or 0)
    upper: Schema = {"maximum": _power(digits), "exclusiveMaximum": True}
    if column_type.unsigned:
        return upper | {"minimum": 0}
    return upper | {"minimum": _power(digits, "-"), "exclusiveMinimum": True}


def _power(digits: int, sign: str = "") -> Any:
    """A power of ten, as Decimal128 where it is beyond a long."""
    if digits < 0 or digits > LONG_DIGITS:
        return {"$numberDecimal": f"{sign}1E{digits:+d}"}
    return int(f"{sign}1") * 10**digits
