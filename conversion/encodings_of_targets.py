"""The encoding of an open PostgreSQL target that isn't UTF-8: the plan says what becomes of texts there."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from conversion.result import Note
from engines.catalog import Catalog

WHOLE = "UTF8"  # has every character
TARGET = "the target database"  # what the note is about
# https://www.postgresql.org/docs/current/multibyte.html
UNCHECKED = (
    "its encoding is SQL_ASCII: bytes are stored unchecked and lengths count bytes, so texts beyond ASCII that are "
    "longer than their type in bytes are set aside (policy too_long); a database with ENCODING 'UTF8' holds them"
)
LACKING = (
    "its encoding is {name}: texts with characters that {name} lacks are set aside (policy invalid_encoding); "
    "a database with ENCODING 'UTF8' holds them"
)


@runtime_checkable
class Encoded(Protocol):
    """A database that has one encoding for all of its texts."""

    @property
    def encoding(self) -> str: ...


def notes_of(target: object, source: Catalog) -> list[Note]:
    """What a person should know of the target's encoding; nothing where it is the source's own, or UTF-8."""
    if not isinstance(target, Encoded):
        return []
    name = target.encoding
    same = source.engine == "postgresql" and (source.encoding or "") == name
    if name == WHOLE or same:
        return []
    return [Note(object=TARGET, text=UNCHECKED if name == "SQL_ASCII" else LACKING.format(name=name))]
