"""Documents in canonical form: fields by type and bytes beside another MongoDB, values by meaning beside tables."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Sequence
from typing import Any

from bson.errors import BSONError

from conversion.documents.extended_json import plain
from engines.errors import EngineError
from engines.mongodb.bson_exact import decode, elements
from engines.mongodb.values import TYPES
from transfer.canonical import json_text
from transfer.canonical.columns import ComparedColumn, Form
from transfer.canonical.rendered import Rendered, apart, integers, rendered
from transfer.canonical.values_python import as_json, number, reader

# Reading of the column that stands for all fields without a column, and for the order of all of them; behind it, as a
# JSON list, fields that are left out.
REST = "rest"
ANY = "any"  # reading of a field of any type: the JSON value of its class
REST_MARK = b"\0"  # begins the rest's text: no type of BSON has this byte
INT32 = struct.Struct("<i")
BROKEN = (IndexError, ValueError, struct.error, BSONError)


def renderer(column: ComparedColumn) -> Callable[[Sequence[Any]], Rendered]:
    """What renders the column's values of a batch of rows that were made of documents; None is NULL.

    A value that the form doesn't have is rendered with its type, and equals nothing.
    """
    any_type = ANY in (column.source.reading, column.target.reading)
    read = of_any if any_type else reader(column)

    def render(values: Sequence[Any]) -> Rendered:
        if column.form is Form.NUMBER and set(map(type, values)) == {int}:
            return integers(values)
        return rendered(column, [None if value is None else _one(read, value) for value in values])

    return render


def _one(read: Callable[[Any], bytes | None], value: Any) -> bytes:
    text = read(value)
    if text is not None:
        return text
    if isinstance(value, str | bytes):
        return apart("text" if isinstance(value, str) else "blob", value)
    return apart(TYPES.get(type(value), type(value).__name__), value)


def of_any(value: Any) -> bytes | None:
    """A value of any type as JSON: text as a string, bytes as {"$blob": hex}."""
    if isinstance(value, str):
        return json_text.string(value)
    if isinstance(value, bytes):
        return b'{"$blob":"' + bytes(value).hex().encode() + b'"}'
    if isinstance(value, int | float) and not isinstance(value, bool):
        return number(None, value)  # infinity as well, which no JSON has
    return as_json(value)


class Fields:
    """Splits documents into the texts of a collection's columns: fields by name, and the rest."""

    def __init__(self, columns: Sequence[ComparedColumn], names: Sequence[str], display: str) -> None:
        """names: the columns' fields on this side, in their order; one with the reading REST stands for the rest."""
        self.places = {
            name.encode(errors="surrogatepass"): place
            for place, (column, name) in enumerate(zip(columns, names, strict=True))
            if not column.source.reading.startswith(REST)
        }
        rests = [place for place, _ in enumerate(columns) if place not in self.places.values()]
        self.rest = rests[0] if rests else None
        left_out = json.loads(columns[rests[0]].source.reading.removeprefix(REST) or "[]") if rests else []
        self.left_out = {name.encode(errors="surrogatepass") for name in left_out}
        self.width = len(columns)
        self.display = display

    def texts(self, raw: bytes) -> list[bytes | None]:
        """Type and bytes of each field, None for one that is missing (null is a value).

        The rest is the names of all fields in their order, and type and bytes of those without a column; nothing where
        there are none and the fields come in the order of the columns. EngineError DOCUMENT_UNREADABLE for bytes that
        are no BSON.
        """
        texts: list[bytes | None] = [None] * self.width
        names: list[bytes] = []
        others: list[bytes] = []
        last, ordered = -1, True
        try:
            for name, kind, start, end in elements(raw):
                value = raw[kind : kind + 1] + raw[start:end]
                place = self.places.get(name)
                if name in self.left_out:
                    continue
                names.append(name)
                if place is None or texts[place] is not None:  # without a column, or there a second time
                    others.append(value)
                    continue
                texts[place] = value
                ordered = ordered and place > last
                last = place
        except BROKEN as error:
            raise unreadable(self.display, len(raw)) from error
        if self.rest is not None:
            texts[self.rest] = b"" if ordered and not others else _rest(names, others)
        return texts


def _rest(names: list[bytes], others: list[bytes]) -> bytes:
    return REST_MARK + b"\0".join(names) + b"\0\0" + b"".join(b"%d:%b" % (len(value), value) for value in others)


def document_of(text: bytes, name: bytes = b"") -> bytes:
    """A document with one field of that type and bytes."""
    return INT32.pack(len(text) + len(name) + 6) + text[:1] + name + b"\0" + text[1:] + b"\0"


def shown(text: bytes) -> str:
    """The value of a field's type and bytes for people: JSON with the wrappers of Extended JSON.

    Of the column that stands for the rest: the names of all fields in their order.
    """
    if text[:1] in (b"", REST_MARK):
        return text[1:].partition(b"\0\0")[0].replace(b"\0", b", ").decode(errors="backslashreplace")
    try:
        value = decode(document_of(text))[""]
    except EngineError:
        return text.decode(errors="backslashreplace")
    return json.dumps(value, ensure_ascii=False) if type(value) is str else plain(value)


def unreadable(display: str, size: int) -> EngineError:
    """The error for bytes that are no BSON."""
    return EngineError(
        "DOCUMENT_UNREADABLE",
        f"A document of {display} of {size} bytes is not valid BSON.",
        "Run `validate` on the collection in the server's shell; repair it, then run the same command again.",
    )
