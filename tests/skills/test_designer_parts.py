"""The parts of a design: timeline, gates, rollback, monitoring, configuration and the Airflow export."""

from __future__ import annotations

import ast
import json
from typing import Any

import pytest

from agent.contract import Contract
from skills.context import SkillContext
from skills.data_engineering_pipeline_designer.skill import Input, Output, run


def design(**changes: Any) -> Output:
    data: dict[str, Any] = {
        "name": "shop",
        "source": {"engine": "sqlite", "version": "3.45"},
        "target": {"engine": "postgresql", "version": "18", "platform": "embedded", "schema_name": "shop"},
        "assessment": {
            "size_gb": 0.05,
            "table_count": 2,
            "rows": 250_000,
            "hazards": {"high": 3, "low": 4},
            "schema_statements": 60,
            "tables": [
                {"name": "main.small", "rows": 10, "bytes": 1000},
                {"name": "main.large", "rows": 249_990, "bytes": 49_000_000, "chunked": False},
            ],
        },
        "constraints": {"max_downtime_minutes": 30, "data_consistency": "strict", "rollback_required": True},
    }
    data.update(changes)
    return run(Input.model_validate(data), SkillContext())


def test_a_prediction_says_what_it_was_made_from() -> None:
    inputs = {item.name: item for item in design().timeline.inputs}
    assert inputs["size"].evidence == "catalog"
    assert inputs["load rate"].evidence == "estimated"


def test_measured_rates_replace_the_estimates() -> None:
    rates = {"bytes_per_second": 1e6, "rows_per_second": 1e9, "detail": "rehearsal"}
    output = design(rates=rates)
    load = next(stage for stage in output.stages if stage.name == "load")
    assert load.duration_minutes == pytest.approx(50 / 60, abs=0.01)
    assert load.evidence == "measured"
    assert next(i for i in output.timeline.inputs if i.name == "load rate").detail == "rehearsal"


def test_the_slower_of_bytes_and_rows_counts() -> None:
    load = next(s for s in design(rates={"rows_per_second": 1000, "bytes_per_second": 1e9}).stages if s.name == "load")
    assert load.duration_minutes == pytest.approx(250 / 60, abs=0.01)


def test_phases_follow_each_other_and_add_up() -> None:
    timeline = design().timeline
    ends = [p.start_minutes + (p.duration_minutes or 0) for p in timeline.phases]
    assert [p.start_minutes for p in timeline.phases[1:]] == pytest.approx(ends[:-1], abs=0.02)
    assert timeline.total_duration_hours == pytest.approx(ends[-1] / 60, abs=0.01)


def test_nobody_predicts_how_long_people_watch() -> None:
    assert design().timeline.phases[-1].duration_minutes is None
    assert design().timeline.phases[-1].evidence == "not_run"


@pytest.mark.parametrize(("scratch", "expected"), [(True, False), (False, True)])
def test_a_target_that_may_be_lost_has_fewer_gates(scratch: bool, expected: bool) -> None:
    target = {"engine": "postgresql", "version": "18", "scratch": scratch}
    codes = {gate.error_code for gate in design(target=target).gates}
    assert ({"BACKUP_NOT_VERIFIED", "ROLLBACK_NOT_REHEARSED", "APPROVAL_MISSING"} <= codes) is expected


def test_a_downtime_that_does_not_fit_closes_its_gate_and_warns() -> None:
    output = design(assessment={"size_gb": 500})
    gate = next(gate for gate in output.gates if gate.id == "downtime-fits")
    assert output.strategy == "blue-green"
    assert gate.holds is False
    assert any("above the allowed 30" in warning for warning in output.warnings)


def test_a_trickle_without_replication_is_down_for_its_largest_slice_only() -> None:
    tables = [{"name": "main.a", "bytes": 600_000_000_000}, {"name": "main.b", "bytes": 900_000_000_000}]
    output = design(assessment={"size_gb": 1500, "tables": tables})
    whole = sum(stage.duration_minutes or 0 for stage in output.stages)
    assert output.strategy == "trickle"
    assert output.timeline.downtime_minutes < whole / 10
    assert any("slice" in warning for warning in output.warnings)


def test_the_rollback_speaks_of_this_migration() -> None:
    output = design()
    assert output.rollback.startswith("# Rollback of shop: sqlite 3.45 to postgresql 18 (embedded)")
    assert "schema shop" in output.rollback
    assert "subscription" not in output.rollback


def test_criteria_and_checklist_carry_the_facts() -> None:
    output = design()
    assert any("all 2 tables" in criterion for criterion in output.success_criteria)
    assert any("each of the 7 found" in criterion for criterion in output.success_criteria)
    assert any("30 minutes" in step for step in output.cutover_checklist)


def test_alerts_watch_only_metrics_that_are_there() -> None:
    monitoring = design().monitoring
    names = {metric["name"] for metric in monitoring["metrics"]}
    assert {alert["metric"] for alert in monitoring["alerts"]} <= names
    assert not names & {"replication_lag", "longest_transaction"}


def test_the_configuration_takes_the_largest_table_first() -> None:
    config = design(policies={"text_in_integer": "quarantine"}).data_migration_config
    assert config["table_order"] == ["main.large", "main.small"]
    assert config["not_chunked"] == ["main.large"]
    assert config["policies"] == {"text_in_integer": "quarantine"}


@pytest.mark.parametrize(("asked", "expected"), [(None, 320_000), (5000, 5000)])
def test_chunks_hold_64_megabytes_unless_asked_otherwise(asked: int | None, expected: int) -> None:
    assert design(chunk_rows=asked).data_migration_config["chunk_rows"] == expected


@pytest.mark.parametrize("name", ["shop", 'a"""b', "../x y", "${HOME}"])
def test_the_airflow_file_is_python_whatever_the_name(name: str) -> None:
    text = design(name=name).exports["airflow/dag.py"]
    tree = ast.parse(text)
    assert isinstance(tree, ast.Module)
    assert "assess >> plan >> execute >> validate >> report >> audit" in text


def test_a_design_is_json_and_fits_the_contract() -> None:
    output = design()
    json.loads(output.model_dump_json())
    schema = Contract.model_json_schema()
    assert output.strategy in schema["$defs"]["PlanPart"]["properties"]["migration_strategy"]["anyOf"][0]["enum"]
