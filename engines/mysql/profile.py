"""What one scan of a MySQL table says about its columns' values."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from engines.catalog import Column, Kind, Table
from engines.mysql.quoting import quote_identifier, quote_name
from engines.profile import ColumnProfile, TableProfile
from engines.scanning import PIECE_ROWS, Told, condition, merged, piece_key, pieces, silent

EXPRESSIONS_PER_QUERY = 300  # each of a batch's scans is one pass over the table; MySQL takes 4,096 columns
# Measures and forms per kind; {c} is the quoted column. Forms count rows (MySQL manual, Aggregate Functions). Only what
# a conversion asks: a scan's time is that of its expressions, two to five of them per column double or treble it.
INTEGERS = {"minimum": "MIN({c})", "maximum": "MAX({c})"}
# by bytes, whatever the collation: some skip U+0000. Where a character has more bytes than one, in UTF-8
TEXTS = {"nul": "SUM(LOCATE(x'00', CAST({c} AS BINARY)) > 0)"}
WIDE_TEXTS = {"nul": "SUM(LOCATE(x'00', CAST(CONVERT({c} USING utf8mb4) AS BINARY)) > 0)"}
WIDE_CHARSETS = frozenset({"ucs2", "utf16", "utf16le", "utf32"})
DOCUMENTS = {"nul": r"SUM(LOCATE('\\u0000', {c}) > 0)"}
MOMENTS = {
    "zero_date": "SUM({c} = 0)",
    "zero_in_date": "SUM({c} <> 0 AND (MONTH({c}) = 0 OR DAYOFMONTH({c}) = 0))",
}
TIMES = {"over_24h": "SUM({c} < '00:00:00' OR {c} >= '24:00:00')"}
LOOKS: dict[Kind, dict[str, str]] = {
    Kind.INTEGER: INTEGERS,
    Kind.TEXT: TEXTS,
    Kind.CHAR: TEXTS,
    Kind.JSON: DOCUMENTS,
    Kind.DATE: MOMENTS,
    Kind.TIMESTAMP: MOMENTS,
    Kind.TIME: TIMES,
    Kind.ENUM: {"empty_label": "SUM({c} + 0 = 0)"},
}
MEASURES = frozenset({"minimum", "maximum", "max_bytes"})
# of columns in keys and indexes: the target's entries may hold less
TEXT_SIZE = {"max_bytes": "MAX(LENGTH(CONVERT({c} USING utf8mb4)))"}
KEYED = {Kind.TEXT: TEXT_SIZE, Kind.CHAR: TEXT_SIZE, Kind.BINARY: {"max_bytes": "MAX(LENGTH({c}))"}}


def scan(query: Callable[[str], list[tuple[Any, ...]]], table: Table, told: Told = silent) -> TableProfile:
    """Exact rows, and per column NULLs (classes value and null), ranges, lengths and forms.

    query runs one statement and gives its rows. One pass over the table per EXPRESSIONS_PER_QUERY aggregates, which
    are those of about 100 columns. minimum and maximum of integers; max_bytes (in UTF-8) of texts and bytes that keys
    or indexes hold. Forms: nul (holds U+0000, in JSON its escape), zero_date (0000-00-00), zero_in_date (month or day
    0), over_24h (a time below 0 or from 24 hours on), empty_label (what a refused value became in an enum).

    Tables with an integer as key are scanned a piece at a time, at a few moments if somebody writes; told of each.
    """
    keyed = set(_keyed(table))
    wanted = [
        (column, what, sql) for column in table.columns for what, sql in _looks(column, column.name in keyed).items()
    ]
    rows, parts = 0, []
    for piece in _pieces(query, table):
        counted, part = _aggregates(query, table, wanted, piece)
        rows += counted
        parts.append(part)
        told(rows)
    found: dict[str, dict[str, Any]] = {column.name: {} for column in table.columns}
    for (name, what), value in merged(parts, lambda key: key[1]).items():
        found[name][what] = value
    profiles = {column.name: _profile(column, rows, found[column.name]) for column in table.columns}
    return TableProfile(table=table.full_name, rows=rows, columns=profiles)


def _pieces(query: Callable[[str], list[tuple[Any, ...]]], table: Table) -> list[str]:
    """A WHERE per piece; one that is empty for a table that is small or has no such key."""
    key = piece_key(table)
    if key is None or (table.rows is not None and table.rows < PIECE_ROWS):
        return [""]
    name = quote_identifier(key)
    [(low, high)] = query(f"SELECT MIN({name}), MAX({name}) FROM {quote_name(table.schema_name, table.name)}")
    return [condition(name, piece) for piece in pieces(low, high, table.rows)]


def _aggregates(
    query: Callable[[str], list[tuple[Any, ...]]], table: Table, wanted: Sequence[tuple[Column, str, str]], where: str
) -> tuple[int, dict[tuple[str, str], Any]]:
    """Rows of a piece, and the results by column and what is measured."""
    found: dict[tuple[str, str], Any] = {}
    rows = 0
    for start in range(0, max(len(wanted), 1), EXPRESSIONS_PER_QUERY):
        some = wanted[start : start + EXPRESSIONS_PER_QUERY]
        counters = ", ".join(["COUNT(*)", *(sql.format(c=quote_identifier(c.name)) for c, _, sql in some)])
        values = query(f"SELECT {counters} FROM {quote_name(table.schema_name, table.name)}{where}")[0]
        rows = int(values[0])
        found |= {(column.name, what): value for (column, what, _), value in zip(some, values[1:], strict=True)}
    return rows, found


def _looks(column: Column, keyed: bool) -> dict[str, str]:
    kind = column.type.kind
    looks = {"values": "COUNT({c})", **LOOKS.get(kind, {})}
    if kind in (Kind.TEXT, Kind.CHAR) and column.charset in WIDE_CHARSETS:
        looks |= WIDE_TEXTS
    return looks | (KEYED.get(kind, {}) if keyed else {})


def _keyed(table: Table) -> Iterator[str]:
    """The columns that keys and indexes are over."""
    for key in (table.primary_key, *table.uniques):
        yield from key.columns if key is not None else ()
    for index in table.indexes:
        yield from (part.column for part in index.keys if part.column is not None)


def _profile(column: Column, rows: int, found: dict[str, Any]) -> ColumnProfile:
    values = int(found.pop("values"))
    measures = {name: None if value is None else int(value) for name, value in found.items() if name in MEASURES}
    forms = {name: int(value) for name, value in found.items() if name not in MEASURES and value}
    return ColumnProfile(column=column.name, classes={"value": values, "null": rows - values}, forms=forms, **measures)
