"""What is to be moved, as plain data: the part of a plan that the mover and the validator need."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from conversion.mapping import Statement, TableMapping
from engines.catalog import Model

Policy = Literal["quarantine", "stop"]


class SequenceSetting(Model):
    """A sequence or identity column of the target and where its next value comes from.

    source: `schema.sequence` on PostgreSQL, `table.column` on SQLite.
    """

    target_table: str | None = None
    target_column: str | None = None
    target_sequence: str | None = None
    source: str


class MovePlan(Model):
    """Tables, statements in order, sequences, and how to go about it.

    chunk_rows: rows per chunk; parallel: processes that copy; unholdable: what becomes of a value that the
    target can't hold; quarantine_limit: rows and values set aside before the copy stops.
    """

    migration: str
    plan_hash: str = ""
    source_engine: str
    target_engine: str
    tables: list[TableMapping]
    statements: list[Statement]
    sequences: list[SequenceSetting] = Field(default_factory=list)
    chunk_rows: int = 100_000
    parallel: int = 1
    unholdable: Policy = "quarantine"
    quarantine_limit: int = 10_000
