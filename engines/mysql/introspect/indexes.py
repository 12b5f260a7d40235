"""Primary keys, unique keys and indexes of all tables, from one query."""

from __future__ import annotations

import re
from itertools import groupby
from typing import Any

from engines.catalog import Column, Index, IndexKey, Key, Kind, Table
from engines.mysql.defaults import normal_expression
from engines.mysql.introspect.reader import Reader
from engines.mysql.quoting import quote_identifier

# CARDINALITY is not asked for: MariaDB would open every table for it
INDEXES = """
    SELECT s.TABLE_NAME, s.INDEX_NAME, s.SEQ_IN_INDEX, s.NON_UNIQUE, s.COLUMN_NAME, s.COLLATION, s.SUB_PART,
           s.INDEX_TYPE, s.INDEX_COMMENT, {visible} AS VISIBLE, {expression} AS EXPRESSION
      FROM information_schema.STATISTICS s WHERE s.TABLE_SCHEMA = %s
"""
PRIMARY = "PRIMARY"
WHOLE_COLUMN = frozenset({"FULLTEXT", "SPATIAL"})
# MariaDB has none of its own, MySQL brings ngram
PARSERS = "SELECT COUNT(*) AS FOUND FROM information_schema.PLUGINS p WHERE p.PLUGIN_TYPE = 'FTPARSER'"
PARSER = re.compile(r"FULLTEXT KEY `((?:[^`]|``)*)` \(.*?\)[^\n]*?WITH PARSER `?([^`\s*]+)`?")


def read_indexes(reader: Reader, tables: dict[str, Table]) -> None:
    """Fill primary keys, unique keys and indexes.

    A unique key over whole columns in ascending order is one of uniques; one with a prefix, an expression, a
    descending or invisible part is an index with unique set. Prefixes count characters, of binary columns bytes.
    """
    sql = INDEXES.format(
        visible=reader.server.since((10, 6), None, "s.IGNORED", "NULL" if reader.server.is_mariadb else "s.IS_VISIBLE"),
        expression=reader.server.since(None, (8, 0, 13), "s.EXPRESSION", "NULL"),
    )
    rows = [row for row in reader.rows("indexes", sql) if row.table_name in tables]
    rows.sort(key=lambda row: (str(row.table_name), str(row.index_name), int(row.seq_in_index)))
    for (table_name, _), parts in groupby(rows, key=lambda row: (row.table_name, row.index_name)):
        _add(reader, tables[table_name], list(parts))
    _read_parsers(reader, tables)


def _add(reader: Reader, table: Table, parts: list[Any]) -> None:
    first = parts[0]
    keys = [_key(reader, table, part) for part in parts]
    method = str(first.index_type).lower()
    invisible = first.visible == ("YES" if reader.server.is_mariadb else "NO")  # IGNORED there, IS_VISIBLE here
    plain = not any(key.prefix or key.expression or key.descending for key in keys) and not invisible
    names = [key.column for key in keys if key.column is not None]
    if first.index_name == PRIMARY:
        table.primary_key = Key(
            name=None,
            columns=names,
            prefixes={key.column: key.prefix for key in keys if key.column and key.prefix},
            comment=first.index_comment or None,
        )
    elif not int(first.non_unique) and plain:
        table.uniques.append(Key(name=first.index_name, columns=names, comment=first.index_comment or None))
    else:
        table.indexes.append(
            Index(
                name=first.index_name,
                keys=keys,
                unique=not int(first.non_unique),
                method=method,
                visible=not invisible,
                comment=first.index_comment or None,
            )
        )


def _key(reader: Reader, table: Table, part: Any) -> IndexKey:
    prefix = None if part.sub_part is None or part.index_type in WHOLE_COLUMN else int(part.sub_part)
    if prefix is not None and part.column_name is not None:
        prefix = _in_characters(table.column(part.column_name), prefix)
    expression = None if part.expression is None else normal_expression(reader.server, str(part.expression))
    return IndexKey(
        column=part.column_name if expression is None else None,
        expression=expression,
        descending=part.collation == "D",
        prefix=prefix,
    )


def _in_characters(column: Column, prefix: int) -> int | None:
    """A prefix as long as its column is none."""
    whole = column.type.length if column.type.kind in (Kind.TEXT, Kind.CHAR, Kind.BINARY) else None
    return None if whole == prefix else prefix


def _read_parsers(reader: Reader, tables: dict[str, Table]) -> None:
    """Parsers of full text indexes stand in no table of the catalog, only in SHOW CREATE TABLE."""
    if not any(int(row.found) for row in reader.rows("full text parsers", PARSERS, parameters=())):
        return
    for table in tables.values():
        fulltext = {index.name: index for index in table.indexes if index.method == "fulltext"}
        if not fulltext:
            continue
        sql = f"SHOW CREATE TABLE {quote_identifier(table.name)}"
        for row in reader.rows(f"full text parsers of {table.full_name}", sql, parameters=()):
            for name, parser in PARSER.findall(str(row[1])):
                fulltext[name.replace("``", "`")].options["parser"] = parser
