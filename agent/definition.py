"""The agent's own definition, AGENT.md: its head as data and its body as text."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from engines.errors import Aborted
from skills.registry import read_frontmatter

HERE = Path(__file__).parent
PLACES = (HERE / "AGENT.md", HERE.parent / "AGENT.md")  # in an installed program; in a checkout
REQUIRED = ("name", "description", "model")


@dataclass(frozen=True)
class Definition:
    """head: the frontmatter; body: what follows it; text: the whole file; path: where it was found."""

    head: dict[str, Any]
    body: str
    text: str
    path: Path

    @property
    def model(self) -> str:
        """The model that is asked when nobody names another."""
        return str(self.head["model"])


@cache
def definition() -> Definition:
    """AGENT.md as it was installed or stands in the checkout; Aborted AGENT_BROKEN when it is missing or says less."""
    for path in PLACES:
        if path.is_file():
            return read_definition(path)
    raise _broken("AGENT.md is missing.")


def read_definition(path: Path) -> Definition:
    """A definition out of its file; Aborted AGENT_BROKEN without a head that names the agent and its model."""
    head = read_frontmatter(path)
    missing = [name for name in REQUIRED if not head.get(name)]
    if missing:
        raise _broken(f"The head of {path} lacks {', '.join(missing)}.")
    text = path.read_text(encoding="utf-8")
    return Definition(head, text.split("---\n", 2)[2].lstrip("\n"), text, path)


def _broken(what: str) -> Aborted:
    return Aborted("AGENT_BROKEN", what, "Install the program again.")
