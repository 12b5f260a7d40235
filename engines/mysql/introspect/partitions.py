"""How tables are partitioned."""

from __future__ import annotations

from typing import Any

from engines.catalog import Part, Partitioning, Table
from engines.mysql.introspect.reader import Reader

PARTITIONS = """
    SELECT p.TABLE_NAME, p.PARTITION_NAME, p.SUBPARTITION_NAME, p.PARTITION_ORDINAL_POSITION AS PLACE,
           p.SUBPARTITION_ORDINAL_POSITION AS SUBPLACE, p.PARTITION_METHOD, p.SUBPARTITION_METHOD,
           p.PARTITION_EXPRESSION, p.SUBPARTITION_EXPRESSION, p.PARTITION_DESCRIPTION, p.PARTITION_COMMENT
      FROM information_schema.PARTITIONS p WHERE p.TABLE_SCHEMA = %s AND p.PARTITION_NAME IS NOT NULL
"""


def read_partitions(reader: Reader, tables: dict[str, Table]) -> None:
    """Fill partitioning: strategy as in PARTITION BY (RANGE, LIST COLUMNS, LINEAR HASH, ...), key without parentheses.

    The parts are no tables: the table stays of kind `table`, and its rows are all of them.
    """
    rows = [row for row in reader.rows("partitions", PARTITIONS) if row.table_name in tables]
    for row in sorted(rows, key=lambda row: (str(row.table_name), int(row.place or 0), int(row.subplace or 0))):
        table = tables[row.table_name]
        if table.partitioning is None:
            table.partitioning = Partitioning(
                strategy=row.partition_method,
                key=row.partition_expression,
                sub_strategy=row.subpartition_method,
                sub_key=row.subpartition_expression,
            )
        parts = table.partitioning.parts
        if not parts or parts[-1].name != row.partition_name:
            parts.append(Part(name=row.partition_name, bound=_bound(row), comment=row.partition_comment or None))
        if row.subpartition_name is not None:
            parts[-1].parts.append(row.subpartition_name)


def _bound(row: Any) -> str | None:
    """The clause of CREATE TABLE that says which rows the part holds."""
    method, text = str(row.partition_method), row.partition_description
    if text is None:
        return None
    if method.startswith("RANGE"):
        return "VALUES LESS THAN MAXVALUE" if text == "MAXVALUE" else f"VALUES LESS THAN ({text})"
    if method.startswith("LIST"):
        return f"VALUES IN ({text})"
    return str(text)
