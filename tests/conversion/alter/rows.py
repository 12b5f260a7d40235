"""A few rows for every table of a catalog, that fit its types, keys and references."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from conversion.order import dependency_order
from engines.catalog import Catalog, Column, Kind, LogicalType, Table

PER_TABLE = 3
Row = dict[str, Any]
SMALL = {8: 100, 16: 30_000, 24: 8_000_000, 32: 2_000_000_000, 64: 2_000_000_000}


def rows(catalog: Catalog, count: int = PER_TABLE) -> Iterator[tuple[Table, list[Row]]]:
    """Tables in an order in which references find their rows, each with its rows; generated columns are left out."""
    tables = {table.full_name: table for table in catalog.tables if table.kind in ("table", "unlogged", "partitioned")}
    needs = {
        name: [f"{key.referenced_schema}.{key.referenced_table}" for key in table.foreign_keys]
        for name, table in tables.items()
    }
    order, cyclic = dependency_order(needs)
    labels = {item.full_name: item.labels for item in catalog.types}
    made: dict[str, list[Row]] = {}
    for name in [*order, *cyclic]:
        made[name] = [_row(tables[name], number, labels, made) for number in range(1, count + 1)]
        yield tables[name], made[name]


def _row(table: Table, number: int, labels: dict[str, list[str]], made: dict[str, list[Row]]) -> Row:
    row = {
        column.name: _value(column, number, labels)
        for column in table.columns
        if column.generated is None and not (column.identity and column.identity.always)
    }
    for key in table.foreign_keys:
        parents = made.get(f"{key.referenced_schema}.{key.referenced_table}", [])
        for own, other in zip(key.columns, key.referenced_columns, strict=False):
            parent = parents[number - 1] if number <= len(parents) else None
            row[own] = parent.get(other) if parent else None
    return row


def _value(column: Column, number: int, labels: dict[str, list[str]]) -> Any:
    return value(column.type, number, labels)


def value(type: LogicalType, number: int, labels: dict[str, list[str]]) -> Any:
    """A value of the type, another for every number; None where none is known."""
    kind = type.kind
    if kind in (Kind.INTEGER, Kind.DECIMAL, Kind.FLOAT, Kind.DYNAMIC):
        return number
    if kind is Kind.BOOLEAN:
        return number % 2 == 0
    if kind in (Kind.TEXT, Kind.CHAR):
        text = f"{number}v"
        return text[: type.length] if type.length is not None else text
    if kind is Kind.BINARY:
        return f"{number}".encode()[: type.length]
    if kind is Kind.ENUM or kind is Kind.SET:
        known = type.labels or labels.get(type.name or "", [])
        return known[number % len(known)] if known else None
    if kind is Kind.ARRAY:
        return "{}"
    plain = {
        Kind.DATE: f"2020-01-{number:02}",
        Kind.TIME: f"10:00:{number:02}",
        Kind.TIMESTAMP: f"2020-01-01 10:00:{number:02}",
        Kind.INTERVAL: f"{number} hours",
        Kind.UUID: f"00000000-0000-0000-0000-{number:012}",
        Kind.JSON: f'{{"n": {number}}}',
        Kind.YEAR: 2000 + number,
        Kind.BIT: "0" * (type.length or 1),
        Kind.NETWORK: f"10.0.0.{number}" if type.name == "inet" else None,
        Kind.XML: f"<n>{number}</n>",
    }
    return plain.get(kind)
