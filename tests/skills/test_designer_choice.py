"""A strategy that somebody else than the table chose: weighed, followed where it fits, refused where it doesn't."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engines.errors import Aborted
from skills.data_engineering_pipeline_designer.decision_matrix import STRATEGY_ROWS
from skills.data_engineering_pipeline_designer.strategy import STRATEGIES
from skills.data_engineering_pipeline_designer.weigh import weigh
from tests.skills.test_designer import SQLITE, design, design_input

ONE_SYSTEM = {"dual_infrastructure": False}
FITTING = [
    ({}, "continuous-replication"),
    ({}, "trickle"),
    ({"constraints": {"max_downtime_minutes": 999}}, "big-bang"),
    ({"source": SQLITE, "constraints": {**ONE_SYSTEM, "max_downtime_minutes": 300}}, "trickle"),  # no row gives one
]
CONTRADICTING = [
    ({}, "big-bang", "predicted downtime"),
    ({"source": SQLITE}, "continuous-replication", "both databases can replicate"),
    ({"constraints": ONE_SYSTEM}, "blue-green", "both systems can be paid for"),
    ({"constraints": {"max_downtime_minutes": 0}}, "blue-green", "predicted downtime of 3 minutes"),
    ({"constraints": {"max_downtime_minutes": 0}}, "trickle", "predicted downtime"),
]


@pytest.mark.parametrize(("sections", "strategy"), FITTING)
def test_a_choice_that_fits_is_followed_and_cited(sections: dict[str, Any], strategy: str) -> None:
    output = design(strategy=strategy, **sections)
    assert output.strategy == strategy
    fired = [decision for decision in output.decisions if decision.table == "strategy" and decision.fired]
    assert [(d.rule, d.outcome, d.citation) for d in fired] == [
        ("person", strategy, "request, options.overrides.strategy")
    ]
    assert {row.id for row in STRATEGY_ROWS} <= {decision.rule for decision in output.decisions}


def test_the_citation_names_the_rule_that_would_have_decided() -> None:
    [choice, *_] = design(strategy="continuous-replication").decisions
    assert choice.because == "a person chose it in the request; S4-dual-infrastructure gives blue-green"
    aside = next(d for d in design(strategy="trickle").decisions if d.rule == "S4-dual-infrastructure")
    assert (aside.fired, aside.outcome) == (False, "")
    assert aside.because.endswith("it would decide, but a person chose")


@pytest.mark.parametrize(("sections", "strategy", "why"), CONTRADICTING)
def test_a_choice_against_the_constraints_is_refused(sections: dict[str, Any], strategy: str, why: str) -> None:
    with pytest.raises(Aborted, match=why) as caught:
        design(strategy=strategy, **sections)
    assert caught.value.code == "OVERRIDE_CONTRADICTS"


def test_what_the_table_gives_can_be_chosen_too() -> None:
    slow = {"source": SQLITE, "constraints": {"max_downtime_minutes": 15}}
    assert design(**slow).timeline.downtime_minutes > 15
    assert design(strategy="blue-green", **slow).strategy == "blue-green"


@settings(max_examples=60, deadline=None)
@given(
    size=st.floats(0, 1e5),
    allowed=st.just(0.0) | st.floats(0, 1e4),
    dual=st.booleans(),
    source=st.sampled_from(["sqlite", "postgresql"]),
    strategy=st.sampled_from(STRATEGIES),
)
def test_a_choice_is_followed_exactly_where_it_contradicts_nothing(
    size: float, allowed: float, dual: bool, source: str, strategy: Any
) -> None:
    sections = {
        "source": {"engine": source, "version": "16"},
        "assessment": {"size_gb": size},
        "constraints": {"max_downtime_minutes": allowed, "dual_infrastructure": dual},
    }
    weighed = weigh(design_input(**sections), strategy)
    if weighed.contradictions:
        with pytest.raises(Aborted, match="OVERRIDE_CONTRADICTS"):
            design(strategy=strategy, **sections)
        return
    output = design(strategy=strategy, **sections)
    assert (output.strategy, output.timeline.downtime_minutes) == (strategy, weighed.downtime_minutes)
    assert output.timeline.total_duration_hours == weighed.total_duration_hours
