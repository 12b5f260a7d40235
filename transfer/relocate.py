"""A plan for another database of MySQL or MariaDB, whose name is the schema of every name there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from conversion.mapping import TableMapping
from engines.families import family
from transfer.moveplan import MovePlan

# fields of a plan that hold full names of the target
TARGET_NAMES = frozenset({"target", "table", "parent", "target_table", "target_sequence"})


def moved_to(move: MovePlan, database: str) -> MovePlan:
    """The plan with that database in the place of its own; plans for other engines as they are."""
    if family(move.target_engine) != "mysql":
        return move
    return MovePlan.model_validate(_renamed(move.model_dump(mode="json"), f"{database}."))


def tables_to(tables: Sequence[TableMapping], engine: str, database: str) -> list[TableMapping]:
    """The same of mappings alone."""
    if family(engine) != "mysql":
        return list(tables)
    return [table.model_copy(update={"target": f"{database}.{table.target.partition('.')[2]}"}) for table in tables]


def _renamed(data: Any, home: str) -> Any:
    if isinstance(data, dict):
        return {
            name: home + value.partition(".")[2]
            if name in TARGET_NAMES and isinstance(value, str) and "." in value
            else _renamed(value, home)
            for name, value in data.items()
        }
    return [_renamed(item, home) for item in data] if isinstance(data, list) else data
