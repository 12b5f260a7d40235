"""A question about a migration, answered from what the skills have measured and from nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from agent.claude import open_budget
from agent.grounding import Grounding, without_unproved
from agent.loop import Talk, converse
from agent.phases import CHAT, CHAT_TOKENS, PHASES
from agent.talk_prompts import phase_opening, system_prompt
from agent.toolboxes import PERSONS_WORK, Shelf, look_tool, more_tool, proposal_tools
from agent.tools import ToolBox
from agent.typed_outputs import stored
from engines.errors import Aborted
from skills.digest import clean, fenced

if TYPE_CHECKING:
    from agent.budget import Counts
    from agent.listener import Listener
    from agent.orchestrator import Orchestrator
    from agent.talk_model import TalkRecord
    from agent.wire.types import Model

REMEMBERED = 600  # characters of the last answer that the next question is told


class Asker:
    """Answers one question at a time; the model may assess and plan, which only read, and look at what is stored."""

    def __init__(self, run: Orchestrator, model: Model, listener: Listener, counter: Counts | None = None) -> None:
        from agent.wire.meter import Counter

        self.run, self.model, self.listener = run, model, listener
        self.counter: Counts = counter or Counter()
        self._talked = ""

    def ask(self, question: str, cancelled: Callable[[], bool]) -> TalkRecord:
        """The record of the answer, which was streamed to the listener."""
        shelf, grounding = Shelf(self.counter.count), Grounding()
        opening = phase_opening(self.run, "question", shelf, grounding, question=question, talked=self._talked)
        talk = Talk(
            phase=CHAT,
            model=self.model,
            tools=self._tools(shelf),
            budget=open_budget(self.run, CHAT, CHAT_TOKENS, self.model, self.counter, self.listener),
            grounding=grounding,
            listener=self.listener,
            journal=self.run.folder.journal.append,
            cancelled=cancelled,
        )
        record = converse(talk, system_prompt(), opening)
        self.run.folder.journal.append("talk", {"phase": CHAT, "ended": record.ended, "content": talk.budget.content})
        self._talked = _retold(question, record.narrative)
        return record

    def _tools(self, shelf: Shelf) -> ToolBox:
        tools = [look_tool(self._produce, shelf), more_tool(shelf), *proposal_tools(self.run, CHAT, self.counter.count)]
        return ToolBox(tools, PERSONS_WORK)

    def _produce(self, name: str) -> Any:
        """A skill's stored output; assessment and planning are run where they were not, the rest never."""
        if stored(self.run, name) is None:
            if name in PHASES["assessment"].skills:
                self.run.assess()
            elif name in PHASES["planning"].skills:
                self.run.make_plan()
            else:
                raise Aborted(
                    "NOT_RUN_YET",
                    f"{name} has not run in this migration.",
                    f"A person can run it: dbmo run {self.run.folder.path}",
                )
        return stored(self.run, name)


def _retold(question: str, answer: str) -> str:
    """The last exchange as data for the next question; empty where nothing was said."""
    if not answer:
        return ""
    said = clean(without_unproved(answer), REMEMBERED)
    return fenced("said", {"question": clean(question, REMEMBERED), "answer": said})
