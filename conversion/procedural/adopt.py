"""Puts translated programs into a conversion: triggers on their tables, functions beside them, the rest omitted."""

from __future__ import annotations

from conversion.draft import Draft
from conversion.procedural.convert import convert
from conversion.relational.direction import Procedural
from engines.catalog import Event, Routine, Table, Trigger, View

LEFT_OUT = "its table or view isn't carried over"


def adopt_programs(draft: Draft) -> None:
    """Translate all triggers, routines and events of the draft's source; tables and views must be made before."""
    request = draft.request
    result = convert(request.source, request.engine, request.version, draft.shapes, draft.target, draft.schema)
    owners: list[Table | View] = [*draft.source.tables, *draft.source.views]
    for owner in owners:
        for trigger in owner.triggers:
            _trigger(draft, result, owner, trigger)
    programs: list[Routine | Event] = [*draft.source.routines, *draft.source.events]
    for item in programs:
        _program(draft, result, item)
    for name, notes in result.notes.items():
        for sentence in notes:
            draft.note(name, sentence)


def _trigger(draft: Draft, result: Procedural, owner: Table | View, trigger: Trigger) -> None:
    name = f"{owner.full_name}.{trigger.name}"
    made = result.triggers.get(name)
    shape = draft.shapes.find(owner.full_name) or draft.shapes.find(owner.name)
    places: list[Table | View] = [*draft.target.tables, *draft.target.views]
    place = next(
        (p for p in places if shape is not None and p.name == shape.name and p.schema_name == shape.schema), None
    )
    if place is None and shape is not None:
        place = next((p for p in places if p.name == shape.name), None)
    if made is None or place is None:
        _, reason = result.refused.get(name, ("trigger", LEFT_OUT))
        draft.omit(name, "trigger", reason, trigger.definition)
        result.notes.pop(name, None)
        return
    place.triggers += made
    draft.target.routines += result.routines.get(name, [])
    if not trigger.enabled:
        for item in made:
            item.enabled = False


def _program(draft: Draft, result: Procedural, item: Routine | Event) -> None:
    routines, events = result.routines.get(item.full_name), result.events.get(item.full_name)
    draft.target.routines += routines or []
    draft.target.events += events or []
    if routines is None and events is None:
        kind, reason = result.refused[item.full_name]
        draft.omit(item.full_name, kind, reason, item.definition)
