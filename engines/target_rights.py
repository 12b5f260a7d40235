"""Which rights a target's user lacks to make tables and fill them, asked before anything is written."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from engines.families import family
from engines.mysql.grants import Grants
from engines.protocols import Database

CREATE_RIGHT = "SELECT pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE')"
# of schemas that are there; others are made. From version 15 on nobody but its owner may create in public
NO_CREATE = """
    SELECT nspname FROM pg_catalog.pg_namespace
     WHERE NOT pg_catalog.has_schema_privilege(oid, 'CREATE') OR NOT pg_catalog.has_schema_privilege(oid, 'USAGE')
"""
# https://dev.mysql.com/doc/refman/8.0/en/privileges-provided.html; REFERENCES is asked of the referenced table
# The last row: without these the server hides views and code from the comparison without a word
MYSQL_RIGHTS = (
    "ALTER", "CREATE", "CREATE VIEW", "DELETE", "DROP", "INDEX", "INSERT", "REFERENCES", "SELECT", "UPDATE",
    "CREATE ROUTINE", "EVENT", "SHOW VIEW", "TRIGGER",
)  # fmt: skip


def rights_missing(target: Database, schemas: Iterable[str] = ()) -> list[str]:
    """One phrase per right that is missing; a file's and MongoDB's only the first write tells, with its own error.

    schemas: of PostgreSQL, in which tables are to be made.
    """
    if target.engine == "postgresql":
        missing = [] if target.query(CREATE_RIGHT)[0][0] else ["CREATE on the database"]
        closed = {str(row[0]) for row in target.query(NO_CREATE)}
        return missing + [f"CREATE and USAGE on the schema {name}" for name in sorted(closed & set(schemas))]
    if family(target.engine) != "mysql":
        return []
    name = cast(Any, target).database
    statements = [str(row[0]) for row in target.query("SHOW GRANTS")]
    roles = str(target.query("SELECT CURRENT_ROLE()")[0][0])
    if target.engine == "mysql" and roles not in ("NONE", "None"):
        statements += [str(row[0]) for row in target.query(f"SHOW GRANTS FOR CURRENT_USER() USING {roles}")]
    grants = Grants.of(statements, name)
    return [f"{right} on {name}.*" for right in MYSQL_RIGHTS if not grants.has(right)]
