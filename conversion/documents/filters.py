"""Conditions of partial indexes and validators in SQL, as far as a typed column says the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from conversion.documents.mapping import CollectionMapping, RowMapping
from conversion.documents.places import place_of
from conversion.shapes import Untranslatable
from engines.mysql.quoting import quote_identifier as mysql_identifier
from engines.mysql.quoting import quote_literal as mysql_literal
from engines.postgresql.quoting import quote_identifier as postgresql_identifier
from engines.postgresql.quoting import quote_literal as postgresql_literal
from engines.sqlite.quoting import quote_identifier as sqlite_identifier
from engines.sqlite.quoting import quote_literal as sqlite_literal

IDENTIFIERS: dict[str, Callable[[str], str]] = {
    "postgresql": postgresql_identifier, "mysql": mysql_identifier, "sqlite": sqlite_identifier,
}  # fmt: skip
LITERALS: dict[str, Callable[[str], str]] = {
    "postgresql": postgresql_literal, "mysql": mysql_literal, "sqlite": sqlite_literal,
}  # fmt: skip
COMPARISONS = {"$eq": "=", "$gt": ">", "$gte": ">=", "$lt": "<", "$lte": "<="}
NUMBERS = {"int", "long", "integer", "double", "number", "number_long", "decimal"}
INTEGERS = {"int", "long", "integer"}


class FilterWriter:
    """Writes conditions over one table of a mapping."""

    def __init__(self, mapping: CollectionMapping, table: RowMapping, family: str) -> None:
        self.mapping = mapping
        self.table = table
        self.family = family
        self.identifier = IDENTIFIERS[family]

    def condition(self, document: dict[str, Any]) -> str:
        """SQL for a query document; Untranslatable where no column of the table says the same."""
        parts = []
        for name, wanted in document.items():
            if name == "$and" and isinstance(wanted, list):
                parts += [self.condition(item) for item in wanted]
            elif name.startswith("$"):
                raise Untranslatable(f"{name} isn't translated")
            else:
                parts += self._field(name, wanted)
        if not parts:
            raise Untranslatable("it is empty")
        return " AND ".join(parts)

    def column(self, path: str, wanted: Any = None) -> str:
        """The quoted column of a path whose values compare like the wanted one."""
        place = place_of(self.mapping, path)
        if place is None or not place.typed or place.table.table != self.table.table:
            raise Untranslatable(f"{path} has no typed column in {self.table.table}")
        encoding = place.node.encoding
        fits = (
            wanted is None
            or (isinstance(wanted, bool) and encoding == "bool")
            or (isinstance(wanted, str) and encoding == "text")
            or (not isinstance(wanted, bool) and isinstance(wanted, int) and encoding in NUMBERS)
            or (isinstance(wanted, float) and encoding in NUMBERS - INTEGERS)
        )
        if not fits or (encoding == "decimal" and self.family == "sqlite"):
            raise Untranslatable(f"{path} doesn't compare with {type(wanted).__name__} as MongoDB does")
        return self.identifier(place.column or "")

    def literal(self, value: Any) -> str:
        """A constant."""
        if isinstance(value, bool):
            return str(value).lower() if self.family == "postgresql" else str(int(value))
        if isinstance(value, str):
            if "\0" in value or not value.isprintable():
                raise Untranslatable("the text has characters that aren't printed")
            return LITERALS[self.family](value)
        return repr(value)

    def _field(self, name: str, wanted: Any) -> list[str]:
        operators = wanted if isinstance(wanted, dict) and any(key.startswith("$") for key in wanted) else None
        if operators is None:
            return [self._compared(name, "$eq", wanted)]
        return [self._compared(name, operator, value) for operator, value in operators.items()]

    def _compared(self, name: str, operator: str, value: Any) -> str:
        if operator == "$exists" and value:
            return f"{self.column(name)} IS NOT NULL"
        if operator not in COMPARISONS or not isinstance(value, str | bool | int | float):
            raise Untranslatable(f"{operator} with {type(value).__name__} isn't translated")
        return f"{self.column(name, value)} {COMPARISONS[operator]} {self.literal(value)}"
