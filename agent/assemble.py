"""The contract from skill outputs, journal and plan: never from a model's text, and never a figure nobody measured."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from agent.clock import now_et, parse_moment
from agent.contract_model import (
    AssessmentPart,
    Audit,
    Contract,
    EvidenceEntry,
    EvidenceSource,
    ExecutionPart,
    MigrationComplexity,
    PerformanceComparison,
    PhaseLog,
    PlanPart,
    ReconciliationResults,
    RecordedWaiver,
    RiskAnalysis,
    SignOff,
    SourceSummary,
    TimelinePart,
    TokenBudget,
    ValidationPart,
)
from agent.phases import PHASES
from agent.sources import cite, uncited

if TYPE_CHECKING:
    from agent.orchestrator import Orchestrator

GIGABYTE = 1_000_000_000
SERIOUS = ("blocking", "high", "medium")
Output = dict[str, Any] | None


class Assembly:
    """Collects the parts and where each came from."""

    def __init__(self, run: Orchestrator) -> None:
        self.run = run
        self.analyzer = run.output("database-optimization-analyzer")
        self.comparator = run.output("schema-comparator")
        self.designer = run.output("data-engineering-pipeline-designer")
        self.translator = run.output("query-translator")
        self.builder = run.output("etl-pipeline-builder")
        self.validator = run.output("data-migration-validator")
        self.composer = run.output("testing-strategy-composer")
        self.plan = run.plan
        self.evidence: dict[str, EvidenceEntry] = {}

    def note(self, pointer: str, source: EvidenceSource, detail: str) -> None:
        """Say where everything below a pointer came from."""
        self.evidence[pointer] = EvidenceEntry(source=source, detail=detail)

    def contract(self) -> Contract:
        """The whole contract but for its documentation."""
        contract = Contract(
            assessment=self._assessment(),
            plan=self._plan(),
            execution=self._execution(),
            validation=self._validation(),
            audit=self._audit(),
        )
        contract.audit.evidence = self.evidence
        return contract

    def _assessment(self) -> AssessmentPart:
        found = self.analyzer
        if found is None:
            return AssessmentPart()
        inventory, declared = found["inventory"], found["inventory"]["evidence"]
        self._assessment_evidence(declared)
        outputs = {
            name: output
            for name, output in (
                ("database-optimization-analyzer", found),
                ("schema-comparator", self._counts_of_comparator()),
            )
            if output is not None
        }
        risks = [h for h in found["hazards"] if h["severity"] in SERIOUS]
        return AssessmentPart(
            source_database=SourceSummary(
                type=inventory["type"],
                engine=inventory["engine"],
                version=inventory["version"],
                size_gb=inventory["size_gb"],
                table_count=inventory["table_count"],
                complexity=found["complexity"]["level"],
            ),
            migration_complexity=MigrationComplexity(
                schema_changes=len(self.comparator["statements"]) if self.comparator else None,
                data_volume_gb=inventory["size_gb"],
                breaking_changes=self._breaking_changes(),
                estimated_effort_hours=found["effort"]["hours"],
            ),
            risk_analysis=RiskAnalysis(
                risks=[_risk(hazard) for hazard in risks],
                mitigation_strategies=list(dict.fromkeys(hazard["remedy"] for hazard in risks)),
            ),
            skill_outputs=outputs,
        )

    def _assessment_evidence(self, inventory: dict[str, str]) -> None:
        reached = "declared" not in inventory.values()
        source: EvidenceSource = "catalog" if reached else "declared"
        told = "read from the source's catalog" if reached else "as the request declares it; no source was read"
        self.note("/assessment/source_database", source, told)
        self.note("/assessment/migration_complexity/data_volume_gb", source, told)
        self.note("/assessment/migration_complexity/estimated_effort_hours", "estimated", "table of units, effort.py")
        if self.comparator:
            self.note("/assessment/migration_complexity/schema_changes", "catalog", "statements of schema-comparator")
        self.note("/assessment/risk_analysis", "measured" if reached else "declared", "hazards of the analyzer")
        outputs = "/assessment/skill_outputs"
        self.note(outputs, "measured" if reached else "declared", "outputs of the skills, each with its own evidence")
        analyzer = f"{outputs}/database-optimization-analyzer"
        for part in ("complexity", "effort"):
            self.note(f"{analyzer}/{part}", "estimated", f"the analyzer's own table of weights, {part}.py")
        self.note(f"{outputs}/schema-comparator", "catalog", "counts of schema-comparator's output")

    def _counts_of_comparator(self) -> Output:
        if self.comparator is None:
            return None
        return {
            "statements": len(self.comparator["statements"]),
            "tables": len(self.comparator["tables"]),
            "omissions": self.comparator["omissions"],
            "renames": self.comparator["renames"],
            "fingerprint": self.comparator["fingerprint"],
        }

    def _breaking_changes(self) -> list[str]:
        assert self.analyzer is not None
        told = [f"{c.get('release', '')}: {c.get('change', c)}" for c in self.analyzer["breaking_changes"]]
        told += [f"{u['kind']} {u['object']}: {u['reason']}" for u in self.analyzer["unsupported_features"]]
        if self.plan is not None:
            told += [f"{o.kind} {o.object}: {o.reason}" for o in self.plan.omissions]
        return list(dict.fromkeys(told))

    def _plan(self) -> PlanPart:
        design, plan = self.designer, self.plan
        if design is None or plan is None:
            return PlanPart()
        self.note("/plan", "estimated", "predictions of data-engineering-pipeline-designer from its stated inputs")
        translated = self.translator or {}
        architecture = {
            "plan_hash": plan.hash,
            "stages": design["stages"],
            "alternatives": design["alternatives"],
            "gates": design["gates"],
            "validation_depth": design["validation_depth"],
            "tiers": design["tiers"],
            "predictions": design["timeline"]["inputs"],
            "unsupported": design["unsupported"],
            "warnings": design["warnings"],
            "translations": translated.get("verdicts"),
        }
        if self.translator:
            self.note("/plan/pipeline_architecture/translations", "measured", "verdicts of query-translator")
        return PlanPart(
            migration_strategy=design["strategy"],
            timeline=TimelinePart(
                phases=design["timeline"]["phases"],
                total_duration_hours=design["timeline"]["total_duration_hours"],
                downtime_minutes=design["timeline"]["downtime_minutes"],
            ),
            tools=design["tools"],
            pipeline_architecture=architecture,
            rollback_procedure=design["rollback"],
            success_criteria=design["success_criteria"],
        )

    def _execution(self) -> ExecutionPart:
        design, plan = self.designer, self.plan
        if design is None or plan is None:
            return ExecutionPart()
        self.note("/execution", "estimated", "settings that the designer derived from sizes")
        self.note("/execution/monitoring_config", "estimated", "thresholds of the designer's table of alerts")
        configuration = dict(design["data_migration_config"])
        if plan.move is not None:
            configuration |= {"parallel": plan.move.parallel, "chunk_rows": plan.move.chunk_rows}
        if self.builder is not None:
            configuration["result"] = {
                name: self.builder[name] for name in ("tables", "stages", "sequences", "resumed", "position")
            }
            configuration["result"]["quarantined"] = len(self.builder["quarantined"])
            self.note("/execution/data_migration_config/result", "measured", "chunk and step rows of the target")
        scripts = [f"{s.sql};" for s in plan.move.statements] if plan.move else None
        return ExecutionPart(
            schema_migration_scripts=scripts,
            data_migration_config=configuration,
            cutover_checklist=design["cutover_checklist"],
            monitoring_config=design["monitoring"],
        )

    def _validation(self) -> ValidationPart:
        return ValidationPart(
            reconciliation_results=self._reconciliation(),
            test_results=self._tests(),
            performance_comparison=self._performance(),
            sign_off=self._sign_off(),
        )

    def _reconciliation(self) -> ReconciliationResults:
        found = self.validator
        if found is None:
            return ReconciliationResults()
        self.note("/validation/reconciliation_results", "measured", f"data-migration-validator, {found['level']}")
        compared = [{k: v for k, v in table.items() if k != "rows" or not table["equal"]} for table in found["tables"]]
        hashed = found["level"] != "counts"
        return ReconciliationResults(
            row_count_match=found["row_count_match"],
            checksum_validation=("passed" if found["equal"] else "failed") if hashed else "skipped",
            sample_comparison={
                "kind": "every row" if hashed else "counts",
                "rows_compared": found["rows_compared"],
                "tables": compared,
                "views": self.run.folder.read_artifact("validation/views.json"),
            },
        )

    def _tests(self) -> dict[str, Any] | None:
        if self.composer is None:
            return None
        self.note("/validation/test_results", "measured", "testing-strategy-composer")
        return {
            "accepted": self.composer["accepted"],
            "criteria": self.composer["criteria"],
            "open_criteria": self.composer["open_criteria"],
            "suites": [{"path": s["path"], "kind": s["kind"]} for s in self.composer["suites"]],
        }

    def _performance(self) -> PerformanceComparison:
        measured = (self.composer or {}).get("performance")
        if not measured or measured["baseline_metrics"] is None:
            return PerformanceComparison()
        self.note("/validation/performance_comparison", "measured", measured["method"])
        queries = measured["queries"]
        return PerformanceComparison(
            baseline_metrics={
                **measured["baseline_metrics"],
                "queries": {query["name"]: query.get("before") for query in queries},
            },
            current_metrics={
                **(measured["current_metrics"] or {}),
                "queries": {query["name"]: query.get("after") for query in queries},
            },
            improvement_percent=measured["improvement_percent"],
        )

    def _sign_off(self) -> SignOff:
        entry = self.run.folder.journal.last("execution started")
        approval = entry.body["approval"] if entry else None
        if not approval or "at" not in approval:
            return SignOff()
        return SignOff(
            approved_by=approval["by"],
            approval_date=parse_moment(approval["at"]),
            notes=f"plan {approval['plan_hash'][:12]} approved for execution, by {approval['method']}",
        )

    def _audit(self) -> Audit:
        request = self.run.request
        analyzer, plan = self.analyzer, self.plan
        sources = []
        notes = []
        versions = {
            request.source_database.engine_name: analyzer["inventory"]["version"] if analyzer else None,
            request.target_database.engine_name: plan.target.version if plan else request.target_database.version,
        }
        for engine, version in versions.items():
            sources += cite(engine, version)
            missing = uncited(engine)
            notes += [missing] if missing else []
        return Audit(
            now=now_et(),
            migration_id=self.run.folder.migration,
            phases=self._phases(),
            decisions=(self.designer or {}).get("decisions", []),
            token_budget={phase.name: TokenBudget(limit=phase.tokens) for phase in PHASES.values()},
            sources=sources,
            notes=notes,
            waivers=self._waivers(),
        )

    def _phases(self) -> list[PhaseLog]:
        tiers = (self.designer or {}).get("tiers", {})
        found = {name: PhaseLog(name=name, tier=tiers.get(name)) for name in PHASES}
        for entry in self.run.folder.journal.entries("phase"):
            body, log = entry.body, found[entry.body["name"]]
            moment: datetime = parse_moment(body["at"])
            if body["outcome"] == "running":
                log.started, log.ended, log.detail = moment, None, None
            else:
                log.ended, log.detail = moment, body.get("what")
            log.outcome = body["outcome"]
        return list(found.values())

    def _waivers(self) -> list[RecordedWaiver]:
        gates = self.run.folder.read_artifact("execution/gates.json")
        waived = [RecordedWaiver.model_validate(w, strict=False) for w in (gates or {}).get("waivers", [])]
        accepted = [
            RecordedWaiver(of=f"omission {item.object}", by=item.by, reason=item.reason)
            for item in self.run.request.options.accept
        ]
        return [*waived, *accepted]


def assemble(run: Orchestrator) -> Contract:
    """The contract of what is stored; parts that did not run are null."""
    return Assembly(run).contract()


def _risk(hazard: dict[str, Any]) -> str:
    where = hazard["object"] + (f".{hazard['column']}" if hazard["column"] else "")
    count = f" ({hazard['count']:,})" if hazard["count"] else ""
    return f"{hazard['severity']}: {hazard['title']} in {where}{count}"
