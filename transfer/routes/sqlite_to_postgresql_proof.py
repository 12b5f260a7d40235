"""Proves of a whole block of lines that SQLite wrote that they are COPY text as they stand.

Each line has a known number of tabs, so equal counts prove that no value holds one; marks of NULL and of bytes are no
bytes of valid UTF-8, so equal counts prove that they are marks and nothing else. Format: PostgreSQL documentation,
COPY, "Text Format".
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from conversion.mapping import ColumnMapping
from engines.postgresql.copying import COPY_NULL, copy_text_escaped
from engines.sqlite.quoting import quote_identifier
from transfer.routes.policy import Refused
from transfer.routes.sqlite_fast import BYTES_MARK, EXACT_IN_DOUBLE, NULL_MARK, Line, sizes
from transfer.routes.sqlite_values import converter


class Unproved(Enum):
    """Why a block is not taken as it is: its texts need escapes, or its rows are to be looked at one by one."""

    ESCAPES = 1
    VALUES = 2


def proved(text: bytes, rows: int, tabs: int, nulls: int, marks: int, escaped: bool) -> bytes | Unproved:
    """The block with its marks replaced, without a newline at the end.

    tabs: in each line; nulls, marks: how many marks there are in the block; escaped: free texts were escaped already.
    """
    if text.count(b"\t") != rows * tabs or text.count(b"\n") != rows - 1 or b"\r" in text:
        return Unproved.VALUES if escaped else Unproved.ESCAPES
    if not escaped and b"\\" in text:
        return Unproved.ESCAPES
    if b"\0" in text:
        return Unproved.VALUES
    if text.isascii():
        return text if nulls == marks == 0 else Unproved.VALUES
    if text.count(NULL_MARK) != nulls or text.count(BYTES_MARK) != marks:
        return Unproved.VALUES
    text = text.replace(NULL_MARK, rb"\N").replace(BYTES_MARK, rb"\\x")
    try:
        text.decode()
    except UnicodeDecodeError:
        return Unproved.VALUES
    return text


@dataclass(frozen=True)
class Found:
    """What came of a block: its text, or why there is none; its rows and how many of them were not expected."""

    text: bytes | Unproved
    rows: int
    unexpected: int = 0


NULL = COPY_NULL.decode()
# what a column's values become, as COPY text; None where one of them is not expected
Encode = Callable[[Sequence[Any]], list[str] | None]


def lines_with_values(
    rows: Sequence[tuple[Any, ...]], line: Line, columns: Sequence[ValueColumn], escaped: bool
) -> Found:
    """A block of rows of: its key, the line, whether it is unexpected, marks of NULL and of bytes, values."""
    _, lines, unexpected, nulls, marks, *parts = zip(*rows, strict=True)
    wrong = sum(map(bool, unexpected))
    if wrong:
        return Found(Unproved.VALUES, len(rows), wrong)
    text = proved(b"\n".join(lines), len(rows), line.tabs, sum(nulls), sum(marks), escaped)
    if isinstance(text, Unproved):
        return Found(text, len(rows))
    if not columns:
        return Found(text + b"\n", len(rows))
    written: list[Sequence[str]] = []
    for column in columns:
        encoded = column.encode(parts[: len(column.reads)])
        if encoded is None:
            return Found(Unproved.VALUES, len(rows), 1)
        written.append(encoded)
        parts = parts[len(column.reads) :]
    values = "\n".join(map("\t".join, zip(*written, strict=True))).encode()
    if line.written:
        values = b"\n".join(map(b"\t".join, zip(text.split(b"\n"), values.split(b"\n"), strict=True)))
    return Found(values + b"\n", len(rows))


class ValueColumn:
    """A column that Python writes: what is read of it, one or two expressions, and its texts."""

    def __init__(self, column: ColumnMapping) -> None:
        name = quote_identifier(column.source)
        numeric = column.route in ("double", "numeric")
        # a text in a column of numbers is read too, so that a block with one too large for the exact path ends here
        self.reads = [name] if numeric else [f"typeof({name})", name]
        self.texts = [True] if numeric else [False, True]  # which of them may be long
        self.nullable = column.nullable
        if numeric:
            limits = sizes(column.target_type)
            self._numbers = _doubles if column.route == "double" else _numerics(*limits) if limits else _finite
        else:
            self._convert = converter(column.route, column.target_type)
        self.numeric = numeric

    def encode(self, parts: Sequence[Sequence[Any]]) -> list[str] | None:
        """The texts of a block's values; parts: the values of each of `reads`."""
        return self._encode_numbers(parts[0]) if self.numeric else self._encode_any(parts[0], parts[1])

    def _encode_numbers(self, values: Sequence[Any]) -> list[str] | None:
        kinds = set(map(type, values))
        if kinds <= {int, float}:
            return self._numbers(values)
        if not self.nullable or not kinds <= {int, float, type(None)}:
            return None
        written = self._numbers([value for value in values if value is not None])
        if written is None:
            return None
        following = iter(written)
        return [NULL if value is None else next(following) for value in values]

    def _encode_any(self, classes: Sequence[bytes], values: Sequence[Any]) -> list[str] | None:
        texts: list[str] = []
        for klass, value in zip(classes, values, strict=True):
            if value is None:
                if not self.nullable:
                    return None
                texts.append(NULL)
                continue
            try:
                texts.append(copy_text_escaped(self._convert(klass.decode(), value)).decode())
            except Refused:
                return None
        return texts


def _doubles(values: Sequence[Any]) -> list[str] | None:
    whole = [value for value in values if type(value) is int]
    if whole and max(map(abs, whole)) > EXACT_IN_DOUBLE:
        return None
    return list(map(repr, values))


def _finite(values: Sequence[Any]) -> list[str] | None:
    return None if {float("inf"), float("-inf")} & set(values) else list(map(repr, values))


def _numerics(precision: int, scale: int = 0) -> Encode:
    bound = 10 ** (precision - scale)

    def encode(values: Sequence[Any]) -> list[str] | None:
        if not values:
            return []
        if max(values) >= bound or min(values) <= -bound:
            return None
        texts = list(map(repr, values))
        for text in texts:
            point = text.find(".")
            if "e" in text or (point >= 0 and len(text) - point - 1 > scale and not text.endswith(".0")):
                return None
        return texts

    return encode
