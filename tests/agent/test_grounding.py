"""Figures in a model's text: references are rendered, bare ones are marked unless they were given."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.grounding import Grounding, Stream

DATA = {
    "tables": 12,
    "rows": 45210,
    "size_gb": 1.5,
    "engine": "PostgreSQL 15.4",
    "ready": True,
    "hazards": [{"id": "h1", "object": "orders", "count": 3}],
}


@pytest.fixture
def grounding() -> Grounding:
    made = Grounding()
    made.give("assess", DATA)
    return made


@pytest.mark.parametrize(
    ("text", "shown", "unproved"),
    [
        ("There are {assess.tables} tables.", "There are 12 tables.", []),
        ("{assess.rows} rows, {assess.size_gb} GB", "45,210 rows, 1.5 GB", []),
        ("{assess.hazards.0.count} in {assess.hazards.0.object}", "3 in orders", []),
        ("{assess.hazards} hazards", "1 hazards", []),
        ("ready: {assess.ready}", "ready: yes", []),
        ("{assess.nothing} and {plan.downtime}", "{assess.nothing}[?] and {plan.downtime}[?]",
         ["{assess.nothing}", "{plan.downtime}"]),
        ("12 tables, 13 views", "12 tables, 13[?] views", ["13"]),
        ("45,210 or 45210 or 45210.0", "45,210 or 45210 or 45210.0", []),
        ("on PostgreSQL 15.4 with h1 and utf8", "on PostgreSQL 15.4 with h1 and utf8", []),
        ("99% are fine", "99[?]% are fine", ["99"]),
        ("1. first\n2. second\n- 7 things", "1. first\n2. second\n- 7[?] things", ["7"]),
        ("{not a reference} {}", "{not a reference} {}", []),
        ("red \x1b[31mtext\x07\u202e", "red [31[?]mtext", ["31"]),
    ],
)  # fmt: skip
def test_text_is_rendered(grounding: Grounding, text: str, shown: str, unproved: list[str]) -> None:
    assert grounding.render(text) == (shown, unproved)


def test_a_question_s_own_figures_are_known(grounding: Grounding) -> None:
    grounding.give_text("Is 240 minutes enough?")
    assert grounding.render("240 minutes are enough.") == ("240 minutes are enough.", [])


@given(st.text(alphabet="ab1{}.,\n assestables0", max_size=60), st.lists(st.integers(1, 9), max_size=20))
def test_pieces_give_the_same_as_the_whole(text: str, sizes: list[int]) -> None:
    grounding = Grounding()
    grounding.give("assess", DATA)
    shown: list[str] = []
    stream = Stream(grounding, shown.append)
    rest = text
    for size in sizes:
        stream.feed(rest[:size])
        rest = rest[size:]
    stream.feed(rest)
    stream.end()
    assert ("".join(shown), stream.unproved) == grounding.render(text)


def test_a_word_without_an_end_is_shown_in_time(grounding: Grounding) -> None:
    shown: list[str] = []
    Stream(grounding, shown.append).feed("x" * 1_000)
    assert "".join(shown) == "x" * 1_000


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("There are {assess.tables} tables.", True),
        ("Look at the table orders.", True),
        ("{plan.nothing} is fine.", False),
        ("Everything could go wrong.", False),
    ],
)
def test_it_is_known_whether_a_text_names_anything_that_was_measured(
    grounding: Grounding, text: str, named: bool
) -> None:
    assert grounding.names(text) is named


def test_an_object_is_known_without_its_schema() -> None:
    grounding = Grounding()
    grounding.give("assess", {"hazards": [{"object": "main.orders.total"}]})
    assert grounding.names("Look at orders.total first.")
