"""What a scan asks of a row with a large value: in SQL of all that is small, of the rest by reading it in pieces."""

from __future__ import annotations

import codecs
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from engines.sqlite.profile_rows import LARGE, Rows, limited
from engines.sqlite.quoting import quote_identifier

WHOLE = 1 << 24  # bytes of a value that SQL gets as a whole, an expression at a time
PIECE = 1 << 18
NARROW = ("text", "blob")  # classes of which a value may be large
PER_QUERY = 400

Key = tuple[str, str, str]  # column, what (value, class, form or measure), its name
Results = dict[Key, int | None]


@dataclass(frozen=True)
class Text:
    """A text that was read in pieces: characters, bytes in UTF-8, and its forms."""

    characters: int
    utf8_bytes: int
    forms: frozenset[str]


class LargeRow:
    """One row of Rows."""

    def __init__(self, rows: Rows, rowid: int, encoding: str) -> None:
        self.rows, self.rowid, self.encoding = rows, rowid, encoding

    def results(self, look: Mapping[Key, str]) -> Results:
        """The aggregates of the look over this row alone.

        Of a value larger than WHOLE no form is seen that only SQL knows: it counts as one that doesn't have it.
        """
        classes, sizes = self.classes(dict.fromkeys(key[0] for key in look)), {}
        for name, klass in classes.items():
            if klass in NARROW and (size := self._size(name)) > LARGE:
                sizes[name] = size
        found: Results = {}
        small = [key for key in look if key[0] not in sizes]
        for start in range(0, len(small), PER_QUERY):
            found |= self._asked(look, small[start : start + PER_QUERY], LARGE * 4)
        for name, size in sizes.items():
            keys = [key for key in look if key[0] == name]
            if size > WHOLE:
                found |= self._read(name, classes[name], size, keys)
            else:
                for key in keys:
                    found |= self._asked(look, [key], WHOLE * 4)
        return found

    def not_plain(self, names: Iterable[str]) -> set[str]:
        """Those columns whose value, as a text, is other than ASCII without NUL."""
        texts = [name for name, klass in self.classes(names).items() if klass in NARROW]  # numbers are plain
        return {name for name in texts if any(not piece.isascii() or 0 in piece for piece in self._pieces(name))}

    def classes(self, names: Iterable[str]) -> dict[str, str]:
        """The storage class of columns."""
        given = list(names)
        found: dict[str, str] = {}
        for start in range(0, len(given), PER_QUERY):
            part = given[start : start + PER_QUERY]
            found |= zip(part, self._row([f"typeof({quote_identifier(name)})" for name in part]), strict=True)
        return found

    def _asked(self, look: Mapping[Key, str], keys: list[Key], size: int) -> Results:
        with limited(self.rows.connection, size):
            values = self._row([look[key].format(c=quote_identifier(key[0])) for key in keys])
        return dict(zip(keys, values, strict=True))

    def _row(self, expressions: list[str]) -> tuple[Any, ...]:
        sql = f"SELECT {', '.join(expressions)} FROM {self.rows.name} WHERE {self.rows.rowid} = ?"
        found: tuple[Any, ...] = self.rows.connection.execute(sql, (self.rowid,)).fetchone()
        return found

    def _read(self, name: str, klass: str, size: int, keys: Iterable[Key]) -> Results:
        facts: dict[tuple[str, str], int] = {("value", "present"): 1, ("class", klass): 1}
        if klass == "blob":
            facts["measure", "blob_bytes"] = size
        else:
            text = self._text(name)
            facts |= {("measure", "max_length"): text.characters, ("measure", "text_bytes"): text.utf8_bytes}
            facts |= {("form", form): 1 for form in text.forms}
        return {key: facts.get((key[1], key[2]), None if key[1] == "measure" else 0) for key in keys}

    def _text(self, name: str) -> Text:
        try:
            return _measured(self._decoded(name, "strict"))
        except UnicodeDecodeError:
            found = _measured(self._decoded(name, "replace"))
            return Text(found.characters, found.utf8_bytes, found.forms | {"invalid_utf8"})

    def _decoded(self, name: str, errors: str) -> Iterator[str]:
        decode: Callable[..., str] = codecs.getincrementaldecoder(self.encoding)(errors).decode
        for piece in self._pieces(name):
            yield decode(piece)
        yield decode(b"", True)

    def _size(self, name: str) -> int:
        with self._blob(name) as blob:
            return len(blob)

    def _pieces(self, name: str) -> Iterator[bytes]:
        with self._blob(name) as blob:
            while piece := blob.read(PIECE):
                yield piece

    def _blob(self, name: str) -> sqlite3.Blob:
        return self.rows.connection.blobopen(self.rows.table.name, name, self.rowid, readonly=True)


def _measured(pieces: Iterator[str]) -> Text:
    """LIKE stops at the first NUL, so that trailing_space is what stands before it."""
    characters = size = 0
    last, forms = "", set()
    for piece in pieces:
        characters += len(piece)
        size += len(piece) if piece.isascii() else len(piece.encode("utf-8", "replace"))
        if "nul" not in forms:
            before, nul, _ = piece.partition("\0")
            last = before[-1:] or last
            if nul:
                forms.add("nul")
    if last == " ":
        forms.add("trailing_space")
    return Text(characters, size, frozenset(forms))
