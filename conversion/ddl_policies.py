"""PostgreSQL statements of row-level security and of rights, written from the catalog."""

from __future__ import annotations

from collections.abc import Iterator

from conversion.mapping import Statement
from engines.catalog import Catalog, Policy, Privilege, Sequence, Table, UserType, View
from engines.postgresql.quoting import quote_identifier, quote_name

EVERYBODY = "public"  # no role of PostgreSQL can have this name


def policy_sql(table: Table, policy: Policy) -> str:
    """CREATE POLICY with its roles, condition and check."""
    sql = f"CREATE POLICY {quote_identifier(policy.name)} ON {quote_name(table.schema_name, table.name)}"
    sql += ("" if policy.permissive else " AS RESTRICTIVE") + f" FOR {policy.command}"
    sql += f" TO {', '.join(role_sql(role) for role in policy.roles or [EVERYBODY])}"
    if policy.using is not None:
        sql += f" USING ({policy.using})"
    return sql + (f" WITH CHECK ({policy.check})" if policy.check is not None else "")


def role_sql(role: str) -> str:
    """A role's name; `public` is everybody."""
    return "PUBLIC" if role == EVERYBODY else quote_identifier(role)


def row_security(table: Table) -> Iterator[Statement]:
    """Policies, then the switch, so that no moment is without the one when the other is there."""
    name = quote_name(table.schema_name, table.name)
    for policy in table.policies:
        undo = f"DROP POLICY {quote_identifier(policy.name)} ON {name}"
        yield _made("policy", table, f"{table.full_name}:{policy.name}", policy_sql(table, policy), undo)
    if table.row_security:
        switch = f"ALTER TABLE {name} {{}} ROW LEVEL SECURITY"
        yield _made("row_security", table, table.full_name, switch.format("ENABLE"), switch.format("DISABLE"))
    if table.row_security_forced:
        switch = f"ALTER TABLE {name} {{}} ROW LEVEL SECURITY"
        yield _made("row_security_forced", table, table.full_name, switch.format("FORCE"), switch.format("NO FORCE"))


def _made(kind: str, table: Table, identifier: str, sql: str, undo: str) -> Statement:
    return Statement(
        id=f"{kind}:{identifier}", sql=sql, undo=undo, object=table.full_name, kind=kind, stage="post_data"
    )


def grants(catalog: Catalog) -> list[str]:
    """GRANT statements for the rights in the catalog, in its order; the roles must exist where they run."""
    names = _quoted(catalog)
    return [sql for privilege in catalog.privileges if (sql := _grant(privilege, names)) is not None]


def _grant(privilege: Privilege, names: dict[tuple[str, str], str]) -> str | None:
    target = names.get((privilege.kind, privilege.object))
    if target is None:
        return None
    what, _, columns = target.partition("\0")
    rights = ", ".join(privilege.privileges)
    if columns:
        rights = ", ".join(f"{one} ({columns})" for one in privilege.privileges)
    option = " WITH GRANT OPTION" if privilege.grantable else ""
    return f"GRANT {rights} ON {what} TO {role_sql(privilege.grantee)}{option};"


def _quoted(catalog: Catalog) -> dict[tuple[str, str], str]:
    """(kind, full name) -> what stands after ON; for a column, its quoted name after a NUL."""
    found = {("schema", name): f"SCHEMA {quote_identifier(name)}" for name in catalog.schemas}
    found["database", catalog.database] = f"DATABASE {quote_identifier(catalog.database)}"
    named: list[Sequence | UserType] = [*catalog.sequences, *catalog.types]
    for item in named:
        kind = "sequence" if isinstance(item, Sequence) else "type"
        found[kind, item.full_name] = f"{kind.upper()} {quote_name(item.schema_name, item.name)}"
    owners: list[Table | View] = [*catalog.tables, *catalog.views]
    for owner in owners:
        target = f"TABLE {quote_name(owner.schema_name, owner.name)}"
        found["table", owner.full_name] = target
        for column in owner.columns:
            name = column if isinstance(column, str) else column.name
            found["column", f"{owner.full_name}.{name}"] = f"{target}\0{quote_identifier(name)}"
    for routine in catalog.routines:
        name = f"{quote_name(routine.schema_name, routine.name)}({routine.signature})"
        found["routine", routine.full_name] = f"ROUTINE {name}"
    return found
