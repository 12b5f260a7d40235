"""Types that depend on more than one column: both ends of a foreign key, and enum types that columns share."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from conversion.draft import Draft
from conversion.names import joined
from conversion.relational.direction import Direction
from conversion.relational.plan import TablePlan

PLAIN_LABEL = re.compile(r"^[a-z][a-z0-9_]*$", re.IGNORECASE)
LONGEST_NAME_OF_LABELS = 32
ROUNDS = 8  # a chain of references longer than this keeps its own types


def align(plans: dict[str, TablePlan]) -> None:
    """A referencing column takes the type of what it refers to, unless a person asked for another."""
    for _ in range(ROUNDS):
        changed = [_follow(plan, plans) for plan in plans.values()]
        if not any(changed):
            return


def _follow(plan: TablePlan, plans: dict[str, TablePlan]) -> bool:
    changed = False
    for number, key in enumerate(plan.source.foreign_keys):
        parent = plans.get(key.referenced)
        if parent is None or len(key.columns) != len(key.referenced_columns):
            continue
        if (plan.source.full_name, number) in plan.draft.unvalidated:
            continue
        for name, referenced in zip(key.columns, key.referenced_columns, strict=True):
            changed = _adopt(plan, name, parent, referenced) or changed
    return changed


def _adopt(plan: TablePlan, name: str, parent: TablePlan, referenced: str) -> bool:
    if name in plan.asked or name not in plan.choices or referenced not in parent.choices:
        return False
    own, other = plan.choices[name], parent.choices[referenced]
    found = plan.direction.follows(own, other)
    if found is None or found.native == own.native:
        return False
    reason = f"the type of {parent.source.name}.{referenced}, which it refers to; by itself it would be {own.native}"
    alternatives = tuple(dict.fromkeys((own.native, *own.alternatives)))
    plan.choices[name] = replace(
        found,
        reason=reason,
        alternatives=alternatives,
        set_aside=own.set_aside,
        checks=own.checks,
        notes=own.notes,
    )
    return True


def make_enum_types(draft: Draft, direction: Direction, plans: Iterable[TablePlan]) -> None:
    """One type per list of labels; columns of the same list share it."""
    users: dict[tuple[str, ...], list[tuple[TablePlan, str]]] = {}
    for plan in plans:
        for name, choice in plan.choices.items():
            if choice.labels:
                users.setdefault(choice.labels, []).append((plan, name))
    for labels, columns in users.items():
        name = draft.relation_name(_type_name(labels, columns))
        user_type, native = direction.enum_type(draft.schema, name, labels)
        draft.target.types.append(user_type)
        for plan, column in columns:
            plan.choices[column] = replace(plan.choices[column], native=native)


def _type_name(labels: tuple[str, ...], columns: list[tuple[TablePlan, str]]) -> str:
    plan, column = columns[0]
    if len(columns) == 1:
        return joined([plan.target.name], plan.names[column])
    if len({name.lower() for _, name in columns}) == 1:
        return joined([plan.names[column]], "enum")
    together = "enum_" + "_".join(labels)
    if all(PLAIN_LABEL.match(label) for label in labels) and len(together) <= LONGEST_NAME_OF_LABELS:
        return together.lower()
    return joined([plan.target.name], plan.names[column])
