"""The fields of a line on its way into MySQL and MariaDB: how each is read, made a value, and written down."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from conversion.mapping import ColumnMapping
from engines.mysql.load import STORED

Original = Callable[[bytes | None], Mapping[str, Any]]


def text_original(value: bytes | None) -> Mapping[str, Any]:
    """A value as JSON that loses nothing."""
    if value is None:
        return {"class": "null"}
    try:
        return {"class": "text", "text": value.decode()}
    except UnicodeDecodeError:
        return {"class": "text", "hex": value.hex()}


def blob_original(value: bytes | None) -> Mapping[str, Any]:
    """A value that travels as hexadecimal digits."""
    return {"class": "null"} if value is None else {"class": "blob", "hex": value.decode().lower()}


@dataclass(frozen=True)
class Field:
    """A field of a line.

    mapping: the column it fills, None for one that only names the row; read: SQL of its text in the source; wrap: SQL
    of the target's value, {} for the text; original: of its text, as set-aside values are written down; change: what is
    still done to its text here, None where nothing; name: the source's column; nullable: there.
    """

    mapping: ColumnMapping | None
    read: str
    wrap: str = STORED
    original: Original = text_original
    change: Callable[[bytes], bytes] | None = None
    name: str = ""
    nullable: bool = True
