"""Where a run stands, as plain data: for people, for `dbmo status --json` and for metrics."""

from __future__ import annotations

from pydantic import Field

from engines.model import Model
from transfer.load import LoadLimits

SCAN, SCANNED = "scan", "scanned"  # stages before a copy: the source's values are looked at, rows are those looked at


class TableStanding(Model):
    """A table that was begun: committed rows and bytes.

    rows_expected: as the plan knows them, counted or estimated by the server; None: not known.
    """

    name: str
    rows: int = 0
    rows_expected: int | None = None
    bytes: int = 0
    quarantined: int = 0
    rows_per_second: float | None = None
    seconds_left: float | None = None


class Standing(Model):
    """Where a run stands. Rates are of the last half minute; what is not known is null, and unknown_because says why.

    rows, bytes, quarantined: committed in the target, by this run and those before it. lanes: that copy now, of
    lanes_allowed. paused: reasons, empty while it goes on; paused_by: the limits that they are of. snapshot_seconds:
    age of the source's moment, snapshot_transactions: whose old row versions the source keeps for it. tables: those
    that moved last. process: the number of the one that copied.
    """

    schema_version: int = 1
    migration: str
    stage: str
    started_at: str
    at: str
    rows: int = 0
    rows_expected: int | None = None
    bytes: int = 0
    quarantined: int = 0
    rows_per_second: float | None = None
    bytes_per_second: float | None = None
    seconds_left: float | None = None
    unknown_because: str | None = None
    tables_begun: int = 0
    tables_planned: int = 0
    lanes: int = 0
    lanes_allowed: int = 0
    executor: str = "processes"
    process: int | None = None
    paused: list[str] = Field(default_factory=list)
    paused_by: list[str] = Field(default_factory=list)
    paused_seconds: float = 0.0
    limits: LoadLimits = Field(default_factory=LoadLimits)
    snapshot_seconds: float | None = None
    snapshot_transactions: int | None = None
    tables: list[TableStanding] = Field(default_factory=list)
