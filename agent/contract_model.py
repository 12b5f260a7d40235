"""The contract: every field of the specification's output, and the audit beside it."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import AwareDatetime, Field

from agent.sources import Citation
from agent.talk_model import Proposal, TalkRecord
from engines.catalog import Model
from skills.data_engineering_pipeline_designer.models import Decision, PhaseDuration, Tool

SCHEMA_VERSION = 1
EvidenceSource = Literal["measured", "catalog", "declared", "estimated", "not_run"]


class SourceSummary(Model):
    """What is migrated; type has the specification's values, engine says which database it is."""

    type: Literal["postgresql", "mysql", "mongodb", "other"] | None = None
    engine: str | None = None
    version: str | None = None
    size_gb: float | None = None
    table_count: int | None = None
    complexity: Literal["low", "medium", "high"] | None = None


class MigrationComplexity(Model):
    """How much work it is: DDL statements, 10^9 bytes, incompatibilities, hours of people."""

    schema_changes: int | None = None
    data_volume_gb: float | None = None
    breaking_changes: list[str] | None = None
    estimated_effort_hours: float | None = None


class RiskAnalysis(Model):
    """What may go wrong and what is done about it."""

    risks: list[str] | None = None
    mitigation_strategies: list[str] | None = None


class AssessmentPart(Model):
    """What the assessment found."""

    source_database: SourceSummary = Field(default_factory=SourceSummary)
    migration_complexity: MigrationComplexity = Field(default_factory=MigrationComplexity)
    risk_analysis: RiskAnalysis = Field(default_factory=RiskAnalysis)
    skill_outputs: dict[str, Any] | None = None


class TimelinePart(Model):
    """How long the machine works and how long the database is out of reach, as predicted."""

    phases: list[PhaseDuration] | None = None
    total_duration_hours: float | None = None
    downtime_minutes: float | None = None


class PlanPart(Model):
    """What is going to be done."""

    migration_strategy: Literal["big-bang", "blue-green", "continuous-replication", "trickle"] | None = None
    timeline: TimelinePart = Field(default_factory=TimelinePart)
    tools: list[Tool] | None = None
    pipeline_architecture: dict[str, Any] | None = None
    rollback_procedure: str | None = None
    success_criteria: list[str] | None = None


class ExecutionPart(Model):
    """What was carried out, and with which statements and settings."""

    schema_migration_scripts: list[str] | None = None
    data_migration_config: dict[str, Any] | None = None
    cutover_checklist: list[str] | None = None
    monitoring_config: dict[str, Any] | None = None


class ReconciliationResults(Model):
    """Whether source and target hold the same rows."""

    row_count_match: bool | None = None
    checksum_validation: Literal["passed", "failed", "skipped"] = "skipped"
    sample_comparison: dict[str, Any] | None = None


class PerformanceComparison(Model):
    """The workload before and after; improvement_percent is positive where the target is faster."""

    baseline_metrics: dict[str, Any] | None = None
    current_metrics: dict[str, Any] | None = None
    improvement_percent: float | None = None


class SignOff(Model):
    """Who approved, and when."""

    approved_by: str | None = None
    approval_date: AwareDatetime | None = None
    notes: str | None = None


class ValidationPart(Model):
    """The proof."""

    reconciliation_results: ReconciliationResults = Field(default_factory=ReconciliationResults)
    test_results: dict[str, Any] | None = None
    performance_comparison: PerformanceComparison = Field(default_factory=PerformanceComparison)
    sign_off: SignOff = Field(default_factory=SignOff)


class DocumentationPart(Model):
    """What people read afterwards."""

    migration_report: str | None = None
    lessons_learned: list[str] | None = None
    post_migration_tasks: list[str] | None = None


class PhaseLog(Model):
    """A phase as it went: outcome done | failed | aborted | not_run, tier T1 or T2."""

    name: str
    tier: Literal["T1", "T2"] | None = None
    started: AwareDatetime | None = None
    ended: AwareDatetime | None = None
    outcome: Literal["running", "done", "failed", "aborted", "not_run"] = "not_run"
    detail: str | None = None


class EvidenceEntry(Model):
    """Where everything below a pointer came from, unless a longer pointer says otherwise."""

    source: EvidenceSource
    detail: str | None = None


class TokenBudget(Model):
    """Tokens of one phase: content (estimated) against its limit, and what was billed for all its requests.

    cached: the part of billed that was read from a cache; cost_usd is None where the model's price is not known.
    """

    limit: int
    estimated: int = 0
    billed: int = 0
    cached: int = 0
    cost_usd: float | None = 0.0


class RecordedWaiver(Model):
    """A safety measure that a person decided to go without, or an omission that a person accepted."""

    of: str
    by: str
    reason: str
    at: AwareDatetime | None = None


class Audit(Model):
    """How the contract came about; its own figures are counted by the program and need no evidence entry.

    narrative and proposals are the words of a model, and the only ones in a contract: no decision rests on them.
    """

    schema_version: int = SCHEMA_VERSION
    now: AwareDatetime
    migration_id: str
    driver: Literal["rules", "claude"] = "rules"
    model: str | None = None
    phases: list[PhaseLog] = Field(default_factory=list)
    decisions: list[Decision] = Field(default_factory=list)
    evidence: dict[str, EvidenceEntry] = Field(default_factory=dict)
    token_budget: dict[str, TokenBudget] = Field(default_factory=dict)
    cost_usd: float | None = 0.0
    narrative: list[TalkRecord] = Field(default_factory=list)
    proposals: list[Proposal] = Field(default_factory=list)
    sources: list[Citation] = Field(default_factory=list)
    notes: list[str] = Field(default_factory=list)
    waivers: list[RecordedWaiver] = Field(default_factory=list)


class Contract(Model):
    """The output contract (the specification, "Output Contract") and `audit`.

    Every field is always there; what did not run is null (the checksum: `skipped`), with `not_run` as its evidence.
    """

    assessment: AssessmentPart = Field(default_factory=AssessmentPart)
    plan: PlanPart = Field(default_factory=PlanPart)
    execution: ExecutionPart = Field(default_factory=ExecutionPart)
    validation: ValidationPart = Field(default_factory=ValidationPart)
    documentation: DocumentationPart = Field(default_factory=DocumentationPart)
    audit: Audit
