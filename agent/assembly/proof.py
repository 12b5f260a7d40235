"""The contract's validation: whether both sides hold the same rows, what was tested, who approved."""

from __future__ import annotations

from typing import Any

from agent.assembly.material import Material
from agent.clock import parse_moment
from agent.contract_model import PerformanceComparison, ReconciliationResults, SignOff, ValidationPart
from agent.phases import COMPOSER

WHOLE = ("checksums", "rows", "stream")  # levels that look at every value


def validation_part(material: Material) -> ValidationPart:
    """The proof, as far as it was made."""
    return ValidationPart(
        reconciliation_results=_reconciliation(material),
        test_results=_tests(material),
        performance_comparison=_performance(material),
        sign_off=_sign_off(material),
    )


def _reconciliation(material: Material) -> ReconciliationResults:
    found = material.validator
    if found is None:
        return ReconciliationResults()
    material.note("/validation/reconciliation_results", "measured", f"data-migration-validator, {found['level']}")
    compared = [{k: v for k, v in table.items() if k != "rows" or not table["equal"]} for table in found["tables"]]
    whole = found["level"] in WHOLE
    return ReconciliationResults(
        row_count_match=found["row_count_match"],
        checksum_validation=("passed" if found["equal"] else "failed") if whole else "skipped",
        sample_comparison={
            "kind": "every row" if whole else found["level"],
            "rows_compared": found["rows_compared"],
            "tables": compared,
            "certificate": found["certificate"]["root"] if found["certificate"] else None,
            "views": material.run.folder.read_artifact("validation/views.json"),
        },
    )


def _tests(material: Material) -> dict[str, Any] | None:
    if material.composer is None:
        return None
    material.note("/validation/test_results", "measured", COMPOSER)
    return {
        "accepted": material.composer["accepted"],
        "criteria": material.composer["criteria"],
        "open_criteria": material.composer["open_criteria"],
        "suites": [{"path": s["path"], "kind": s["kind"]} for s in material.composer["suites"]],
    }


def _performance(material: Material) -> PerformanceComparison:
    measured = (material.composer or {}).get("performance")
    if not measured or measured["baseline_metrics"] is None:
        return PerformanceComparison()
    material.note("/validation/performance_comparison", "measured", measured["method"])
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


def _sign_off(material: Material) -> SignOff:
    entry = material.run.folder.journal.last("execution started")
    approval = entry.body["approval"] if entry else None
    if not approval or "at" not in approval:
        return SignOff()
    return SignOff(
        approved_by=approval["by"],
        approval_date=parse_moment(approval["at"]),
        notes=f"plan {approval['plan_hash'][:12]} approved for execution, by {approval['method']}",
    )
