"""PostgreSQL's COPY text format, column by column: what a column may hold is checked and escaped at once.

Format: PostgreSQL documentation, COPY, "Text Format". A finisher returns None when a value is not what its route
expects; then the block takes the exact path.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

NULL = r"\N"
ESCAPES = (("\\", r"\\"), ("\n", r"\n"), ("\r", r"\r"), ("\t", r"\t"))
NONE = type(None)

Values = Sequence[Any]
Finish = Callable[[Values], Sequence[str] | None]


def escape(text: str) -> str:
    """Escape one value, or several that a NUL separates."""
    for plain, escaped in ESCAPES:
        if plain in text:
            text = text.replace(plain, escaped)
    return text


def _present(values: Values, finish: Finish) -> Sequence[str] | None:
    """Finish the values that are not NULL, and put NULL's mark between them."""
    finished = finish([value for value in values if value is not None])
    if finished is None:
        return None
    following = iter(finished)
    return [NULL if value is None else next(following) for value in values]


def of(kinds: set[type], finish: Finish) -> Finish:
    """A finisher for values of these Python types; NULLs are taken out before and marked after."""

    def checked(values: Values) -> Sequence[str] | None:
        found = set(map(type, values))
        if found <= kinds:
            return finish(values)
        if found <= kinds | {NONE}:
            return _present(values, finish)
        return None

    return checked


def _text(longest: int | None) -> Finish:
    def finish(values: Values) -> Sequence[str] | None:
        joined = "\0".join(values)
        if joined.count("\0") != max(0, len(values) - 1):
            return None
        if longest is not None and values and max(map(len, values)) > longest:
            return None
        escaped = escape(joined)
        return values if escaped is joined else escaped.split("\0")

    return finish


def _within(low: int, high: int) -> Finish:
    def finish(values: Values) -> Sequence[str] | None:
        if values and not (low <= min(values) and max(values) <= high):
            return None
        return list(map(str, values))

    return finish


def _finite(values: Values) -> Sequence[str] | None:
    return list(map(repr, values)) if not {float("inf"), float("-inf")} & set(values) else None


def text(longest: int | None = None) -> Finish:
    """Text without NUL, of at most so many characters."""
    return of({str}, _text(longest))


def integers(bits: int = 64) -> Finish:
    """Integers of so many bits."""
    if bits == 64:
        return of({int}, lambda values: list(map(str, values)))
    return of({int}, _within(-(1 << (bits - 1)), (1 << (bits - 1)) - 1))


booleans = of({int}, _within(0, 1))
doubles = of({float}, lambda values: list(map(repr, values)))
numbers = of({int, float}, _finite)
binary = of({bytes}, lambda values: [r"\\x" + value.hex() for value in values])
checked_text = of({str}, lambda values: values)  # the guard has checked its form: nothing to escape


def block(columns: Sequence[Values], finishers: Sequence[Finish]) -> bytes | None:
    """The rows of these columns in COPY text format; None when a value needs the exact path."""
    finished: list[Sequence[str]] = []
    for values, finish in zip(columns, finishers, strict=True):
        done = finish(values)
        if done is None:
            return None
        finished.append(done)
    lines = "\n".join(map("\t".join, zip(*finished, strict=True)))
    return lines.encode() + b"\n"
