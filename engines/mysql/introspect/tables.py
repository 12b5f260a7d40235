"""Tables, views and sequences as information_schema lists them, with their columns."""

from __future__ import annotations

from typing import Any

from engines.catalog import Table, View
from engines.mysql.introspect.columns import read_columns
from engines.mysql.introspect.reader import Reader
from engines.own_state import notes

TABLES = """
    SELECT t.TABLE_NAME, t.TABLE_TYPE, t.ENGINE, t.ROW_FORMAT, t.TABLE_ROWS, t.DATA_LENGTH, t.INDEX_LENGTH,
           t.AUTO_INCREMENT, t.TABLE_COLLATION, t.CREATE_OPTIONS, t.TABLE_COMMENT
      FROM information_schema.TABLES t WHERE t.TABLE_SCHEMA = %s
"""
EXACT_ENGINES = frozenset({"MyISAM", "Aria", "MEMORY", "ARCHIVE"})  # these count rows as they go
# an engine that keeps rows elsewhere, or none
ELSEWHERE = frozenset({"FEDERATED", "CONNECT", "SPIDER", "MRG_MyISAM", "BLACKHOLE", "OQGRAPH", "SPHINX", "S3"})

NOTES = frozenset(notes("mysql"))


class Relations:
    """Tables, views and sequences by name, to be filled by the other readers."""

    def __init__(self) -> None:
        self.tables: dict[str, Table] = {}
        self.views: dict[str, View] = {}
        self.sequences: list[str] = []
        self.next_values: dict[str, int] = {}


def read_relations(reader: Reader) -> Relations:
    """Tables with columns, views with the names of theirs, names of sequences; the rest is added by other readers."""
    found = Relations()
    rows = reader.rows("tables and views", TABLES, essential=True)
    for row in sorted(rows, key=lambda row: str(row.table_name)):
        if row.table_name in NOTES:
            continue
        if row.table_type == "SEQUENCE":
            found.sequences.append(row.table_name)
        elif row.table_type in ("VIEW", "SYSTEM VIEW"):
            found.views[row.table_name] = _view(reader, row)
        elif row.engine is None:
            reason = row.table_comment or "The server can't open it."
            reader.missing(f"table {reader.database}.{row.table_name}", str(reason), "table")
        elif row.table_type != "TEMPORARY":
            found.tables[row.table_name] = _table(reader, row)
            if row.table_type == "SYSTEM VERSIONED":
                part = f"history of {reader.database}.{row.table_name}"
                reader.missing(part, "Only its current rows are read; earlier versions aren't.", "system versioning")
            if row.auto_increment is not None:
                found.next_values[row.table_name] = int(row.auto_increment)
    read_columns(reader, found.tables, found.views, found.next_values)
    return found


def _view(reader: Reader, row: Any) -> View:
    comment = str(row.table_comment or "")
    broken = comment if comment not in ("", "VIEW") else None
    return View(schema_name=reader.database, name=row.table_name, definition="", broken=broken)


def _table(reader: Reader, row: Any) -> Table:
    return Table(
        schema_name=reader.database,
        name=row.table_name,
        columns=[],
        kind="foreign" if row.engine in ELSEWHERE else "table",
        rows=None if row.table_rows is None else int(row.table_rows),
        rows_exact=row.engine in EXACT_ENGINES,
        size_bytes=int(row.data_length or 0) + int(row.index_length or 0),
        comment=row.table_comment or None,
        options=_options(row),
    )


def _options(row: Any) -> dict[str, str]:
    """engine, row_format, charset, collation, what CREATE_OPTIONS lists, and system_versioned where it is that."""
    found = {"engine": str(row.engine)}
    if row.table_collation:
        found["charset"] = str(row.table_collation).partition("_")[0]
        found["collation"] = str(row.table_collation)
    if row.row_format:
        found["row_format"] = str(row.row_format).upper()
    for option in str(row.create_options or "").split():
        name, _, value = option.partition("=")
        if name != "partitioned":
            found[name.lower().strip("`")] = value.strip("'\"`")
    if row.table_type == "SYSTEM VERSIONED":
        found["system_versioned"] = "1"
    return found
