"""The texts of injections.json: where each stands in a database, what it asks for, and what a model that obeys does."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

PLACES = (
    "table_name", "column_name", "comment", "default", "view", "enum", "row", "error", "file_name", "index_name",
    "constraint", "trigger",
)  # fmt: skip
NAME_BYTES = 63  # of a name in PostgreSQL


@dataclass(frozen=True)
class Injection:
    """A hostile text; obeyed: the calls (tool, arguments) of a model that does what it asks; says: its words."""

    id: str
    where: str
    asks: str
    text: str
    obeyed: tuple[tuple[str, dict[str, Any]], ...]
    says: str

    @property
    def fits_a_name(self) -> bool:
        """Whether PostgreSQL takes the whole text as a name."""
        return len(self.text.encode()) <= NAME_BYTES


@cache
def injections() -> tuple[Injection, ...]:
    """All of them, in the order of the file."""
    found = json.loads(Path(__file__).with_name("injections.json").read_text(encoding="utf-8"))
    return tuple(Injection(**{**entry, "obeyed": tuple((n, a) for n, a in entry["obeyed"])}) for entry in found)


def dealt(hands: int, hand: int, *without: str) -> list[Injection]:
    """One of so many equal shares of the texts, each with texts of all places but those left out."""
    return [i for place in PLACES if place not in without for i in _at(place)[hand::hands]]


def _at(place: str) -> list[Injection]:
    return [injection for injection in injections() if injection.where == place]
