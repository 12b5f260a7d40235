"""Every trap says for every pair what happens there or why it can't, and the page says the same."""

from pathlib import Path

import pytest

from tests.traps.model import PAIRS, TITLES
from tests.traps.page import PARTS, Part, page, parts_of

PAGE = Path(__file__).resolve().parents[2] / "docs" / "validation-traps.md"


@pytest.mark.parametrize("number", TITLES)
def test_every_trap_is_planted(number: int) -> None:
    assert any(list(part.pairs()) for part in parts_of(number))


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.table)
def test_every_pair_occurs_or_has_a_reason(part: Part) -> None:
    assert all(part.reason(*pair) is None or len(str(part.reason(*pair))) > 10 for pair in PAIRS)


def test_the_page_says_what_is_tested() -> None:
    assert PAGE.read_text() == page(), "python -m tests.traps.page > docs/validation-traps.md"
