"""Triggers of SQLite as triggers of MySQL and MariaDB."""

from __future__ import annotations

from conversion.procedural import sqlite_programs as programs
from conversion.procedural.context import Context
from conversion.procedural.cycles import circle
from conversion.procedural.make_mysql import Maker
from conversion.procedural.parse_sqlite import TriggerText
from conversion.procedural.scope import Scope
from conversion.procedural.sqlite_to_postgresql import OWN_ROW, ROWS, check_others, own_row_updates, parsed_triggers
from conversion.procedural.tree import Block, Branch, If, Node
from conversion.relational.direction import Procedural
from conversion.shapes import Untranslatable
from engines.catalog import Table, Trigger, View

COLUMNS = "UPDATE OF columns fires by what the statement names, which MySQL doesn't tell"


def convert_programs(context: Context, result: Procedural) -> None:
    """Every trigger of the source into result, translated or refused."""
    maker = Maker(context)
    owners: list[Table | View] = [*context.source.tables, *context.source.views]
    parsed = parsed_triggers(owners, result)
    for owner in owners:
        for trigger in owner.triggers:
            name = f"{owner.full_name}.{trigger.name}"
            if name not in parsed:
                continue
            context.languages.notes = []
            try:
                result.triggers[name] = [_trigger(context, maker, owner, trigger, parsed)]
                result.notes[name] = list(context.languages.notes)
            except Untranslatable as error:
                result.refused[name] = ("trigger", error.reason)


def _trigger(
    context: Context, maker: Maker, owner: Table | View, trigger: Trigger, parsed: dict[str, TriggerText]
) -> Trigger:
    name = f"{owner.full_name}.{trigger.name}"
    text = parsed[name]
    if isinstance(owner, View):
        raise Untranslatable("MySQL has no triggers on views")
    if text.columns:
        raise Untranslatable(COLUMNS)
    shape = context.languages.shapes.find(owner.full_name) or context.languages.shapes.find(owner.name)
    if shape is None:
        raise Untranslatable("its table isn't on the target")
    scope = Scope(rows=dict.fromkeys(ROWS[text.event], shape))
    walker = programs.SqliteWalker(context, None)
    timing, body = text.timing, list[Node]()
    updates = own_row_updates(text, owner) if timing == "AFTER" and text.event != "DELETE" else None
    if updates is not None:
        check_others(owner, trigger, parsed)
        timing = "BEFORE"
        context.languages.note(OWN_ROW)
        for pairs, row in updates:
            body += programs.own_row_assignments(pairs, row, text.event, owner, shape, scope, walker)
    else:
        again = circle(parsed, name)
        if again:
            raise Untranslatable(f"it writes {again}, which would fire it again; SQLite doesn't fire it a second time")
        context.own_table = shape
        try:
            body = walker.body(text.body, scope)
        finally:
            context.own_table = None
    if text.condition is not None:
        body = [If([Branch(context.languages.condition(text.condition, scope), body)])]
    return maker.trigger(trigger.name, shape, timing, text.event, Block(body))
