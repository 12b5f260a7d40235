"""Acceptance and performance as a model sees them."""

from __future__ import annotations

from typing import Any

import pytest

from skills.testing_strategy_composer.criteria import Criterion
from skills.testing_strategy_composer.performance import QueryPerformance
from skills.testing_strategy_composer.skill import Output
from skills.testing_strategy_composer.tool import ToolArgs, digest, sections
from tests.skills.outputs import meter, output_of
from transfer.results import Difference

NAME = "testing-strategy-composer"


def criterion(identifier: str, result: str, evidence: str = "") -> Criterion:
    return Criterion(id=identifier, statement="", check="", threshold="", result=result, evidence=evidence)


def changed(**parts: Any) -> Output:
    output: Output = output_of(NAME)
    return output.model_copy(update=parts)


@pytest.mark.parametrize("limit", [150, 400, 900])
def test_what_failed_or_is_open_is_named_and_shown_first(limit: int) -> None:
    criteria = [criterion("a", "passed"), criterion("b", "not_run", "the target is not open"), criterion("c", "failed")]
    data = digest(changed(accepted=False, open_criteria=["b"], criteria=criteria), limit, meter).data
    assert (data["accepted"], data["failed"], data["open"]) == (False, ["c"], ["b"])
    assert ["c", "b", "a"][: len(data["criteria"])] == [item["id"] for item in data["criteria"]]


def test_speed_is_told_as_sums_and_the_slower_queries_first() -> None:
    data = digest(output_of(NAME), 900, meter, ToolArgs(focus="performance")).data
    assert (data["query_count"], data["slower_count"]) == (12, 8)
    changes = [item["improvement_percent"] for item in data["queries"]]
    assert changes == sorted(changes)


def test_a_query_with_other_results_comes_first_and_shows_no_row() -> None:
    wrong = QueryPerformance(
        name="wrong",
        results_equal=False,
        difference=Difference(reason="a row differs", row=1, source=["marked"]),
        detail='not run: invalid input syntax for type integer: "marked"',
    )
    output = output_of(NAME)
    performance = output.performance.model_copy(update={"queries": [*output.performance.queries, wrong]})
    made = digest(changed(performance=performance), 900, meter, ToolArgs(focus="performance"))
    assert (made.data["queries"][0]["id"], made.data["queries"][0]["name"]) == ("q13", "wrong")
    assert "marked" not in made.text


def test_suites_are_listed_by_path() -> None:
    listed = next(section for section in sections(output_of(NAME)) if section.name == "suites").items
    assert listed[0] == {"path": "tests/test_migration.py", "kind": "pytest"}
    assert digest(output_of(NAME), 400, meter, ToolArgs(focus="suites")).data["suite_count"] == 24
