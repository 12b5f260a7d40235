"""Names as PostgreSQL itself prints them: in quotes only where they need them (its function quote_ident)."""

from __future__ import annotations

import re

from engines.postgresql.quoting import quote_identifier

PLAIN = re.compile(r"^[a-z_][a-z0-9_]*$")
# Key words that are not "non-reserved": https://www.postgresql.org/docs/current/sql-keywords-appendix.html
_WORDS = """
    all analyse analyze and any array as asc asymmetric authorization between bigint binary bit boolean both case
    cast char character check coalesce collate collation column concurrently constraint create cross
    current_catalog current_date current_role current_schema current_time current_timestamp current_user dec
    decimal default deferrable desc distinct do else end except exists extract false fetch float for foreign freeze
    from full grant greatest group grouping having ilike in initially inner inout int integer intersect interval
    into is isnull join json json_array json_arrayagg json_exists json_object json_objectagg json_query json_scalar
    json_serialize json_table json_value lateral leading least left like limit localtime localtimestamp merge_action
    national natural nchar none normalize not notnull null nullif numeric offset on only or order out outer overlaps
    overlay placing position precision primary real references returning right row select session_user setof similar
    smallint some substring symmetric system_user table tablesample then time timestamp to trailing treat trim true
    union unique user using values varchar variadic verbose when where window with xmlattributes xmlconcat
    xmlelement xmlexists xmlforest xmlnamespaces xmlparse xmlpi xmlroot xmlserialize xmltable
"""
KEYWORDS = frozenset(_WORDS.split())


def spelled(name: str) -> str:
    """The name, quoted where it must be."""
    return name if PLAIN.match(name) and name not in KEYWORDS else quote_identifier(name)


def spelled_name(schema: str, name: str) -> str:
    """schema.name, each quoted where it must be."""
    return f"{spelled(schema)}.{spelled(name)}"


def literal(text: str) -> str:
    """A text constant as the server prints it, with standard_conforming_strings on; ValueError for a text with NUL."""
    if "\0" in text:
        raise ValueError("a PostgreSQL text can't hold NUL")
    return "'" + text.replace("'", "''") + "'"


def dollar_quoted(body: str) -> str:
    """The body of a function between the signs that pg_get_functiondef takes."""
    tag = "$function"
    while tag in body:
        tag += "x"
    return f"{tag}${body}{tag}$"
