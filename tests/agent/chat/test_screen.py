"""What is written: nothing steers the terminal, names stand as they are, a transcript says the same."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.chat.answer import Words
from agent.chat.draw import bar, gauge, table
from agent.chat.screen import Screen, visible
from agent.chat.transcript import Transcript
from engines.errors import UsageError


def screen(terminal: bool = False) -> tuple[Screen, io.StringIO]:
    out = io.StringIO()
    return Screen(out, terminal), out


@given(st.text())
def test_no_text_can_steer_the_terminal(text: str) -> None:
    plain, out = screen()
    plain.say(text)
    plain.words(text)
    plain.show(table([text, "n"], [[text, (text, "red")]], title=text))
    assert not [
        c for c in out.getvalue() if c != "\n" and (c < " " or "\x7f" <= c <= "\x9f" or "\u202a" <= c <= "\u202e")
    ]


@pytest.mark.parametrize("name", ["[red]", "[/]", "[bold]x[/bold]", ":smile:", "{name}", "\\[x]"])
def test_names_are_never_read_as_markup(name: str) -> None:
    plain, out = screen(terminal=True)
    plain.show(table(["name"], [[name]]))
    assert name in out.getvalue()


def test_what_has_no_shape_gets_a_stand_in() -> None:
    assert visible("a\x1b[2Jb\u202ec\u200bd\n") == "a\ufffd[2Jb\ufffdc\ufffdd\n"


@pytest.mark.parametrize(
    ("value", "whole", "drawn"),
    [(0, 10, ""), (10, 10, "████"), (5, 10, "██"), (0.001, 10, "▏"), (20, 10, "████"), (1, 0, "▏"), (3, 8, "█▌")],
)
def test_bars_are_as_long_as_their_share(value: float, whole: float, drawn: str) -> None:
    assert bar(value, whole, True, 4) == drawn


@given(st.floats(0, 1e12), st.floats(0, 1e12), st.booleans())
def test_a_gauge_fills_its_room(value: float, whole: float, blocks: bool) -> None:
    assert len(gauge(value, whole, blocks, 12)) == 12


def test_an_error_names_the_command_that_helps_here() -> None:
    plain, out = screen()
    plain.error(UsageError("NO_PLAN", "There is no plan.", "Make one."))
    assert out.getvalue() == "There is no plan.\nMake one. [NO_PLAN]\nHere: /plan\n"


def test_a_status_is_gone_when_something_else_is_written() -> None:
    colours, out = screen(terminal=True)
    colours.status("working")
    colours.say("done")
    assert out.getvalue().endswith("\r\x1b[Kdone\n")


def test_without_a_terminal_there_is_no_status_and_no_colour() -> None:
    plain, out = screen()
    plain.status("working")
    plain.say("done", "red")
    assert out.getvalue() == "done\n"


def spoken(*pieces: str, terminal: bool = True, width: int = 30, patch: pytest.MonkeyPatch | None = None) -> str:
    shown, out = screen(terminal)
    words = Words(shown)
    for piece in pieces:
        words.feed(piece)
    words.end()
    return out.getvalue()


def test_words_are_broken_between_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    assert spoken("- one two three ", "four five\n", "six") == "  - one two three\n    four five\n  six\n"


def test_marks_become_styles_on_a_terminal_and_stay_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    told = spoken("## Risks\n", "**two ", "words** and ", "`code` here")
    assert "\x1b[1mRisks\x1b[0m" in told
    assert "\x1b[1mtwo\x1b[0m\x1b[1m \x1b[0m\x1b[1mwords\x1b[0m and" in told
    assert "\x1b[36mcode\x1b[0m here" in told
    assert spoken("**two ", "words**", terminal=False) == "  **two words**\n"


@given(st.lists(st.text("ab*`#- \n", max_size=12)))
def test_every_letter_of_an_answer_is_shown_in_order(pieces: list[str]) -> None:
    text = "".join(pieces)
    told = spoken(*pieces, terminal=False)
    assert [c for c in told if c in "ab"] == [c for c in text if c in "ab"] or "```" in text


def test_a_transcript_is_markdown_that_no_text_breaks_out_of() -> None:
    transcript = Transcript()
    transcript.add("person", "what `is` <b>?")
    transcript.add("model", "An <script> ")
    transcript.add("model", "answer")
    transcript.add("program", "```\nrow\n")
    told = transcript.markdown("A <chat>", ["model: x"])
    assert told.splitlines()[0] == "# A &lt;chat&gt;"
    assert "**You:** ``what `is` <b>?``" in told
    assert "**Model:**\n\nAn &lt;script&gt; answer" in told
    assert "````text\n```\nrow\n````" in told
