"""Who may do what with the database's objects, as far as this account may know."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from engines.catalog import Privilege
from engines.mysql.grants import Grants
from engines.mysql.introspect.reader import Reader

# kind -> rows of (grantee, object, privilege, grantable)
PRIVILEGES = {
    "database": """
        SELECT p.GRANTEE, p.TABLE_SCHEMA AS OBJECT, p.PRIVILEGE_TYPE, p.IS_GRANTABLE
          FROM information_schema.SCHEMA_PRIVILEGES p WHERE %s LIKE p.TABLE_SCHEMA""",
    "table": """
        SELECT p.GRANTEE, CONCAT(p.TABLE_SCHEMA, '.', p.TABLE_NAME) AS OBJECT, p.PRIVILEGE_TYPE, p.IS_GRANTABLE
          FROM information_schema.TABLE_PRIVILEGES p WHERE p.TABLE_SCHEMA = %s""",
    "column": """
        SELECT p.GRANTEE, CONCAT(p.TABLE_SCHEMA, '.', p.TABLE_NAME, '.', p.COLUMN_NAME) AS OBJECT, p.PRIVILEGE_TYPE,
               p.IS_GRANTABLE
          FROM information_schema.COLUMN_PRIVILEGES p WHERE p.TABLE_SCHEMA = %s""",
}
ROUTINES = """
    SELECT CONCAT('\\'', p.User, '\\'@\\'', p.Host, '\\'') AS GRANTEE, CONCAT(p.Db, '.', p.Routine_name) AS OBJECT,
           CAST(p.Proc_priv AS CHAR) AS RIGHTS
      FROM mysql.procs_priv p WHERE p.Db = %s
"""
# part -> what has to be granted on the whole database so that it is read whole
NEEDED = {
    "triggers": ("TRIGGER", "Triggers of tables on which the user has no TRIGGER are not shown."),
    "events": ("EVENT", "Events are not shown without EVENT on the database."),
}


def read_privileges(reader: Reader) -> list[Privilege]:
    """Grants on the database, its tables, columns and routines; those of other accounts are shown to few."""
    found: dict[tuple[str, str, str, bool], set[str]] = {}
    for kind, sql in PRIVILEGES.items():
        for row in reader.rows(f"grants on each {kind}", sql):
            place = (kind, str(row.grantee), str(row.object), row.is_grantable == "YES")
            found.setdefault(place, set()).add(str(row.privilege_type).upper())
    for row in _optional(reader, "grants on routines", ROUTINES):
        rights = {right.strip().upper() for right in str(row.rights).split(",") if right.strip()}
        place = ("routine", str(row.grantee), str(row.object), "GRANT" in rights)
        found.setdefault(place, set()).update(rights - {"GRANT"})
    return [
        Privilege(grantee=grantee, object=name, kind=kind, privileges=sorted(rights), grantable=grantable)
        for (kind, grantee, name, grantable), rights in sorted(found.items())
    ]


def _optional(reader: Reader, part: str, sql: str) -> Iterable[Any]:
    """Rows of a table of the server's own; without the right to it the part is named once, in plain words."""
    before = len(reader.unread)
    rows = reader.rows(part, sql)
    if len(reader.unread) > before:
        del reader.unread[before:]
        reader.missing(part, "They need SELECT on mysql.procs_priv.")
    return rows


def own_grants(reader: Reader) -> Grants:
    """What the connection's account may do, with the roles that are active."""
    statements = [str(row[0]) for row in reader.rows("own grants", "SHOW GRANTS", parameters=())]
    if not reader.server.is_mariadb:
        roles = [str(row[0]) for row in reader.rows("own roles", "SELECT CURRENT_ROLE()", parameters=())]
        if roles and roles[0] not in ("NONE", "None"):
            sql = f"SHOW GRANTS FOR CURRENT_USER() USING {roles[0]}"
            statements += [str(row[0]) for row in reader.rows("grants of own roles", sql, parameters=())]
    return Grants.of(statements, reader.database)


def name_hidden(reader: Reader, grants: Grants) -> None:
    """Name the parts of the catalog that the server leaves out without a word for want of a right."""
    if not (grants.everywhere | grants.database) - {"USAGE"}:
        reader.missing("tables and views", "Those on which the user has no right are not shown, nor are columns.")
        if reader.server.is_mariadb:
            reader.missing("check constraints", "They are not shown to a user whose rights are on single tables.")
    for part, (right, reason) in NEEDED.items():
        if not grants.has(right):
            reader.missing(part, reason)
    if not _sees_routines(reader, grants):
        reader.missing("routines", "Routines on which the user has no right are not shown.")


def _sees_routines(reader: Reader, grants: Grants) -> bool:
    rights = ("EXECUTE", "ALTER ROUTINE", "CREATE ROUTINE", "SHOW CREATE ROUTINE")
    wide = ("SHOW_ROUTINE", "SELECT")
    if any(grants.has(right) for right in rights) or {*wide, "ALL PRIVILEGES"} & grants.everywhere:
        return True
    return reader.server.is_mariadb and _may_read(reader, "mysql.proc")


def _may_read(reader: Reader, table: str) -> bool:
    """Whether a table of the server's own may be read; that it may not is an answer, no part that is missing."""
    before = len(reader.unread)
    reader.rows(table, f"SELECT 1 FROM {table} LIMIT 0", parameters=())
    refused = len(reader.unread) > before
    del reader.unread[before:]
    return not refused
