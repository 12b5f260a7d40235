"""Whatever a model says, calls, claims or fails of: a talk ends, inside its budget, and nothing ran that must not."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import agent.wire.retries
from agent.budget import BILLED_FACTOR, Budget, Caps, compact
from agent.grounding import Grounding
from agent.loop import STOPS, Talk, converse
from agent.talk_model import TalkRecord
from agent.tools import Answer, Tool, ToolBox, signature
from agent.wire.message import Gathering
from agent.wire.meter import Counter
from agent.wire.types import AttemptFailed, Reply, Usage
from engines.catalog import Model
from engines.errors import Aborted, EngineError, UsageError
from skills.digest import Digest
from tests.harmless.obedient import told
from tests.scripted import Heard, ScriptedModel, Step

KINDS = (
    "rate_limited", "overloaded", "server_error", "timeout", "connection", "interrupted", "cancelled",
    "refused_request", "a kind of its own",
)  # fmt: skip
LIMIT = 2_000

any_text = st.text(st.characters(), max_size=40) | st.sampled_from(
    ["", " ", "</data>", "<|endoftext|>", "{assess.tables}", "\ud800", "\x1b[2J", "approve", "7" * 300, "word " * 900]
)
scalar = st.none() | st.booleans() | st.integers() | st.floats() | any_text | st.sampled_from([10**400, -(2**70)])
junk = st.recursive(scalar, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(any_text, inner, max_size=4))
deep = st.integers(1, 3_000).map(lambda depth: f'{{"place":{"[" * depth}{"]" * depth}}}')
names = st.sampled_from(["look", "write", "approve", "execute", "more", "fails", "aborts", "breaks"]) | any_text
arguments = st.fixed_dictionaries({"place": st.integers(-3, 3)}) | junk


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses between attempts take no time here."""
    monkeypatch.setattr(agent.wire.retries, "SLICE", math.inf)
    defaults = agent.wire.retries.send.__defaults__
    assert defaults is not None
    monkeypatch.setattr(agent.wire.retries.send, "__defaults__", (lambda seconds: None, *defaults[1:]))


class Arguments(Model):
    """A number to look at."""

    place: int = 0


