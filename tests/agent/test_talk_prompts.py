"""The words that open a talk: short, the same every time, and with nothing in them that a database could have said."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agent.ask import Asker
from agent.folder import Folder
from agent.grounding import Grounding
from agent.orchestrator import Orchestrator
from agent.phases import PHASES, artifact_of
from agent.request import load_request
from agent.standing import StandingFile
from agent.talk_prompts import phase_opening, system_prompt
from agent.toolboxes import Shelf, phase_toolbox
from agent.wire.meter import Counter
from tests.agent.test_live import COPY
from tests.scripted import Heard, ScriptedModel, calls, says
from tests.skills.outputs import OUTPUTS, output_of, raw_tokens

SHOP = Path(__file__).resolve().parents[2] / "examples" / "shop.json"
COUNTER = Counter()


@pytest.fixture
def shop(tmp_path: Path) -> Orchestrator:
    """The example's migration with every skill's output."""
    run = Orchestrator(Folder.create(tmp_path / "shop", load_request(SHOP), "shop"))
    for phase in PHASES.values():
        for skill in phase.skills:
            run.folder.artifact(artifact_of(skill), json.loads((OUTPUTS / f"{skill}.json").read_text()))
    return run


def test_the_system_prompt_keeps_the_specification_s_limit() -> None:
    assert COUNTER.count(system_prompt()) <= 1_500


@pytest.mark.parametrize("phase", PHASES)
def test_every_tool_s_definition_is_short(shop: Orchestrator, phase: str) -> None:
    for tool in phase_toolbox(shop, phase, output_of, Shelf(COUNTER.count)).definitions:
        assert raw_tokens(json.dumps(tool, separators=(",", ":"))) <= 120, tool["name"]


@pytest.mark.parametrize("phase", PHASES)
def test_opening_and_tools_leave_most_of_a_phase_s_budget_to_the_talk(shop: Orchestrator, phase: str) -> None:
    shelf = Shelf(COUNTER.count)
    opening = phase_opening(shop, phase, shelf, Grounding())
    tools = phase_toolbox(shop, phase, output_of, shelf).definitions
    assert COUNTER.count(opening + json.dumps(tools)) < PHASES[phase].tokens / 2


def test_an_opening_holds_the_request_s_facts_and_no_reference_to_a_database(shop: Orchestrator) -> None:
    opening = phase_opening(shop, "planning", Shelf(COUNTER.count), Grounding())
    assert '"max_downtime_minutes":60.0' in opening and '<data handle="assess">' in opening
    assert "sqlite:" not in opening and "shop.db" not in opening


def test_a_question_is_told_where_a_copy_stands_until_it_is_over(shop: Orchestrator) -> None:
    for stage, told in (("copy", True), ("done", False)):
        StandingFile(shop.folder.path).write(COPY.model_copy(update={"stage": stage}))
        opening = phase_opening(shop, "question", Shelf(COUNTER.count), Grounding(), question="?", talked="")
        assert ('<data handle="copy">' in opening and '"rows_expected":4000' in opening) == told


def test_what_an_opening_shows_can_be_paged_through_and_referred_to(shop: Orchestrator) -> None:
    model = ScriptedModel(
        [
            calls(("more", {"handle": "assess", "section": "hazards", "start": 3})),
            says("{assess.hazard_count} hazards."),
        ]
    )
    heard = Heard()
    record = Asker(shop, model, heard, COUNTER).ask("What could go wrong?", lambda: False)
    assert (record.calls, record.narrative, record.measured) == (["more ok"], "38 hazards.", True)


def test_the_chat_s_tools_are_short_too(shop: Orchestrator) -> None:
    model = ScriptedModel()
    Asker(shop, model, Heard(), COUNTER).ask("What?", lambda: False)
    tools = model.seen[0].tools
    assert [tool["name"] for tool in tools] == ["look", "more", "propose-strategy", "propose-translation"]
    assert all(raw_tokens(json.dumps(tool, separators=(",", ":"))) <= 120 for tool in tools)
