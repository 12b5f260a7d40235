"""PostgreSQL to another PostgreSQL: everything goes over in the server's own words, what can't is named."""

from __future__ import annotations

from conversion.ddl_beyond_postgresql import FIRST, carried
from conversion.ddl_policies import grants
from conversion.ddl_postgresql_parts import check_sql, foreign_key_sql
from conversion.draft import Draft
from conversion.lost_views import lost_views
from conversion.mapping import ColumnMapping, TableMapping
from conversion.names import for_postgresql
from conversion.result import Conversion, Request, omission
from conversion.row_security import carry_policies
from engines.catalog import Catalog, Index, Key, Kind, Table, Unread
from engines.full_names import name_of

NULLS_NOT_DISTINCT_SINCE = 15  # https://www.postgresql.org/docs/15/release-15.html
VIRTUAL_COLUMNS_SINCE = 18  # https://www.postgresql.org/docs/18/release-18.html
PRIVILEGES = "owners, grants and default privileges belong to the roles of a server and are not carried over"
NOT_ENFORCED_SINCE = 18
COMPRESSION_SINCE = 14  # https://www.postgresql.org/docs/14/release-14.html
RELATIONS = frozenset({"table", "foreign table", "view"})
FOREIGN = "the rows of a foreign table live on another server; the server and user mappings hold its secrets"


def convert_catalog(request: Request) -> Conversion:
    """The same catalog on the target."""
    changed = {"version": request.version, "database": "", "settings": {}, "unread": [], "privileges": []}
    target = request.source.model_copy(update=changed).model_copy(deep=True)
    draft = Draft(request, target, for_postgresql(), request.schema)
    target.tables = [table for table in target.tables if _carried(draft, table)]
    _views(draft)
    for table in target.tables:
        _clean(draft, table)
        _downgrade(draft, table, int(request.version.split(".")[0]))
        if table.kind != "partitioned":
            draft.tables.append(_mapping(request.source, table))
    target.unread = _still_there(draft, carried(request.source.unread))
    for part in request.source.unread:
        if part in target.unread:
            continue
        draft.omit(part.part, part.kind or part.part.split(" ", 1)[0], part.reason, part.definition)
    draft.omit(request.source.database, "privileges", PRIVILEGES, "\n".join(grants(request.source)))
    return draft.finish()


def leave_bodies_unchecked(result: Conversion) -> None:
    """What the source's server took the target's takes: bodies name tables by a search path that isn't ours."""
    for statement in result.statements:
        statement.unchecked = statement.kind == "routine"


def _carried(draft: Draft, table: Table) -> bool:
    if draft.skipped(table.full_name):
        draft.omit(table.full_name, "table", "left out on request", table.definition)
    elif table.kind == "foreign":
        draft.omit(table.full_name, "foreign table", FOREIGN, f"server {table.options.get('server', 'unknown')}")
    else:
        return True
    return False


def _still_there(draft: Draft, parts: list[Unread]) -> list[Unread]:
    """All but the rules and statistics of what is left behind; what comes first (a collation) is made of no table."""
    gone = [name_of(item.object) for item in draft.result.omissions if item.kind in RELATIONS]
    return [part for part in parts if part.kind in FIRST or not any(n in (part.definition or "") for n in gone)]


def _views(draft: Draft) -> None:
    """Views go over unless they were left out or read something that was."""
    views, gone = draft.target.views, {item.object for item in draft.result.omissions}
    for view in views:
        draft.adopt_view(view)
    reasons = {view.full_name: "left out on request" for view in views if draft.skipped(view.full_name)}
    reasons |= lost_views(draft, gone | reasons.keys())
    for view in views:
        if view.full_name in reasons:
            draft.omit(view.full_name, "view", reasons[view.full_name], view.definition)
    draft.target.views = [view for view in views if view.full_name not in reasons]
    gone |= reasons.keys()
    for table in draft.target.tables:
        kept = []
        for key in table.foreign_keys:
            if key.referenced in gone:
                draft.omit(f"{table.full_name}.{key.name}", "foreign key", "the table it refers to isn't carried over")
            else:
                kept.append(key)
        table.foreign_keys = kept


