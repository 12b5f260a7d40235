"""PostgreSQL's COPY text format in whole blocks: types are checked per column, escapes once per block.

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
    """How a column is written: the Python types it may hold, and their text; None where a value does not fit.

    text: values go out as they are and may hold characters to escape; backslashes: how many the text of one value
    that is not NULL holds by itself.
    """

    kinds: frozenset[type]
    render: Render
    text: bool = False
    backslashes: int = 0


def escape(text: str) -> str:
    """Escape one value, or several that a NUL separates."""
    for plain, escaped in ESCAPES:
        if plain in text:
            text = text.replace(plain, escaped)
    return text


def text(longest: int | None = None) -> Encoder:
    """Text of at most so many characters."""

    def render(values: Values) -> Sequence[str] | None:
        if longest is not None and values and max(map(len, values)) > longest:
            return None
        return values

    return Encoder(frozenset({str}), render, text=True)


def integers(bits: int = 64) -> Encoder:
    """Integers of so many bits."""
    whole: Render = lambda values: list(map(str, values))  # noqa: E731
    return Encoder(frozenset({int}), whole if bits == 64 else _within(-(1 << (bits - 1)), (1 << (bits - 1)) - 1))


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
binary = Encoder(frozenset({bytes}), lambda values: [r"\\x" + value.hex() for value in values], backslashes=2)
checked_text = Encoder(frozenset({str}), lambda values: values)  # its form was checked: nothing to escape
never = Encoder(frozenset(), lambda values: None)


def column(encoder: Encoder, values: Values) -> tuple[Sequence[str], int] | None:
    """A column's texts with NULL's mark where it belongs, and the backslashes in them that are meant."""
    found = set(map(type, values))
    if found <= encoder.kinds:
        rendered = encoder.render(values)
        return None if rendered is None else (rendered, encoder.backslashes * len(values))
    if not found <= encoder.kinds | {NONE}:
        return None
    present = [value for value in values if value is not None]
    rendered = encoder.render(present)
    if rendered is None:
        return None
    following = iter(rendered)
    marked = [NULL if value is None else next(following) for value in values]
    return marked, len(values) - len(present) + encoder.backslashes * len(present)


def block(columns: Sequence[Values], encoders: Sequence[Encoder]) -> bytes | None:
    """The rows of these columns in COPY text format; None when a value needs the exact path."""
    written = [column(encoder, values) for encoder, values in zip(encoders, columns, strict=True)]
    texts = [found[0] for found in written if found is not None]
    if len(texts) < len(written):
        return None
    meant = sum(found[1] for found in written if found is not None)
    lines = _lines(texts)
    if not _is_clean(lines, len(texts[0]), len(texts), meant):
        if "\0" in lines:
            return None
        lines = _lines([_escaped(*pair) for pair in zip(encoders, texts, columns, strict=True)])
    return lines.encode() + b"\n"


def _lines(texts: Sequence[Sequence[str]]) -> str:
    return "\n".join(map("\t".join, zip(*texts, strict=True)))


def _is_clean(lines: str, rows: int, columns: int, backslashes: int) -> bool:
    """Whether the only tabs, newlines and backslashes are those that separate, mark NULL and begin binary values."""
    return (
        "\0" not in lines
        and "\r" not in lines
        and lines.count("\\") == backslashes
        and lines.count("\n") == rows - 1
        and lines.count("\t") == rows * (columns - 1)
    )


def _escaped(encoder: Encoder, texts: Sequence[str], values: Values) -> Sequence[str]:
    if not encoder.text:
        return texts
    escaped = escape("\0".join(texts)).split("\0")
    if NONE not in set(map(type, values)):
        return escaped
    return [NULL if value is None else text for value, text in zip(values, escaped, strict=True)]
