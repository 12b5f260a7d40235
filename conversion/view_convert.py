"""SQLite views as PostgreSQL views, those first that others read."""

from __future__ import annotations

import sqlglot
from sqlglot import exp

from conversion.draft import Draft
from conversion.expressions import output_shapes, text_of, view_query
from conversion.order import dependency_order
from conversion.shapes import ColumnShape, TableShape, Untranslatable
from conversion.typed import Typed
from engines.catalog import Kind, View


def convert_views(draft: Draft) -> None:
    """Put every view that can be translated into the target; the others become omissions with the reason."""
    views = {view.full_name: view for view in draft.source.views if not draft.skipped(view.full_name)}
    for view in draft.source.views:
        if draft.skipped(view.full_name):
            draft.omit(view.full_name, "view", "left out on request", view.definition)
    order, cyclic = dependency_order({name: view.depends_on for name, view in views.items()})
    for name in [*order, *cyclic]:
        try:
            _convert(draft, views[name])
        except Untranslatable as error:
            draft.omit(name, "view", error.reason, views[name].definition)


def _convert(draft: Draft, view: View) -> None:
    adopted = draft.overrides.views.get(view.full_name)
    if adopted is not None:
        _add(draft, view, adopted, list(view.columns))
        draft.note(view.full_name, "its query is the one given in the request; its columns aren't known to other views")
        return
    translated = view_query(view.definition, draft.shapes)
    names = _column_names(draft, view, [name for name, _ in translated.columns])
    outputs = [value for _, value in output_shapes(view.definition, draft.shapes)]
    _add(draft, view, renamed(translated.sql, names), names)
    shape = _shape(draft, view, names, outputs)
    for name in (view.name, view.full_name):
        draft.shapes.add(name, shape)
    for note in translated.notes:
        draft.note(view.full_name, note)


def _column_names(draft: Draft, view: View, found: list[str]) -> list[str]:
    wanted = view.columns if len(view.columns) == len(found) else found
    return [draft.namer.take_recorded(f"columns:{view.full_name}", name, f"{view.full_name}.{name}") for name in wanted]


def renamed(sql: str, names: list[str]) -> str:
    """The query with its output columns under these names."""
    node = sqlglot.parse_one(sql, read="postgres")
    first = node
    while isinstance(first, exp.SetOperation):
        first = first.this
    if isinstance(first, exp.Select):
        for item, name in zip(first.expressions, names, strict=True):
            item.set("alias", exp.to_identifier(name, quoted=True))
    return text_of(node)


def _shape(draft: Draft, view: View, names: list[str], outputs: list[Typed]) -> TableShape:
    target = draft.target.views[-1]
    columns = {}
    for source, name, value in zip(view.columns or names, names, outputs, strict=True):
        columns[source.lower()] = ColumnShape(name, value.kind or Kind.TEXT, value.route, value.collation)
    return TableShape(draft.schema, target.name, columns)


def _add(draft: Draft, view: View, sql: str, columns: list[str]) -> None:
    name = draft.table_name(view.full_name, view.name)
    draft.target.views.append(
        View(schema_name=draft.schema, name=name, definition=sql, columns=columns, comment=view.comment)
    )
