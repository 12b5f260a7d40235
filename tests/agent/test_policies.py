"""Policies per kind of value: what a request says, what holds for the rest, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from agent.plan import Plan, Side
from agent.policies import decided, policy_lines
from agent.request_options import Options
from transfer.moveplan import DEFAULT_POLICIES, MovePlan


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, {"nul_in_text": "convert", "zero_date": "quarantine", "wide_row": "quarantine"}),
        ({"unholdable": "stop"}, {"nul_in_text": "stop", "zero_date": "stop"}),
        ({"unholdable": "stop", "zero_date": "convert"}, {"zero_date": "convert", "partial_date": "stop"}),
        ({"unholdable": "quarantine", "out_of_range": "stop"}, {"out_of_range": "stop", "nul_in_text": "convert"}),
    ],
)
def test_every_kind_has_a_policy(asked: dict[str, Any], expected: dict[str, str]) -> None:
    found = {str(kind): policy for kind, policy in decided(Options.model_validate({"policies": asked})).items()}
    assert set(found) == set(DEFAULT_POLICIES)
    assert {kind: found[kind] for kind in expected} == expected


@pytest.mark.parametrize(
    "asked",
    [
        {"policies": {"unholdable": "convert"}},
        {"policies": {"zero_dates": "stop"}},
        {"policies": {"zero_date": "drop"}},
        {"quarantine_limit": -1},
        {"scratch": {"mysql": "mongodb://h/"}},
        {"scratch": {"postgresql": "postgresql://h/d"}},
    ],
)
def test_what_no_policy_or_server_is_is_refused(asked: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Options.model_validate(asked)


@pytest.mark.parametrize(("limit", "warned"), [(29, True), (30, False)])
def test_a_plan_says_that_its_copy_would_end_at_the_limit(limit: int, warned: bool) -> None:
    move = MovePlan(
        migration="m", source_engine="mysql", target_engine="postgresql", tables=[], statements=[],
        quarantine_limit=limit,
    )  # fmt: skip
    side = Side(engine="mysql", version=None, reference=None)
    plan = Plan(
        migration="m", source=side, target=side, strategy="big-bang", decisions=[], declared=False, move=move,
        validation_level="rows", settings={"values_seen": {"zero_date": 10, "time_range": 20}},
    )  # fmt: skip
    assert any("options.quarantine_limit" in line for line in policy_lines(plan)) == warned


def test_a_plan_says_which_tables_nobody_looked_at_and_what_has_no_conversion() -> None:
    move = MovePlan(
        migration="m", source_engine="sqlite", target_engine="postgresql", tables=[], statements=[],
        policies={"zero_date": "convert"},
    )  # fmt: skip
    settings = {"values_seen": {"zero_date": 1}, "not_scanned": {"s.a": 5_000_000, "s.b": 7_000_000}}
    first, second, _ = policy_lines(Plan.model_construct(None, move=move, settings=settings))  # type: ignore[call-arg]
    assert first.startswith("1 value seen of kind zero_date: convert (these engines have no conversion: NULL, or the")
    assert second.startswith("not scanned: 2 tables of about 12,000,000 rows (s.a, s.b); ")
