"""What a person sees of a talk: indented words, one line per call, nothing that takes effect in a terminal."""

from __future__ import annotations

import io
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.console import Console
from agent.listener import CallNote


class Screen(io.StringIO):
    """A terminal that keeps what is written."""

    def isatty(self) -> bool:
        return True


def heard(tty: bool, *told: str | CallNote) -> str:
    """stderr after pieces of text and calls."""
    screen = Screen() if tty else io.StringIO()
    before, sys.stderr = sys.stderr, screen
    try:
        with Console() as console:
            for item in told:
                console.called(item) if isinstance(item, CallNote) else console.text(item)
    finally:
        sys.stderr = before
    return screen.getvalue()


@pytest.mark.parametrize("tty", [True, False])
def test_words_are_indented_and_calls_stand_on_lines_of_their_own(tty: bool) -> None:
    call = CallNote("schema-comparator", {"detail": "short"}, "ok", 0.42, 1234)
    assert heard(tty, "Three ", "tables.\n\nNext", call, "end").splitlines() == [
        "    Three tables.",
        "",
        "    Next",
        "  > schema-comparator (detail short), 1,234 rows, 0.42 s",
        "    end",
    ]


def test_a_call_that_was_not_allowed_says_why() -> None:
    call = CallNote("approve", {}, "person", 0.0, detail="Only a person approves.")
    assert heard(False, call) == "  > approve, not allowed, a person's work, Only a person approves.\n"


@given(st.lists(st.text(max_size=20), max_size=6), st.booleans())
def test_no_piece_moves_the_cursor_or_leaves_the_indentation(pieces: list[str], tty: bool) -> None:
    written = heard(tty, *pieces)
    assert {c for c in written if unicodedata.category(c) in ("Cc", "Cf", "Cs")} <= {"\n", "\u200c", "\u200d"}
    assert all(line.startswith("    ") for line in written.split("\n") if line)
