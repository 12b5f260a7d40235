"""Who may do what: the access lists of a database's objects, without their owners' own rights."""

from __future__ import annotations

from engines.catalog import Privilege
from engines.full_names import qualified
from engines.postgresql.introspect.reader import Reader, not_of_extension
from engines.postgresql.schemas import USER_SCHEMA

# one row per object with an access list of its own; an object without one has the rights that PostgreSQL gives
LISTS = f"""
    SELECT 'database' AS kind, NULL::text AS schema, b.datname::text AS object, b.datdba AS owner, b.datacl AS acl,
           NULL::aclitem[] AS initial
      FROM pg_database b WHERE b.datname = current_database()
    UNION ALL
    SELECT 'schema', NULL, n.nspname, n.nspowner, n.nspacl, i.initprivs
      FROM pg_namespace n LEFT JOIN pg_init_privs i ON i.objoid = n.oid AND i.classoid = 'pg_namespace'::regclass
     WHERE {USER_SCHEMA}
    UNION ALL
    SELECT CASE c.relkind WHEN 'S' THEN 'sequence' ELSE 'table' END, n.nspname, c.relname, c.relowner, c.relacl, NULL
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm', 'S') AND c.relacl IS NOT NULL AND {USER_SCHEMA}
       AND {not_of_extension("pg_class", "c.oid")}
    UNION ALL
    SELECT 'column', n.nspname, c.relname || '.' || a.attname, c.relowner, a.attacl, NULL
      FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE a.attacl IS NOT NULL AND NOT a.attisdropped AND {USER_SCHEMA} AND {not_of_extension("pg_class", "c.oid")}
    UNION ALL
    SELECT 'routine', n.nspname, p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')', p.proowner,
           p.proacl, NULL
      FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
     WHERE p.proacl IS NOT NULL AND {USER_SCHEMA} AND {not_of_extension("pg_proc", "p.oid")}
    UNION ALL
    SELECT 'type', n.nspname, t.typname, t.typowner, t.typacl, NULL
      FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
     WHERE t.typacl IS NOT NULL AND {USER_SCHEMA} AND {not_of_extension("pg_type", "t.oid")}
"""
PRIVILEGES = f"""
    SELECT l.kind, l.schema, l.object, x.is_grantable,
           CASE WHEN x.grantee = 0 THEN 'public' ELSE pg_get_userbyid(x.grantee)::text END AS grantee,
           array_agg(x.privilege_type::text ORDER BY x.privilege_type) AS privileges
      FROM ({LISTS}) l CROSS JOIN LATERAL aclexplode(l.acl) x
     WHERE x.grantee <> l.owner
       AND NOT EXISTS (SELECT 1 FROM aclexplode(l.initial) y
                        WHERE (y.grantee, y.privilege_type, y.is_grantable)
                              = (x.grantee, x.privilege_type, x.is_grantable))
     GROUP BY l.kind, l.schema, l.object, x.is_grantable, x.grantee
     ORDER BY l.kind, l.schema, l.object, x.grantee, x.is_grantable
"""


def read_privileges(reader: Reader) -> list[Privilege]:
    """Rights that were granted; rights of owners, and what initdb grants to everybody, are left out."""
    return [
        Privilege(
            grantee=row.grantee,
            object=row.object if row.schema is None else qualified(row.schema, row.object),
            kind=row.kind,
            privileges=row.privileges,
            grantable=row.is_grantable,
        )
        for row in reader.rows("privileges", PRIVILEGES)
    ]
