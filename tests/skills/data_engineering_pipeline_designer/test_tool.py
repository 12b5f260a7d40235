"""A design as a model sees it."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from skills.data_engineering_pipeline_designer.tool import ToolArgs, digest
from tests.skills.outputs import meter, output_of

NAME = "data-engineering-pipeline-designer"


def shown(limit: int = 900, **arguments: Any) -> dict[str, Any]:
    return digest(output_of(NAME), limit, meter, ToolArgs(**arguments)).data


@pytest.mark.parametrize("limit", [150, 400, 900])
def test_the_strategy_its_rule_and_its_downtime_are_always_there(limit: int) -> None:
    data = shown(limit)
    assert (data["strategy"], data["rule"], data["downtime_minutes"]) == ("big-bang", "S3-small-and-fits", 2.52)


def test_alternatives_are_told_with_what_speaks_against_them() -> None:
    alternatives = shown(400)["alternatives"]
    assert [item["strategy"] for item in alternatives] == ["blue-green", "continuous-replication", "trickle"]
    assert [item["possible"] for item in alternatives] == [True, False, False]


def test_predictions_say_that_they_are_estimates() -> None:
    assert shown(focus="timeline")["duration_evidence"] == "estimated"


def test_a_gate_that_nobody_checked_is_not_said_to_hold() -> None:
    gates = shown(focus="gates")["gates"]
    assert [gate["holds"] for gate in gates] == ["not checked yet", "not checked yet", True, "not checked yet"]
    assert shown()["gates_open"] == 3


@pytest.mark.parametrize("focus", [f for f in get_args(ToolArgs.model_fields["focus"].annotation) if f != "all"])
def test_a_focus_says_more_of_its_subject_than_the_whole(focus: str) -> None:
    whole, part = shown(400), shown(400, focus=focus)
    first = next(name for name, value in part.items() if isinstance(value, list))
    assert len(part[first]) >= len(whole.get(first, []))
    assert len(part[first]) >= 2


def test_the_way_back_is_told_step_by_step() -> None:
    lines = [item["text"] for item in shown(focus="rollback")["rollback"]]
    assert any("Point the connection strings" in line for line in lines)
