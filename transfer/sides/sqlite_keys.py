"""The values of SQLite that a key's canonical text may be stored as, so that an index finds its rows."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from conversion.declared import affinity
from engines.columns import Kind
from transfer.canonical.columns import ComparedColumn, Form, Role
from transfer.canonical.rendered import APART

DIGITS = re.compile(rb"-?[0-9]+(?:\.[0-9]+)?")
NUMERIC = {"INTEGER", "REAL", "NUMERIC"}
INTEGERS = range(-(2**63), 2**63)


class NotStored(ValueError):
    """No single value is looked up for this text."""


@dataclass(frozen=True)
class Probe:
    """values: what to look up for a canonical text (NotStored where only reading finds it).

    complete: everything that has this text compares equal to one of the values; else a text that is not found may
    still be there, spelled otherwise.
    """

    values: Callable[[bytes], list[Any]]
    complete: bool = True

    def bound(self, text: bytes | None) -> list[Any]:
        """The values of a text or NULL."""
        if text is not None and text.startswith(APART):
            raise NotStored
        return [None] if text is None else self.values(text)


def probe(column: ComparedColumn, role: Role) -> Probe | None:
    """How a column's canonical texts are looked up; None where they are not."""
    held = column.held(role)
    stored = affinity(held.native)
    words = Kind.BOOLEAN in (column.source.type.kind, column.target.type.kind) and held.reading == "native"
    if column.form is Form.NUMBER and stored in NUMERIC and column.digits is None and not words:
        return Probe(_number)
    if column.form is Form.TEXT:
        # where the column has an affinity, SQLite gives it to the text that is looked up as well
        return Probe(_text_or_number if stored == "BLOB" and held.reading != "text" else _text)
    if column.form is Form.BYTES:
        return Probe(_bytes)
    if column.form in (Form.DYNAMIC, Form.NATIVE):
        return Probe(_dynamic)
    return Probe(_text, False) if column.form in (Form.UUID, Form.DATE, Form.TIMESTAMP, Form.CHAR) else None


def _number(text: bytes) -> list[Any]:
    if not DIGITS.fullmatch(text):
        raise NotStored
    if b"." in text or len(text) > 20 or int(text) not in INTEGERS:
        return [float(text)]
    return [int(text)]


def _text(text: bytes) -> list[Any]:
    try:
        return [text.decode()]
    except UnicodeDecodeError as error:
        raise NotStored from error


def _text_or_number(text: bytes) -> list[Any]:
    """The text, and the number that is shown by it: SQLite takes 1 and 1.0 for equal, so one look-up finds both."""
    shown = text.decode(errors="replace")
    try:
        number = float(shown) if len(shown) < 30 else None
    except ValueError:
        number = None
    if number is None or number != number:
        return _text(text)
    whole = DIGITS.fullmatch(text) and b"." not in text and int(shown) in INTEGERS
    return [*_text(text), int(shown) if whole else number]


def _bytes(text: bytes) -> list[Any]:
    """The bytes, and the text that they are."""
    found = bytes.fromhex(text.decode())
    try:
        return [found, found.decode()]
    except UnicodeDecodeError:
        return [found]


def _dynamic(text: bytes) -> list[Any]:
    klass, _, value = text.partition(b" ")
    if klass == b"text":
        return _text(value)
    return [value if klass == b"blob" else int(value) if klass == b"integer" else float(value)]
