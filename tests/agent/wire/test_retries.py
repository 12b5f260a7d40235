"""Trying again: when, how long, how often, and that every attempt is paid for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.wire.retries import AGAIN, ModelFailed, Patience, send
from agent.wire.types import AttemptFailed, Prompt, Reply

PROMPT = Prompt("", (), (), 100)
ANSWER = Reply(({"type": "text", "text": "x"},), "end_turn")
KINDS = sorted(AGAIN | {"cancelled", "refused_request"})


@dataclass
class Trial:
    """A model that fails as told and then answers, and everything that was noted while it was asked."""

    failures: list[AttemptFailed]
    jitter: float = 0.0
    charged: list[AttemptFailed] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    slept: list[float] = field(default_factory=list)
    cancelled: Iterator[bool] = field(default_factory=lambda: iter(()))
    name: str = "failing"

    def send(self, prompt: Prompt, on_text: Callable[[str], None], cancelled: Callable[[], bool]) -> Reply:
        if len(self.charged) < len(self.failures):
            raise self.failures[len(self.charged)]
        return ANSWER

    def count(self, prompt: Prompt) -> int | None:
        return None

    def run(self) -> Reply:
        return send(
            self,
            PROMPT,
            lambda piece: None,
            lambda: next(self.cancelled, False),
            self.charged.append,
            self.slept.append,
            self.notes.append,
            jitter=lambda: self.jitter,
        )

    def failed(self) -> ModelFailed:
        with pytest.raises(ModelFailed) as caught:
            self.run()
        return caught.value


def fails(kind: str = "overloaded", retry_after: float | None = None, received: str = "") -> AttemptFailed:
    return AttemptFailed(kind, "the model is overloaded", retry_after, received)


@pytest.mark.parametrize("kind", sorted(AGAIN))
def test_what_passes_is_tried_again(kind: str) -> None:
    trial = Trial([fails(kind)] * 3)
    assert trial.run() is ANSWER
    assert len(trial.charged) == 3


@pytest.mark.parametrize("kind", ["refused_request", "cancelled"])
def test_what_stays_is_not(kind: str) -> None:
    trial = Trial([fails(kind)])
    error = trial.failed()
    assert (error.kind, error.attempts, len(trial.charged), trial.slept) == (kind, 1, 1, [])


def test_the_fourth_failure_is_the_last() -> None:
    trial = Trial([fails()] * 9)
    error = trial.failed()
    assert (error.kind, error.attempts, len(trial.charged)) == ("overloaded", 4, 4)
    assert "4 times in a row" in error.what


def test_pauses_grow_and_are_half_random() -> None:
    for jitter, seconds in ((0.0, 0.25 + 0.5 + 1.0), (1.0, 0.5 + 1.0 + 2.0)):
        trial = Trial([fails()] * 3, jitter)
        trial.run()
        assert sum(trial.slept) == pytest.approx(seconds)


def test_the_wait_that_a_server_asks_for_is_kept() -> None:
    trial = Trial([fails("rate_limited", 7.0)])
    trial.run()
    assert sum(trial.slept) == pytest.approx(7.0)


def test_a_wait_that_is_too_long_is_not_begun() -> None:
    trial = Trial([fails("rate_limited", 3600.0)])
    assert "asks to wait 3600 s" in trial.failed().what
    assert trial.slept == []


def test_waits_together_have_an_end() -> None:
    trial = Trial([fails("rate_limited", 14.0)] * 3)
    assert "used up" in trial.failed().what
    assert sum(trial.slept) == pytest.approx(28.0)


def test_text_that_comes_again_is_announced() -> None:
    trial = Trial([fails(), fails("interrupted", received="The tables")])
    trial.run()
    assert ["starts again" in note for note in trial.notes] == [False, True]
    assert trial.notes[0].startswith("Attempt 2 of 4 in 0.2 s: the model is overloaded.")


def test_a_pause_can_be_stopped() -> None:
    trial = Trial([fails("rate_limited", 10.0)], cancelled=iter([False, False, True]))
    assert trial.failed().kind == "cancelled"
    assert sum(trial.slept) == pytest.approx(0.2)


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from(KINDS), st.none() | st.floats(0, 1e9)), max_size=8), st.floats(0, 1))
def test_nothing_goes_beyond_its_limits(failures: list[tuple[str, float | None]], jitter: float) -> None:
    trial = Trial([fails(kind, retry_after) for kind, retry_after in failures], jitter)
    try:
        trial.run()
    except ModelFailed as error:
        assert error.attempts == len(trial.charged)
    limits = Patience()
    assert len(trial.charged) <= limits.attempts
    assert sum(trial.slept) <= limits.together + 0.1
