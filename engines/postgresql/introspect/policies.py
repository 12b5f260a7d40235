"""Row-level security policies of tables."""

from __future__ import annotations

from engines.catalog import Policy
from engines.postgresql.introspect.reader import Reader
from engines.postgresql.introspect.tables import Relations
from engines.postgresql.schemas import USER_SCHEMA

COMMANDS = {"*": "ALL", "r": "SELECT", "a": "INSERT", "w": "UPDATE", "d": "DELETE"}
POLICIES = f"""
    SELECT p.polrelid, p.polname, p.polcmd::text, p.polpermissive,
           pg_get_expr(p.polqual, p.polrelid) AS using, pg_get_expr(p.polwithcheck, p.polrelid) AS "check",
           ARRAY(SELECT CASE WHEN r.role = 0 THEN 'public' ELSE pg_get_userbyid(r.role)::text END
                   FROM unnest(p.polroles) r(role) ORDER BY 1) AS roles
      FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE {USER_SCHEMA}
     ORDER BY p.polrelid, p.polname
"""


def read_policies(reader: Reader, relations: Relations) -> None:
    """Fill the policies of tables; they stand there whether or not row security is on."""
    for row in reader.rows("policies", POLICIES):
        table = relations.tables.get(row.polrelid)
        if table is not None:
            table.policies.append(
                Policy(
                    name=row.polname,
                    command=COMMANDS[row.polcmd],
                    permissive=row.polpermissive,
                    roles=row.roles,
                    using=row.using,
                    check=row.check,
                )
            )
