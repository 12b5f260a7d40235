"""What one scan of a PostgreSQL table says about its columns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engines.catalog import Column, Kind, Table
from engines.postgresql.quoting import quote_identifier, quote_name
from engines.profile import ColumnProfile, TableProfile

TEXTUAL = frozenset({Kind.TEXT, Kind.CHAR, Kind.JSON, Kind.XML})
COLUMNS_AT_ONCE = 500  # a select list holds at most 1,664 expressions


def rows_of(table: Table) -> str:
    """The FROM item that gives a table's own rows: an inheritance child's are its own, a partition's its parent's."""
    only = "" if table.kind in ("partitioned", "foreign") else "ONLY "
    return only + quote_name(table.schema_name, table.name)


def scan(query: Callable[[str], list[tuple[Any, ...]]], table: Table) -> TableProfile:
    """Exact rows, NULLs per column (classes value and null), bytes of the longest text or binary value.

    query runs one statement and gives its rows. PostgreSQL holds every value in its column's type, so there are no
    other classes to look for.
    """
    profiles: dict[str, ColumnProfile] = {}
    rows = 0
    for start in range(0, max(len(table.columns), 1), COLUMNS_AT_ONCE):
        columns = table.columns[start : start + COLUMNS_AT_ONCE]
        counters = ", ".join(["count(*)", *(part for column in columns for part in _counters(column))])
        found = query(f"SELECT {counters} FROM {rows_of(table)}")[0]
        rows = int(found[0])
        for column, values, longest in zip(columns, found[1::2], found[2::2], strict=True):
            classes = {"value": int(values), "null": rows - int(values)}
            profiles[column.name] = ColumnProfile(column=column.name, classes=classes, max_bytes=longest)
    return TableProfile(table=table.full_name, rows=rows, columns=profiles)


def _counters(column: Column) -> tuple[str, str]:
    name = quote_identifier(column.name)
    values = f"count({name})" if column.nullable else "count(*)"
    if column.type.kind == Kind.BINARY:
        return values, f"max(octet_length({name}))"
    return values, f"max(octet_length({name}::text))" if column.type.kind in TEXTUAL else "NULL::integer"
