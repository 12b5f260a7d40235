"""Values that their reader already found to be none that the target can hold, and lines that hold such values.

A reader writes a mark before a value where the target's server would store something near it without a word. In a
column of numbers, moments or JSON the mark is `!dbmo:kind!`, which is none of these; in a text it begins with a byte
that UTF-8 doesn't have, and the text's own bytes in hex stand between it and what its server made of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from engines.mysql.load_text import END, lines, read
from transfer.moveplan import Unholdable
from transfer.routes.mysql_fields import Field
from transfer.routes.policy import Refused

NEEDLE = b"!dbmo:"
VALUE_MARK, TEXT_MARK = NEEDLE, b"\xff" + NEEDLE
MARKED = re.compile(rb"\xff?!dbmo:([a-z_]+)!(.*)", re.DOTALL)
NO_CODE_POINTS = "text that has no code points"
FOLDED = "a character that {charset} stores as another one"
WORDS = {
    "date_range": "a year or moment that MySQL's type doesn't have",
    "time_range": "a time of day that the type doesn't have",
    "not_finite": "NaN or infinity",
    "out_of_range": "a number that the type doesn't hold exactly",
    "malformed": "not in the form that the type asks for",
}

Held = Callable[[bytes, str], bytes]  # what a text (UTF-8) becomes in a character set, as UTF-8 again


@dataclass(frozen=True)
class Known:
    """A value that is to be settled before anything is stored. text: what names its row, where it is part of a key."""

    refused: Refused
    original: Mapping[str, Any]
    text: bytes


def marked(kind: Unholdable) -> str:
    """The beginning of a value that was found to be of a kind."""
    return f"!dbmo:{kind}!"


def marked_text(guard: str, column: str, converted: str) -> str:
    """SQL of the text in UTF-8, marked where the guard holds; column: quoted, converted: SQL of the text."""
    mark = f"CAST(x'{(TEXT_MARK + b'invalid_encoding!').hex()}' AS BINARY)"
    raw = f"HEX(CAST({column} AS BINARY))"
    return f"IF({guard}, CONCAT({mark}, {raw}, '!', CAST({converted} AS BINARY)), CAST({converted} AS BINARY))"


@dataclass
class Marks:
    """Finds the lines of a table that hold such values.

    charsets: of fields whose columns have another character set than they are sent in; folded: finds what such a column
    would store as another character; taken: lines (without their ends) that were taken out of blocks.
    """

    fields: Sequence[Field]
    folded: Mapping[int, re.Pattern[bytes]] = field(default_factory=dict)
    charsets: Mapping[int, str] = field(default_factory=dict)
    taken: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.marks = any(item.mark for item in self.fields)

    def without(self, block: bytes) -> bytes:
        """A block of whole lines without those that are not to be loaded as they are."""
        if not self._suspicious(block):
            return block
        kept: list[bytes] = []
        for line in lines(block):
            own = self._suspicious(line) and self.known(read(line), None)
            (self.taken if own else kept).append(line)
        return END.join([*kept, b""]) if kept else b""

    def known(self, values: Sequence[bytes | None], held: Held | None) -> dict[int, Known]:
        """The values of a line that were found, by their fields' numbers; held: says what is stored instead."""
        found: dict[int, Known] = {}
        for number, (item, value) in enumerate(zip(self.fields, values, strict=True)):
            if value is None or item.mapping is None:
                continue
            if item.mark and value.startswith(item.mark) and (known := _known(item, value)) is not None:
                stored = number in self.charsets and item.mark == TEXT_MARK
                found[number] = self._stored(number, known, held) if stored else known
            elif number in self.folded and self.folded[number].search(value):
                refused = Refused("invalid_encoding", FOLDED.format(charset=self.charsets[number]))
                found[number] = self._stored(number, Known(refused, item.original(value), value), held)
        return found

    def _stored(self, number: int, known: Known, held: Held | None) -> Known:
        """The same with what the column's own character set makes of the text."""
        if held is None:
            return known
        converted = held(known.text, self.charsets[number])
        return replace(known, refused=Refused(known.refused.kind, known.refused.reason, converted))

    def _suspicious(self, block: bytes) -> bool:
        if self.marks and NEEDLE in block:
            return True
        return any(pattern.search(block) for pattern in self.folded.values())


def _known(item: Field, value: bytes) -> Known | None:
    found = MARKED.fullmatch(value)
    if found is None:
        return None
    kind: Unholdable = found[1].decode()  # type: ignore[assignment]
    if item.mark == TEXT_MARK:
        raw, _, text = found[2].partition(b"!")
        original = {"class": "text", "hex": raw.decode().lower()}
        return Known(Refused(kind, NO_CODE_POINTS, text), original, text)
    reason = WORDS.get(kind, f"a value of kind {kind}")
    return Known(Refused(kind, reason), item.original(found[2]), found[2])
