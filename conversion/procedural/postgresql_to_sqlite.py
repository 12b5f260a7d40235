"""Triggers of PostgreSQL as triggers of SQLite; routines are refused."""

from __future__ import annotations

from conversion.procedural.context import Context
from conversion.procedural.postgresql_facts import check_trigger, function_of, trigger_functions
from conversion.procedural.scope import Local, Scope
from conversion.procedural.to_sqlite import NO_ROUTINES, Maker, refuse_double
from conversion.procedural.trigger_facts import settled
from conversion.relational.direction import Procedural
from conversion.shapes import Untranslatable
from engines.catalog import Kind, Table, Trigger, View

ROWS = {"INSERT": ("new",), "UPDATE": ("new", "old"), "DELETE": ("old",)}


def convert_programs(context: Context, result: Procedural) -> None:
    """Every trigger and routine of the source into result, translated or refused."""
    maker = Maker(context)
    made: dict[str, tuple[str, list[tuple[Trigger, bool]]]] = {}
    owners: list[Table | View] = [*context.source.tables, *context.source.views]
    for owner in owners:
        for trigger in owner.triggers:
            name = f"{owner.full_name}.{trigger.name}"
            context.languages.notes = []
            try:
                made[name] = owner.full_name, _triggers(context, maker, owner, trigger)
                result.notes[name] = list(context.languages.notes)
            except Untranslatable as error:
                result.refused[name] = ("trigger", error.reason)
    refuse_double(made, result.refused)
    for name, (_, triggers) in made.items():
        result.triggers[name] = [trigger for trigger, _ in triggers]
    for name in result.refused:
        result.notes.pop(name, None)
    trigger_functions(context.source, result)
    for routine in context.source.routines:
        if routine.full_name not in result.routines:
            result.refused.setdefault(routine.full_name, ("routine", NO_ROUTINES))


def _triggers(context: Context, maker: Maker, owner: Table | View, trigger: Trigger) -> list[tuple[Trigger, bool]]:
    check_trigger(trigger, columns=True)
    function = function_of(context.source, trigger)
    shape = context.languages.shapes.find(owner.full_name) or context.languages.shapes.find(owner.name)
    if shape is None:
        raise Untranslatable("its table or view isn't on the target")
    columns = []
    for name in trigger.columns:
        column = shape.find(name)
        if column is None:
            raise Untranslatable(f"column {name} isn't on the target")
        columns.append(column.name)
    found = []
    for event in trigger.events:
        tree, facts = settled(owner, trigger, function, event)
        scope = Scope(rows=dict.fromkeys(ROWS[event], shape))
        for name, value in facts.items():
            scope.names[name] = Local(context.literal(value), Kind.TEXT)
        wanted = trigger.name if len(trigger.events) == 1 else f"{trigger.name}_{event.lower()}"
        wanted = wanted if maker.free(wanted) else f"{owner.name}_{wanted}"
        found.append(
            maker.trigger(wanted, owner, shape, trigger.timing, event, [tree], scope, trigger.condition, columns)
        )
    return found
