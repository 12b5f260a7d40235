"""Two ledgers: no answer is asked for that would not fit, and everything that was sent is charged."""

from __future__ import annotations

from typing import Any

import pytest

from agent.budget import LEAST_OUTPUT, Budget, Caps, prompt_text
from agent.wire.types import AttemptFailed, Prompt, Reply, Usage
from tests.scripted import ScriptedModel


class Letters:
    """A counter whose token is a letter, so that tests can count on their fingers."""

    def __init__(self) -> None:
        self.learned: list[tuple[int, int]] = []

    def count(self, text: str) -> int:
        return len(text)

    def raw(self, text: str) -> int:
        return len(text)

    def learn(self, raw_tokens: int, actual: int) -> None:
        self.learned.append((raw_tokens, actual))


PROMPT = Prompt("s" * 100, (), ({"role": "user", "content": "q" * 99},), 300)  # 200 tokens with the line break
NOTED: list[dict[str, Any]] = []
WIDE = Caps(10_000)


def budget(limit: int = 1_000, caps: Caps = WIDE, price: float | None = 0.001, before: int = 0) -> Budget:
    NOTED.clear()
    return Budget(limit, Letters(), caps, lambda u: None if price is None else u.billed * price, NOTED.append, before)


def test_a_text_enters_once_and_only_if_it_fits() -> None:
    made = budget(limit=10)
    assert made.enter("1234567") and made.left == 3
    assert not made.enter("1234") and made.left == 3


@pytest.mark.parametrize(
    ("made", "output"),
    [
        (budget(limit=1_000), 700),
        (budget(limit=300), 300),
        (budget(limit=LEAST_OUTPUT - 1), 0),
        (budget(limit=1_000, before=750), 250),
        (budget(caps=Caps(600)), 400),
        (budget(caps=Caps(10_000, tokens_before=9_850)), 0),
        (budget(caps=Caps(10_000, usd=0.5)), 0),
        (budget(caps=Caps(10_000, usd=1.0)), 700),
        (budget(caps=Caps(10_000, usd=1.0, usd_before=0.5)), 0),
    ],
)
def test_an_answer_is_asked_for_as_far_as_every_limit_allows(made: Budget, output: int) -> None:
    assert made.reserve(ScriptedModel(), PROMPT) == output


def test_the_server_is_asked_to_count_near_a_cap() -> None:
    model = ScriptedModel(counts=True)
    assert model.count(PROMPT) == 51
    assert budget(caps=Caps(600)).reserve(model, PROMPT) == 549


def test_an_answer_is_charged_by_what_the_server_counted() -> None:
    made = budget()
    made.settle(PROMPT, Reply((), "end_turn", Usage(input=20, output=30, cache_read=150, cache_write=10)))
    assert (made.content, made.billed, round(made.cost, 9)) == (30, 210, 0.21)
    assert made.counter.learned == [(200, 180)]  # type: ignore[attr-defined]
    assert NOTED[0] | {"cost_usd": 0} == {
        "outcome": "answered", "content": 30, "input": 20, "output": 30, "cache_read": 150, "cache_write": 10,
        "cost_usd": 0,
    }  # fmt: skip


def test_an_answer_without_usage_is_charged_by_the_estimate() -> None:
    made = budget()
    made.settle(PROMPT, Reply(({"type": "text", "text": "x" * 50},), "end_turn"))
    assert (made.content, made.billed) == (50, 250)


def test_a_server_that_bills_more_output_than_was_allowed_does_not_break_the_content_ledger() -> None:
    made = budget(limit=400)
    made.settle(PROMPT, Reply((), "end_turn", Usage(input=200, output=5_000)))
    assert (made.content, made.billed) == (300, 5_200)


def test_a_failed_attempt_is_charged_with_all_that_was_sent_and_had_come() -> None:
    made = budget()
    made.charge(PROMPT, AttemptFailed("interrupted", "The stream ended.", received="x" * 40))
    assert (made.content, made.billed, NOTED[0]["outcome"]) == (40, 240, "interrupted")


def test_a_prompt_s_text_holds_everything_that_is_read() -> None:
    prompt = Prompt(
        "system",
        ({"name": "tool", "description": "does"},),
        (
            {"role": "user", "content": "question"},
            {"role": "assistant", "content": [{"type": "tool_use", "id": "1", "name": "tool", "input": {"a": "arg"}}]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "1", "content": "found"}]},
        ),
        1,
    )
    text = prompt_text(prompt)
    assert all(word in text for word in ("system", "does", "question", "arg", "found"))
