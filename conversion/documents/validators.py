"""A collection's validator as checks of its tables, clause by clause; what no check says is an omission.

A value that its column can't hold stands in the residue with NULL in the column, and a check lets NULL pass: so a
check never refuses a document that has to be kept. Documents of today may break a validator (validationLevel,
validationAction, documents older than it): checks are made only where the target can add them without looking at the
rows there are (PostgreSQL's NOT VALID).
"""

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
from engines.catalog import Check
from engines.documents import Collection

LIMITS = {"minimum": ">=", "maximum": "<="}
LENGTHS = {"minLength": ">=", "maxLength": "<="}
# words of $jsonSchema that say nothing to check, or that the columns' types say
SAID_ELSEWHERE = {"bsonType", "type", "title", "description", "properties", "required", "items", "$schema"}
UNCHECKED = "rows of today may break it, and the target looks at every row when it adds a check"


class ValidatorMaker:
    """Adds checks for one collection's validator to the tables of the draft's target."""

    def __init__(self, draft: Draft, mapping: CollectionMapping, collection: Collection, target: Target) -> None:
        self.draft = draft
        self.mapping = mapping
        self.collection = collection
        self.target = target
        self.name = f"{mapping.source}.validator"

    def add(self) -> None:
        """Checks for what can be said in SQL, one omission per clause that can't."""
        validator = self.collection.validator
        if not validator:
            return
        text = json.dumps(validator)
        if self.collection.options.get("validationAction") == "warn":
            self._omit("it only warned (validationAction)", text)
        elif not self.target.not_valid:
            self._omit(UNCHECKED, text)
        elif set(validator) == {"$jsonSchema"}:
            self._schema(validator["$jsonSchema"], "")
        else:
            self._query(validator)

    def _omit(self, reason: str, text: str, where: str = "") -> None:
        self.draft.omit(f"{self.name}{'.' if where else ''}{where}", "validator", reason, text)

    def _query(self, validator: dict[str, Any]) -> None:
        """A validator in the query language: each field a check."""
        for name, wanted in validator.items():
            try:
                condition = FilterWriter(self.mapping, self.mapping.root, self.target.family).condition({name: wanted})
                self._check(self.mapping.root.table, name, condition)
            except Untranslatable as error:
                self._omit(error.reason, json.dumps({name: wanted}), name)

    def _schema(self, schema: Any, path: str) -> None:
        """A $jsonSchema at a dotted path."""
        if not isinstance(schema, dict):
            self._omit("it isn't an object", json.dumps(schema), path)
            return
        for word, value in schema.items():
            try:
                if word == "properties" and isinstance(value, dict):
                    for name, below in value.items():
                        self._schema(below, f"{path}.{name}" if path else name)
                elif word == "items" and isinstance(value, dict):
                    self._schema(value, path)
                elif word == "required" and isinstance(value, list):
                    self._required(value, path)
                elif word == "enum" and isinstance(value, list):
                    self._enum(value, path)
                elif word in LIMITS:
                    self._limit(word, value, path, bool(schema.get("exclusive" + word.capitalize())))
                elif word in LENGTHS and isinstance(value, int):
                    place, column = self._text_column(path)
                    self._check(place.table.table, path, f"char_length({column}) {LENGTHS[word]} {value}")
                elif word not in SAID_ELSEWHERE and not word.startswith("exclusive"):
                    raise Untranslatable(f"{word} has no check")
            except Untranslatable as error:
                self._omit(error.reason, json.dumps({word: value}), f"{path}.{word}" if path else word)

    def _required(self, names: list[str], path: str) -> None:
        for name in names:
            whole = f"{path}.{name}" if path else name
            place = place_of(self.mapping, whole)
            if whole == "_id":
                continue
            if place is None or place.column is None or place.node.default != "missing":
                self._omit("no column tells missing from present", json.dumps({"required": name}), f"{whole}.required")
                continue
            identifier = FilterWriter(self.mapping, place.table, self.target.family).identifier
            condition = f"{identifier(place.column)} IS NOT NULL OR {identifier(place.table.residue)} IS NOT NULL"
            self._check(place.table.table, whole, condition)

    def _enum(self, labels: list[Any], path: str) -> None:
        place = place_of(self.mapping, path)
        if place is None or place.column is None:
            raise Untranslatable(f"{path} has no column of its own")
        writer = FilterWriter(self.mapping, place.table, self.target.family)
        column = writer.identifier(place.column)
        known = [label for label in labels if label is not None]
        for label in known:
            writer.column(path, label)
        self._check(place.table.table, path, f"{column} IN ({', '.join(map(writer.literal, known))})")

    def _limit(self, word: str, value: Any, path: str, exclusive: bool) -> None:
        place = place_of(self.mapping, path)
        if place is None or isinstance(value, bool) or not isinstance(value, int | float):
            raise Untranslatable(f"{path} has no column of its own")
        writer = FilterWriter(self.mapping, place.table, self.target.family)
        operator = LIMITS[word][0] if exclusive else LIMITS[word]
        number = float(value) if place.node.encoding in ("double", "number", "number_long") else value
        self._check(place.table.table, path, f"{writer.column(path, number)} {operator} {writer.literal(number)}")

    def _text_column(self, path: str) -> tuple[Found, str]:
        place = place_of(self.mapping, path)
        if place is None:
            raise Untranslatable(f"{path} has no column of its own")
        return place, FilterWriter(self.mapping, place.table, self.target.family).column(path, "")

    def _check(self, table_name: str, path: str, condition: str) -> None:
        table = self.draft.target.table(table_name)
        name = self.draft.namer.take(f"constraints:{table.schema_name}", joined([table.name, path], "check"))
        table.checks.append(Check(name=name, expression=condition, validated=False))
