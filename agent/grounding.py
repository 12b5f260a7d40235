"""Figures in a model's text: references become what was measured, bare ones are marked unless they were given."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from engines.full_names import name_of

MARK = "[?]"  # stands behind a figure that no output holds
LEGEND = f"{MARK} marks a figure that stands in no output the model was given"
REFERENCE = re.compile(r"\{([a-z][a-z0-9_]*(?:\.[A-Za-z0-9_-]+)+)\}")
NUMBER = re.compile(r"(?<![A-Za-z0-9_.])\d[\d,_]*(?:\.\d+)*")
UNPROVED = re.compile(NUMBER.pattern + re.escape(MARK))
LIST_MARK = re.compile(r"\d{1,2}[.)]|#+")
OBJECTS = frozenset({"object", "name", "table"})  # fields of a digest that name something in a database
HELD = 400  # characters of one word after which it is shown as it stands


class Grounding:
    """What a model was given, by handle, and the figures in it."""

    def __init__(self) -> None:
        self.values: dict[str, dict[str, Any]] = {}
        self.numbers: set[str] = set()

    def give(self, handle: str, data: Mapping[str, Any]) -> None:
        """Data that the model now knows under a handle; later data of the same handle adds to it."""
        self.values.setdefault(handle, {}).update(data)
        self.give_text(str(data))

    def give_text(self, text: str) -> None:
        """Text that the model now knows, such as a question."""
        self.numbers.update(_plain(found) for found in NUMBER.findall(re.sub(r"(?<=[A-Za-z_])(?=\d)", " ", text)))

    def render(self, text: str) -> tuple[str, list[str]]:
        """A whole text rendered, and the figures and references in it that nothing proves."""
        shown: list[str] = []
        stream = Stream(self, shown.append)
        stream.feed(text)
        stream.end()
        return "".join(shown), stream.unproved

    def resolve(self, reference: str) -> str | None:
        """The value of `handle.field...` as text; None where nothing of that name was given."""
        handle, *path = reference.split(".")
        value: Any = self.values.get(handle)
        for step in path:
            if isinstance(value, Mapping) and step in value:
                value = value[step]
            elif isinstance(value, list) and step.isdigit() and int(step) < len(value):
                value = value[int(step)]
            else:
                return None
        return _told(value)

    def names(self, text: str) -> bool:
        """Whether a model's text says anything that was measured: a reference, or an object of the database."""
        if any(self.resolve(reference) is not None for reference in REFERENCE.findall(text)):
            return True
        return any(name in text for name in _objects(self.values))

    def knows(self, number: str) -> bool:
        """Whether a figure stands in something that was given."""
        return _plain(number) in self.numbers


class Stream:
    """Renders a text that comes in pieces; a word is held back until it is whole."""

    def __init__(self, grounding: Grounding, emit: Callable[[str], None]) -> None:
        self.grounding, self.emit = grounding, emit
        self.unproved: list[str] = []
        self._held = ""
        self._line_start = True

    def feed(self, piece: str) -> None:
        """Take the next piece; everything up to its last blank is shown."""
        text = self._held + _visible(piece)
        cut = max(text.rfind(" "), text.rfind("\n")) + 1
        if cut == 0 and len(text) > HELD:
            cut = len(text)
        self._held = text[cut:]
        if cut:
            self.emit(self._render(text[:cut]))

    def end(self) -> None:
        """Show what was held back."""
        if self._held:
            self.emit(self._render(self._held))
        self._held = ""

    def _render(self, text: str) -> str:
        return "".join(self._word(word) for word in re.split(r"(\s+)", text))

    def _word(self, word: str) -> str:
        if not word or word.isspace():
            self._line_start = self._line_start or "\n" in word
            return word
        at_start, self._line_start = self._line_start, False
        if at_start and LIST_MARK.fullmatch(word):
            return word
        parts = REFERENCE.split(word)
        return "".join(self._reference(p) if n % 2 else NUMBER.sub(self._number, p) for n, p in enumerate(parts))

    def _reference(self, reference: str) -> str:
        value = self.grounding.resolve(reference)
        if value is not None:
            return value
        self.unproved.append(f"{{{reference}}}")
        return f"{{{reference}}}{MARK}"

    def _number(self, found: re.Match[str]) -> str:
        number = found.group()
        if self.grounding.knows(number):
            return number
        self.unproved.append(number)
        return f"{number}{MARK}"


def without_unproved(text: str) -> str:
    """A rendered text whose unproved figures are gone and only their marks stand: retold, they would count as given."""
    return UNPROVED.sub(MARK, text)


def _objects(data: Any) -> Iterator[str]:
    """Names of objects in data, also without their schema: `main.orders.total` is `orders.total` in a sentence."""
    if isinstance(data, list):
        for item in data:
            yield from _objects(item)
    elif isinstance(data, Mapping):
        for field, value in data.items():
            if field in OBJECTS and isinstance(value, str):
                yield from (name for name in (value, name_of(value)) if len(name) > 2)
            else:
                yield from _objects(value)


def _plain(number: str) -> str:
    """The same text for the same figure: 1,200 and 1200.0 are one; a version stays as it is."""
    text = number.replace(",", "").replace("_", "")
    try:
        return format(Decimal(text).normalize(), "f")
    except InvalidOperation:
        return text


def _told(value: Any) -> str | None:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.10g}"
    if isinstance(value, str):
        return value
    if isinstance(value, list | Mapping):
        return f"{len(value):,}"
    return None


def _visible(text: str) -> str:
    """Without control and format characters: a model's text must not move a terminal's cursor."""
    return "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cf", "Co", "Cs"))
