"""What differs between views, triggers, routines, events, sequences, types and policies of two catalogs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from conversion import normal_form
from conversion.diff_parts import compared, index_differences
from conversion.differences import Difference, added, changed, missing, slight
from conversion.forms import (
    event_form,
    folded,
    policy_form,
    query_form,
    routine_form,
    sequence_form,
    trigger_form,
    user_type_form,
    view_options,
)
from conversion.generated_names import generated
from conversion.sides import Sides
from engines.catalog import Catalog, Table, Trigger, View
from engines.catalog import Sequence as NumberSequence
from engines.full_names import column_name, column_parts, name_of


def attributes(name: str, kind: str, a: Any, b: Any, fields: Iterable[str]) -> Iterator[Difference]:
    """One difference per field that differs; kind names the object."""
    for field in fields:
        if getattr(a, field) != getattr(b, field):
            yield changed(name, f"{kind} {field.replace('_', ' ')}", getattr(a, field), getattr(b, field))


def view_differences(sides: Sides, a: View, b: View) -> list[Difference]:
    """A view's query, columns, options, indexes and triggers."""
    name, engine = a.full_name, sides.engine
    found = list(attributes(name, "view", a, b, ("materialized", "comment")))
    if folded(a.columns, engine) != folded(b.columns, engine):
        found.append(changed(name, "view columns", a.columns, b.columns))
    if view_options(a) != view_options(b):
        found.append(changed(name, "view options", a.options, b.options))
    same = normal_form.words(a.definition) == normal_form.words(b.definition)
    if not same and query_form(a, engine) != query_form(b, engine):
        found.append(changed(name, "view", a.definition, b.definition))
    found += index_differences(sides, a, a.indexes, b.indexes)
    return found + trigger_differences(sides, a, b)


def trigger_differences(sides: Sides, a: Table | View, b: Table | View) -> list[Difference]:
    """Triggers by what they do; and the order of those that fire at one moment (MySQL numbers them)."""
    found = compared(sides, a, "trigger", a.triggers, b.triggers, lambda item, _: trigger_form(item, sides.engine))
    ours, theirs = _order(a.triggers, b.triggers), _order(b.triggers, a.triggers)
    if ours != theirs:
        found.append(changed(a.full_name, "trigger order", ours, theirs))
    return found


def _order(own: Sequence[Trigger], other: Sequence[Trigger]) -> list[str]:
    both = {trigger.name for trigger in other if trigger.order is not None}
    numbered = [trigger for trigger in own if trigger.order is not None and trigger.name in both]
    return [item.name for item in sorted(numbered, key=lambda t: (t.timing, t.events, t.order or 0))]


def policy_differences(sides: Sides, a: Table, b: Table) -> list[Difference]:
    """Row-level security policies."""
    return compared(sides, a, "policy", a.policies, b.policies, lambda item, _: policy_form(item, sides.engine))


def routine_differences(sides: Sides) -> Iterator[Difference]:
    """Functions, procedures and aggregates."""
    for name, a, b in sides.paired(sides.a.routines, sides.b.routines):
        if a is None or b is None:
            yield missing(name, "routine") if b is None else added(name, "routine")
            continue
        if routine_form(a, sides.engine) != routine_form(b, sides.engine):
            yield changed(name, "routine", a.definition, b.definition)
        if a.comment != b.comment:
            yield slight(name, "routine comment", a.comment, b.comment)


def event_differences(sides: Sides) -> Iterator[Difference]:
    """Events (MySQL)."""
    for name, a, b in sides.paired(sides.a.events, sides.b.events):
        if a is None or b is None:
            yield missing(name, "event") if b is None else added(name, "event")
        elif event_form(a) != event_form(b):
            yield changed(name, "event", a.definition, b.definition)


def type_differences(sides: Sides) -> Iterator[Difference]:
    """Types of one's own."""
    for name, a, b in sides.paired(sides.a.types, sides.b.types):
        if a is None or b is None:
            yield missing(name, "type") if b is None else added(name, "type")
            continue
        if user_type_form(a) != user_type_form(b):
            loses = a.kind == "enum" and not set(a.labels) <= set(b.labels)
            yield changed(name, "type", a.definition, b.definition, data_loss=loses)
        if a.comment != b.comment:
            yield slight(name, "type comment", a.comment, b.comment)


def sequence_differences(sides: Sides) -> Iterator[Difference]:
    """Sequences by name, then by the column that owns them; left to it where the other side has an identity."""
    numbered = _identities(sides.b), _identities(sides.a)
    ours = [item for item in _free(sides.a) if item.owned_by not in numbered[0]]
    theirs = [item for item in _free(sides.b) if item.owned_by not in numbered[1]]
    gone, new = [], []
    for _, one, other in sides.paired(ours, theirs):
        if one is not None and other is not None:
            yield from _sequence(sides, one, other)
        elif one is not None:
            gone.append(one)
        else:
            new.append(other)
    for one in gone:
        other = next((item for item in new if one.owned_by and item.owned_by == one.owned_by), None)
        if other is None:
            yield missing(one.full_name, "sequence")
        else:
            new.remove(other)
            yield from _sequence(sides, one, other)
    for other in new:
        yield added(other.full_name, "sequence")


def _sequence(sides: Sides, a: NumberSequence, b: NumberSequence) -> Iterator[Difference]:
    name = a.full_name
    if sequence_form(a) != sequence_form(b):
        fields = ("data_type", "start", "increment", "minimum", "maximum", "cache", "cycle")
        yield from attributes(name, "sequence", a, b, fields)
    if a.owned_by != b.owned_by:
        yield changed(name, "sequence owned by", a.owned_by, b.owned_by)
    if a.comment != b.comment:
        yield slight(name, "sequence comment", a.comment, b.comment)
    if sides.names and sides.engine != "mysql" and a.full_name != b.full_name and not _made_up(a, b):
        yield slight(name, "name", f"sequence {a.name}", b.name)


def _made_up(a: NumberSequence, b: NumberSequence) -> bool:
    table = name_of(column_parts(a.owned_by or "")[0])
    return any(generated("postgresql", "sequence", item.name, table, []) for item in (a, b))


def _free(catalog: Catalog) -> list[NumberSequence]:
    """Sequences that no identity column has: those are compared with their columns."""
    return [item for item in catalog.sequences if not item.identity]


def _identities(catalog: Catalog) -> frozenset[str | None]:
    """schema.table.column of the identity columns."""
    return frozenset(
        column_name(table.full_name, column.name)
        for table in catalog.tables
        for column in table.columns
        if column.identity
    )
