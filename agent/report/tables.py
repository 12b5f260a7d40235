"""A table of a report as data, and the pieces that all sections share."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

from agent.report.words import plain

Kind = Literal["text", "number", "code", "mark"]
LIMIT = 60
T = TypeVar("T")


@dataclass(frozen=True)
class Column:
    """number: right-aligned figures; code: names and keys as a database has them; mark: a verdict in a word."""

    title: str
    kind: Kind = "text"


@dataclass
class Table:
    """Rows of cells as text; more says what is left out."""

    columns: list[Column]
    rows: list[list[str]] = field(default_factory=list)
    more: str = ""


def table(titles: str, items: Iterable[T], cells: Callable[[T], list[str]], limit: int = LIMIT) -> Table | None:
    """A table of the items, None without any; titles like `Table:code Rows:number`, _ for a blank in a title."""
    everything = list(items)
    if not everything:
        return None
    columns = [_column(word) for word in titles.split()]
    found = Table(columns, [cells(item) for item in everything[:limit]])
    if len(everything) > limit:
        found.more = f"and {len(everything) - limit:,} more"
    return found


def _column(word: str) -> Column:
    title, _, kind = word.partition(":")
    return Column(title.replace("_", " "), kind or "text")  # type: ignore[arg-type]


def mapped(value: Any, change: Callable[[str], str]) -> Any:
    """The same data with every text changed; keys stay."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {name: mapped(inner, change) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [mapped(inner, change) for inner in value]
    return value


def cleaned(value: Any) -> Any:
    """The same data without any character that a reader could not see."""
    return mapped(value, plain)
