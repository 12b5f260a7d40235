"""Foreign keys and checks of all tables, from one query per kind."""

from __future__ import annotations

import re
from typing import Any

from engines.catalog import Check, ForeignKey, Kind, LogicalType, Table
from engines.mysql.defaults import normal_expression
from engines.mysql.introspect.reader import Reader
from engines.mysql.names import plain as unquoted_name
from engines.mysql.quoting import quote_identifier

REFERENCES = """
    SELECT k.TABLE_NAME, k.CONSTRAINT_NAME, k.COLUMN_NAME, k.ORDINAL_POSITION, k.REFERENCED_TABLE_SCHEMA,
           k.REFERENCED_TABLE_NAME, k.REFERENCED_COLUMN_NAME
      FROM information_schema.KEY_COLUMN_USAGE k
     WHERE k.TABLE_SCHEMA = %s AND k.REFERENCED_TABLE_NAME IS NOT NULL
"""
RULES = """
    SELECT r.TABLE_NAME, r.CONSTRAINT_NAME, r.UPDATE_RULE, r.DELETE_RULE, r.MATCH_OPTION
      FROM information_schema.REFERENTIAL_CONSTRAINTS r WHERE r.CONSTRAINT_SCHEMA = %s
"""
MARIADB_CHECKS = """
    SELECT c.TABLE_NAME, c.CONSTRAINT_NAME, c.CHECK_CLAUSE, {level} AS LEVEL, 'YES' AS ENFORCED
      FROM information_schema.CHECK_CONSTRAINTS c WHERE c.CONSTRAINT_SCHEMA = %s
"""
MYSQL_CHECKS = """
    SELECT t.TABLE_NAME, c.CONSTRAINT_NAME, c.CHECK_CLAUSE, 'Table' AS LEVEL, t.ENFORCED
      FROM information_schema.CHECK_CONSTRAINTS c
      JOIN information_schema.TABLE_CONSTRAINTS t
        ON t.CONSTRAINT_SCHEMA = c.CONSTRAINT_SCHEMA AND t.CONSTRAINT_NAME = c.CONSTRAINT_NAME
       AND t.CONSTRAINT_TYPE = 'CHECK'
     WHERE c.CONSTRAINT_SCHEMA = %s
"""
SHOWN_KEY = re.compile(r"^\s*CONSTRAINT (`(?:[^`]|``)*`) FOREIGN KEY \(.*\)((?: ON [A-Z ]+?)*),?$", re.MULTILINE)
SHOWN_RULE = re.compile(r" ON (DELETE|UPDATE) (RESTRICT|CASCADE|SET NULL|NO ACTION|SET DEFAULT)")


def read_constraints(reader: Reader, tables: dict[str, Table]) -> None:
    """Fill foreign keys and checks; rules are as the server says them (MySQL: NO ACTION, MariaDB: RESTRICT)."""
    _read_foreign_keys(reader, tables)
    server = reader.server
    if not server.is_mariadb and server.number < (8, 0, 16):
        return  # it reads CHECK and forgets it
    level = server.since((10, 5, 10), None, "c.LEVEL", "NULL")
    sql = MARIADB_CHECKS.format(level=level) if server.is_mariadb else MYSQL_CHECKS
    rows = reader.rows("check constraints", sql)
    for row in sorted(rows, key=lambda row: (str(row.table_name), str(row.constraint_name))):
        if row.table_name in tables:
            _add_check(reader, tables[row.table_name], row)


def _add_check(reader: Reader, table: Table, row: Any) -> None:
    of_column = row.level == "Column" or (row.level is None and _has(table, row.constraint_name))
    if of_column and _is_json(table, row):
        column = table.column(row.constraint_name)
        column.native, column.type = "json", LogicalType(kind=Kind.JSON, name="json")
        return
    table.checks.append(
        Check(
            name=None if of_column else row.constraint_name,
            expression=normal_expression(reader.server, str(row.check_clause)),
            enforced=row.enforced != "NO",
        )
    )


def _is_json(table: Table, row: Any) -> bool:
    """MariaDB's JSON is a longtext in utf8mb4_bin with exactly this check (MariaDB: JSON Data Type)."""
    if not _has(table, row.constraint_name):
        return False
    column = table.column(row.constraint_name)
    is_long = column.native.lower() == "longtext" and column.collation == "utf8mb4_bin"
    return is_long and str(row.check_clause).lower() == f"json_valid({quote_identifier(column.name)})".lower()


def _has(table: Table, name: str) -> bool:
    return any(column.name == name for column in table.columns)


def _read_foreign_keys(reader: Reader, tables: dict[str, Table]) -> None:
    rules = {(row.table_name, row.constraint_name): row for row in reader.rows("rules of foreign keys", RULES)}
    found: dict[tuple[str, str], ForeignKey] = {}
    unruled: set[str] = set()
    rows = reader.rows("foreign keys", REFERENCES)
    for row in sorted(rows, key=lambda row: (str(row.table_name), str(row.constraint_name), int(row.ordinal_position))):
        place = (row.table_name, row.constraint_name)
        if row.table_name not in tables:
            continue
        if place not in found:
            found[place] = _foreign_key(row, rules.get(place))
            unruled |= set() if place in rules else {row.table_name}
            tables[row.table_name].foreign_keys.append(found[place])
        found[place].columns.append(row.column_name)
        found[place].referenced_columns.append(row.referenced_column_name)
    for name in sorted(unruled):
        _read_rules(reader, tables[name])


def _read_rules(reader: Reader, table: Table) -> None:
    """Actions of foreign keys where information_schema keeps them from a user who has nothing but SELECT."""
    sql = f"SHOW CREATE TABLE {quote_identifier(table.name)}"
    silent = "RESTRICT" if reader.server.is_mariadb else "NO ACTION"  # what it doesn't write
    for row in reader.rows(f"rules of foreign keys of {table.full_name}", sql, parameters=()):
        shown = {unquoted_name(found[1]): found[2] for found in SHOWN_KEY.finditer(str(row[1]))}
        for key in table.foreign_keys:
            rules = dict(SHOWN_RULE.findall(shown.get(key.name or "", "")))
            key.on_delete, key.on_update = rules.get("DELETE", silent), rules.get("UPDATE", silent)


def _foreign_key(row: Any, rule: Any) -> ForeignKey:
    return ForeignKey(
        name=row.constraint_name,
        columns=[],
        referenced_schema=row.referenced_table_schema,
        referenced_table=row.referenced_table_name,
        referenced_columns=[],
        on_update=rule.update_rule if rule else "NO ACTION",
        on_delete=rule.delete_rule if rule else "NO ACTION",
    )
