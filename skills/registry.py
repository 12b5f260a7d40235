"""Finds the skills: their packages, their SKILL.md, their typed input and output, what a model sees of them."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engines.catalog import Model
from engines.errors import Aborted, UsageError
from skills.digest import Digest, Section
from skills.tool_args import BaseToolArgs, tool_definition

if TYPE_CHECKING:
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

    @property
    def tool_args(self) -> type[BaseToolArgs]:
        """What a model may choose when it calls the skill."""
        arguments: type[BaseToolArgs] = self._tool.ToolArgs
        return arguments

    @property
    def handle(self) -> str:
        """The name under which a model refers to what it got to see of the output."""
        handle: str = self._tool.HANDLE
        return handle

    @property
    def digest(self) -> Callable[..., Digest]:
        """(output, limit in tokens, meter, tool_args) -> what a model gets to see."""
        made: Callable[..., Digest] = self._tool.digest
        return made

    @property
    def sections(self) -> Callable[[Any], list[Section]]:
        """output -> everything that can be paged through."""
        listed: Callable[[Any], list[Section]] = self._tool.sections
        return listed

    def tool_definition(self) -> dict[str, Any]:
        """The skill as a tool of the Messages API: name, description and the schema of its arguments."""
        return tool_definition(self.name, self.tool_args)

    @property
    def _tool(self) -> Any:
        return importlib.import_module(f"skills.{self.package}.tool")


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
