"""Routines, triggers and events on the target: what conversion/procedural translated, and the reasons for the rest."""

from __future__ import annotations

from collections.abc import Iterator

from conversion.draft import Draft
from conversion.relational.direction import Direction, Procedural
from conversion.relational.plan import TablePlan
from conversion.shapes import FunctionShape
from engines.catalog import Kind, Routine, Table, Trigger, View
from engines.full_names import qualified

REFUSED = {
    "trigger": "the body of this trigger has no proven translation in this version",
    "routine": "the body of this routine has no proven translation in this version",
    "event": "the target's server does no work by the clock: a scheduler beside it (cron, pg_cron) would have to",
}


def add_stored_code(draft: Draft, direction: Direction, plans: dict[str, TablePlan]) -> None:
    """Put what was translated into the target; everything else becomes an omission with its reason."""
    made = direction.procedural(draft.source, draft.shapes, draft.target, draft.schema)
    for routine in draft.source.routines:
        if routine.full_name in made.routines:
            draft.target.routines += made.routines[routine.full_name]
            _announce(draft, direction, routine, made.routines[routine.full_name])
        else:
            _refuse(draft, made, routine.full_name, "routine", routine.definition)
    known = {routine.full_name for routine in draft.target.routines}
    for owner, trigger in _triggers(draft):
        name = f"{owner.full_name}.{trigger.name}"
        place = _place(draft, plans, owner)
        if name in made.triggers and place is not None:
            fresh = [routine for routine in made.routines.get(name, []) if routine.full_name not in known]
            known |= {routine.full_name for routine in fresh}
            draft.target.routines += fresh
            place.triggers += made.triggers[name]
            _say_names(draft, name, trigger, made.triggers[name])
        elif name in made.triggers:
            draft.omit(name, "trigger", f"{owner.full_name} isn't on the target", trigger.definition)
        else:
            _refuse(draft, made, name, "trigger", trigger.definition)
    for event in draft.source.events:
        if event.full_name in made.events:
            draft.target.events += made.events[event.full_name]
        else:
            _refuse(draft, made, event.full_name, "event", event.definition)
    for name, sentences in made.notes.items():
        for sentence in sentences:
            draft.note(name, sentence)


def _say_names(draft: Draft, name: str, source: Trigger, made: list[Trigger]) -> None:
    """Record another name, and the functions that PostgreSQL's triggers call."""
    if len(made) == 1 and made[0].name != source.name:
        draft.namer.renames[name] = qualified(draft.schema, made[0].name)
    functions = [item.function for item in made if item.function]
    if functions:
        draft.note(name, f"what it does stands in the function {', '.join(dict.fromkeys(functions))}")


def _announce(draft: Draft, direction: Direction, source: Routine, made: list[Routine]) -> None:
    """Let views call a function that has come over under its own name."""
    found = next((item for item in made if item.kind == "function" and item.name == source.name), None)
    if found is None or source.kind != "function" or not found.returns:
        return
    kind = direction.logical(found.returns).kind
    if kind is not Kind.OTHER:
        shape = FunctionShape(found.schema_name, found.name, kind, len(source.parameters))
        draft.shapes.functions[source.name.lower()] = shape


def _triggers(draft: Draft) -> Iterator[tuple[Table | View, Trigger]]:
    owners: list[Table | View] = [*draft.source.tables, *draft.source.views]
    for owner in owners:
        for trigger in owner.triggers:
            yield owner, trigger


def _place(draft: Draft, plans: dict[str, TablePlan], owner: Table | View) -> Table | View | None:
    if isinstance(owner, Table):
        return plans[owner.full_name].target if owner.full_name in plans else None
    shape = draft.shapes.find(owner.full_name)
    return next((view for view in draft.target.views if shape is not None and view.name == shape.name), None)


def _refuse(draft: Draft, made: Procedural, name: str, kind: str, original: str) -> None:
    found = made.refused.get(name)
    draft.omit(name, kind, found[1] if found else REFUSED[kind], original)
