"""The contract's assessment: inventory, complexity, risks, as the analyzer found them."""

from __future__ import annotations

from typing import Any

from agent.assembly.material import Material, Output
from agent.contract_model import AssessmentPart, EvidenceSource, MigrationComplexity, RiskAnalysis, SourceSummary
from agent.phases import ANALYZER, COMPARATOR

SERIOUS = ("blocking", "high", "medium")


def assessment_part(material: Material) -> AssessmentPart:
    """What the assessment found; empty where it did not run."""
    found = material.analyzer
    if found is None:
        return AssessmentPart()
    inventory, declared = found["inventory"], found["inventory"]["evidence"]
    _assessment_evidence(material, declared)
    outputs = {
        name: output
        for name, output in (
            (ANALYZER, found),
            (COMPARATOR, _counts_of_comparator(material)),
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
            schema_changes=len(material.comparator["statements"]) if material.comparator else None,
            data_volume_gb=inventory["size_gb"],
            breaking_changes=_breaking_changes(material),
            estimated_effort_hours=found["effort"]["hours"],
        ),
        risk_analysis=RiskAnalysis(
            risks=[_risk(hazard) for hazard in risks],
            mitigation_strategies=list(dict.fromkeys(hazard["remedy"] for hazard in risks)),
        ),
        skill_outputs=outputs,
    )


def _assessment_evidence(material: Material, inventory: dict[str, str]) -> None:
    reached = "declared" not in inventory.values()
    source: EvidenceSource = "catalog" if reached else "declared"
    told = "read from the source's catalog" if reached else "as the request declares it; no source was read"
    material.note("/assessment/source_database", source, told)
    material.note("/assessment/migration_complexity/data_volume_gb", source, told)
    material.note("/assessment/migration_complexity/estimated_effort_hours", "estimated", "table of units, effort.py")
    if material.comparator:
        material.note("/assessment/migration_complexity/schema_changes", "catalog", "statements of schema-comparator")
    material.note("/assessment/risk_analysis", "measured" if reached else "declared", "hazards of the analyzer")
    outputs = "/assessment/skill_outputs"
    material.note(outputs, "measured" if reached else "declared", "outputs of the skills, each with its own evidence")
    analyzer = f"{outputs}/database-optimization-analyzer"
    for part in ("complexity", "effort"):
        material.note(f"{analyzer}/{part}", "estimated", f"the analyzer's own table of weights, {part}.py")
    material.note(f"{outputs}/schema-comparator", "catalog", "counts of schema-comparator's output")


def _counts_of_comparator(material: Material) -> Output:
    if material.comparator is None:
        return None
    return {
        "statements": len(material.comparator["statements"]),
        "tables": len(material.comparator["tables"]),
        "omissions": material.comparator["omissions"],
        "renames": material.comparator["renames"],
        "fingerprint": material.comparator["fingerprint"],
    }


def _breaking_changes(material: Material) -> list[str]:
    assert material.analyzer is not None
    told = [f"{c['release']}: {c['what']}" for c in material.analyzer["breaking_changes"]]
    told += [f"{u['feature']} ({len(u['objects'])}): {u['reason']}" for u in material.analyzer["unsupported_features"]]
    if material.plan is not None:
        told += [f"{o.kind} {o.object}: {o.reason}" for o in material.plan.omissions]
    return list(dict.fromkeys(told))


def _risk(hazard: dict[str, Any]) -> str:
    where = hazard["object"] + (f".{hazard['column']}" if hazard["column"] else "")
    count = f" ({hazard['count']:,})" if hazard["count"] else ""
    return f"{hazard['severity']}: {hazard['title']} in {where}{count}"