class Desk:
    """A talk over tools that note what ran; `write` is one that must not be there."""

    def __init__(self, script: list[Step], limit: int = LIMIT, caps: Caps | None = None, **model: Any) -> None:
        self.ran: list[str] = []
        self.said = "It went wrong: \x1b[2J</data>"
        self.spent: list[dict[str, Any]] = []
        self.model = ScriptedModel(script, **model)
        self.counter = Counter()
        self.heard = Heard()
        self.budget = Budget(limit, self.counter, caps or Caps(limit * BILLED_FACTOR), _price, self.spent.append)
        self.notes: list[tuple[str, dict[str, Any]]] = []
        works = {"look": None, "fails": UsageError, "aborts": Aborted, "breaks": EngineError}
        tools = [Tool(name, _definition(name), Arguments, self._work(name, error)) for name, error in works.items()]
        self.talk = Talk(
            "assessment", self.model, ToolBox(tools, {"execute": "Only a person.", "approve": "Only a person."}),
            self.budget, Grounding(), self.heard, lambda kind, body: self.notes.append((kind, body)),
        )  # fmt: skip

    def _work(self, name: str, error: type[Exception] | None) -> Callable[[Arguments, int], Answer]:
        def work(given: Arguments, limit: int) -> Answer:
            self.ran.append(name)
            if error is not None:
                raise error("NO", self.said, "Do something else.")
            return Answer(Digest(handle="look", data={"seen": "word " * (limit // 4)}, tokens=limit), rows=1)

        return work

    def converse(self) -> TalkRecord:
        return converse(self.talk, "system", "What is there?")


def entered_into(model: ScriptedModel, counter: Counter) -> int:
    """Tokens, as the vocabulary counts them, of all that ever went into the talk that a model had last."""
    last = model.seen[-1]
    parts = [*(compact(tool) for tool in last.tools), *told(last)]
    said = [block for m in last.messages if m["role"] == "assistant" for block in m["content"]]
    parts += [str(block.get("text") or compact(block.get("input", ""))) for block in said]
    return sum(counter.raw(part) for part in parts)


def _definition(name: str) -> dict[str, Any]:
    return {"name": name, "description": "", "input_schema": {"type": "object"}}


def _price(usage: Usage) -> float:
    return usage.billed * 1e-6


@st.composite
def replies(draw: st.DrawFn) -> Reply:
    """A message as a wire puts it together, from a server that may send anything."""
    gathering = Gathering()
    usage = st.fixed_dictionaries({}, optional={
        name: st.integers(0, 900) | st.sampled_from([0, 1, 10**30]) | scalar
        for name in ("input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
    })  # fmt: skip
    gathering.take({"type": "message_start", "message": {"usage": draw(usage | junk)}})
    for index in range(draw(st.integers(0, 4))):
        for event in draw(_block(index)):
            gathering.take(event)
    stop = draw(st.sampled_from([*STOPS, "tool_use", "tool_use", "end_turn"]) | any_text)
    gathering.take({"type": "message_delta", "delta": {"stop_reason": stop}, "usage": draw(usage | junk)})
    gathering.take({"type": "message_stop"})
    return gathering.reply() if gathering.whole or draw(st.booleans()) else gathering.cut(draw(st.integers(0, 9_000)))


@st.composite
def _block(draw: st.DrawFn, index: int) -> list[dict[str, Any]]:
    kind = draw(st.sampled_from(["text", "tool_use", "tool_use", "thinking", "redacted_thinking", "junk"]))
    start: Any = {"type": kind, "text": draw(any_text)}
    delta: Any = {"type": "text_delta", "text": draw(any_text)}
    if kind == "tool_use":
        start = {"type": kind, "id": f"toolu_{index}", "name": draw(names), "input": {}}
        given = draw(arguments.map(_json) | deep | any_text)
        delta = {"type": "input_json_delta", "partial_json": given}
    elif kind == "thinking":
        start, delta = {"type": kind, "thinking": ""}, {"type": "thinking_delta", "thinking": draw(any_text)}
    elif kind == "junk":
        start, delta = draw(junk), draw(junk)
    return [
        {"type": "content_block_start", "index": index, "content_block": start},
        {"type": "content_block_delta", "index": index, "delta": delta},
    ]


def _json(value: Any) -> str:
    return compact(value)


failures = st.builds(AttemptFailed, st.sampled_from(KINDS), any_text, st.none() | st.floats(0, 99), any_text)
scripts = st.lists(replies() | failures, max_size=14)


@settings(max_examples=100, deadline=None)
@given(scripts)
def test_a_talk_ends_inside_its_budget_whatever_the_model_does(script: list[Step]) -> None:
    desk = Desk(script)
    record = desk.converse()
    assert record.ended and TalkRecord.model_validate_json(record.model_dump_json()) == record
    assert all(spent["content"] <= LIMIT for spent in desk.spent) and desk.budget.content <= LIMIT
    assert all(0 < prompt.max_tokens <= LIMIT for prompt in desk.model.seen)
    assert entered_into(desk.model, desk.counter) <= LIMIT


@settings(max_examples=100, deadline=None)
@given(scripts)
def test_only_whole_calls_that_are_offered_run_and_each_once(script: list[Step]) -> None:
    desk = Desk(script)
    desk.converse()
    played = [step for step in script[: len(desk.model.seen)] if isinstance(step, Reply)]
    whole = [signature(b["name"], b["input"]) for r in played if r.stop == "tool_use" for b in r.calls]
    noted = [body for kind, body in desk.notes if kind == "tool call"]
    assert len(noted) <= len(set(whole)) and set(desk.ran) <= {"look", "fails", "aborts", "breaks"}
    assert {body["outcome"] for body in noted if body["tool"] in ("approve", "execute")} <= {"person"}
    assert {body["outcome"] for body in noted if body["tool"] in ("write", "more")} <= {"correct"}


def _chatty(turn: int) -> Reply:
    words = f"{turn} " + "word " * 600
    call = {"type": "tool_use", "id": f"toolu_{turn}", "name": "look", "input": {"place": turn}}
    return Reply(({"type": "text", "text": words}, call), "tool_use", Usage(1, 1))


def test_a_server_that_counts_less_than_it_sends_gets_no_more_into_a_talk() -> None:
    desk = Desk([_chatty(turn) for turn in range(12)])
    desk.converse()
    assert entered_into(desk.model, desk.counter) <= LIMIT


def test_a_message_of_an_engine_is_told_without_the_values_in_it() -> None:
    desk = Desk([Reply(({"type": "tool_use", "id": "toolu_1", "name": "breaks", "input": {}},), "tool_use")])
    desk.said = 'invalid input syntax for type integer: "4111 1111"'
    record = desk.converse()
    assert "invalid input syntax" in record.refusals[0].why
    assert "4111" not in record.model_dump_json() + repr(desk.model.seen)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.builds(AttemptFailed, st.sampled_from(KINDS[:6]), any_text, st.none(), any_text), min_size=1),
    st.integers(300, 3_000),
)
def test_attempts_that_fail_are_paid_out_of_the_same_purse(script: list[Step], cap: int) -> None:
    desk = Desk(script, caps=Caps(cap))
    desk.converse()
    assert desk.budget.billed <= cap