def drop_missing_extensions(result: Conversion, offered: frozenset[str]) -> None:
    """Extensions that the target server doesn't offer become omissions."""
    for extension in list(result.target.extensions):
        if extension.name not in offered:
            reason = "the target server doesn't offer it; what uses it will fail"
            result.omissions.append(omission(extension.name, "extension", reason))
            result.target.extensions.remove(extension)


def _clean(draft: Draft, table: Table) -> None:
    """The target's table without what only describes the source's state."""
    table.rows, table.rows_exact, table.size_bytes = None, False, None
    carry_policies(draft, table)
    for number, key in enumerate(table.foreign_keys):
        if (table.full_name, number) in draft.unvalidated:
            key.validated = False
            draft.note(f"{table.full_name}.{key.name}", "rows break it today: it is added NOT VALID")
    for index in list(table.indexes):
        if not index.valid:
            draft.omit(f"{table.full_name}.{index.name}", "index", "it is invalid on the source", index.definition)
            table.indexes.remove(index)


def _downgrade(draft: Draft, table: Table, version: int) -> None:
    """What the source's version has and the target's hasn't."""
    if version < NULLS_NOT_DISTINCT_SINCE:
        reason = f"NULLS NOT DISTINCT needs PostgreSQL {NULLS_NOT_DISTINCT_SINCE}"
        for parts in (table.uniques, table.indexes):
            for part in [item for item in parts if not item.nulls_distinct]:
                kind = "index" if isinstance(part, Index) else "unique constraint"
                draft.omit(f"{table.full_name}.{part.name}", kind, reason)
                _remove(parts, part)
    if version < NOT_ENFORCED_SINCE:
        _only_enforced(draft, table)
    for column in table.columns:
        if version < COMPRESSION_SINCE and "compression" in column.options:
            del column.options["compression"]
            draft.note(f"{table.full_name}.{column.name}", "compressed by pglz: a choice needs PostgreSQL 14")
        if column.generated and not column.generated.stored and version < VIRTUAL_COLUMNS_SINCE:
            column.generated.stored = True
            draft.note(f"{table.full_name}.{column.name}", "computed when written: virtual columns need PostgreSQL 18")


def _only_enforced(draft: Draft, table: Table) -> None:
    reason = f"NOT ENFORCED needs PostgreSQL {NOT_ENFORCED_SINCE}, and rows may break it"
    for check in [item for item in table.checks if not item.enforced]:
        draft.omit(f"{table.full_name}.{check.name}", "check", reason, check_sql(check))
    for key in [item for item in table.foreign_keys if not item.enforced]:
        draft.omit(f"{table.full_name}.{key.name}", "foreign key", reason, foreign_key_sql(key))
    table.checks = [item for item in table.checks if item.enforced]
    table.foreign_keys = [item for item in table.foreign_keys if item.enforced]


def _remove(parts: list[Key] | list[Index], part: Key | Index) -> None:
    for position, item in enumerate(parts):
        if item is part:
            del parts[position]
            return


def _mapping(source: Catalog, table: Table) -> TableMapping:
    original = source.table(table.full_name)
    columns = [
        ColumnMapping(
            source=column.name,
            target=column.name,
            source_type=column.native,
            target_type=column.native,
            route="identity",
            reason="the same engine has the same type",
            copied=column.generated is None,
            nullable=column.nullable,
        )
        for column in table.columns
    ]
    key = row_key(table)
    single = integer_key(table)
    return TableMapping(
        source=table.full_name,
        target=table.full_name,
        columns=columns,
        key=key,
        source_key=single or "ctid",
        range_column=single,
        rows=original.rows,
        size_bytes=original.size_bytes,
    )


def row_key(table: Table) -> list[str]:
    """Columns that identify a row: the primary key, or a unique constraint without NULLs, or nothing."""
    if table.primary_key is not None:
        return list(table.primary_key.columns)
    for key in table.uniques:
        if not key.deferrable and all(not table.column(name).nullable for name in key.columns):
            return list(key.columns)
    return []


def integer_key(table: Table) -> str | None:
    """The primary key's column where it is a single integer."""
    key = table.primary_key.columns if table.primary_key else []
    return key[0] if len(key) == 1 and table.column(key[0]).type.kind is Kind.INTEGER else None
