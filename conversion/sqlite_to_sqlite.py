"""SQLite to another SQLite file: the statements of the source, in its own words."""

from __future__ import annotations

from conversion.draft import Draft
from conversion.lost_views import lost_views
from conversion.mapping import ColumnMapping, TableMapping
from conversion.names import for_sqlite
from conversion.result import Conversion, Request
from engines.catalog import Table

VIRTUAL = "the rows of a virtual table (module {module}) can only be written through its module"
SKIPPED = "left out on request"
SHADOW = "it holds the inner data of a virtual table that isn't carried over"


def convert_catalog(request: Request) -> Conversion:
    """The same catalog on the target, without virtual tables and what reads them."""
    target = request.source.model_copy(
        deep=True, update={"version": request.version, "database": "", "settings": {}, "unread": []}
    )
    draft = Draft(request, target, for_sqlite(), "main")
    target.tables = [table for table in target.tables if _carried(draft, table)]
    for view in target.views:
        draft.adopt_view(view)
    reasons = {view.full_name: SKIPPED for view in target.views if draft.skipped(view.full_name)}
    reasons |= lost_views(draft, {*reasons, *(item.object for item in draft.result.omissions)})
    for view in target.views:
        if view.full_name in reasons:
            draft.omit(view.full_name, "view", reasons[view.full_name], view.definition)
    target.views = [view for view in target.views if view.full_name not in reasons]
    for table in target.tables:
        table.rows, table.rows_exact, table.size_bytes = None, False, None
        draft.tables.append(_mapping(request.source.table(table.full_name)))
    for part in request.source.unread:
        draft.omit(part.part, "unread", f"SQLite could not read it: {part.reason}")
    return draft.finish()


def _carried(draft: Draft, table: Table) -> bool:
    reason = {"virtual": VIRTUAL.format(module=table.options.get("module", "unknown")), "shadow": SHADOW}.get(
        table.kind
    )
    if draft.skipped(table.full_name):
        reason = SKIPPED
    if reason is None:
        return True
    draft.omit(table.full_name, "table" if table.kind == "table" else f"{table.kind} table", reason, table.definition)
    for trigger in table.triggers:
        draft.omit(f"{table.full_name}.{trigger.name}", "trigger", "its table isn't carried over", trigger.definition)
    return False


def _mapping(table: Table) -> TableMapping:
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
    rowid = next((column.name for column in table.columns if column.identity), None)
    hidden = table.options.get("without_rowid") or any(column.name.lower() == "rowid" for column in table.columns)
    key = table.primary_key.columns if table.primary_key else []
    return TableMapping(
        source=table.full_name,
        target=table.full_name,
        columns=columns,
        key=list(key),
        source_key=rowid or ("" if hidden else "rowid"),
        range_column=rowid,
        rows=table.rows,
        size_bytes=table.size_bytes,
    )
