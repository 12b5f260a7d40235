"""Finds the skills: their packages, their SKILL.md, their typed input and output."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from engines.catalog import Model
from engines.errors import Aborted, UsageError
from skills.context import SkillContext

ROOT = Path(__file__).parent


@dataclass(frozen=True)
class Skill:
    """A skill as found on disk; frontmatter is what SKILL.md says of itself."""

    name: str
    description: str
    frontmatter: dict[str, Any]
    package: str

    @property
    def module(self) -> Any:
        """skills.<package>.skill, imported when it is first needed."""
        return importlib.import_module(f"skills.{self.package}.skill")

    @property
    def input(self) -> type[Model]:
        """The model of the whole input."""
        model: type[Model] = self.module.Input
        return model

    @property
    def output(self) -> type[Model]:
        """The model of the whole output."""
        model: type[Model] = self.module.Output
        return model

    @property
    def run(self) -> Callable[[Any, SkillContext], Any]:
        """The skill's work."""
        work: Callable[[Any, SkillContext], Any] = self.module.run
        return work


@cache
def all_skills() -> dict[str, Skill]:
    """Every skill by name; Aborted SKILL_BROKEN for a SKILL.md that can't be read."""
    found = {}
    for path in sorted(ROOT.glob("*/SKILL.md")):
        frontmatter = read_frontmatter(path)
        name = str(frontmatter.get("name", ""))
        if name != path.parent.name.replace("_", "-") or not frontmatter.get("description"):
            raise Aborted(
                "SKILL_BROKEN", f"{path} names no skill of its folder, or describes none.", "Install the program again."
            )
        found[name] = Skill(name, str(frontmatter["description"]), frontmatter, path.parent.name)
    return found


def get_skill(name: str) -> Skill:
    """The skill of that name; UsageError SKILL_UNKNOWN names those that exist."""
    skills = all_skills()
    if name not in skills:
        raise UsageError("SKILL_UNKNOWN", f"There is no skill {name}.", f"Skills: {', '.join(skills)}.")
    return skills[name]


def read_frontmatter(path: Path) -> dict[str, Any]:
    """The YAML between the first two lines of dashes; empty where there is none."""
    import yaml

    parts = path.read_text(encoding="utf-8").split("---\n", 2)
    if len(parts) < 3 or parts[0].strip():
        return {}
    loaded = yaml.safe_load(parts[1])
    return loaded if isinstance(loaded, dict) else {}
