"""A column of a batch of rows as canonical texts, ready to be encoded all at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from transfer.canonical.columns import ComparedColumn
from transfer.canonical.encoding import DELIMITED

APART = b"\xff"  # begins what a reading doesn't expect: no engine's text begins so, no form has it


class Rendered:
    """texts: one per row, None for NULL; fragment and arguments: how they are written into an encoded row.

    The fragment is a part of a template for `%`, taking one argument of every sequence in arguments.
    """

    __slots__ = ("_texts", "arguments", "fragment")

    def __init__(self, fragment: bytes, arguments: tuple[Sequence[Any], ...], texts: Sequence[Any] | None) -> None:
        self.fragment = fragment
        self.arguments = arguments
        self._texts = texts

    @property
    def texts(self) -> list[bytes | None]:
        """The texts as bytes."""
        if self._texts is None:
            return [b"%d" % value for value in self.arguments[0]]
        return [text if text is None or type(text) is bytes else bytes(text) for text in self._texts]


def integers(values: Sequence[int]) -> Rendered:
    """Integers of the form number, none of them NULL: their digits are written by the template."""
    return Rendered(b"%d,", (values,), None)


def rendered(column: ComparedColumn, texts: Sequence[Any]) -> Rendered:
    """Texts of any form; bytes or bytearray, None for NULL."""
    delimited = column.form in DELIMITED
    if None not in texts:
        if delimited:
            return Rendered(b"%b,", (texts,), texts)
        return Rendered(b"%d:%b", (list(map(len, texts)), texts), texts)
    if delimited:
        pieces = [b"n" if text is None else text for text in texts]
        return Rendered(b"%b,", (pieces,), texts)
    pieces = [b"n" if text is None else b"%d:%b" % (len(text), text) for text in texts]
    return Rendered(b"%b", (pieces,), texts)


def encoded(columns: Sequence[Rendered], rows: int) -> list[bytes]:
    """The encoded rows of these columns (transfer/canonical/encoding.py), as many as there are."""
    if not columns:
        return [b""] * rows
    template = b"".join(column.fragment for column in columns)
    return [template % row for row in zip(*_arguments(columns), strict=True)]


def apart(klass: str, value: object) -> bytes:
    """What a reading doesn't expect: its class and value, without a comma; equal to no text of any form."""
    if isinstance(value, bytes | bytearray):
        shown = value.decode(errors="backslashreplace") if klass == "text" else bytes(value).hex()
    elif isinstance(value, str):
        shown = value.encode(errors="surrogateescape").decode(errors="backslashreplace")
    else:
        shown = repr(value)
    shown = shown.replace("\\", "\\\\").replace(",", "\\x2c")
    return APART + f"unexpected {klass} {shown}".encode(errors="backslashreplace")


def _arguments(columns: Sequence[Rendered]) -> Iterator[Sequence[Any]]:
    for column in columns:
        yield from column.arguments
