"""How figures, names and keys are written for people."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.report.render import in_markdown
from agent.report.svg import Picture, fit
from agent.report.words import counted, duration, key, listed, middle, milliseconds, original, plain, size


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("Čeština 中文", "Čeština 中文"),
        ("a\nb\tc", "a b c"),
        ("a\0b\x1b[31m", "a\\x00b\\x1b[31m"),
        ("abc\u202edef", "abc\\u202edef"),
        ("\u2066x\u2069\ufeff", "\\u2066x\\u2069\\ufeff"),
        ("\ud800", "\\ud800"),
    ],
)
def test_characters_that_cannot_be_seen_are_shown(text: str, shown: str) -> None:
    assert plain(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("order_items", "order_items"),
        ("_dbmo", "\\_dbmo"),
        ("a|b", "a\\|b"),
        ("<b>&amp;", "&lt;b>&amp;amp;"),
        ("`x` *y* [z](w)", "\\`x\\` \\*y\\* \\[z\\](w)"),
        ("# title", "\\# title"),
        ("1. first", "1\\. first"),
    ],
)
def test_markdown_shows_text_as_it_is(text: str, shown: str) -> None:
    assert in_markdown(text) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (None, "–"),
        (0.004, "0.00 s"),
        (12.34, "12.3 s"),
        (312, "5 min 12 s"),
        (11040, "3 h 04 min"),
        (270000, "3 d 3 h"),
    ],
)
def test_durations(seconds: float | None, shown: str) -> None:
    assert duration(seconds) == shown


@pytest.mark.parametrize(("value", "shown"), [(999, "999 B"), (1_500_000, "1.5 MB"), (450e9, "450.0 GB"), (None, "–")])
def test_sizes(value: float | None, shown: str) -> None:
    assert size(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ('{"id": 40, "code": null}', "id = 40, code = NULL"),
        ({"a": "x"}, "a = x"),
        ("no json", "no json"),
        ("[1]", "[1]"),
    ],
)
def test_keys(value: object, shown: str) -> None:
    assert key(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ('{"class": "text", "text": "ten"}', "'ten'"),
        ('{"class": "text", "hex": "6100"}', "x'6100'"),
        ('{"class": "integer", "number": "9"}', "9"),
        ('{"class": "blob", "bytes": 104857600, "sha256": "ab"}', "104,857,600 bytes"),
        ('{"id": {"class": "null"}, "name": {"class": "text", "text": "x"}}', "id: NULL, name: 'x'"),
        ("[", "["),
    ],
)
def test_quarantined_originals(value: str, shown: str) -> None:
    assert original(value) == shown


def test_small_words() -> None:
    assert counted(1, "row") == "1 row"
    assert counted(2000, "index", "indexes") == "2,000 indexes"
    assert listed(list("abcdefg"), 3) == "a, b, c and 4 more"
    assert milliseconds(1234.5) == "1,234"
    assert len(middle("a" * 50 + "b", 20)) == 20 and middle("a" * 50 + "b", 20).endswith("b")


def test_pictures_escape_what_they_show(tmp_path: Path) -> None:
    picture = Picture("x", "<t>", "d & d", 100, 10)
    picture.text(0, 0, '</text><script>"\u202e')
    picture.rectangle(0, 0, 1, 1, "bar", "<tip>")
    shown = str(picture.markup())
    assert "<script>" not in shown and "<tip>" not in shown and "\u202e" not in shown
    assert "&lt;/text&gt;&lt;script&gt;" in shown


def test_text_is_cut_to_its_room() -> None:
    assert fit("short", 100) == "short"
    assert fit("x" * 40, 100).endswith("…")
