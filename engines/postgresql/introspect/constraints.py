"""Primary keys, unique constraints, foreign keys, checks and exclusions from pg_constraint."""

from __future__ import annotations

from typing import Any

from engines.catalog import Check, Exclusion, ForeignKey, Key, Table
from engines.postgresql.introspect.reader import Reader
from engines.postgresql.introspect.tables import Relations
from engines.postgresql.quoting import quote_identifier
from engines.postgresql.schemas import USER_SCHEMA

ACTIONS = {"a": "NO ACTION", "r": "RESTRICT", "c": "CASCADE", "n": "SET NULL", "d": "SET DEFAULT"}
MATCHES = {"s": "SIMPLE", "f": "FULL", "p": "PARTIAL"}
NAMES = """ARRAY(SELECT a.attname::text FROM unnest({numbers}) WITH ORDINALITY u(number, place)
                   JOIN pg_attribute a ON a.attrelid = {table} AND a.attnum = u.number ORDER BY u.place)"""
CONSTRAINTS = """
    SELECT k.conrelid, k.conname, k.contype::text, k.condeferrable, k.condeferred, k.convalidated, k.connoinherit,
           k.conislocal, k.conparentid, k.confupdtype::text, k.confdeltype::text, k.confmatchtype::text,
           {columns} AS columns, {referenced} AS referenced_columns, {set_columns} AS set_columns,
           {temporal} AS temporal, {enforced} AS enforced, {nulls_not_distinct} AS nulls_not_distinct,
           rn.nspname AS referenced_schema, r.relname AS referenced_table, d.description,
           {include} AS include,
           CASE WHEN k.contype = 'c' THEN pg_get_expr(k.conbin, k.conrelid) END AS expression,
           CASE WHEN k.contype = 'x' OR {temporal} THEN pg_get_constraintdef(k.oid) END AS definition
      FROM pg_constraint k
      JOIN pg_class c ON c.oid = k.conrelid
      JOIN pg_namespace n ON n.oid = c.relnamespace
      LEFT JOIN pg_index i ON i.indexrelid = k.conindid AND k.contype IN ('p', 'u')
      LEFT JOIN pg_class r ON r.oid = k.confrelid AND k.contype = 'f'
      LEFT JOIN pg_namespace rn ON rn.oid = r.relnamespace
      LEFT JOIN pg_description d ON d.objoid = k.oid AND d.classoid = 'pg_constraint'::regclass AND d.objsubid = 0
     WHERE k.contype IN ('p', 'u', 'f', 'c', 'x') AND {user_schema}
     ORDER BY k.conrelid, k.conname
"""


def read_constraints(reader: Reader, relations: Relations) -> None:
    """Fill the tables' keys, foreign keys, checks and exclusions.

    What a table has from its parent is left to the parent: constraints of partitions and inherited checks. Only a
    partition's primary key is kept, because it identifies its rows.
    """
    sql = CONSTRAINTS.format(
        columns=NAMES.format(numbers="k.conkey", table="k.conrelid"),
        referenced=NAMES.format(numbers="k.confkey", table="k.confrelid"),
        include=NAMES.format(numbers="(i.indkey::smallint[])[i.indnkeyatts:i.indnatts - 1]", table="k.conrelid"),
        set_columns=reader.since(
            150000, NAMES.format(numbers="k.confdelsetcols", table="k.conrelid"), "ARRAY[]::text[]"
        ),
        temporal=reader.since(180000, "k.conperiod", "false"),
        enforced=reader.since(180000, "k.conenforced", "true"),
        nulls_not_distinct=reader.since(150000, "coalesce(i.indnullsnotdistinct, false)", "false"),
        user_schema=USER_SCHEMA,
    )
    for row in reader.rows("constraints", sql):
        table = relations.tables.get(row.conrelid)
        if table is None or (row.conparentid and row.contype != "p") or (row.contype == "c" and not row.conislocal):
            continue
        _add(reader, table, row)


def _add(reader: Reader, table: Table, row: Any) -> None:
    if row.temporal and row.contype == "f":
        part = f"foreign key {row.conname} of {table.full_name}"
        reader.missing(part, "PERIOD isn't described.", "foreign key", row.definition)
    elif row.temporal or row.contype == "x":
        if not row.conparentid:
            table.exclusions.append(Exclusion(name=row.conname, definition=row.definition))
    elif row.contype == "p":
        table.primary_key = _key(table, row)
    elif row.contype == "u":
        table.uniques.append(_key(table, row))
    elif row.contype == "f":
        table.foreign_keys.append(_foreign_key(row))
    else:
        table.checks.append(
            Check(
                name=row.conname,
                expression=row.expression,
                validated=row.convalidated,
                enforced=row.enforced,
                no_inherit=row.connoinherit,
                comment=row.description,
            )
        )


def _key(table: Table, row: Any) -> Key:
    collations = [table.column(name).collation for name in row.columns]
    return Key(
        name=row.conname,
        columns=row.columns,
        collations=collations if any(collations) else [],
        nulls_distinct=not row.nulls_not_distinct,
        deferrable=row.condeferrable,
        initially_deferred=row.condeferred,
        include=row.include,
        comment=row.description,
    )


def _foreign_key(row: Any) -> ForeignKey:
    on_delete = ACTIONS[row.confdeltype]
    if row.set_columns:
        on_delete += f" ({', '.join(quote_identifier(name) for name in row.set_columns)})"
    return ForeignKey(
        name=row.conname,
        columns=row.columns,
        referenced_schema=row.referenced_schema,
        referenced_table=row.referenced_table,
        referenced_columns=row.referenced_columns,
        on_update=ACTIONS[row.confupdtype],
        on_delete=on_delete,
        match=MATCHES[row.confmatchtype],
        deferrable=row.condeferrable,
        initially_deferred=row.condeferred,
        validated=row.convalidated,
        enforced=row.enforced,
        comment=row.description,
    )
