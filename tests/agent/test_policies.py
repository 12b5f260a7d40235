"""Policies per kind of value: what a request says, what holds for the rest, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from agent.policies import decided
from agent.request_options import Options
from transfer.moveplan import DEFAULT_POLICIES


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
        {"scratch": {"mysql": "mongodb://h/"}},
        {"scratch": {"postgresql": "postgresql://h/d"}},
    ],
)
def test_what_no_policy_or_server_is_is_refused(asked: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Options.model_validate(asked)
