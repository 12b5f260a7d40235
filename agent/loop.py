"""One talk with a model: its turns, its checked calls, and the many ways in which it may end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from agent.budget import LEAST_OUTPUT, Budget, compact
from agent.grounding import Grounding, Stream
from agent.listener import CallNote, Listener
from agent.talk_model import Refusal, TalkRecord
from agent.tools import Result, ToolBox, shown_arguments, signature
from agent.wire.retries import AGAIN, ModelFailed, send
from agent.wire.types import AttemptFailed, Block, Model, Prompt, Reply
from engines.connection import redact
from skills.digest import LIMITS, clean

MOST_TURNS = 12
MOST_FAILURES = 3  # failed calls in a row after which the rules go on
MOST_PAUSES = 3  # pause_turn answers in a row

# stop_reason of the Messages API -> what it means for the talk; anything else ends it as `unknown stop`
STOPS = {
    "tool_use": "calls",
    "pause_turn": "go on",
    "end_turn": "done",
    "stop_sequence": "done",
    "max_tokens": "answer cut off",
    "model_context_window_exceeded": "context full",
    "refusal": "refused",
}


class PurseEmpty(Exception):
    """An attempt failed, and another one would not fit the budget."""


class Reserving:
    """A model whose every attempt is noted by the budget before it is sent."""

    def __init__(self, model: Model, budget: Budget) -> None:
        self.model, self.budget, self.name = model, budget, model.name

    def send(self, prompt: Prompt, on_text: Callable[[str], None], cancelled: Callable[[], bool]) -> Reply:
        """See Model.send."""
        self.budget.ask(prompt)
        return self.model.send(prompt, on_text, cancelled)

    def count(self, prompt: Prompt) -> int | None:
        """See Model.count."""
        return self.model.count(prompt)


@dataclass
class Talk:
    """Everything one talk needs; journal gets (kind, body)."""

    phase: str
    model: Model
    tools: ToolBox
    budget: Budget
    grounding: Grounding
    listener: Listener
    journal: Callable[[str, dict[str, Any]], object]
    cancelled: Callable[[], bool] = lambda: False
    look_first: bool = False  # every answer has to be a call until one was carried out: nobody tells before looking
    record: TalkRecord = field(init=False)

    def __post_init__(self) -> None:
        self.record = TalkRecord(phase=self.phase, model=self.model.name, ended="")


def converse(talk: Talk, system: str, opening: str) -> TalkRecord:
    """Let the model speak and call until it, a rule or the budget ends it; never raises because of a model."""
    tools = talk.tools.definitions
    messages: list[Block] = [{"role": "user", "content": opening}]
    if not talk.budget.enter(opening + "".join(compact(tool) for tool in tools)):
        return _ended(talk, "budget")
    talk.grounding.give_text(opening)
    calls = Calls(talk)
    pauses = 0
    for _ in range(MOST_TURNS):
        try:
            must_call = talk.look_first and not calls.seen_something
            reply = _turn(talk, Prompt(system, tools, tuple(messages), 0, must_call))
        except ModelFailed as failure:
            talk.listener.note(f"The model failed: {failure.what} The rules go on.")
            return _ended(talk, f"model failed: {failure.kind}")
        if reply is None:
            return _ended(talk, "budget")
        meaning = STOPS.get(reply.stop, "unknown stop")
        content = _sendable(reply)
        pauses = pauses + 1 if meaning == "go on" else 0
        if not content or pauses > MOST_PAUSES:
            return _ended(talk, "too many pauses" if content else "nothing said")
        if meaning not in ("calls", "go on"):
            return _ended(talk, meaning)
        messages.append({"role": "assistant", "content": content})
        if meaning == "go on":
            continue
        results = calls.carry_out(reply.calls)
        if calls.over:
            return _ended(talk, calls.over)
        messages.append({"role": "user", "content": results})
    return _ended(talk, "too many turns")


def _turn(talk: Talk, prompt: Prompt) -> Reply | None:
    """One answer, streamed and charged; None when the budget does not allow it, or not what came instead of it."""
    most = talk.budget.reserve(talk.model, prompt)
    if not most:
        return None
    prompt = replace(prompt, max_tokens=most)
    stream = Stream(talk.grounding, talk.listener.text)

    def charge(failure: AttemptFailed) -> None:
        talk.budget.charge(prompt, failure)
        if failure.kind in AGAIN and not talk.budget.covers(prompt):
            raise PurseEmpty

    try:
        reply = send(
            Reserving(talk.model, talk.budget), prompt, stream.feed, talk.cancelled, charge, note=talk.listener.note
        )
    except PurseEmpty:
        return None
    stream.end()
    fits = talk.budget.settle(prompt, reply)
    if reply.text:
        talk.record.narrative, talk.record.unproved = talk.grounding.render(reply.text)
        talk.record.measured = talk.grounding.names(reply.text)
    return reply if fits else None


class Calls:
    """The calls of a talk; `over` says which rule has ended them."""

    def __init__(self, talk: Talk) -> None:
        self.talk = talk
        self.seen: set[str] = set()
        self.failures = 0
        self.seen_something = False
        self.over = ""

    def carry_out(self, blocks: list[Block]) -> list[Block]:
        """Every call in order with its result; stops at the first that a rule forbids."""
        results: list[Block] = []
        if not blocks:
            self.over = "calls without a call"
        for block in blocks:
            name, given = str(block["name"]), block["input"]
            limit = self._room()
            self.over = self.over or self._forbidden(signature(name, given), limit)
            if self.over:
                break
            result = self.talk.tools.call(name, given, limit)
            self._note(name, given, result)
            if not self.talk.budget.enter(result.text):
                self.over = "budget"
                break
            results.append(self._told(block, result))
        return results

    def _forbidden(self, call: str, limit: int) -> str:
        if call in self.seen:
            return "the same call twice"
        self.seen.add(call)
        if self.talk.cancelled():
            return "cancelled"
        return "" if limit else "budget"

    def _room(self) -> int:
        """The largest digest that leaves room for an answer; 0 when none does."""
        left = self.talk.budget.left - LEAST_OUTPUT
        return max((limit for limit in LIMITS.values() if limit <= left), default=0)

    def _note(self, name: str, given: Any, result: Result) -> None:
        talk, tool, arguments = self.talk, clean(redact(name), 80), shown_arguments(given)
        rows = result.answer.rows if result.answer else None
        talk.record.calls.append(f"{tool} {result.kind}")
        talk.journal(
            "tool call",
            {"phase": talk.phase, "tool": tool, "arguments": arguments, "outcome": result.kind, "why": result.why},
        )
        talk.listener.called(CallNote(tool, arguments, result.kind, result.seconds, rows, result.why))
        if result.kind == "ok":
            self.failures, self.seen_something = 0, True
            return
        talk.record.refusals.append(
            Refusal(phase=talk.phase, tool=tool, arguments=arguments, kind=result.kind, why=result.why)
        )
        self.failures += 1
        if self.failures >= MOST_FAILURES:
            self.over = "three calls failed"

    def _told(self, block: Block, result: Result) -> Block:
        if result.answer is not None:
            self.talk.grounding.give(result.answer.digest.handle, result.answer.digest.data)
        told = {"type": "tool_result", "tool_use_id": block["id"], "content": result.text}
        return told if result.kind == "ok" else {**told, "is_error": True}


def _sendable(reply: Reply) -> list[Block]:
    """The blocks as the API takes them back: no empty text, arguments always an object."""
    kept = [block for block in reply.content if block["type"] != "text" or block["text"].strip()]
    return [
        {**block, "input": {}} if block["type"] == "tool_use" and not isinstance(block["input"], dict) else block
        for block in kept
    ]


def _ended(talk: Talk, how: str) -> TalkRecord:
    talk.record.ended = how
    return talk.record
