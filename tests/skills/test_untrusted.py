"""Text from databases: nothing invisible, nothing long, no values of rows."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skills.untrusted import SELECTORS, UNSEEN, clean, masked


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("orders", "orders"),
        ("a\tb\r\n  c", "a b c"),
        ("\x1b[2J\x07ring", "[2J ring"),
        ("left\u202eright", "left right"),
        ("zero\u200bwidth\u2060joined", "zero width joined"),
        ("tag\U000e0041\U000e0042", "tag"),
        ("x\ufe01\U000e0100\U000e01ef", "x"),
        ("lone \ud800 surrogate", "lone surrogate"),
        ("one\u2028two\u2029three", "one two three"),
        ("é 漢 🎉", "é 漢 🎉"),
    ],
)
def test_what_cannot_be_seen_is_not_shown(text: str, shown: str) -> None:
    assert clean(text) == shown


def test_a_long_text_ends_in_an_ellipsis_within_the_width() -> None:
    assert clean("x" * 500, 10) == "xxxxxxxxx…"
    assert clean("\u200b" * 500 + "hidden behind", 10) == "…"


def test_lists_and_dicts_are_cleaned_through_and_numbers_stay() -> None:
    assert clean({"a\x00b": ["c\x00d", 1, None, True, 0.5, float("nan")]}) == {
        "a b": ["c d", 1, None, True, 0.5, "nan"]
    }


@given(st.text(), st.integers(2, 200))
def test_any_text_becomes_one_visible_line(text: str, width: int) -> None:
    shown = clean(text, width)
    assert len(shown) <= width
    assert not any(unicodedata.category(c) in UNSEEN for c in shown)
    assert not SELECTORS.search(shown)


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ('column "total" does not exist', 'column "…" does not exist'),
        ('invalid input syntax for type integer: "4111 1111"', 'invalid input syntax for type integer: "…"'),
        ('invalid input syntax for type integer: "a"b" c"', 'invalid input syntax for type integer: "…"'),
        ("Incorrect integer value: 'secret' for column", 'Incorrect integer value: "…" for column'),
        ("Duplicate entry 'a@b.org' for key", 'Duplicate entry "…" for key'),
        ("Key (email)=(a@b.org) already exists.", "Key (email)=(…) already exists."),
        ("Failing row contains (1, Ann, 1980-01-01).", "Failing row contains (…)."),
        ('value "99999999999" is out of range', 'value "…" is out of range'),
        ('no end "of quote', 'no end "…"'),
        ("first line\nDETAIL: Token x is invalid", "first line"),
        ("", ""),
    ],
)
def test_values_in_messages_are_masked(message: str, shown: str) -> None:
    assert masked(message) == shown


def test_words_of_the_statement_itself_stay() -> None:
    said = 'function "julianday" does not exist near "Ann"'
    assert masked(said, ["SELECT julianday(x)"]) == 'function "julianday" does not exist near "…"'
