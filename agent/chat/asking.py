"""A question in plain words: the model's answer, or without one the command that comes closest."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from agent.chat.session import stoppable

if TYPE_CHECKING:
    from agent.chat.session import Session

# words of a question -> the command whose figures answer it; the first line that has one counts
CLOSEST: tuple[tuple[str, str], ...] = (
    (r"how far|time left|paused", "/status"),
    (r"wrong|risk|danger|hazard|problem|los[es]|lost|broken|bad|quarantin", "/hazards"),
    (r"type|convert|conver|map|schema|differ|change|view|trigger|left out|omi", "/diff"),
    (r"progress|status|copied", "/status"),
    (r"strateg|downtime|how long|duration|plan|take|tool|stage|rollback|way back", "/plan"),
    (r"approv|allow|sign", "/approve"),
    (r"table|row|big|large|size|column|count", "/tables"),
    (r"cost|token|budget|spen[dt]|price", "/budget"),
    (r"far|where|done|finish|next", "/status"),
    (r"assess|source|database|complex|effort", "/assess"),
    (r"equal|valid|proof|prove|compare|check", "/validate"),
    (r"run|start|execut|move|migrat|copy", "/run"),
)

LOOKS = frozenset({"/hazards", "/diff", "/tables", "/budget", "/status"})  # commands that only show what is stored


def ask(session: Session, question: str) -> None:
    """Show the answer while it comes; Ctrl-C stops it."""
    if session.model is None:
        session.screen.say(f"No model answers here (/model says what one would add). Closest: {closest(question)}")
        return
    run = session.run
    from agent.chat.answer import Answer

    answer = Answer(session.screen, run.interrupt.is_set)
    with stoppable(session, "stopping the answer"):
        answer.begin()
        session.asker.listener = answer
        record = session.asker.ask(question, answer.tick)
        answer.end(record)
    if record.narrative:
        _show_measured(session, closest(question), record.measured)


def _show_measured(session: Session, command: str, named: bool) -> None:
    """Below an answer, where what was measured is; all of it where the answer names none, if the command only looks."""
    from agent.chat.commands import carry_out

    if named or command not in LOOKS:
        session.screen.say(f"What was measured: {command}")
        return
    session.screen.say(f"The answer names nothing that was measured. What was measured ({command}):")
    carry_out(session, command)


def closest(question: str) -> str:
    """The command whose figures are nearest to a question."""
    words = question.casefold()
    return next((command for pattern, command in CLOSEST if re.search(rf"\b(?:{pattern})", words)), "/help")
