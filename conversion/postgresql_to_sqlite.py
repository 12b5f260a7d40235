"""A PostgreSQL catalog as SQLite catalog: tables, keys, simple checks and views; the rest is named with the reason."""

from __future__ import annotations

import sqlite3

from conversion import rewrite_postgresql
from conversion.columns_of_targets import unmakeable
from conversion.ddl_sqlite import SqliteWriter, view_sql
from conversion.draft import Draft
from conversion.names import for_sqlite
from conversion.partitions_to_sqlite import join_parts, whole
from conversion.procedural.adopt import adopt_programs
from conversion.result import Conversion, Request
from conversion.shapes import ColumnShape, TableShape, Untranslatable
from conversion.table_to_sqlite import SqliteTable
from engines.catalog import Catalog, Kind, Table, View

REASONS = {
    "type": "SQLite has no types of one's own; columns hold the text, labels of enums stand in CHECK constraints",
    "extension": "SQLite has no PostgreSQL extensions",
    "sequence": "SQLite numbers only INTEGER PRIMARY KEY columns",
    "materialized view": "SQLite has no materialized views",
    "foreign table": "its rows live on another server",
    "partitioned table": "SQLite has no partitions: each part becomes a table, and a view joins them under this name",
    "exclusion": "SQLite has no exclusion constraints",
}


def convert_catalog(request: Request) -> Conversion:
    """The target's catalog, mappings and omissions."""
    target = Catalog(engine="sqlite", version=request.version, database="", encoding="UTF-8", schemas=["main"])
    draft = Draft(request, target, for_sqlite(), "main")
    partitioned = [table for table in request.source.tables if table.kind == "partitioned"]
    carried = [
        SqliteTable(draft, whole(request.source, table)) for table in request.source.tables if _carried(draft, table)
    ]
    for item in carried:
        item.columns()
    for item in carried:
        item.constraints()
    for table in partitioned:
        if not draft.skipped(table.full_name):
            join_parts(draft, table)
    _views(draft)
    _omit_the_rest(draft)
    target.tables.sort(key=lambda table: table.name)
    return draft.finish()


def _carried(draft: Draft, table: Table) -> bool:
    kind = "foreign table" if table.kind == "foreign" else ""
    if table.kind == "partitioned":
        kind = "partitioned table"
    if draft.skipped(table.full_name):
        draft.omit(table.full_name, "table", "left out on request")
    elif kind:
        draft.omit(table.full_name, kind, REASONS[kind])
    elif (reason := unmakeable("sqlite", table)) is not None:
        draft.omit(table.full_name, "table", reason)
    else:
        return True
    return False


def _views(draft: Draft) -> None:
    """Views whose query goes over and that SQLite accepts over the tables made so far."""
    connection = sqlite3.connect(":memory:")
    read = {name for view in draft.source.views for name in view.depends_on}
    needed = {table.target for table in draft.tables if table.source in read}
    needed |= {name for joined in draft.target.views for name in joined.depends_on}
    for statement in SqliteWriter(draft.target).statements():
        # each statement reads the whole schema again: only tables that some view reads are made
        if statement.kind == "view" or (statement.kind == "table" and statement.object in needed):
            connection.execute(statement.sql)
    for view in draft.source.views:
        reason = _view(draft, view, connection)
        if reason is not None:
            draft.omit(view.full_name, "view", reason, view.definition)
    connection.close()


def _view(draft: Draft, view: View, connection: sqlite3.Connection) -> str | None:
    if draft.skipped(view.full_name):
        return "left out on request"
    if view.materialized:
        return REASONS["materialized view"]
    try:
        adopted = draft.overrides.views.get(view.full_name)
        sql = adopted or rewrite_postgresql.query(view.definition, draft.shapes)
    except Untranslatable as error:
        return error.reason
    name = draft.table_name(view.full_name, view.name)
    scope = f"columns:{view.full_name}"
    columns = [draft.namer.take_recorded(scope, column, f"{view.full_name}.{column}") for column in view.columns]
    made = View(schema_name="main", name=name, definition=sql, columns=columns, comment=None)
    try:
        connection.execute(view_sql(made))
        connection.execute(f"EXPLAIN {sql}")
    except sqlite3.Error as error:
        return f"SQLite refuses the translation: {error}"
    draft.target.views.append(made)
    return None


def _omit_the_rest(draft: Draft) -> None:
    source = draft.source
    for item in source.types:
        draft.omit(item.full_name, "type", REASONS["type"], item.definition)
    for extension in source.extensions:
        draft.omit(extension.name, "extension", REASONS["extension"])
    for sequence in source.sequences:
        if not draft.numbered & {sequence.owned_by, sequence.full_name}:
            draft.omit(sequence.full_name, "sequence", REASONS["sequence"])
    _view_shapes(draft)
    adopt_programs(draft)
    for table in source.tables:
        for exclusion in table.exclusions:
            draft.omit(f"{table.full_name}.{exclusion.name}", "exclusion", REASONS["exclusion"], exclusion.definition)
    for part in source.unread:
        draft.omit(part.part, part.kind or part.part.split(" ", 1)[0], part.reason)


def _view_shapes(draft: Draft) -> None:
    """Make the carried views known to triggers; of what kind their columns are isn't known."""
    for view in draft.target.views:
        columns = {name.lower(): ColumnShape(name, Kind.OTHER) for name in view.columns}
        for source in draft.source.views:
            if draft.namer.renames.get(source.full_name, f"main.{source.name}") == view.full_name:
                draft.shapes.add(source.full_name, TableShape("", view.name, columns))
