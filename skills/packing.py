"""Makes a digest fit: which facts and items are in it, and of which sections it only says how much is left out."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from skills.untrusted import WIDTH, clean

Meter = Callable[[str], int]  # tokens of a text, as the budget counts them
LIMITS = {"short": 150, "normal": 400, "long": 900}  # tokens (design, "Token budgets")
GROUPS = 4  # counted apart; the rest is counted together
FENCE = str.maketrans({"<": "\\u003c", ">": "\\u003e"})
EMPTY: tuple[Any, ...] = (None, "", [], {})


@dataclass(frozen=True)
class Section:
    """Items of one kind, the most decisive first, their fields in order of weight: a short digest shows the first.

    group: the field by which those not shown are counted; first: how many are shown before the next section's, 0 for
    what is shown only when everything before it is.
    """

    name: str
    items: Sequence[Mapping[str, Any]]
    group: str | None = None
    first: int = 1


@dataclass(frozen=True)
class Level:
    """How a digest of up to so many tokens is made.

    fields: of an item; width: characters of a text; facts: the share that facts may take before there are items.
    """

    tokens: float
    fields: int | None
    width: int
    facts: float


LEVELS = (
    Level(LIMITS["short"], fields=5, width=44, facts=0.7),
    Level(LIMITS["normal"], fields=6, width=60, facts=0.4),
    Level(LIMITS["long"], fields=8, width=WIDTH, facts=0.4),
    Level(math.inf, fields=None, width=WIDTH, facts=0.4),
)


def fenced(handle: str, data: Mapping[str, Any]) -> str:
    """Data as one line of JSON between tags; `<` and `>` inside are escaped, so no text can end the fence."""
    return f'<data handle="{handle}">{_json(data)}</data>'


class Draft:
    """A digest while it is made: the facts and items in it, and of which sections it says how much is left out."""

    def __init__(
        self,
        handle: str,
        facts: Mapping[str, Any],
        sections: Sequence[Section],
        limit: int,
        meter: Meter,
        width: int | None,
        share: float | None,
    ) -> None:
        self.handle, self.sections, self.limit, self.meter = handle, sections, limit, meter
        self.level = next(level for level in LEVELS if limit <= level.tokens)
        self.width = width or self.level.width
        self.share = (share or self.level.facts) if sections else 1.0
        self.known = {name: self._fact(value) for name, value in facts.items() if value is not None}
        self.facts: dict[str, Any] = {}
        self.shown: dict[str, list[Any]] = {section.name: [] for section in sections}
        self.counted: list[str] = []
        self.grouped: list[str] = []

    def data(self) -> dict[str, Any]:
        """What the model would see now."""
        facts = {name: self.facts[name] for name in self.known if name in self.facts}
        items = {name: shown for name, shown in self.shown.items() if shown}
        left = [s for s in self.sections if len(self.shown[s.name]) < len(s.items)]
        more = {s.name: self._rest(s) for s in left if s.name in self.counted}
        return {**facts, **items, **({"more": more} if more else {})}

    def tokens(self) -> int:
        """What it would cost."""
        return self.meter(fenced(self.handle, self.data()))

    def fill(self) -> None:
        """Facts up to their share, counts, first items, the other facts, all counts, other items, counts by group."""
        self._add_facts(self.limit * self.share)
        self._widen(self.counted, [section.name for section in self.sections if section.first])
        self._show_all(lambda section: section.first)
        self._add_facts(self.limit)
        self._widen(self.counted, [section.name for section in self.sections])
        self._show_all(lambda section: len(section.items))
        self._widen(self.grouped, [section.name for section in self.sections if section.group])

    def _fact(self, value: Any) -> Any:
        """A fact as it may be shown; of a list no more than fits anyway."""
        return clean(value[: self.limit] if isinstance(value, list) else value, 2 * self.width)

    def _add_facts(self, most: float) -> None:
        """The facts that are not there yet, in their order, as far as they fit; a list is shortened to fit."""
        for name, value in self.known.items():
            if name in self.facts:
                continue
            self.facts[name] = value
            while name in self.facts and self.tokens() > most:
                _shorten(self.facts)

    def _show_all(self, end: Callable[[Section], int]) -> None:
        """Items of every section up to an end; the first that does not fit ends it, lesser ones don't overtake."""
        for section in self.sections:
            if not self._show(section, end(section)):
                break

    def _show(self, section: Section, end: int) -> bool:
        """The items not yet shown up to an end as long as they fit; whether all did."""
        left = self.limit - self.tokens()
        for item in section.items[len(self.shown[section.name]) : end]:
            told = short_item(item, self.width, self.level.fields)
            opening = "" if self.shown[section.name] else f'"{section.name}":[],'
            left -= self.meter(opening + _json(told) + ",")
            if left < 0:
                return False
            self.shown[section.name].append(told)
        return True

    def _widen(self, told: list[str], names: list[str]) -> None:
        """Add names to what is told of, as long as it fits."""
        for name in names:
            if name not in told:
                told.append(name)
                if self.tokens() > self.limit:
                    told.pop()
                    break

    def give_up_one(self) -> bool:
        """Give up groups, the last item of the last section, the last fact, or a count; whether there was any."""
        if self.grouped:
            self.grouped.clear()
            return True
        for section in reversed(self.sections):
            if self.shown[section.name]:
                self.shown[section.name].pop()
                return True
        if self.facts:
            _shorten(self.facts)
            return True
        if self.counted:
            self.counted.pop()
            return True
        return False

    def _rest(self, section: Section) -> Any:
        rest = section.items[len(self.shown[section.name]) :]
        group = section.group
        if group is None or section.name not in self.grouped:
            return len(rest)
        counts = Counter(str(item.get(group)) for item in rest).most_common(GROUPS)
        named: dict[str, int] = Counter()
        for name, count in counts:
            named[clean(name, self.width)] += count
        others = len(rest) - sum(named.values())
        return {**named, "other": named.get("other", 0) + others} if others else dict(named)


def short_item(item: Mapping[str, Any], width: int, fields: int | None = None) -> dict[str, Any]:
    """An item's first fields (None: all), without those that say nothing."""
    return {name: clean(value, width) for name, value in list(item.items())[:fields] if value not in EMPTY}


def _shorten(facts: dict[str, Any]) -> None:
    """Halve the last fact where it is a list, else take it back."""
    name, value = facts.popitem()
    if isinstance(value, list) and len(value) > 2:
        facts[name] = [*value[: len(value) // 2], "…"]


def _json(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"), default=str).translate(FENCE)
