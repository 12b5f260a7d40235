"""The registry: seven skills, each found by its SKILL.md, with typed input and output."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import BaseModel

from engines.errors import UsageError
from skills.registry import ROOT, all_skills, get_skill, read_frontmatter

NAMES = [
    "data-engineering-pipeline-designer",
    "data-migration-validator",
    "database-optimization-analyzer",
    "etl-pipeline-builder",
    "query-translator",
    "schema-comparator",
    "testing-strategy-composer",
]


def test_all_seven_are_there() -> None:
    assert list(all_skills()) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_skill_has_typed_ends_and_says_what_it_is_for(name: str) -> None:
    skill = get_skill(name)
    assert issubclass(skill.input, BaseModel)
    assert issubclass(skill.output, BaseModel)
    assert callable(skill.run)
    assert skill.input.model_config["extra"] == "forbid"
    assert "input" in skill.run.__annotations__
    assert len(skill.description) > 40
    body = (ROOT / skill.package / "SKILL.md").read_text().lower()
    assert [word for word in ("when to use", "input", "output", "limit") if word not in body] == []


def test_an_unknown_name_is_answered_with_those_there_are() -> None:
    with pytest.raises(UsageError, match="SKILL_UNKNOWN") as caught:
        get_skill("cleaner")
    assert all(name in caught.value.remedy for name in NAMES)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("---\nname: a\ndescription: b\n---\nbody", {"name": "a", "description": "b"}),
        ("no frontmatter", {}),
        ("---\n- a list\n---\n", {}),
        ("text\n---\nname: a\n---\n", {}),
    ],
)
def test_frontmatter(tmp_path: Path, text: str, found: dict[str, str]) -> None:
    (tmp_path / "SKILL.md").write_text(text)
    assert read_frontmatter(tmp_path / "SKILL.md") == found
