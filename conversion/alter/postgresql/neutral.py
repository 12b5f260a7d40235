"""What fills a column that demands a value where nothing says which: the neutral value of its type."""

from __future__ import annotations

from conversion.alter.changes import TablePair
from engines.catalog import Column, Kind, UserType
from engines.postgresql.quoting import quote_literal

NEUTRAL: dict[Kind, str] = {
    Kind.INTEGER: "0", Kind.DECIMAL: "0", Kind.FLOAT: "0", Kind.BOOLEAN: "false", Kind.TEXT: "''", Kind.CHAR: "''",
    Kind.BINARY: "'\\x'", Kind.DATE: "'1970-01-01'", Kind.TIMESTAMP: "'1970-01-01 00:00:00+00'", Kind.TIME: "'00:00'",
    Kind.INTERVAL: "'0'", Kind.UUID: "'00000000-0000-0000-0000-000000000000'", Kind.JSON: "'{}'", Kind.ARRAY: "'{}'",
}  # fmt: skip
# a value of its own for every row; {n} is the row's number
DISTINCT: dict[Kind, str] = {
    Kind.INTEGER: "{n}", Kind.DECIMAL: "{n}", Kind.FLOAT: "{n}", Kind.TEXT: "{n}::text", Kind.CHAR: "{n}::text",
    Kind.UUID: "gen_random_uuid()",
}  # fmt: skip


def constant(column: Column, types: dict[str, UserType]) -> str | None:
    """The neutral value of the column's type; None where there is none (a domain or composite with its own rules)."""
    if column.type.kind is Kind.ENUM:
        found = types.get(column.type.name or "")
        return f"{quote_literal(found.labels[0])}::{column.native}" if found and found.labels else None
    value = NEUTRAL.get(column.type.kind)
    return None if value is None else f"{value}::{column.native}"


def distinct(column: Column) -> str | None:
    """An expression over {n} that gives every row another value; None where the type has none."""
    value = DISTINCT.get(column.type.kind)
    return value and (value if value.startswith("gen") else f"({value})::{column.native}")


def must_differ(pair: TablePair, column: Column) -> bool:
    """True when every row needs another value: a key of the wanted table has only columns that are new."""
    new = {item.name for item in pair.added}
    keys = [key.columns for key in (pair.after.primary_key, *pair.after.uniques) if key is not None]
    keys += [
        [part.column or "" for part in index.keys]
        for index in pair.after.indexes
        if index.unique and not index.predicate
    ]
    return any(column.name in columns and set(columns) <= new for columns in keys)


def refers(pair: TablePair, column: Column) -> bool:
    """True when the column refers to another table: no value can be made up for it."""
    return any(column.name in key.columns for key in pair.after.foreign_keys)
