"""Columns of all tables and views, from one query."""

from __future__ import annotations

import re
from typing import Any

from engines.catalog import Column, Generated, Identity, Kind, LogicalType, Table, View
from engines.mysql.defaults import default_of, normal_expression, on_update_of
from engines.mysql.introspect.reader import Reader
from engines.mysql.types import COMMENT, GEOMETRIES, logical_type

COLUMNS = """
    SELECT c.TABLE_NAME, c.COLUMN_NAME, c.ORDINAL_POSITION, c.COLUMN_DEFAULT, c.IS_NULLABLE, c.DATA_TYPE,
           c.COLUMN_TYPE, c.CHARACTER_SET_NAME, c.COLLATION_NAME, c.EXTRA, c.COLUMN_COMMENT,
           c.GENERATION_EXPRESSION, {srid} AS SRID
      FROM information_schema.COLUMNS c WHERE c.TABLE_SCHEMA = %s
"""
MARIADB_SRIDS = """
    SELECT g.G_TABLE_NAME AS TABLE_NAME, g.G_GEOMETRY_COLUMN AS COLUMN_NAME, g.SRID
      FROM information_schema.GEOMETRY_COLUMNS g WHERE g.G_TABLE_SCHEMA = %s AND g.SRID <> 0
"""
ROW_PERIOD = re.compile(r"ROW (?:START|END)", re.IGNORECASE)


def read_columns(reader: Reader, tables: dict[str, Table], views: dict[str, View], next_values: dict[str, int]) -> None:
    """Fill the columns of tables and views.

    charset and collation are always the ones in effect, the column's own or the table's; which the table has stands
    in its options.
    """
    srid = reader.server.since(None, (8, 0), "c.SRS_ID", "NULL")
    rows = reader.rows("columns", COLUMNS.format(srid=srid), essential=True)
    srids = _mariadb_srids(reader, rows)
    for row in sorted(rows, key=lambda row: int(row.ordinal_position)):
        if row.table_name in views:
            view = views[row.table_name]
            view.columns.append(row.column_name)
            view.typed.append(_column(reader, row, srids.get((row.table_name, row.column_name), row.srid)))
        elif row.table_name in tables:
            table = tables[row.table_name]
            found = _column(reader, row, srids.get((row.table_name, row.column_name), row.srid))
            if found.identity is not None:
                found.identity.next_value = next_values.get(row.table_name, 1)
            table.columns.append(found)


def _mariadb_srids(reader: Reader, rows: list[Any]) -> dict[tuple[str, str], int]:
    """Reference systems of geometries; asked for only where there are some."""
    spatial = any(row.data_type in GEOMETRIES for row in rows)
    if not reader.server.is_mariadb or not spatial:
        return {}
    found = reader.rows("spatial reference systems", MARIADB_SRIDS)
    return {(row.table_name, row.column_name): int(row.srid) for row in found}


def _column(reader: Reader, row: Any, srid: int | None) -> Column:
    extra = str(row.extra or "")
    marks = extra.upper()
    native = COMMENT.sub("", str(row.column_type)).strip()
    options = {"compressed": "1"} if native != row.column_type else {}  # MariaDB says it in a comment
    try:
        kind = logical_type(native, srid)
    except ValueError as error:
        reader.missing(f"type of {row.table_name}.{row.column_name}", str(error))
        kind = LogicalType(kind=Kind.OTHER, name=native)
    generated = _generated(reader, row, marks)
    return Column(
        name=row.column_name,
        position=int(row.ordinal_position),
        native=native,
        type=kind,
        nullable=row.is_nullable == "YES",
        default=None if generated else default_of(reader.server, row.column_default, kind, marks),
        generated=generated,
        identity=Identity() if "AUTO_INCREMENT" in marks else None,
        collation=row.collation_name,
        charset=row.character_set_name,
        on_update=on_update_of(extra),
        invisible="INVISIBLE" in marks,
        options=options,
        comment=row.column_comment or None,
    )


def _generated(reader: Reader, row: Any, marks: str) -> Generated | None:
    expression = str(row.generation_expression or "")
    if not expression:
        return None
    if ROW_PERIOD.fullmatch(expression):
        return Generated(expression=expression.upper(), stored=True)
    return Generated(expression=normal_expression(reader.server, expression), stored="STORED GENERATED" in marks)
