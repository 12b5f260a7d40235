"""Phases that a model drives while a person looks on: each talk is shown with its end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent.chat.answer import Answer
from agent.claude import ClaudeDriver
from agent.talk_model import TalkRecord

if TYPE_CHECKING:
    from agent.orchestrator import Orchestrator
    from agent.steps import Steps
    from agent.wire.types import Model


class ShownDriver(ClaudeDriver):
    """The claude driver, whose talks begin and end on a screen."""

    def __init__(self, model: Model, answer: Answer) -> None:
        super().__init__(model)
        self.answer = answer

    def drive(self, run: Orchestrator, steps: Steps) -> None:
        """One talk; what it calls is shown by the run's listener."""
        self.answer.begin()
        super().drive(run, steps)
        self.answer.end(TalkRecord.model_validate(run.folder.read_artifact(f"{steps.phase}/talk.json")))
