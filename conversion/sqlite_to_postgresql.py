"""A SQLite catalog as PostgreSQL catalog: every object is carried over or named with the reason why not."""

from __future__ import annotations

from conversion.columns_of_targets import unmakeable
from conversion.draft import Draft
from conversion.key_convert import KeyConverter
from conversion.names import for_postgresql
from conversion.procedural.adopt import adopt_programs
from conversion.reference_convert import ReferenceConverter
from conversion.result import Conversion, Request
from conversion.table_convert import TableConverter
from conversion.view_convert import convert_views
from engines.catalog import Catalog, Table

VIRTUAL = "its rows live in tables of SQLite's module {module}, which PostgreSQL doesn't have"
SHADOW = "it holds the inner data of a virtual table that isn't carried over"


def convert_catalog(request: Request) -> Conversion:
    """The target's catalog, mappings and omissions; statements are written from the catalog afterwards."""
    schemas = sorted({request.schema, "public"})
    target = Catalog(engine="postgresql", version=request.version, database="", encoding="UTF8", schemas=schemas)
    draft = Draft(request, target, for_postgresql(), request.schema)
    tables = [table for table in request.source.tables if _carried(draft, table)]
    for table in tables:
        TableConverter(draft, table).convert()
    for table, mapping in zip(tables, draft.tables, strict=True):
        KeyConverter(draft, table, target.table(mapping.target), mapping).convert()
    for table, mapping in zip(tables, draft.tables, strict=True):
        ReferenceConverter(draft, table, target.table(mapping.target)).convert()
    convert_views(draft)
    adopt_programs(draft)
    for part in request.source.unread:
        draft.omit(part.part, "unread", f"SQLite could not read it: {part.reason}")
    target.tables.sort(key=lambda table: (table.schema_name, table.name))
    return draft.finish()


def _carried(draft: Draft, table: Table) -> bool:
    reason: str | None = None
    if draft.skipped(table.full_name):
        reason = "left out on request"
    elif table.kind == "virtual":
        reason = VIRTUAL.format(module=table.options.get("module", "unknown"))
    elif table.kind == "shadow":
        reason = SHADOW
    else:
        reason = unmakeable("postgresql", table)
    if reason is not None:
        draft.omit(
            table.full_name, "table" if table.kind == "table" else f"{table.kind} table", reason, table.definition
        )
    return reason is None
