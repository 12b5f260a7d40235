"""Values of relational sources that documents hold in another form, which is written down."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from transfer.moveplan import Unholdable


class Bounded(list[Any]):
    """An array's elements, and its own text because of bounds that don't begin at 1."""

    text: str


def bounded(value: tuple[Any, str | None]) -> Any:
    """The elements that were read, with the text that was read beside them, if any."""
    elements, text = value
    if text is None:
        return elements
    found = Bounded(elements)
    found.text = text
    return found


@dataclass(frozen=True)
class Odd:
    """A value that a document holds in another form: the policy that decides, why, its own bytes, and what is stored.

    stored: for people, a JSON object; a comparison takes the two for the same (transfer/compare/originals.py);
    readable: its bytes are text.
    """

    kind: Unholdable
    reason: str
    data: bytes
    stored: dict[str, Any]
    readable: bool = False


NO_TEXT = "text that has no code points, stored as its own bytes"
NO_BOUNDS = "an array whose bounds don't begin at 1, stored without them"
AS_BYTES = {"binary": 128}  # the subtype of conversion/documents/relations_natural.py
AS_LIST = {"array": "without bounds"}


def odd(value: Any) -> Odd | None:
    """What has to be written down of a value; None for all usual ones."""
    if isinstance(value, Bounded):
        return Odd("malformed", NO_BOUNDS, value.text.encode(), AS_LIST, readable=True)
    data = own_bytes(value)
    return None if data is None else Odd("invalid_encoding", NO_TEXT, data, AS_BYTES)


def own_bytes(value: Any) -> bytes | None:
    """The bytes of a text that is none in its character set; None for all other values."""
    if not isinstance(value, str) or value.isascii():
        return None
    try:
        value.encode()
    except UnicodeEncodeError:
        return value.encode(errors="surrogateescape")
    return None
