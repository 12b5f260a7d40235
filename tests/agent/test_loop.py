"""A talk: what a model calls runs checked and once, and every way to end leaves the rules to go on."""

from __future__ import annotations

from typing import Any

import pytest

from agent.budget import Budget, Caps
from agent.grounding import Grounding
from agent.loop import Talk, converse
from agent.talk_model import TalkRecord
from agent.tools import Answer, Tool, ToolBox
from agent.wire.meter import Counter
from agent.wire.types import AttemptFailed, Reply
from engines.catalog import Model
from engines.errors import UsageError
from skills.digest import Digest
from tests.scripted import Heard, ScriptedModel, Step, calls, says


class Arguments(Model):
    """A number to look at."""

    place: int = 0


class Desk:
    """A tool that counts how often it was used, and the talk around it."""

    def __init__(self, *script: Step, limit: int = 3_000, fails: bool = False) -> None:
        self.used: list[int] = []
        self.fails = fails
        self.heard = Heard()
        self.noted: list[tuple[str, dict[str, Any]]] = []
        self.model = ScriptedModel(script)
        counter = Counter()
        self.budget = Budget(limit, counter, Caps(100_000), lambda usage: 0.0, lambda body: None)
        tool = Tool(
            "look", {"name": "look", "description": "", "input_schema": {"type": "object"}}, Arguments, self._work
        )
        self.talk = Talk(
            "assessment", self.model, ToolBox([tool]), self.budget, Grounding(), self.heard,
            lambda kind, body: self.noted.append((kind, body)),
        )  # fmt: skip

    def _work(self, arguments: Arguments, limit: int) -> Answer:
        self.used.append(arguments.place)
        if self.fails:
            raise UsageError("NOTHING_THERE", "There is nothing.", "Look elsewhere.")
        return Answer(Digest(handle="look", data={"tables": 12 + arguments.place}, tokens=10), rows=5)

    def converse(self) -> TalkRecord:
        return converse(self.talk, "system", "What is there?")


def look(place: int = 0) -> tuple[str, Any]:
    return "look", {"place": place}


def test_a_call_s_figures_come_back_into_the_words() -> None:
    desk = Desk(calls(look(), text="I look."), says("There are {look.tables} tables, maybe 99."))
    record = desk.converse()
    assert (record.ended, record.narrative, record.unproved) == (
        "done", "There are 12 tables, maybe 99[?].", ["99"],
    )  # fmt: skip
    assert desk.heard.said == "I look.There are 12 tables, maybe 99[?]."
    assert [(note.tool, note.outcome, note.rows) for note in desk.heard.calls] == [("look", "ok", 5)]
    assert [kind for kind, _ in desk.noted] == ["tool call"]


def test_parallel_calls_are_all_answered_in_one_message() -> None:
    desk = Desk(calls(look(1), look(2)), says("Done."))
    assert desk.converse().ended == "done"
    results = desk.model.seen[1].messages[-1]["content"]
    assert [result["tool_use_id"] for result in results] == ["toolu_0", "toolu_1"]
    assert desk.used == [1, 2]


@pytest.mark.parametrize(
    ("script", "ended", "used"),
    [
        ([calls(look(), stop="max_tokens")], "answer cut off", []),
        ([calls(look(), stop="end_turn")], "done", []),
        ([calls(look(), stop="refusal")], "refused", []),
        ([calls(look(), stop="model_context_window_exceeded")], "context full", []),
        ([calls(look(), stop="something_new")], "unknown stop", []),
        ([calls(look()), calls(look())], "the same call twice", [0]),
        ([calls(look(), look())], "the same call twice", [0]),
        ([calls(("no", 1)), calls(("no", 2)), calls(("no", 3)), calls(look())], "three calls failed", []),
        ([says("", stop="tool_use")], "nothing said", []),
        ([says("I will.", stop="tool_use")], "calls without a call", []),
        ([Reply((), "end_turn")], "nothing said", []),
        ([Reply((), "pause_turn")], "nothing said", []),
        ([says("Hm.", stop="pause_turn")] * 4, "too many pauses", []),
        ([says("Hm.", stop="pause_turn"), says("So.")], "done", []),
        ([AttemptFailed("refused_request", "The key is wrong.")], "model failed: refused_request", []),
        ([calls(look(n)) for n in range(40)], "too many turns", list(range(12))),
    ],
)  # fmt: skip
def test_a_talk_ends_as_it_must(script: list[Step], ended: str, used: list[int]) -> None:
    desk = Desk(*script)
    assert desk.converse().ended == ended
    assert desk.used == used
    assert desk.budget.content <= desk.budget.limit


def test_a_talk_that_uses_up_its_budget_leaves_the_rest_to_the_rules() -> None:
    desk = Desk(*(calls(look(n), text="words " * 60) for n in range(12)), limit=900)
    assert desk.converse().ended == "budget"
    assert 0 < len(desk.used) < 12 and desk.budget.content <= 900


def test_malformed_arguments_can_be_corrected() -> None:
    desk = Desk(calls(("look", '{"place": 1')), calls(look(1)), says("Done."))
    record = desk.converse()
    assert (record.ended, desk.used) == ("done", [1])
    assert [refusal.kind for refusal in record.refusals] == ["correct"]
    sent = desk.model.seen[1].messages
    assert sent[1]["content"][0]["input"] == {}, "the API takes only an object back"
    assert sent[2]["content"][0]["is_error"] is True


def test_a_tool_that_keeps_failing_ends_the_talk() -> None:
    desk = Desk(*(calls(look(n)) for n in range(5)), fails=True)
    assert desk.converse().ended == "three calls failed"
    assert desk.used == [0, 1, 2]


def test_nothing_is_sent_when_the_opening_does_not_fit() -> None:
    desk = Desk(says("Hello."), limit=20)
    assert desk.converse().ended == "budget" and desk.model.seen == []


def test_a_cancelled_talk_calls_nothing_more() -> None:
    desk = Desk(calls(look()))
    desk.talk.cancelled = lambda: bool(desk.model.seen)
    assert desk.converse().ended == "cancelled" and desk.used == []


def test_the_prefix_of_a_talk_is_stable() -> None:
    desk = Desk(calls(look(1)), calls(look(2)), says("Done."))
    desk.converse()
    first, second, third = desk.model.seen
    assert first.system == second.system == third.system and first.tools == second.tools == third.tools
    assert second.messages[: len(first.messages)] == first.messages
    assert third.messages[: len(second.messages)] == second.messages


def test_who_must_look_first_is_asked_for_a_call_until_one_was_carried_out() -> None:
    desk = Desk(calls(("no", {})), calls(look()), says("Done."))
    desk.talk.look_first = True
    assert desk.converse().ended == "done"
    assert [prompt.must_call for prompt in desk.model.seen] == [True, True, False]
