"""What the designer is given and what it hands back."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from engines.catalog import Model

Strategy = Literal["big-bang", "blue-green", "continuous-replication", "trickle"]
Tier = Literal["T1", "T2"]
Evidence = Literal["measured", "catalog", "declared", "estimated", "not_run"]
Amount = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0)]


class Endpoint(Model):
    """One side; replicates overrides what the engine can do (a managed server without logical decoding: False)."""

    engine: str
    version: str
    platform: str | None = None
    host: str | None = None
    database: str | None = None
    schema_name: str | None = None
    scratch: bool = False
    replicates: bool | None = None


class TableSize(Model):
    """A table's share of the work; chunked: its key allows it to be copied in ranges."""

    name: str
    rows: Count | None = None
    bytes: Count | None = None
    chunked: bool = True


class AssessmentFacts(Model):
    """What the assessment found; declared: the figures come from the request, no source was read.

    size_gb in 10^9 bytes; hazards: count per severity; schema_statements: DDL statements for the target.
    """

    size_gb: Amount
    table_count: Count | None = None
    index_count: Count | None = None
    rows: Count | None = None
    complexity: Literal["low", "medium", "high"] | None = None
    hazards: dict[str, Count] = Field(default_factory=dict)
    tables: list[TableSize] = Field(default_factory=list)
    schema_statements: Count | None = None
    declared: bool = False


class Limits(Model):
    """The request's constraints as far as a design depends on them; the names are the request's."""

    max_downtime_minutes: Amount
    data_consistency: Literal["strict", "eventual"]
    rollback_required: bool
    dual_infrastructure: bool = True
    criticality: Literal["normal", "critical"] = "normal"
    domain: str | None = None
    multi_tenant: bool = False
    goals: list[str] = Field(default_factory=list)


class Rates(Model):
    """Speeds that predictions are made from; what is None takes the default estimate of timeline.py."""

    rows_per_second: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    bytes_per_second: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    validation_bytes_per_second: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    evidence: Evidence = "measured"
    detail: str = "given with the input"


class Input(Model):
    """Everything a design is made from; equal inputs give equal designs. strategy: a person's choice."""

    name: str = "migration"
    migration_type: str = "platform"
    source: Endpoint
    target: Endpoint
    assessment: AssessmentFacts
    constraints: Limits
    rates: Rates = Field(default_factory=Rates)
    workload_given: bool = False
    validation_level: Literal["counts", "checksums", "rows", "stream", "sample"] | None = None
    parallel: Annotated[int, Field(ge=1)] | None = None
    chunk_rows: Annotated[int, Field(ge=1)] | None = None
    policies: dict[str, str] = Field(default_factory=dict)
    backup_waived: bool = False
    rehearsal_waived: bool = False
    strategy: Strategy | None = None


class Decision(Model):
    """A row of a decision table that was looked at: whether it fired, what followed, from what, by which source."""

    rule: str
    table: str
    fired: bool
    outcome: str
    because: str
    inputs: dict[str, Any] = Field(default_factory=dict)
    citation: str


class Alternative(Model):
    """A strategy that was not taken, and why."""

    strategy: Strategy
    possible: bool
    because: str


class Weighed(Model):
    """A strategy against the constraints: what it contradicts, and what it would cost; minutes are predicted.

    by_rules: the table gives it; infrastructure: which systems run at once; sync: changes are carried along.
    """

    strategy: Strategy
    contradictions: list[str]
    by_rules: bool
    downtime_minutes: float
    write_pause_minutes: float
    total_duration_hours: float
    infrastructure: str
    sync: bool


class Tool(Model):
    """What does a piece of the work; replaces: the external tool that ours stands in for; unsupported: why this
    program can't drive it."""

    name: str
    version: str
    purpose: str
    by: Literal["dbmo", "operator"]
    replaces: str | None = None
    unsupported: str | None = None
    rule: str


class Stage(Model):
    """A part of the work in order; duration_minutes counts towards downtime where downtime is true."""

    name: str
    tier: Tier
    by: Literal["dbmo", "operator"]
    duration_minutes: float | None
    downtime: bool
    evidence: Evidence
    detail: str
    steps: list[str]


class PhaseDuration(Model):
    """A stage's place in the timeline; start and duration in minutes."""

    name: str
    start_minutes: float
    duration_minutes: float | None
    downtime: bool
    evidence: Evidence


class PredictionInput(Model):
    """A figure that a prediction was made from."""

    name: str
    value: float
    unit: str
    evidence: Evidence
    detail: str


class Timeline(Model):
    """Machine time of the migration; people's time is the assessment's effort.

    downtime_minutes: nobody can use the database; write_pause_minutes: reads go on, writes wait.
    """

    phases: list[PhaseDuration]
    total_duration_hours: float
    downtime_minutes: float
    write_pause_minutes: float
    inputs: list[PredictionInput]


class Gate(Model):
    """What must hold before a stage; holds is None until it is checked."""

    id: str
    before: str
    requirement: str
    holds: bool | None = None
    error_code: str


class ValidationDepth(Model):
    """How far the proof goes; level is the validator's."""

    schema_comparison: bool
    reconciliation: Literal["full", "sample"]
    level: Literal["checksums", "rows", "stream", "sample"]
    performance: bool
    rules: list[str]


class Output(Model):
    """A whole design; unsupported names what this program doesn't do itself, exports are files by relative path."""

    strategy: Strategy
    alternatives: list[Alternative]
    decisions: list[Decision]
    tools: list[Tool]
    stages: list[Stage]
    timeline: Timeline
    rollback: str
    gates: list[Gate]
    success_criteria: list[str]
    cutover_checklist: list[str]
    validation_depth: ValidationDepth
    tiers: dict[str, Tier]
    monitoring: dict[str, list[dict[str, Any]]]
    data_migration_config: dict[str, Any]
    warnings: list[str]
    unsupported: list[str]
    exports: dict[str, str]
