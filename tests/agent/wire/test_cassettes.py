"""The wire as it was recorded: every way in which an answer can come or fail, from the request to what a talk gets."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from agent.wire.client import MessagesModel
from agent.wire.retries import ModelFailed, send
from agent.wire.types import AttemptFailed, Block, Prompt, Reply
from tests.cassette import Tape
from tests.messages_server import broken_off, call, refused, streamed, text

TOOL = {
    "name": "assess",
    "description": "Looks at the source.",
    "input_schema": {"type": "object", "properties": {"detail": {"type": "string"}}},
}
QUESTION: Block = {"role": "user", "content": "What could go wrong?"}
GOOD = streamed(text("Three ", "hazards."))


@dataclass
class Asked:
    """One question with its retries, and everything that was noted."""

    model: MessagesModel
    said: list[str] = field(default_factory=list)
    charged: list[AttemptFailed] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    slept: list[float] = field(default_factory=list)

    def ask(self, *more: Block) -> Reply:
        prompt = Prompt("You explain migrations.", (TOOL,), (QUESTION, *more), 100)
        return send(
            self.model,
            prompt,
            self.said.append,
            lambda: False,
            self.charged.append,
            self.slept.append,
            self.notes.append,
            jitter=lambda: 0.0,
        )

    @property
    def kinds(self) -> list[str]:
        return [failed.kind for failed in self.charged]


@pytest.mark.cassette("scripted/plain")
def test_an_answer_is_streamed(cassette: Tape) -> None:
    asked = Asked(cassette.model(GOOD))
    reply = asked.ask()
    assert asked.said == ["Three ", "hazards."]
    assert (reply.text, reply.stop, reply.usage.read, reply.usage.output) == ("Three hazards.", "end_turn", 20, 12)


@pytest.mark.cassette("scripted/count")
def test_a_prompt_is_counted_before_it_is_sent(cassette: Tape) -> None:
    model = cassette.model(GOOD, tokens=321)
    assert model.count(Prompt("You explain migrations.", (TOOL,), (QUESTION,), 100)) == 321


@pytest.mark.cassette("scripted/rate_limited")
def test_a_rate_limit_is_waited_for(cassette: Tape) -> None:
    asked = Asked(cassette.model(refused(429, "rate_limit_error", retry_after="3"), GOOD))
    assert asked.ask().text == "Three hazards."
    assert (asked.kinds, round(sum(asked.slept), 3)) == (["rate_limited"], 3.0)


@pytest.mark.cassette("scripted/rate_limited_without_a_time")
def test_a_rate_limit_without_a_time_is_tried_at_growing_distances(cassette: Tape) -> None:
    asked = Asked(cassette.model(*[refused(429, "rate_limit_error")] * 2, GOOD))
    assert asked.ask().text == "Three hazards."
    assert (asked.kinds, round(sum(asked.slept), 3)) == (["rate_limited"] * 2, 0.75)


@pytest.mark.cassette("scripted/rate_limited_for_an_hour")
def test_an_hour_is_not_waited_for(cassette: Tape) -> None:
    asked = Asked(cassette.model(refused(429, "rate_limit_error", retry_after="3600")))
    with pytest.raises(ModelFailed, match="asks to wait 3600 s"):
        asked.ask()
    assert (asked.kinds, asked.slept) == (["rate_limited"], [])


@pytest.mark.cassette("scripted/overloaded")
def test_an_overloaded_model_is_given_up_after_four_attempts(cassette: Tape) -> None:
    asked = Asked(cassette.model(*[refused(529, "overloaded_error")] * 4))
    with pytest.raises(ModelFailed, match="4 times in a row"):
        asked.ask()
    assert asked.kinds == ["overloaded"] * 4


@pytest.mark.cassette("scripted/error_in_the_stream")
def test_an_error_in_the_middle_of_a_stream_starts_the_answer_again(cassette: Tape) -> None:
    asked = Asked(cassette.model(broken_off("overloaded_error", text("Three ")), GOOD))
    assert asked.ask().text == "Three hazards."
    assert asked.said == ["Three ", "Three ", "hazards."]
    assert (asked.kinds, asked.charged[0].received) == (["overloaded"], "Three ")
    assert "starts again" in asked.notes[0]


@pytest.mark.cassette("scripted/wrong_key")
def test_a_wrong_key_is_not_tried_again(cassette: Tape) -> None:
    asked = Asked(cassette.model(refused(401, "authentication_error", "this key is not known")))
    with pytest.raises(ModelFailed, match="check ANTHROPIC_API_KEY"):
        asked.ask()
    assert asked.kinds == ["refused_request"]


@pytest.mark.cassette("scripted/refusal")
def test_a_refusal_is_an_answer_of_its_own_kind(cassette: Tape) -> None:
    assert Asked(cassette.model(streamed(text("No."), stop="refusal"))).ask().stop == "refusal"


@pytest.mark.cassette("scripted/cut_off_call")
def test_a_call_that_was_cut_off_has_no_arguments(cassette: Tape) -> None:
    half = streamed(text("I look."), call("assess", '{"detail": "lo'), stop="max_tokens", output=100)
    reply = Asked(cassette.model(half)).ask()
    assert (reply.stop, reply.calls[0]["input"]) == ("max_tokens", '{"detail": "lo')


@pytest.mark.cassette("scripted/pause")
def test_a_paused_answer_can_go_on(cassette: Tape) -> None:
    asked = Asked(cassette.model(streamed(text("Three "), stop="pause_turn"), streamed(text("hazards."))))
    first = asked.ask()
    second = asked.ask({"role": "assistant", "content": list(first.content)})
    assert [first.stop, second.stop] == ["pause_turn", "end_turn"]
    assert "".join(asked.said) == "Three hazards."


@pytest.mark.cassette("scripted/malformed_arguments")
def test_malformed_arguments_reach_the_talk_as_they_came(cassette: Tape) -> None:
    reply = Asked(cassette.model(streamed(call("assess", "{detail: ", "long}"), stop="tool_use"))).ask()
    assert reply.calls[0]["input"] == "{detail: long}"


@pytest.mark.cassette("scripted/unknown_tool")
def test_a_tool_that_nobody_offered_reaches_the_talk(cassette: Tape) -> None:
    reply = Asked(cassette.model(streamed(call("drop_all_tables", "{}"), stop="tool_use"))).ask()
    assert [found["name"] for found in reply.calls] == ["drop_all_tables"]


@pytest.mark.cassette("scripted/parallel_calls")
def test_calls_beside_each_other_keep_their_order_and_ids(cassette: Tape) -> None:
    both = (call("assess", '{"detail": "short"}', id="toolu_1"), call("assess", '{"detail": "long"}', id="toolu_2"))
    asked = Asked(cassette.model(streamed(*both, stop="tool_use"), GOOD))
    reply = asked.ask()
    assert [(found["id"], found["input"]["detail"]) for found in reply.calls] == [
        ("toolu_1", "short"),
        ("toolu_2", "long"),
    ]
    results = [{"type": "tool_result", "tool_use_id": found["id"], "content": "{}"} for found in reply.calls]
    after = asked.ask({"role": "assistant", "content": list(reply.content)}, {"role": "user", "content": results})
    assert after.text == "Three hazards."


@pytest.mark.cassette("scripted/empty")
def test_an_answer_may_be_empty(cassette: Tape) -> None:
    reply = Asked(cassette.model(streamed())).ask()
    assert (reply.content, reply.text, reply.stop) == ((), "", "end_turn")
