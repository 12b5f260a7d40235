"""Defaults and labels that the catalog can't spell: bytes, and characters beyond utf8mb3, read `?` there."""

from __future__ import annotations

from engines.catalog import Column, Kind, Table
from engines.mysql.introspect.reader import Reader
from engines.mysql.quoting import quote_identifier, quote_literal

LOST = "?"
PRINTABLE = range(0x20, 0x7F)
# an outer join that finds nothing: no row is read, and DEFAULT() has what stands in the table's definition
QUERY = "SELECT {wanted} FROM (SELECT 1 AS one) AS d LEFT JOIN {table} ON FALSE"


def exact_defaults(reader: Reader, tables: dict[str, Table]) -> None:
    """Correct literal defaults, with one query for each table that has such a one; name labels that may be wrong.

    A binary default with anything but printable ASCII becomes x'00ff'.
    """
    for table in tables.values():
        unsure = [column for column in table.columns if _unsure(column)]
        if unsure:
            _correct(reader, table, unsure)
        for column in table.columns:
            if any(LOST in label for label in column.type.labels):
                reader.missing(
                    f"labels of {table.full_name}.{column.name}",
                    "Characters beyond the Basic Multilingual Plane read `?` in this server's catalog.",
                )


def _unsure(column: Column) -> bool:
    text = column.default or ""
    odd = LOST in text or (column.type.kind is Kind.BINARY and not (text.isascii() and text.isprintable()))
    return text.startswith("'") and (odd or (column.type.kind is Kind.BINARY and "\\" in text))


def _correct(reader: Reader, table: Table, columns: list[Column]) -> None:
    wanted = ", ".join(_hex(column) for column in columns)
    part = f"defaults of {table.full_name}"
    for row in reader.rows(part, QUERY.format(wanted=wanted, table=quote_identifier(table.name)), parameters=()):
        for column, value in zip(columns, row, strict=True):
            if value is not None:
                column.default = _literal(column, bytes.fromhex(str(value)))


def _hex(column: Column) -> str:
    value = f"DEFAULT({quote_identifier(column.name)})"
    return f"HEX({value})" if column.type.kind is Kind.BINARY else f"HEX(CONVERT({value} USING utf8mb4))"


def _literal(column: Column, value: bytes) -> str:
    if column.type.kind is not Kind.BINARY:
        return quote_literal(value.decode("utf-8"))
    if all(byte in PRINTABLE for byte in value):
        return quote_literal(value.decode("ascii"))
    return f"x'{value.hex()}'"
