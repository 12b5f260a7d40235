"""A real small model in the driver's seat, one recorded talk per phase of the example, and a question in the chat."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from agent.ask import Asker
from agent.claude import ClaudeDriver
from agent.folder import Folder
from agent.orchestrator import Orchestrator
from agent.phases import PHASES, artifact_of
from agent.request import load_request
from agent.spending import phase_spending
from engines.catalog import Model
from tests.cassette import Tape
from tests.scripted import Heard
from tests.skills.outputs import OUTPUTS, output_of

SHOP = Path(__file__).resolve().parents[2] / "examples" / "shop.json"
ORDER = list(PHASES)


@dataclass
class Stored:
    """Steps that give what the skills wrote in a run of the example."""

    phase: str
    ran: list[str] = field(default_factory=list)
    skills: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        self.skills = PHASES[self.phase].skills

    def run(self, skill: str) -> Model:
        self.ran.append(skill)
        made: Model = output_of(skill)
        return made

    def finish(self) -> Any:
        return None


def shop(home: Path, *phases: str) -> Orchestrator:
    """The example's migration with the outputs of these phases."""
    run = Orchestrator(Folder.create(home / "shop", load_request(SHOP), "shop"), listener=Heard())
    for phase in phases:
        for skill in PHASES[phase].skills:
            run.folder.artifact(artifact_of(skill), json.loads((OUTPUTS / f"{skill}.json").read_text()))
    return run


def drive(tape: Tape, home: Path, phase: str) -> None:
    """One phase's talk; whatever the model does, the record is whole and the budget kept."""
    run, steps = shop(home, *ORDER[: ORDER.index(phase)]), Stored(phase)
    ClaudeDriver(tape.model()).drive(run, steps)
    record = run.folder.read_artifact(f"{phase}/talk.json")
    assert steps.ran, "the model called a skill of its phase"
    assert record["ended"]
    spent = phase_spending(run.folder.journal)[phase]
    assert 0 < spent.estimated <= PHASES[phase].tokens
    assert spent.billed <= PHASES[phase].tokens * 10
    assert run.folder.journal.problems() == []


@pytest.mark.cassette("live/assessment")
def test_assessment(cassette: Tape, tmp_path: Path) -> None:
    drive(cassette, tmp_path, "assessment")


@pytest.mark.cassette("live/planning")
def test_planning(cassette: Tape, tmp_path: Path) -> None:
    drive(cassette, tmp_path, "planning")


@pytest.mark.cassette("live/execution")
def test_execution(cassette: Tape, tmp_path: Path) -> None:
    drive(cassette, tmp_path, "execution")


@pytest.mark.cassette("live/validation")
def test_validation(cassette: Tape, tmp_path: Path) -> None:
    drive(cassette, tmp_path, "validation")


@pytest.mark.cassette("live/question")
def test_a_question(cassette: Tape, tmp_path: Path) -> None:
    run = shop(tmp_path, *ORDER)
    heard = Heard()
    record = Asker(run, cassette.model(), heard).ask("What could go wrong with this migration?", lambda: False)
    assert record.narrative and heard.said
    assert phase_spending(run.folder.journal)["chat"].estimated <= 3_000
