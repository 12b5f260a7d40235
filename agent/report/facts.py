"""What a migration's folder tells: outputs of the skills, plan, journal; read once, for lessons and reports."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from agent.approval import holding_approval
from agent.journal import Entry
from agent.model_part import ModelPart, read_model_part
from agent.phases import ANALYZER, BUILDER, COMPARATOR, COMPOSER, DESIGNER, TRANSLATOR, VALIDATOR
from agent.plan import Plan
from agent.report.stretches import Stretch, measured_work, of_executions
from agent.request_model import Request
from engines.catalog import Catalog

if TYPE_CHECKING:
    from agent.orchestrator import Orchestrator

Output = dict[str, Any]
PHASE_ORDER = ("assessment", "planning", "execution", "validation")


@dataclass(frozen=True)
class PhaseState:
    """The last run of a phase: outcome running | done | failed | aborted | not_run, code and what of its error."""

    name: str
    outcome: str = "not_run"
    code: str | None = None
    what: str | None = None
    number: int = 0


@dataclass(frozen=True)
class CopiedTable:
    """What was moved of a table; seconds are summed over its chunks, copies above 1: chunks were copied again."""

    name: str
    rows: int
    bytes: int
    seconds: float
    chunks: int
    copies: int = 1
    quarantined: int = 0


@dataclass
class Facts:
    """Everything a report may say; what did not run is None or empty, and nothing here is computed from thin air."""

    migration: str
    request: Request
    now: str
    journal_head: str
    entries: list[Entry]
    artifacts: dict[str, str]
    plan: Plan | None = None
    assessment: Output | None = None
    comparison: Output | None = None
    translation: Output | None = None
    design: Output | None = None
    execution: Output | None = None
    validation: Output | None = None
    composed: Output | None = None
    differences: list[Output] | None = None
    views: list[Output] | None = None
    gates: Output | None = None
    approval: Output | None = None
    rehearsal: Output | None = None
    source_catalog: Catalog | None = None
    embedded: bool = False
    model_part: ModelPart = field(default_factory=ModelPart)
    phases: dict[str, PhaseState] = field(default_factory=dict)

    def of_kind(self, kind: str) -> list[Entry]:
        """The journal's entries of a kind, in order."""
        return [entry for entry in self.entries if entry.kind == kind]

    @property
    def latest(self) -> PhaseState | None:
        """The phase that was begun last."""
        begun = [state for state in self.phases.values() if state.outcome != "not_run"]
        return max(begun, key=lambda state: state.number) if begun else None

    @property
    def declared(self) -> bool:
        """Whether the plan (or, before it, the assessment) rests on declared facts alone."""
        if self.plan is not None:
            return self.plan.declared
        return bool(self.assessment and "declared" in self.assessment["inventory"]["evidence"].values())

    @property
    def quarantined(self) -> list[Output]:
        """Values and rows kept aside by the execution."""
        return list(self.execution["quarantined"]) if self.execution else []

    @cached_property
    def copied(self) -> list[CopiedTable]:
        """Per table: as the target's chunk rows say after a whole run, else as far as the journal tells."""
        if self.execution is not None:
            return [CopiedTable(**table) for table in self.execution["tables"]]
        chunks: dict[tuple[str, int], list[Output]] = {}
        for entry in of_executions(self.entries):
            if entry.kind == "chunk":
                chunks.setdefault((entry.body["table"], entry.body["number"]), []).append(entry.body)
        found: dict[str, CopiedTable] = {}
        for (name, _), runs in chunks.items():
            last, sofar = runs[-1], found.get(name, CopiedTable(name, 0, 0, 0.0, 0))
            found[name] = CopiedTable(
                name,
                sofar.rows + last["rows"],
                sofar.bytes + last["bytes"],
                sofar.seconds + last["seconds"],
                sofar.chunks + 1,
                max(sofar.copies, len(runs)),
                sofar.quarantined + last["quarantined"],
            )
        return list(found.values())

    @cached_property
    def stretches(self) -> list[Stretch]:
        """The measured work in the order in which it was done."""
        return measured_work(self.entries)


def read_facts(run: Orchestrator) -> Facts:
    """The facts of a migration's folder; nothing is opened but files, and outputs older than the plan are left out."""
    from agent.clock import now_text
    from agent.gates import read_rehearsal

    folder, plan = run.folder, run.plan
    entries = list(folder.journal.entries())
    catalog = folder.read_artifact("assessment/source-catalog.json")
    facts = Facts(
        migration=folder.migration,
        request=run.request,
        now=now_text(),
        journal_head=folder.journal.head,
        entries=entries,
        artifacts=folder.artifact_hashes(),
        plan=plan,
        assessment=run.output(ANALYZER),
        source_catalog=Catalog.model_validate(catalog) if catalog is not None else None,
        embedded=run.ends.target_is_embedded,
        model_part=read_model_part(folder),
        phases=_phases(entries),
    )
    if plan is None:
        return facts
    facts.comparison = run.output(COMPARATOR) if not plan.declared else None
    facts.translation = run.output(TRANSLATOR) if not plan.declared else None
    facts.design = run.output(DESIGNER)
    facts.approval = holding_approval(folder, plan)
    rehearsal = read_rehearsal(folder.path / "rehearsal.json")
    facts.rehearsal = rehearsal.model_dump(mode="json") if rehearsal and rehearsal.plan_hash == plan.hash else None
    _after_plan(run, facts)
    return facts


def _after_plan(run: Orchestrator, facts: Facts) -> None:
    """Execution and validation, as far as they are of this plan and newer than what they rest on."""
    started, finished = facts.of_kind("execution started"), facts.of_kind("execution finished")
    if not started:
        return
    facts.gates = run.folder.read_artifact("execution/gates.json")
    if not finished or finished[-1].number < started[-1].number:
        return
    facts.execution = run.output(BUILDER)
    validated = facts.of_kind("validated")
    if not validated or validated[-1].number < finished[-1].number:
        return
    facts.validation = run.output(VALIDATOR)
    facts.composed = run.output(COMPOSER)
    facts.differences = run.folder.read_artifact("validation/schema-differences.json")
    facts.views = run.folder.read_artifact("validation/views.json")


def _phases(entries: list[Entry]) -> dict[str, PhaseState]:
    found = {name: PhaseState(name) for name in PHASE_ORDER}
    for entry in entries:
        if entry.kind == "phase":
            body = entry.body
            found[body["name"]] = PhaseState(
                body["name"], body["outcome"], body.get("code"), body.get("what"), entry.number
            )
    return found
