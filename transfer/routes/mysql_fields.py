"""The fields of a line on its way into MySQL and MariaDB: how each is read, made a value, and written down."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from conversion.mapping import ColumnMapping
from engines.mysql.load import STORED
from transfer.compare.originals import placed
from transfer.routes.texts import text_original

Original = Callable[[bytes | None], Mapping[str, Any]]


def hexed_original(value: bytes | None) -> Mapping[str, Any]:
    """A text of another character set, whose bytes travel as hexadecimal digits."""
    return {"class": "null"} if value is None else {"class": "text", "hex": value.decode().lower()}


def number_original(value: bytes | None) -> Mapping[str, Any]:
    """A year, which the comparison reads as its number."""
    return {"class": "null"} if value is None else {"class": "text", "text": str(int(value))}


def bits_original(value: bytes | None, bits: int) -> Mapping[str, Any]:
    """Bits that travel as their number."""
    return {"class": "null"} if value is None else {"class": "blob", "hex": int(value).to_bytes((bits + 7) // 8).hex()}


def blob_original(value: bytes | None) -> Mapping[str, Any]:
    """A value that travels as hexadecimal digits."""
    return {"class": "null"} if value is None else {"class": "blob", "hex": value.decode().lower()}


def placed_by(original: Mapping[str, Any]) -> str | None:
    """A value, from what is written down of it, as the comparison looks for the row of a table without a key."""
    if original["class"] == "null":
        return None
    spelled = bytes.fromhex(original["hex"]) if "hex" in original else str(original["text"]).encode()
    (shown,) = placed([(original["class"], spelled)], sizes=True)
    return shown


@dataclass(frozen=True)
class Field:
    """A field of a line.

    mapping: the column it fills, None for one that only names the row; read: SQL of its text in the source; wrap: SQL
    of the target's value, {} for the text; original: of its text, as set-aside values are written down; change: what is
    still done to its text here, None where nothing; name: the source's column; nullable: there; mark: what its text
    begins with where its reader found that the target can't hold the value (transfer/routes/mysql_marks.py), b"" where
    none ever does; guard: SQL of the source that is true for such a value, where rows are read in pieces; place: of its
    text, as a row of a table without a key is found by it, where that isn't as it is written down.
    """

    mapping: ColumnMapping | None
    read: str
    wrap: str = STORED
    original: Original = text_original
    change: Callable[[bytes], bytes] | None = None
    name: str = ""
    nullable: bool = True
    mark: bytes = b""
    guard: str | None = None
    place: Callable[[bytes], str] | None = None

    def placed(self, value: bytes | None, original: Mapping[str, Any]) -> str | None:
        """The value as the comparison looks for its row; original: what is written down of it.

        A text without code points is written down by its bytes, and looked for as its server converts it.
        """
        if value is None:
            return None
        if self.place is not None:
            return self.place(value)
        return placed_by(original) if original["class"] == "blob" else placed([("text", value)], sizes=True)[0]
