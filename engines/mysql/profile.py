"""What one scan of a MySQL table says about its columns' values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engines.catalog import Column, Kind, Table
from engines.mysql.quoting import quote_identifier, quote_name
from engines.profile import ColumnProfile, TableProfile

EXPRESSIONS_PER_QUERY = 300  # each of a batch's scans is one pass over the table; MySQL takes 4,096 columns
# Measures and forms per kind; {c} is the quoted column. Forms count rows (MySQL manual, Aggregate Functions).
INTEGERS = {"minimum": "MIN({c})", "maximum": "MAX({c})", "boolean": "SUM({c} IN (0, 1))"}
NUMBERS: dict[str, str] = {
    # CAST to CHAR writes a decimal as it is kept; a double in its shortest form
    "max_digits": "MAX(CHAR_LENGTH(SUBSTRING_INDEX(REPLACE(CAST({c} AS CHAR), '-', ''), '.', 1)))",
    "max_scale": "MAX(CHAR_LENGTH(TRIM(TRAILING '0' FROM IF(LOCATE('.', CAST({c} AS CHAR)) > 0,"
    " SUBSTRING_INDEX(CAST({c} AS CHAR), '.', -1), ''))))",
}
FLOATS = {"exponent": "SUM(LOCATE('e', CAST({c} AS CHAR)) > 0)"}
# in one character set and by bytes, whatever the column's own: collations fold letters and skip U+0000
UTF8 = "CONVERT({c} USING utf8mb4)"
LENGTHS = {"max_length": "MAX(CHAR_LENGTH({c}))", "max_bytes": f"MAX(LENGTH({UTF8}))"}
TEXTS = {
    **LENGTHS,
    "uuid_lower": f"SUM(CHAR_LENGTH({{c}}) = 36 AND {UTF8} COLLATE utf8mb4_bin"
    " REGEXP '^[0-9a-f]{{8}}(-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}}$')",
    "iso_date": "SUM(CHAR_LENGTH({c}) = 10 AND {c} REGEXP '^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}$')",
    "iso_timestamp": "SUM(CHAR_LENGTH({c}) BETWEEN 19 AND 35 AND {c} REGEXP '^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}[ T]"
    "[0-9]{{2}}:[0-9]{{2}}:[0-9]{{2}}([.][0-9]+)?(Z|[+-][0-9]{{2}}:?[0-9]{{2}})?$')",
    "json": "SUM(LEFT({c}, 1) IN ('{{', '[') AND JSON_VALID({c}))",
    "nul": f"SUM(LOCATE(x'00', CAST({UTF8} AS BINARY)) > 0)",
}
DOCUMENTS = LENGTHS | {"nul": r"SUM(LOCATE('\\u0000', {c}) > 0)"}
MOMENTS = {
    "zero_date": "SUM({c} = 0)",
    "zero_in_date": "SUM({c} <> 0 AND (MONTH({c}) = 0 OR DAYOFMONTH({c}) = 0))",
    "earliest": "CAST(MIN(IF({c} = 0 OR MONTH({c}) = 0 OR DAYOFMONTH({c}) = 0, NULL, {c})) AS CHAR)",
    "latest": "CAST(MAX({c}) AS CHAR)",
}
TIMES = {"over_24h": "SUM({c} < '00:00:00' OR {c} >= '24:00:00')"}
LOOKS: dict[Kind, dict[str, str]] = {
    Kind.INTEGER: INTEGERS,
    Kind.YEAR: {"minimum": "MIN({c})", "maximum": "MAX({c})"},
    Kind.DECIMAL: NUMBERS,
    Kind.FLOAT: NUMBERS | FLOATS,
    Kind.TEXT: TEXTS,
    Kind.CHAR: TEXTS,
    Kind.JSON: DOCUMENTS,
    Kind.BINARY: {"max_bytes": "MAX(LENGTH({c}))"},
    Kind.DATE: MOMENTS,
    Kind.TIMESTAMP: MOMENTS,
    Kind.TIME: TIMES,
    Kind.ENUM: {"empty_label": "SUM({c} + 0 = 0)"},
    Kind.BIT: {"minimum": "MIN({c} + 0)", "maximum": "MAX({c} + 0)"},
}
MEASURES = frozenset({
    "minimum", "maximum", "max_length", "max_bytes", "max_digits", "max_scale", "earliest", "latest",
})  # fmt: skip


def scan(query: Callable[[str], list[tuple[Any, ...]]], table: Table) -> TableProfile:
    """Exact rows, and per column NULLs (classes value and null), ranges, lengths and forms.

    query runs one statement and gives its rows. One pass over the table per EXPRESSIONS_PER_QUERY aggregates, which
    are those of about 40 text or 100 other columns. Forms: boolean (0 or 1), uuid_lower, iso_date, iso_timestamp,
    json (an object or array), nul (holds U+0000, in JSON its escape), zero_date (0000-00-00), zero_in_date (month or
    day 0), over_24h (a time below 0 or from 24 hours on), empty_label (what a refused value became in an enum).
    max_digits and max_scale are None for floats of which one is written with an exponent.
    """
    wanted = [(column, what, sql) for column in table.columns for what, sql in _looks(column).items()]
    found: dict[str, dict[str, Any]] = {column.name: {} for column in table.columns}
    rows = 0
    for start in range(0, max(len(wanted), 1), EXPRESSIONS_PER_QUERY):
        some = wanted[start : start + EXPRESSIONS_PER_QUERY]
        counters = ", ".join(["COUNT(*)", *(sql.format(c=quote_identifier(c.name)) for c, _, sql in some)])
        values = query(f"SELECT {counters} FROM {quote_name(table.schema_name, table.name)}")[0]
        rows = int(values[0])
        for (column, what, _), value in zip(some, values[1:], strict=True):
            found[column.name][what] = value
    profiles = {column.name: _profile(column, rows, found[column.name]) for column in table.columns}
    return TableProfile(table=table.full_name, rows=rows, columns=profiles)


def _looks(column: Column) -> dict[str, str]:
    return {"values": "COUNT({c})", **LOOKS.get(column.type.kind, {})}


def _profile(column: Column, rows: int, found: dict[str, Any]) -> ColumnProfile:
    values = int(found.pop("values"))
    measures = {name: _measure(name, value) for name, value in found.items() if name in MEASURES}
    forms = {name: int(value) for name, value in found.items() if name not in MEASURES and value}
    if forms.pop("exponent", 0):
        measures["max_digits"] = measures["max_scale"] = None  # digits of 1e300 aren't counted from its spelling
    return ColumnProfile(column=column.name, classes={"value": values, "null": rows - values}, forms=forms, **measures)


def _measure(name: str, value: Any) -> Any:
    return value if value is None or name in ("earliest", "latest") else int(value)
