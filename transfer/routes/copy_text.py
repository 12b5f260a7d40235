"""PostgreSQL's COPY text format, column by column: what a column may hold is checked and escaped at once.

Format: PostgreSQL documentation, COPY, "Text Format". A block is None when a value is not what its route expects;
then the exact path takes its rows one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

NULL = r"\N"
ESCAPES = (("\\", r"\\"), ("\n", r"\n"), ("\r", r"\r"), ("\t", r"\t"))
NONE = type(None)

Values = Sequence[Any]
Render = Callable[[Values], Sequence[str] | None]


@dataclass(frozen=True)
class Encoder:
    """How a column is written: the Python types it may hold, and their text; None where a value does not fit."""

    kinds: frozenset[type]
    render: Render


def escape(text: str) -> str:
    """Escape one value, or several that a NUL separates."""
    for plain, escaped in ESCAPES:
        if plain in text:
            text = text.replace(plain, escaped)
    return text


def text(longest: int | None = None) -> Encoder:
    """Text of at most so many characters, without NUL."""

    def render(values: Values) -> Sequence[str] | None:
        if longest is not None and values and max(map(len, values)) > longest:
            return None
        whole = "".join(values)
        if "\0" in whole:
            return None
        if any(plain in whole for plain, _ in ESCAPES):
            return escape("\0".join(values)).split("\0")
        return values

    return Encoder(frozenset({str}), render)


def integers(bits: int = 64) -> Encoder:
    """Integers of so many bits."""
    render = _all if bits == 64 else _within(-(1 << (bits - 1)), (1 << (bits - 1)) - 1)
    return Encoder(frozenset({int}), render)


def _all(values: Values) -> Sequence[str]:
    return list(map(str, values))


def _within(low: int, high: int) -> Render:
    def render(values: Values) -> Sequence[str] | None:
        if values and not (low <= min(values) and max(values) <= high):
            return None
        return list(map(str, values))

    return render


def _finite(values: Values) -> Sequence[str] | None:
    return list(map(repr, values)) if not {float("inf"), float("-inf")} & set(values) else None


booleans = Encoder(frozenset({int}), _within(0, 1))
doubles = Encoder(frozenset({float}), lambda values: list(map(repr, values)))
numbers = Encoder(frozenset({int, float}), _finite)
binary = Encoder(frozenset({bytes}), lambda values: [r"\\x" + value.hex() for value in values])
checked_text = Encoder(frozenset({str}), lambda values: values)  # its form was checked: nothing to escape
never = Encoder(frozenset(), lambda values: None)


def column(encoder: Encoder, values: Values, nullable: bool) -> Sequence[str] | None:
    """A column's texts, with NULL's mark where it belongs; None when a value is not expected."""
    found = set(map(type, values))
    if found <= encoder.kinds:
        return encoder.render(values)
    if not nullable or not found <= encoder.kinds | {NONE}:
        return None
    rendered = encoder.render([value for value in values if value is not None])
    if rendered is None:
        return None
    following = iter(rendered)
    return [NULL if value is None else next(following) for value in values]


def block(columns: Sequence[Values], encoders: Sequence[Encoder], nullable: Sequence[bool]) -> bytes | None:
    """The rows of these columns in COPY text format; None when a value needs the exact path."""
    written: list[Sequence[str]] = []
    for values, encoder, may_be_null in zip(columns, encoders, nullable, strict=True):
        done = column(encoder, values, may_be_null)
        if done is None:
            return None
        written.append(done)
    lines = "\n".join(map("\t".join, zip(*written, strict=True)))
    return lines.encode() + b"\n"
