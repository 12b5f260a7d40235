"""Guides: cited with version and date, and told when they are too old."""

from __future__ import annotations

import pytest

from agent.sources import ACCESSED, GUIDES, cite, uncited


@pytest.mark.parametrize(
    ("engine", "version", "old"),
    [
        ("postgresql", "12.8", False),
        ("postgresql", "18.1", False),
        ("postgresql", "19", True),
        ("mysql", "8.0.40", False),
        ("mysql", "8.4.2", True),
        ("mysql", "5.7", False),
        ("mariadb", "10.11", False),
    ],
)
def test_a_guide_older_than_the_database_is_said(engine: str, version: str, old: bool) -> None:
    citations = cite(engine, version)
    assert citations
    assert all(("is older than" in (c.note or "")) is old for c in citations)


def test_a_guide_without_a_version_says_so() -> None:
    assert all("names no version" in (c.note or "") for c in cite("mongodb", "8.0") + cite("aws", None))


def test_an_engine_without_a_guide_is_said_by_name() -> None:
    assert cite("sqlite", "3.45") == []
    assert "sqlite" in (uncited("sqlite") or "")
    assert uncited("postgresql") is None


def test_guides_carry_their_address_and_the_day_of_access() -> None:
    assert all(guide.url.startswith("https://") and guide.accessed == ACCESSED for guide in GUIDES)
    assert len({guide.id for guide in GUIDES}) == len(GUIDES)
