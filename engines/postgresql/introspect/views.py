"""The queries of views, and what they read, so that they can be made in order."""

from __future__ import annotations

from engines.full_names import qualified
from engines.postgresql.introspect.reader import Reader
from engines.postgresql.introspect.tables import Relations
from engines.postgresql.schemas import USER_SCHEMA

# pg_get_viewdef locks what the view names until the query ends; the server's lock table holds a few thousand
DEFINITIONS_AT_ONCE = 200
DEFINITIONS = "SELECT oid, pg_get_viewdef(oid) AS definition FROM unnest(%s::oid[]) AS wanted(oid)"
DEPENDENCIES = f"""
    SELECT DISTINCT r.ev_class, rn.nspname, rc.relname
      FROM pg_rewrite r
      JOIN pg_class c ON c.oid = r.ev_class AND c.relkind IN ('v', 'm')
      JOIN pg_namespace n ON n.oid = c.relnamespace
      JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
                      AND d.refclassid = 'pg_class'::regclass AND d.refobjid <> r.ev_class
      JOIN pg_class rc ON rc.oid = d.refobjid AND rc.relkind IN ('r', 'p', 'f', 'v', 'm')
      JOIN pg_namespace rn ON rn.oid = rc.relnamespace
     WHERE r.rulename = '_RETURN' AND {USER_SCHEMA} AND rn.nspname !~ '^pg_' AND rn.nspname <> 'information_schema'
     ORDER BY r.ev_class, rn.nspname, rc.relname
"""


def read_views(reader: Reader, relations: Relations) -> None:
    """Fill definition of every view, and depends_on with the tables and views its query names, as schema.name."""
    wanted = list(relations.views)
    for start in range(0, len(wanted), DEFINITIONS_AT_ONCE):
        some = wanted[start : start + DEFINITIONS_AT_ONCE]
        for row in reader.rows("definitions of views", DEFINITIONS, [some]):
            relations.views[row.oid].definition = row.definition.strip().removesuffix(";")
    for row in reader.rows("dependencies of views", DEPENDENCIES):
        if row.ev_class in relations.views:
            relations.views[row.ev_class].depends_on.append(qualified(row.nspname, row.relname))
