"""Which rights a target's user lacks to make tables and fill them, asked before anything is written."""

from __future__ import annotations

from typing import Any, cast

from engines.families import family
from engines.mysql.grants import Grants
from engines.protocols import Database

CREATE_RIGHT = "SELECT pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE')"
# https://dev.mysql.com/doc/refman/8.0/en/privileges-provided.html; REFERENCES is asked of the referenced table
MYSQL_RIGHTS = ("ALTER", "CREATE", "DELETE", "DROP", "INDEX", "INSERT", "REFERENCES", "SELECT", "UPDATE")


def rights_missing(target: Database) -> list[str]:
    """One phrase per right that is missing; a file's and MongoDB's only the first write tells, with its own error."""
    if target.engine == "postgresql":
        return [] if target.query(CREATE_RIGHT)[0][0] else ["CREATE on the database"]
    if family(target.engine) != "mysql":
        return []
    name = cast(Any, target).database
    statements = [str(row[0]) for row in target.query("SHOW GRANTS")]
    roles = str(target.query("SELECT CURRENT_ROLE()")[0][0])
    if target.engine == "mysql" and roles not in ("NONE", "None"):
        statements += [str(row[0]) for row in target.query(f"SHOW GRANTS FOR CURRENT_USER() USING {roles}")]
    grants = Grants.of(statements, name)
    return [f"{right} on {name}.*" for right in MYSQL_RIGHTS if not grants.has(right)]
