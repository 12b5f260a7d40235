"""What a repair will do and what it did, as plain data."""

from __future__ import annotations

import hashlib
from typing import Literal

from pydantic import Field

from engines.model import Model
from transfer.compare.model import Problem


class Left(Model):
    """Rows of a table that a repair does not touch, how many, and why; key: of the first of them."""

    rows: int
    reason: str
    key: dict[str, str | None] = Field(default_factory=dict)


class TablePlan(Model):
    """What will be done with one table.

    insert, update, delete: rows of the target; columns: those that an update sets; statements: what is sent, in its
    order, values as marks; carried: column -> how its values travel, where not by their own text; rows: digest of the
    differing rows and of what the target held in them. refused: why nothing is done here. Tables of one group are
    repaired in one transaction, because references join them.
    """

    name: str
    source: str
    target: str
    group: int = 0
    by: Literal["key", "whole rows"] = "key"
    insert: int = 0
    update: int = 0
    delete: int = 0
    columns: list[str] = Field(default_factory=list)
    statements: list[str] = Field(default_factory=list)
    carried: dict[str, str] = Field(default_factory=dict)
    left: list[Left] = Field(default_factory=list)
    rows: str = ""
    refused: Problem | None = None


class RepairPlan(Model):
    """All tables with differences, in the order in which their rows are written; deletes need an approval of theirs."""

    source: str
    target: str
    tables: list[TablePlan]

    @property
    def hash(self) -> str:
        """SHA-256 over everything the plan says, as hex: what an approval is for."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()

    @property
    def rows(self) -> int:
        """Rows of the target that it writes or, where that is approved, deletes."""
        return sum(table.insert + table.update + table.delete for table in self.tables if table.refused is None)

    def lines(self) -> list[str]:
        """What it will do: a line per table, and one per thing that it won't do."""
        found = [f"Repair {self.target} from {self.source}: {len(self.tables)} tables, {self.rows:,} rows"]
        for table in self.tables:
            if table.refused is not None:
                found.append(f"  {table.target}: refused: {table.refused.what} {table.refused.do}")
                continue
            kinds = [f"{table.insert:,} rows to insert", f"{table.update:,} to update", f"{table.delete:,} to delete"]
            deletes = " (deleted only with approval)" if table.delete else ""
            found.append(f"  {table.target}: {', '.join(kinds)}{deletes}; found by {table.by}, one transaction")
            found += [f"    {statement}" for statement in table.statements]
            found += [f"    {column}: {how}" for column, how in table.carried.items()]
            found += [f"    left as they are: {left.rows:,} rows: {left.reason}" for left in table.left]
        return found


class TableRepair(Model):
    """What was done with one table; left: rows that still differ, and why; clean: what was written is equal now."""

    name: str
    target: str
    inserted: int = 0
    updated: int = 0
    deleted: int = 0
    left: list[Left] = Field(default_factory=list)
    clean: bool = False
    seconds: float = 0.0
    problem: Problem | None = None


class RepairResult(Model):
    """What a repair did; clean: every row that the plan named is equal now, nothing is left and no table failed."""

    plan: str  # the plan's hash
    tables: list[TableRepair]
    positions: dict[str, str] = Field(default_factory=dict)

    @property
    def clean(self) -> bool:
        """Whether nothing of what was found differs any more."""
        return all(table.clean and not table.left and table.problem is None for table in self.tables)
