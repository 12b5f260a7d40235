"""The assessment as a model sees it."""

from __future__ import annotations

from typing import Any

import pytest

from engines.errors import UsageError
from skills.context import SkillContext
from skills.database_optimization_analyzer.hazards import Hazard, NotChecked
from skills.database_optimization_analyzer.skill import Input, Output, run
from skills.database_optimization_analyzer.tool import ToolArgs, digest, sections
from tests.skills.outputs import meter, output_of

NAME = "database-optimization-analyzer"


def shown(output: Output | None = None, limit: int = 900, **arguments: Any) -> dict[str, Any]:
    return digest(output or output_of(NAME), limit, meter, ToolArgs(**arguments)).data


def hazard(identifier: str, severity: str, **more: Any) -> Hazard:
    return Hazard(id=identifier, title="", severity=severity, object="s.t", remedy="Repair it.", **more)


def with_hazards(*hazards: Hazard) -> Output:
    output: Output = output_of(NAME)
    return output.model_copy(update={"hazards": list(hazards)})


def test_the_facts_that_decide_are_numbers() -> None:
    data = shown(limit=400)
    assert (data["tables"], data["rows"], data["effort_hours"], data["hazard_count"]) == (23, 251247, 30.6, 38)
    assert data["hazards_by_severity"] == {"high": 11, "medium": 10, "low": 9, "info": 8}
    assert data["hazards"][0]["count"] == 3


def test_every_kind_of_hazard_is_shown_before_a_second_place_of_one() -> None:
    high = [item["rule"] for item in sections(output_of(NAME))[0].items if item["severity"] == "high"]
    assert len(set(high[: len(set(high))])) == len(set(high)) < len(high)


def test_the_worst_comes_first_and_ids_follow_the_output() -> None:
    output = with_hazards(hazard("a", "info"), hazard("b", "blocking"), hazard("c", "unheard of"))
    assert [(item["id"], item["rule"]) for item in shown(output)["hazards"]] == [("h2", "b"), ("h1", "a"), ("h3", "c")]


def test_keys_of_rows_and_values_in_messages_are_not_shown() -> None:
    output = with_hazards(hazard("a", "high", keys=["email=marked@secret"], count=1)).model_copy(
        update={"not_checked": [NotChecked(id="b", reason='invalid input syntax for type date: "marked"')]}
    )
    texts = [digest(output, 900, meter, ToolArgs(focus=focus)).text for focus in ("all", "hazards")]
    assert "marked" not in "".join(texts)


def test_estimates_and_declared_facts_are_called_so() -> None:
    declared = {"type": "postgresql", "version": "12.8", "size_gb": 450, "table_count": 80}
    data = shown(run(Input.model_validate({"database": declared}), SkillContext()))
    assert data["not_measured"] == {
        "hazard_count": "not_run",
        "effort_hours": "estimated",
        "rows": "not_run",
        "size_gb": "declared",
    }


@pytest.mark.parametrize(
    ("focus", "section"),
    [("findings", "findings"), ("indexes", "indexes"), ("dependencies", "dependencies"), ("tables", "largest_tables")],
)
def test_a_focus_shows_its_section_and_no_other_first(focus: str, section: str) -> None:
    data = shown(focus=focus)
    assert len(data[section]) > 2
    assert "hazards" not in data


def test_a_table_is_shown_with_what_belongs_to_it() -> None:
    [identifier] = [item["id"] for item in sections(output_of(NAME))[6].items if item["name"] == "main.products"]
    made = digest(output_of(NAME), 900, meter, ToolArgs(table=identifier))
    assert made.handle == f"assess_{identifier}"
    assert (made.data["name"], made.data["rows"], made.data["rows_evidence"]) == ("main.products", 2000, "measured")
    assert all(item["object"].startswith("main.products") for item in made.data["hazards"])
    assert {"object": "main.product_overview", "kind": "view"} in made.data["needed_by"]


def test_a_table_that_is_not_there_is_refused() -> None:
    with pytest.raises(UsageError, match=r"TABLE_UNKNOWN.*t1 to t23"):
        shown(table="t24")
