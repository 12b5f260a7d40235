"""An assessment of 10,000 real tables and a plan for them, which take minutes, inside the same budgets."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.claude import ClaudeDriver
from tests.harmless.obeyed import orchestrated
from tests.harmless.test_any_phase import MANY, greedy, kept, many_tables
from tests.scripted import ScriptedModel, says


@pytest.mark.soak
@pytest.mark.timeout(900)
def test_a_real_assessment_of_10000_tables_keeps_its_budget(tmp_path: Path) -> None:
    source = many_tables(tmp_path / "many.db", MANY)
    model = ScriptedModel(greedy("assessment"))
    run = orchestrated(tmp_path, f"sqlite:{source}", {"url": f"sqlite:{tmp_path}/t.db"}, ClaudeDriver(model))
    assert run.assess()["inventory"]["table_count"] == MANY
    kept(run, model, "assessment")


@pytest.mark.soak
@pytest.mark.timeout(900)
def test_a_real_plan_of_10000_tables_keeps_its_budget(tmp_path: Path) -> None:
    source = many_tables(tmp_path / "many.db", MANY)
    model = ScriptedModel()
    run = orchestrated(tmp_path, f"sqlite:{source}", {"url": f"sqlite:{tmp_path}/t.db"}, ClaudeDriver(model))
    run.assess()
    model.script = [*[says("")] * len(model.seen), *greedy("planning")]
    run.make_plan()
    kept(run, model, "planning")
