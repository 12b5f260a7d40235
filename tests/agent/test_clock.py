"""The moment of a run."""

from __future__ import annotations

import pytest

from agent.clock import now_et, now_text
from engines.errors import UsageError


def test_now_has_new_yorks_offset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DBMO_NOW", raising=False)
    assert now_et().tzname() in {"EST", "EDT"}


@pytest.mark.parametrize(
    ("fixed", "shown"),
    [
        ("2025-10-26T00:00:00-04:00", "2025-10-26T00:00:00-04:00"),
        ("2025-12-01T12:00:00+00:00", "2025-12-01T07:00:00-05:00"),
    ],
)
def test_a_fixed_moment_is_shown_in_new_york(monkeypatch: pytest.MonkeyPatch, fixed: str, shown: str) -> None:
    monkeypatch.setenv("DBMO_NOW", fixed)
    assert now_text() == shown


@pytest.mark.parametrize("wrong", ["yesterday", "2025-10-26T00:00:00"])
def test_a_moment_without_an_offset_is_refused(monkeypatch: pytest.MonkeyPatch, wrong: str) -> None:
    monkeypatch.setenv("DBMO_NOW", wrong)
    with pytest.raises(UsageError, match="NOW_INVALID"):
        now_et()
