"""Triggers of MySQL and MariaDB as triggers of SQLite; routines are refused."""

from __future__ import annotations

from conversion.procedural.context import Context
from conversion.procedural.mysql_facts import check_trigger, trigger_notes
from conversion.procedural.parse_mysql import parse_body
from conversion.procedural.scope import Scope
from conversion.procedural.to_sqlite import NO_ROUTINES, Maker, refuse_double
from conversion.relational.direction import Procedural
from conversion.shapes import Untranslatable
from engines.catalog import Table, Trigger

ROWS = {"INSERT": ("new",), "UPDATE": ("new", "old"), "DELETE": ("old",)}
ORDER = "its table has several such triggers, and SQLite promises no order among them"


def convert_programs(context: Context, result: Procedural) -> None:
    """Every trigger and routine of the source into result, translated or refused."""
    maker = Maker(context)
    made: dict[str, tuple[str, list[tuple[Trigger, bool]]]] = {}
    for table in context.source.tables:
        for trigger in table.triggers:
            name = f"{table.full_name}.{trigger.name}"
            context.languages.notes = []
            try:
                made[name] = table.full_name, [_trigger(context, maker, table, trigger)]
                result.notes[name] = [*context.languages.notes, *trigger_notes(table, trigger, "sqlite")]
            except Untranslatable as error:
                result.refused[name] = ("trigger", error.reason)
    refuse_double(made, result.refused)
    for name, (_, triggers) in made.items():
        result.triggers[name] = [trigger for trigger, _ in triggers]
    for name in result.refused:
        result.notes.pop(name, None)
    for routine in context.source.routines:
        result.refused[routine.full_name] = ("routine", NO_ROUTINES)


def _trigger(context: Context, maker: Maker, table: Table, trigger: Trigger) -> tuple[Trigger, bool]:
    check_trigger(table, trigger)
    if len([t for t in table.triggers if (t.timing, t.events) == (trigger.timing, trigger.events)]) > 1:
        raise Untranslatable(ORDER)
    shape = context.languages.shapes.find(table.full_name) or context.languages.shapes.find(table.name)
    if shape is None:
        raise Untranslatable("its table isn't on the target")
    event = trigger.events[0]
    scope = Scope(rows=dict.fromkeys(ROWS[event], shape))
    tree = parse_body(trigger.body or "")
    return maker.trigger(trigger.name, table, shape, trigger.timing, event, [tree], scope, None, [])
