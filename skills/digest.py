"""What a model gets to see of a skill's output: the facts that decide, counts of the rest, where more is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import Field

from engines.model import Model
from skills.packing import LIMITS, Draft, Meter, Section, fenced, short_item
from skills.untrusted import WIDTH, clean, masked

__all__ = ["LIMITS", "WIDTH", "Digest", "Meter", "Section", "clean", "fenced", "masked", "pack", "page"]

NARROWEST = 8  # characters that a text of a page is cut to before its item is passed over


class Digest(Model):
    """data is what the model sees, sections what `more` can page through with their sizes, tokens what it costs."""

    handle: str
    data: dict[str, Any]
    sections: dict[str, int] = Field(default_factory=dict)
    tokens: int

    @property
    def text(self) -> str:
        """The data as JSON inside a fence that nothing in it can close."""
        return fenced(self.handle, self.data)


def pack(
    handle: str,
    facts: Mapping[str, Any],
    sections: Sequence[Section],
    limit: int,
    meter: Meter,
    width: int | None = None,
    share: float | None = None,
) -> Digest:
    """A digest of at most limit tokens: facts first (the last ones go if they must), then items section by section.

    `more` holds what was left out, counted by group; a fact that is a list of lines is shortened before it goes.
    width (characters) and share (of the facts) replace those of the level.
    """
    draft = Draft(handle, facts, [section for section in sections if section.items], limit, meter, width, share)
    draft.fill()
    while draft.tokens() > limit and draft.give_up_one():
        pass
    sizes = {section.name: len(section.items) for section in sections if section.items}
    return Digest(handle=handle, data=draft.data(), sections=sizes, tokens=draft.tokens())


def page(handle: str, section: Section, start: int, limit: int, meter: Meter, width: int = WIDTH) -> Digest:
    """As many items from a place on as fit (limit: 80 tokens at least); `next` is where to go on, absent at the end.

    An item too large for a page of its own is shown with shorter texts, and passed over where even that is too large.
    """
    start = max(start, 0)
    items = [short_item(item, width) for item in section.items[start : start + max(limit // 4, 1)]]
    while True:
        data: dict[str, Any] = {"section": section.name, "from": start, "total": len(section.items), "items": items}
        end = start + max(len(items), 1)
        if end < len(section.items):
            data["next"] = end
        tokens = meter(fenced(handle, data))
        if tokens <= limit or not items:
            return Digest(handle=handle, data=data, tokens=tokens)
        if len(items) > 1:
            items = items[: max(len(items) * limit // tokens, 1)] if tokens > 2 * limit else items[:-1]
        else:
            width //= 2
            items = [short_item(section.items[start], width)] if width >= NARROWEST else []
