"""What was asked, shown and answered in a chat, as Markdown."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

Who = Literal["person", "program", "model"]
HTML = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


@dataclass
class Transcript:
    """The entries in order: who, and the text as it stood on the screen, without styles."""

    entries: list[tuple[Who, str]] = field(default_factory=list)

    def add(self, who: Who, text: str) -> None:
        """Append a text; what the same speaker said just before is continued, questions never are."""
        if self.entries and self.entries[-1][0] == who != "person":
            self.entries[-1] = (who, self.entries[-1][1] + text)
        else:
            self.entries.append((who, text))

    def markdown(self, title: str, facts: list[str]) -> str:
        """The whole chat: a title, facts about it, then every entry."""
        head = [f"# {title.translate(HTML)}", *(f"- {fact.translate(HTML)}" for fact in facts)]
        parts = ["\n".join([head[0], "", *head[1:]])]
        parts += [_told(who, text.strip("\n")) for who, text in self.entries if text.strip()]
        return "\n\n".join(parts) + "\n"


def _told(who: Who, text: str) -> str:
    if who == "model":
        return f"**Model:**\n\n{text.strip().translate(HTML)}"
    if who == "person":
        return f"**You:** {_code(text)}"
    fence = "`" * max(3, _longest_run(text) + 1)
    lines = "\n".join(line.rstrip() for line in text.split("\n"))
    return f"{fence}text\n{lines}\n{fence}"


def _code(text: str) -> str:
    """A code span that holds any text."""
    ticks = "`" * (_longest_run(text) + 1)
    line = " ".join(text.split())
    pad = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{ticks}{pad}{line}{pad}{ticks}"


def _longest_run(text: str) -> int:
    return max(map(len, re.findall("`+", text)), default=0)
