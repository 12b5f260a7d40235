"""The contract: the specification's fields, whole, with evidence for every figure."""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from agent.contract import contract_schema, explain_gaps, uncovered_numbers, unexplained_gaps, validate_contract
from agent.contract_model import Audit, Contract, EvidenceEntry

NOW = datetime(2025, 10, 26, tzinfo=ZoneInfo("America/New_York"))
# The specification, "Output Contract", key by key.
SPECIFIED: dict[str, Any] = {
    "assessment": {
        "source_database": {"type", "version", "size_gb", "table_count", "complexity"},
        "migration_complexity": {"schema_changes", "data_volume_gb", "breaking_changes", "estimated_effort_hours"},
        "risk_analysis": {"risks", "mitigation_strategies"},
        "skill_outputs": None,
    },
    "plan": {
        "migration_strategy": None,
        "timeline": {"phases", "total_duration_hours", "downtime_minutes"},
        "tools": None,
        "pipeline_architecture": None,
        "rollback_procedure": None,
        "success_criteria": None,
    },
    "execution": {
        "schema_migration_scripts": None,
        "data_migration_config": None,
        "cutover_checklist": None,
        "monitoring_config": None,
    },
    "validation": {
        "reconciliation_results": {"row_count_match", "checksum_validation", "sample_comparison"},
        "test_results": None,
        "performance_comparison": {"baseline_metrics", "current_metrics", "improvement_percent"},
        "sign_off": {"approved_by", "approval_date", "notes"},
    },
    "documentation": {"migration_report": None, "lessons_learned": None, "post_migration_tasks": None},
}
EXTRA = {"assessment/source_database": {"engine"}}


def empty(**evidence: str) -> Contract:
    entries = {pointer: EvidenceEntry(source=source) for pointer, source in evidence.items()}
    return Contract(audit=Audit(now=NOW, migration_id="shop", evidence=entries))


def written(contract: Contract) -> dict[str, Any]:
    return dict(json.loads(contract.model_dump_json()))


def test_every_field_of_the_specification_is_always_there_and_no_other() -> None:
    data = written(empty())
    assert set(data) == {*SPECIFIED, "audit"}
    for part, fields in SPECIFIED.items():
        assert set(data[part]) == set(fields)
        for name, inner in fields.items():
            if inner is not None:
                assert set(data[part][name]) == inner | EXTRA.get(f"{part}/{name}", set())


def test_the_moment_is_written_with_new_yorks_offset() -> None:
    assert written(empty())["audit"]["now"] == "2025-10-26T00:00:00-04:00"


def test_a_number_needs_evidence() -> None:
    contract = empty()
    contract.assessment.source_database.size_gb = 1.5
    contract.assessment.skill_outputs = {"a/b": {"counts": [1, True, "2", None]}}
    assert uncovered_numbers(contract) == [
        "/assessment/source_database/size_gb",
        "/assessment/skill_outputs/a~1b/counts/0",
    ]


@pytest.mark.parametrize(
    ("evidence", "covered"),
    [
        ({"/assessment": "measured"}, True),
        ({"/assessment/source_database/size_gb": "catalog"}, True),
        ({"/assessment/source_database/size": "catalog"}, False),
        ({"/assessment": "measured", "/assessment/source_database": "not_run"}, False),
        ({"/assessment": "not_run", "/assessment/source_database": "declared"}, True),
    ],
)
def test_the_longest_pointer_above_a_number_speaks_for_it(evidence: dict[str, str], covered: bool) -> None:
    contract = empty(**evidence)
    contract.assessment.source_database.size_gb = 1.5
    assert (uncovered_numbers(contract) == []) is covered


def test_what_did_not_run_says_so() -> None:
    contract = empty(**{"/plan": "not_run"})
    gaps = unexplained_gaps(contract)
    assert "/validation/reconciliation_results/checksum_validation" in gaps
    assert not [gap for gap in gaps if gap.startswith("/plan")]
    assert unexplained_gaps(explain_gaps(contract, "the plan was the end")) == []


def test_an_explained_contract_is_valid() -> None:
    assert validate_contract(written(explain_gaps(empty(), "nothing ran"))) == []


@pytest.mark.parametrize(
    ("path", "value", "problem"),
    [
        (("plan", "migration_strategy"), "hope", "/plan/migration_strategy"),
        (("assessment", "source_database", "table_count"), "12", "/assessment/source_database/table_count"),
        (("validation", "reconciliation_results", "row_count_match"), 1, "row_count_match"),
        (("validation", "sign_off", "approval_date"), "2025-10-26T00:00:00", "approval_date"),
        (("surprise",), 1, "/surprise"),
        (("plan", "timeline", "downtime_minutes"), 5, "a number without evidence"),
        (("plan",), None, "/plan"),
    ],
)
def test_a_wrong_contract_is_told_by_pointer(path: tuple[str, ...], value: Any, problem: str) -> None:
    data = written(explain_gaps(empty(), "nothing ran"))
    place = data
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    assert re.search(re.escape(problem), " ".join(validate_contract(data)))


def test_a_field_that_was_left_out_is_missed() -> None:
    data = written(explain_gaps(empty(), "nothing ran"))
    del data["documentation"]["lessons_learned"]
    assert validate_contract(data) == ["/documentation/lessons_learned: missing"]


def test_the_schema_requires_every_field() -> None:
    schema = contract_schema()
    assert set(schema["required"]) == {*SPECIFIED, "audit"}
    assert set(schema["$defs"]["TimelinePart"]["required"]) == SPECIFIED["plan"]["timeline"]
