"""What the etl-pipeline-builder tells of a copy."""

from __future__ import annotations

from typing import Any

from engines.model import Model


class TableResult(Model):
    """A table as the target's own chunk rows tell it; copies above 1: a chunk was copied again after a change."""

    name: str
    rows: int
    bytes: int
    seconds: float
    chunks: int
    copies: int
    quarantined: int


class QuarantinedValue(Model):
    """A value (or, with an empty column, a row) kept in the quarantine table; original as JSON, a long one in short."""

    table: str
    key: str
    column: str
    reason: str
    action: str
    original: str


class StepResult(Model):
    """A statement and how long it took."""

    id: str
    seconds: float


class Output(Model):
    """What is in the target now; seconds by stage are of this run."""

    tables: list[TableResult]
    quarantined: list[QuarantinedValue]
    position: str
    steps: list[StepResult]
    sequences: dict[str, int]
    stages: dict[str, float]
    resumed: dict[str, Any]
    epoch: int
