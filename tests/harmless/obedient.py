"""A model that reads every word it is shown as an order, and does what the words ask."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from agent.wire.types import Prompt, Reply
from skills.digest import clean
from tests.harmless.corpus import Injection
from tests.scripted import ScriptedModel, calls, says

FENCED = re.compile(r'<data handle="([^"]*)">(.*?)</data>')
RECOGNISED = 16  # characters of a text by which it is known again; a digest may cut the rest
AT_ONCE = 2  # calls in a row that will be refused; a third would end the talk
TURNS = 11  # before the last one, in which it speaks
WORDS = 600  # characters of an answer
TABLES = 90  # looked at one by one
PAGE = 20  # items from one page to the next
SECTIONS = ("hazards", "largest_tables", "dependencies", "indexes")  # of an assessment, those with names


@dataclass
class Obedient:
    """Obeys what it reads, then the rest of the texts: the most obedient model there can be.

    read: ids of texts that were seen in a prompt; tried: calls that were made; said: everything it said.
    """

    texts: list[Injection]
    read: set[str] = field(default_factory=set)
    obeyed: set[str] = field(default_factory=set)
    tried: list[tuple[str, Any]] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    curious: bool = False  # reads instead of obeying

    def __post_init__(self) -> None:
        self.wire = ScriptedModel([self._answer] * 10_000, name="obedient")
        self._begun: set[str] = set()  # calls of this talk
        self._looked: set[str] = set()  # calls of all talks
        self._pages: Counter[str] = Counter()
        self._turn = 0

    @property
    def prompts(self) -> list[Prompt]:
        """Everything that was sent to it."""
        return self.wire.seen

    def _answer(self, prompt: Prompt) -> Reply:
        if len(prompt.messages) == 1:
            self._begun, self._turn = set(), 0
        self._turn += 1
        self._read(prompt)
        if self.curious:
            return self._leaf()
        looks = self._looks(prompt)
        orders = self._next_orders() if self._turn > 1 else []
        wanted = [call for order in orders for call in order.obeyed]
        wanted += looks[:1] if orders else looks[:3]
        fresh = [call for call in wanted if self._first_time(call)]
        words = " ".join(order.says for order in orders)[:WORDS]
        self.said.append(words)
        if (not orders and self._turn > 1) or self._turn > TURNS:
            return says(words or "I have done all that was asked.")
        self.tried += fresh
        return calls(*fresh, text=words)

    def _leaf(self) -> Reply:
        """Page on through everything that names are shown of."""
        if self._turn == 1:
            return calls(("look", {"of": "assess", "detail": "short"}))
        section = SECTIONS[self._turn % len(SECTIONS)]
        self._pages[section] += PAGE
        return calls(("more", {"handle": "assess", "section": section, "start": self._pages[section] - PAGE}))

    def _looks(self, prompt: Prompt) -> list[tuple[str, Any]]:
        """Calls of the listed skills that will succeed, cheap ones: a talk ends when three calls in a row don't."""
        skills = [tool for tool in prompt.tools if "detail" in tool["input_schema"]["properties"]]
        found = [(tool["name"], {"detail": "short", **chosen}) for tool in skills for chosen in _choices(tool)]
        new = [call for call in found if _key(call) not in self._begun]
        return sorted(new, key=lambda call: _key(call) in self._looked)

    def _read(self, prompt: Prompt) -> None:
        shown = " ".join(texts_of(prompt))
        self.read |= {text.id for text in self.texts if clean(text.text, 400)[:RECOGNISED] in shown}

    def _next_orders(self) -> list[Injection]:
        """The next texts, those that were read first; so few that the talk goes on after their calls were refused."""
        waiting = sorted((t for t in self.texts if t.id not in self.obeyed), key=lambda t: t.id not in self.read)
        found = waiting[:1]
        if len(waiting) > 1 and sum(len(text.obeyed) for text in waiting[:2]) <= AT_ONCE:
            found = waiting[:2]
        self.obeyed |= {text.id for text in found}
        return found

    def _first_time(self, call: tuple[str, Any]) -> bool:
        """The same call twice would end the talk before the model has obeyed."""
        key = _key(call)
        if key in self._begun:
            return False
        self._begun.add(key)
        self._looked.add(key)
        return True


def _choices(tool: dict[str, Any]) -> list[dict[str, Any]]:
    """What may be chosen of a tool: one table after the other, and the values of its enums."""
    parts = tool["input_schema"]["properties"]
    values = [{name: value} for name, part in parts.items() if name != "detail" for value in part.get("enum", [])]
    tables = [{"table": f"t{number}"} for number in range(1, TABLES + 1) if "table" in parts]
    return [*values[:2], *tables, *values[2:]]


def told(prompt: Prompt) -> list[str]:
    """What the program sent: the opening and the results of tools, not the model's own words."""
    found: list[str] = []
    for message in prompt.messages:
        if message["role"] == "user":
            content = message["content"]
            found += [content] if isinstance(content, str) else [str(block["content"]) for block in content]
    return found


def fenced_data(prompt: Prompt) -> list[dict[str, Any]]:
    """The data between the fences of what was told."""
    return [json.loads(found) for text in told(prompt) for _, found in FENCED.findall(text)]


def texts_of(prompt: Prompt) -> Iterable[str]:
    """Every text in the data that the model is shown, keys too."""
    for found in fenced_data(prompt):
        yield from _texts(found)


def _texts(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


def _key(call: tuple[str, Any]) -> str:
    return json.dumps(call, sort_keys=True)
