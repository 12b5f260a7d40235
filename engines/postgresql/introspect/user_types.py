"""Enums, domains, composite and range types, each as a whole CREATE statement."""

from __future__ import annotations

from typing import Any

from engines.catalog import UserType
from engines.postgresql.introspect.reader import Reader, not_of_extension
from engines.postgresql.quoting import quote_identifier, quote_literal, quote_name
from engines.postgresql.schemas import USER_SCHEMA

KINDS = {"e": "enum", "d": "domain", "c": "composite", "r": "range"}
TYPES = """
    SELECT t.oid, n.nspname, t.typname, t.typtype::text, d.description, t.typrelid, t.typnotnull,
           ARRAY(SELECT e.enumlabel::text FROM pg_enum e WHERE e.enumtypid = t.oid ORDER BY e.enumsortorder) AS labels,
           CASE WHEN t.typtype = 'd' THEN format_type(t.typbasetype, t.typtypmod) END AS base,
           pg_get_expr(t.typdefaultbin, 0) AS default_expression,
           CASE WHEN t.typtype = 'd' AND t.typcollation <> b.typcollation
                THEN quote_ident(cn.nspname) || '.' || quote_ident(co.collname) END AS collation,
           {ranges}
      FROM pg_type t
      JOIN pg_namespace n ON n.oid = t.typnamespace
      LEFT JOIN pg_class c ON c.oid = t.typrelid
      LEFT JOIN pg_type b ON b.oid = t.typbasetype
      LEFT JOIN pg_collation co ON co.oid = t.typcollation
      LEFT JOIN pg_namespace cn ON cn.oid = co.collnamespace
      LEFT JOIN pg_range r ON r.rngtypid = t.oid AND t.typtype = 'r'
      LEFT JOIN pg_opclass o ON o.oid = r.rngsubopc
      LEFT JOIN pg_namespace onn ON onn.oid = o.opcnamespace
      LEFT JOIN pg_description d ON d.objoid = t.oid AND d.classoid = 'pg_type'::regclass AND d.objsubid = 0
     WHERE t.typtype IN ('e', 'd', 'c', 'r') AND (t.typrelid = 0 OR c.relkind = 'c')
       AND {user_schema} AND {own}
     ORDER BY t.oid
"""
# in the order CREATE TYPE ... AS RANGE writes them
RANGES = """format_type(r.rngsubtype, NULL) AS subtype,
           CASE WHEN NOT o.opcdefault
                THEN quote_ident(onn.nspname) || '.' || quote_ident(o.opcname) END AS subtype_opclass,
           (SELECT quote_ident(xn.nspname) || '.' || quote_ident(x.collname)
              FROM pg_collation x JOIN pg_namespace xn ON xn.oid = x.collnamespace
              JOIN pg_type st ON st.oid = r.rngsubtype
             WHERE x.oid = r.rngcollation AND r.rngcollation <> st.typcollation) AS range_collation,
           CASE WHEN r.rngcanonical <> 0 THEN r.rngcanonical::regproc::text END AS canonical,
           CASE WHEN r.rngsubdiff <> 0 THEN r.rngsubdiff::regproc::text END AS subtype_diff,
           {multirange} AS multirange"""
MULTIRANGE = """(SELECT quote_ident(mn.nspname) || '.' || quote_ident(m.typname)
              FROM pg_type m JOIN pg_namespace mn ON mn.oid = m.typnamespace WHERE m.oid = r.rngmultitypid)"""
RANGE_OPTIONS = ("subtype", "subtype_opclass", "range_collation", "canonical", "subtype_diff", "multirange")
RANGE_KEYWORDS = {"range_collation": "collation", "multirange": "multirange_type_name"}
ATTRIBUTES = f"""
    SELECT a.attrelid, a.attname, format_type(a.atttypid, a.atttypmod) AS native,
           CASE WHEN a.attcollation <> t.typcollation
                THEN quote_ident(cn.nspname) || '.' || quote_ident(co.collname) END AS collation
      FROM pg_attribute a
      JOIN pg_class c ON c.oid = a.attrelid AND c.relkind = 'c'
      JOIN pg_namespace n ON n.oid = c.relnamespace
      JOIN pg_type t ON t.oid = a.atttypid
      LEFT JOIN pg_collation co ON co.oid = a.attcollation
      LEFT JOIN pg_namespace cn ON cn.oid = co.collnamespace
     WHERE a.attnum > 0 AND NOT a.attisdropped AND {USER_SCHEMA}
     ORDER BY a.attrelid, a.attnum
"""
DOMAIN_CHECKS = f"""
    SELECT k.contypid, k.conname, pg_get_constraintdef(k.oid) AS definition
      FROM pg_constraint k JOIN pg_type t ON t.oid = k.contypid JOIN pg_namespace n ON n.oid = t.typnamespace
     WHERE k.contype = 'c' AND {USER_SCHEMA}
     ORDER BY k.contypid, k.conname
"""


def read_user_types(reader: Reader) -> list[UserType]:
    """The types in the order they were made, so that one made of others comes after them."""
    multirange = reader.since(140000, MULTIRANGE, "NULL")
    sql = TYPES.format(
        ranges=RANGES.format(multirange=multirange), user_schema=USER_SCHEMA, own=not_of_extension("pg_type", "t.oid")
    )
    attributes: dict[int, list[Any]] = {}
    for row in reader.rows("attributes of composite types", ATTRIBUTES):
        attributes.setdefault(row.attrelid, []).append(row)
    checks: dict[int, list[Any]] = {}
    for row in reader.rows("checks of domains", DOMAIN_CHECKS):
        checks.setdefault(row.contypid, []).append(row)
    return [
        UserType(
            schema_name=row.nspname,
            name=row.typname,
            kind=KINDS[row.typtype],
            labels=row.labels,
            definition=_definition(row, attributes.get(row.typrelid, []), checks.get(row.oid, [])),
            comment=row.description,
        )
        for row in reader.rows("types", sql)
    ]


def _definition(row: Any, attributes: list[Any], checks: list[Any]) -> str:
    name = quote_name(row.nspname, row.typname)
    if row.typtype == "e":
        return f"CREATE TYPE {name} AS ENUM ({', '.join(quote_literal(label) for label in row.labels)})"
    if row.typtype == "d":
        return _domain(name, row, checks)
    if row.typtype == "c":
        return f"CREATE TYPE {name} AS ({', '.join(_attribute(attribute) for attribute in attributes)})"
    options = [(RANGE_KEYWORDS.get(option, option), getattr(row, option)) for option in RANGE_OPTIONS]
    return f"CREATE TYPE {name} AS RANGE ({', '.join(f'{key} = {value}' for key, value in options if value)})"


def _attribute(row: Any) -> str:
    collation = f" COLLATE {row.collation}" if row.collation else ""
    return f"{quote_identifier(row.attname)} {row.native}{collation}"


def _domain(name: str, row: Any, checks: list[Any]) -> str:
    parts = [f"CREATE DOMAIN {name} AS {row.base}"]
    if row.collation:
        parts.append(f"COLLATE {row.collation}")
    if row.default_expression is not None:
        parts.append(f"DEFAULT {row.default_expression}")
    if row.typnotnull:
        parts.append("NOT NULL")
    # CREATE DOMAIN has no NOT VALID: values that break such a check must be found before it is made anew
    parts += [f"CONSTRAINT {quote_identifier(c.conname)} {c.definition.removesuffix(' NOT VALID')}" for c in checks]
    return " ".join(parts)
