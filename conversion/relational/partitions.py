"""Partitioned tables: split on the target where it can, else one whole table and an omission."""

from __future__ import annotations

from conversion.draft import Draft
from conversion.relational.direction import Direction
from conversion.relational.plan import TablePlan
from conversion.shapes import Untranslatable
from engines.catalog import Partitioning


def split(draft: Draft, direction: Direction, plans: list[TablePlan]) -> None:
    """Split the targets of tables that list their parts; parts that are tables of their own are the direction's."""
    for plan in plans:
        found = plan.source.partitioning
        if found is None or not found.strategy or found.parent:
            continue
        try:
            parts = direction.partition(plan.source, plan.target, plan.shape, draft.relation_name)
        except Untranslatable as error:
            reason = f"{error.reason}; the rows of all parts go into one table"
            draft.omit(plan.source.full_name, "partitioning", reason, described(found))
            continue
        draft.target.tables += parts
        if found.sub_strategy:
            reason = "parts aren't split again on the target"
            draft.omit(f"{plan.source.full_name}", "subpartitioning", reason, f"{found.sub_strategy} ({found.sub_key})")


def described(found: Partitioning) -> str:
    """The partitioning as a person reads it."""
    parts = ", ".join(f"{part.name} {part.bound or ''}".strip() for part in found.parts)
    return f"PARTITION BY {found.strategy} ({found.key})" + (f" ({parts})" if parts else "")
