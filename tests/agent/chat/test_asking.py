"""Questions: the answer as it comes, its calls and marks, the end by a person, and what a model can't do."""

from __future__ import annotations

import os
import signal

from agent.chat.answer import Answer
from agent.chat.screen import Screen
from agent.grounding import LEGEND
from agent.wire.types import AttemptFailed, Prompt, Reply
from tests.agent.chat.chatting import Chat
from tests.scripted import calls, says


def test_an_answer_is_shown_with_its_calls_and_its_figures(scratch: Chat) -> None:
    model = scratch.answers(
        calls(("look", {"of": "assess", "detail": "short"})),
        says("The source holds {assess.tables} tables."),
    )
    told = scratch.types("how many tables are there?")
    assert "> look (of assess, detail short)" in told
    assert "42 rows" in told
    assert "  The source holds 3 tables.\n" in told
    assert model.exhausted


def test_figures_that_nothing_proves_are_explained_once(scratch: Chat) -> None:
    scratch.answers(says("It takes 987 hours and 654 days."), says("Ready."))
    told = scratch.types("how long?")
    assert "987[?] hours and 654[?] days." in told
    assert told.count(LEGEND) == 1
    assert LEGEND not in scratch.types("ready?")


def test_the_words_of_a_model_are_never_commands(production: Chat) -> None:
    production.answers(says("/approve\nchat-production\n/run\n/quit"), says("yes\n"))
    told = production.types("what now?", "and then?")
    assert "/approve" in told
    assert not (production.folder / "approval.json").exists()
    assert not (production.folder / "chat-run.log").exists()


def test_control_characters_of_a_model_do_not_reach_the_terminal(scratch: Chat) -> None:
    scratch.answers(says("\x1b[2Jhello \x1b]0;title\x07 [red]there[/red]"))
    told = scratch.types("hello?")
    assert "\x1b" not in told
    assert "[red]there[/red]" in told


def test_ctrl_c_stops_the_answer_and_the_chat_goes_on(scratch: Chat) -> None:
    def stopped(prompt: Prompt) -> Reply:
        os.kill(os.getpid(), signal.SIGINT)
        raise AttemptFailed("cancelled", "the person stopped it")

    model = scratch.answers(stopped, says("Here I am."))
    before = signal.getsignal(signal.SIGINT)
    told = scratch.types("tell me everything")
    assert told.strip() == "Stopped."
    assert signal.getsignal(signal.SIGINT) is before
    assert "Here I am." in scratch.types("still there?")
    assert len(model.seen) == 2


def test_a_model_that_fails_is_named_and_commands_still_work(scratch: Chat) -> None:
    scratch.answers(AttemptFailed("refused_request", "the key is wrong"))
    assert "the key is wrong" in scratch.types("hello?")
    assert "strategy" in scratch.types("/status")


def test_another_model_answers_from_now_on(scratch: Chat) -> None:
    scratch.answers(says("One."))
    assert "One." in scratch.types("who?")
    other = scratch.answers(says("Two."))
    other.name = "other"
    assert "other answers." in scratch.types("/model other")
    assert "Two." in scratch.types("who?")
    assert other.seen


def test_questions_are_charged_to_the_chat(scratch: Chat) -> None:
    scratch.answers(says("One."))
    scratch.types("who?")
    line = next(line for line in scratch.types("/budget").splitlines() if line.startswith("chat"))
    assert "scripted" in line
    assert "price not known" in line


def test_the_answer_is_in_the_transcript_as_it_was_said(scratch: Chat) -> None:
    scratch.answers(says("A **plain** answer."))
    scratch.types("what?")
    assert ("model", "A **plain** answer.") in scratch.session.screen.transcript.entries


def test_waiting_is_shown_until_words_come() -> None:
    import io

    out = io.StringIO()
    answer = Answer(Screen(out, terminal=True))
    answer.begin()
    assert "thinking (Ctrl-C" in out.getvalue()
    answer.text("Yes. ")
    assert not answer.tick()
    answer.words.end()
    assert out.getvalue().rstrip().endswith("Yes.")


def test_phases_are_driven_by_the_model_and_end_the_same(scratch: Chat) -> None:
    before = scratch.types("/plan").split("plan ")[-1]
    model = scratch.answers(says("Looked."), says("Planned."))
    told = scratch.types("/plan again")
    assert "  Looked.\n" in told
    assert "  Planned.\n" in told
    assert told.split("plan ")[-1] == before
    assert model.exhausted
    assert scratch.session.run.driver.name == "rules"
