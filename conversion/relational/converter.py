"""One relational catalog into another: the same steps for every direction, which brings the rules."""

from __future__ import annotations

from conversion.draft import Draft
from conversion.relational.columns import ColumnConverter
from conversion.relational.direction import Direction
from conversion.relational.keys import KeyConverter
from conversion.relational.partitions import split
from conversion.relational.plan import IndexNames, TablePlan
from conversion.relational.references import ReferenceConverter
from conversion.relational.rest import omit_the_rest
from conversion.relational.stored_code import add_stored_code
from conversion.relational.types import align, make_enum_types
from conversion.relational.views import ViewConverter
from conversion.result import Conversion, Request
from engines.catalog import Catalog, Table

TRANSLATED = (
    "views, stored code, checks, conditions and computed columns are written anew in the target's words, parameters of "
    "stored code in its types: they give the same values, under another text"
)
FOREIGN = "its rows live on another server"


def convert(request: Request, direction: Direction) -> Conversion:
    """The target's catalog, mappings and omissions; statements are written from the catalog afterwards."""
    draft = _draft(request, direction)
    plans = {
        table.full_name: TablePlan(draft, direction, table)
        for table in request.source.tables
        if _carried(draft, direction, table)
    }
    views = ViewConverter(draft, direction)
    views.reserve()
    align(plans)
    make_enum_types(draft, direction, plans.values())
    for plan in plans.values():
        plan.make_shape()
    for plan in plans.values():
        ColumnConverter(plan).convert()
    names = IndexNames(request.source, direction)
    for plan, mapping in zip(plans.values(), draft.tables, strict=True):
        mapping.key = KeyConverter(plan, names).convert()
    for plan in plans.values():
        ReferenceConverter(plan, plans).convert()
    split(draft, direction, list(plans.values()))
    views.convert()
    add_stored_code(draft, direction, plans)
    if draft.shapes.functions:
        views.again()
    views.refuse()
    omit_the_rest(draft, direction)
    draft.target.tables.sort(key=lambda table: (table.schema_name, table.name))
    if _has_code(request.source):
        draft.note(request.source.database, TRANSLATED)
    for sentence in direction.notes(request.source):
        draft.note(request.source.database, sentence)
    return draft.finish()


def _draft(request: Request, direction: Direction) -> Draft:
    abilities = direction.abilities
    schema = request.schema if abilities.schemas else abilities.home
    target = Catalog(
        engine=abilities.engine,
        version=request.version,
        database="",
        encoding=abilities.encoding,
        schemas=sorted({schema, abilities.home}),
    )
    return Draft(request, target, direction.namer(), schema)


def _has_code(source: Catalog) -> bool:
    tables = source.tables
    computed = any(column.generated for table in tables for column in table.columns)
    return bool(source.views or source.routines or computed or any(table.checks or table.triggers for table in tables))


def _carried(draft: Draft, direction: Direction, table: Table) -> bool:
    kind = "table" if table.kind in ("table", "partitioned", "unlogged") else f"{table.kind} table"
    reason = "left out on request" if draft.skipped(table.full_name) else direction.carried(table)
    if reason is None and table.kind == "foreign":
        reason = FOREIGN
    if reason is not None:
        draft.omit(table.full_name, kind, reason, table.definition)
    return reason is None
