"""Indexes that no constraint owns, of tables and materialized views."""

from __future__ import annotations

from typing import Any

from engines.catalog import Index, IndexKey
from engines.postgresql.introspect.reader import COLLATION_NAME, Reader
from engines.postgresql.introspect.tables import Relations
from engines.postgresql.schemas import USER_SCHEMA

DESCENDING, NULLS_FIRST = 1, 2  # bits of pg_index.indoption
INDEXES = """
    SELECT i.indexrelid, i.indrelid, ic.relname, m.amname, i.indisunique, i.indisvalid AND i.indisready AS valid,
           {nulls_not_distinct} AS nulls_not_distinct, pg_get_expr(i.indpred, i.indrelid) AS predicate,
           pg_get_indexdef(i.indexrelid) AS definition, d.description, ic.reloptions,
           ARRAY(SELECT a.attname::text
                   FROM unnest((i.indkey::smallint[])[i.indnkeyatts:i.indnatts - 1]) WITH ORDINALITY k(number, place)
                   JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number ORDER BY k.place) AS include
      FROM pg_index i
      JOIN pg_class ic ON ic.oid = i.indexrelid
      JOIN pg_am m ON m.oid = ic.relam
      JOIN pg_namespace n ON n.oid = ic.relnamespace
      LEFT JOIN pg_description d ON d.objoid = ic.oid AND d.classoid = 'pg_class'::regclass AND d.objsubid = 0
     WHERE {user_schema}
       AND NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x'))
       AND NOT EXISTS (SELECT 1 FROM pg_inherits h WHERE h.inhrelid = i.indexrelid)
     ORDER BY i.indrelid, ic.relname
"""
KEYS = f"""
    SELECT i.indexrelid, a.attname, i.indoption[k.place - 1] AS option, m.amname = 'btree' AS ordered,
           CASE WHEN k.number = 0 THEN pg_get_indexdef(i.indexrelid, k.place::integer, false) END AS expression,
           CASE WHEN i.indcollation[k.place - 1] <> coalesce(a.attcollation, e.attcollation)
                  OR k.number = 0 AND i.indcollation[k.place - 1] <> et.typcollation
                THEN {COLLATION_NAME} END AS collation,
           CASE WHEN NOT o.opcdefault
                THEN CASE WHEN opn.nspname <> 'pg_catalog' THEN opn.nspname || '.' ELSE '' END || o.opcname
           END AS operator_class
      FROM pg_index i
      CROSS JOIN LATERAL unnest(i.indkey::smallint[]) WITH ORDINALITY k(number, place)
      JOIN pg_class ic ON ic.oid = i.indexrelid
      JOIN pg_am m ON m.oid = ic.relam
      JOIN pg_namespace n ON n.oid = ic.relnamespace
      JOIN pg_attribute e ON e.attrelid = i.indexrelid AND e.attnum = k.place
      JOIN pg_type et ON et.oid = e.atttypid
      LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number AND k.number > 0
      LEFT JOIN pg_collation co ON co.oid = i.indcollation[k.place - 1]
      LEFT JOIN pg_namespace cn ON cn.oid = co.collnamespace
      JOIN pg_opclass o ON o.oid = i.indclass[k.place - 1]
      JOIN pg_namespace opn ON opn.oid = o.opcnamespace
     WHERE k.place <= i.indnkeyatts AND {USER_SCHEMA}
       AND NOT EXISTS (SELECT 1 FROM pg_constraint x WHERE x.conindid = i.indexrelid AND x.contype IN ('p', 'u', 'x'))
       AND NOT EXISTS (SELECT 1 FROM pg_inherits h WHERE h.inhrelid = i.indexrelid)
     ORDER BY i.indexrelid, k.place
"""


def read_indexes(reader: Reader, relations: Relations) -> None:
    """Fill the indexes of tables and materialized views; those that a partitioned index made on its parts are its."""
    keys: dict[int, list[IndexKey]] = {}
    for row in reader.rows("parts of indexes", KEYS):
        keys.setdefault(row.indexrelid, []).append(_key(row))
    distinct = reader.since(150000, "i.indnullsnotdistinct", "false")
    for row in reader.rows("indexes", INDEXES.format(nulls_not_distinct=distinct, user_schema=USER_SCHEMA)):
        relation = relations.of(row.indrelid)
        if relation is not None:
            relation.indexes.append(_index(row, keys.get(row.indexrelid, [])))


def _key(row: Any) -> IndexKey:
    descending = bool(row.option & DESCENDING)
    nulls_first = bool(row.option & NULLS_FIRST)
    return IndexKey(
        column=row.attname,
        expression=row.expression,
        descending=descending,
        nulls_first=nulls_first if row.ordered and nulls_first != descending else None,
        collation=row.collation,
        operator_class=row.operator_class,
    )


def _index(row: Any, keys: list[IndexKey]) -> Index:
    return Index(
        name=row.relname,
        keys=keys,
        unique=row.indisunique,
        method=row.amname,
        predicate=row.predicate,
        include=row.include,
        nulls_distinct=not row.nulls_not_distinct,
        valid=row.valid,
        options=dict(pair.split("=", 1) for pair in row.reloptions or ()),
        definition=row.definition,
        comment=row.description,
    )
