"""A plan for another database of MySQL or MariaDB, whose name is the schema of every name there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from conversion.mapping import TableMapping
from engines.families import family
from engines.full_names import in_schema
from transfer.moveplan import MovePlan

# fields of a plan that hold full names of the target
TARGET_NAMES = frozenset({"target", "table", "parent", "target_table", "target_sequence"})


def moved_to(move: MovePlan, database: str) -> MovePlan:
    """The plan with that database in the place of its own; plans for other engines as they are."""
    if family(move.target_engine) != "mysql":
        return move
    return MovePlan.model_validate(_renamed(move.model_dump(mode="json"), database))


def tables_to(tables: Sequence[TableMapping], engine: str, database: str) -> list[TableMapping]:
    """The same of mappings alone."""
    if family(engine) != "mysql":
        return list(tables)
    return [table.model_copy(update={"target": in_schema(table.target, database)}) for table in tables]


def _renamed(data: Any, database: str) -> Any:
    if isinstance(data, dict):
        return {
            name: in_schema(value, database)
            if name in TARGET_NAMES and isinstance(value, str) and "." in value
            else _renamed(value, database)
            for name, value in data.items()
        }
    return [_renamed(item, database) for item in data] if isinstance(data, list) else data
