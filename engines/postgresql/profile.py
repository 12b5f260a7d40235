"""What one scan of a PostgreSQL table says about its columns: what decides where a value may go."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engines.catalog import Column, Kind, Table
from engines.postgresql.quoting import quote_identifier, quote_name
from engines.profile import ColumnProfile, TableProfile

TEXTUAL = frozenset({Kind.TEXT, Kind.CHAR, Kind.JSON, Kind.XML})
EXPRESSIONS_AT_ONCE = 1200  # a select list holds at most 1,664
# measure or form -> aggregate over the column; {c} is its quoted name. A form counts the values that have it.
# as text: numeric has no infinity before PostgreSQL 14, which refuses the literal
FINITE = "{c}::text NOT IN ('NaN', 'Infinity', '-Infinity')"
DIGITS = "trim(leading '-' from split_part({c}::text, '.', 1))"
OUTSIDE = "count(*) FILTER (WHERE isfinite({c}) AND NOT {c} BETWEEN '1000-01-01' AND '9999-12-31 23:59:59.999999')"
OUTSIDE_DAYS = "count(*) FILTER (WHERE isfinite({c}) AND NOT {c} BETWEEN '1000-01-01' AND '9999-12-31')"
INTEGERS = {"minimum": "min({c})", "maximum": "max({c})"}
NUMBERS = {
    # text has the digits as they are; to_char and log would round
    "max_digits": "max(length(nullif(" + DIGITS + ", '0'))) FILTER (WHERE " + FINITE + ")",
    "max_scale": "max(scale({c})) FILTER (WHERE " + FINITE + ")",
    "form nan": "count(*) FILTER (WHERE {c} = 'NaN')",
    "form infinity": "count(*) FILTER (WHERE {c}::text IN ('Infinity', '-Infinity'))",
}
FLOATS = {
    "form nan": "count(*) FILTER (WHERE {c} = 'NaN')",
    "form infinity": "count(*) FILTER (WHERE {c} IN ('Infinity', '-Infinity'))",
}
TEXTS = {"max_length": "max(char_length({c}::text))", "max_bytes": "max(octet_length({c}::text))"}
MOMENTS = {
    "earliest": "(min({c}) FILTER (WHERE isfinite({c})))::text",
    "latest": "(max({c}) FILTER (WHERE isfinite({c})))::text",
    "form infinity": "count(*) FILTER (WHERE NOT isfinite({c}))",
    "form out_of_range": OUTSIDE,
}
MEASURES: dict[Kind, dict[str, str]] = {
    Kind.INTEGER: INTEGERS,
    Kind.DECIMAL: NUMBERS,
    Kind.FLOAT: FLOATS,
    Kind.BINARY: {"max_bytes": "max(octet_length({c}))"},
    Kind.DATE: MOMENTS | {"form out_of_range": OUTSIDE_DAYS},
    Kind.TIMESTAMP: MOMENTS,
    **dict.fromkeys(TEXTUAL, TEXTS),
}


def rows_of(table: Table) -> str:
    """The FROM item that gives a table's own rows: an inheritance child's are its own, a partition's its parent's."""
    only = "" if table.kind in ("partitioned", "foreign") else "ONLY "
    return only + quote_name(table.schema_name, table.name)


def scan(query: Callable[[str], list[tuple[Any, ...]]], table: Table) -> TableProfile:
    """Exact rows and, per column, NULLs (classes value and null) and what MEASURES has for its kind.

    integers: minimum and maximum; numeric: digits before and behind the point, forms nan and infinity; text:
    characters and bytes of the longest; dates: earliest and latest, forms infinity and out_of_range (a year that isn't
    between 1000 and 9999). query runs one statement and gives its rows. Cost: one scan per 1,200 aggregates. There are
    no other classes to look for: every value has its column's type, and no text holds NUL or broken UTF-8.
    """
    look = [(column, name, sql) for column in table.columns for name, sql in _aggregates(column).items()]
    found: dict[str, dict[str, Any]] = {column.name: {} for column in table.columns}
    rows = 0
    for start in range(0, max(len(look), 1), EXPRESSIONS_AT_ONCE):
        some = look[start : start + EXPRESSIONS_AT_ONCE]
        counters = ", ".join(["count(*)", *(sql for _, _, sql in some)])
        rows, *values = query(f"SELECT {counters} FROM {rows_of(table)}")[0]
        for (column, name, _), value in zip(some, values, strict=True):
            found[column.name][name] = value
    columns = {column.name: _profile(column, int(rows), found[column.name]) for column in table.columns}
    return TableProfile(table=table.full_name, rows=int(rows), columns=columns)


def _aggregates(column: Column) -> dict[str, str]:
    name = quote_identifier(column.name)
    if column.type.kind is Kind.DECIMAL:
        name += "::numeric"  # a domain may be one over money, which has no scale()
    wanted = {"values": "count({c})" if column.nullable else "count(*)"}
    if column.type.name != "money":
        wanted |= MEASURES.get(column.type.kind, {})
    return {measure: sql.replace("{c}", name) for measure, sql in wanted.items()}


def _profile(column: Column, rows: int, found: dict[str, Any]) -> ColumnProfile:
    values = int(found.pop("values"))
    forms = {name.removeprefix("form "): int(found[name]) for name in found if name.startswith("form ") and found[name]}
    measures = {name: value for name, value in found.items() if not name.startswith("form ")}
    if column.type.kind is Kind.DECIMAL and "max_scale" in measures and values:
        measures["max_digits"] = measures["max_digits"] or 0
    classes = {"value": values, "null": rows - values}
    return ColumnProfile(column=column.name, classes=classes, forms=forms, **measures)
