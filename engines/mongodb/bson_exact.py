"""BSON bytes as Python values and back, without losing what pymongo's own reading loses."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import bson
from bson.binary import UuidRepresentation
from bson.codec_options import CodecOptions, DatetimeConversion
from bson.dbref import DBRef
from bson.errors import BSONError
from bson.objectid import ObjectId

from engines.errors import EngineError
from engines.mongodb.values import DbPointer, Symbol, Undefined

OPTIONS: CodecOptions[dict[str, Any]] = CodecOptions(
    document_class=dict,
    tz_aware=True,
    uuid_representation=UuidRepresentation.UNSPECIFIED,
    datetime_conversion=DatetimeConversion.DATETIME_AUTO,
)
INT32 = struct.Struct("<i")
REFERENCE = b"$ref\0"
# type byte -> bytes that its value has: https://bsonspec.org/spec.html
FIXED = {
    0x01: 8, 0x06: 0, 0x07: 12, 0x08: 1, 0x09: 8, 0x0A: 0, 0x10: 4, 0x11: 8, 0x12: 8, 0x13: 16, 0x7F: 0, 0xFF: 0,
}  # fmt: skip
DOCUMENT, ARRAY, UNDEFINED, REGEX, POINTER, SYMBOL, SCOPED, BINARY, TEXT, CODE = 3, 4, 6, 11, 12, 14, 15, 5, 2, 13


def split(batch: bytes) -> Iterator[bytes]:
    """The documents of a batch, each with its bytes."""
    start = 0
    while start < len(batch):
        end = start + INT32.unpack_from(batch, start)[0]
        yield batch[start:end]
        start = end


def elements(raw: bytes) -> Iterator[tuple[bytes, int, int, int]]:
    """The fields of a document without reading their values: name, place of the type byte, start and end of the value.

    ValueError, IndexError or struct.error for bytes that are no document.
    """
    end = INT32.unpack_from(raw, 0)[0]
    if end != len(raw) or raw[end - 1]:
        raise ValueError("lengths disagree")
    place = 4
    while raw[place]:
        close = raw.index(b"\0", place + 1)
        after = _end(raw, raw[place], close + 1)
        if not close < after < end:
            raise ValueError("lengths disagree")
        yield raw[place + 1 : close], place, close + 1, after
        place = after
    if place != end - 1:
        raise ValueError("lengths disagree")


def id_bytes(raw: bytes) -> bytes:
    """The document {_id: ...} of a document, read without the rest of it; {} where it has none."""
    for name, place, start, end in elements(raw):
        if name == b"_id":
            body = raw[place : place + 1] + name + b"\0" + raw[start:end]
            return INT32.pack(len(body) + 5) + body + b"\0"
    return INT32.pack(5) + b"\0"


def decode(raw: bytes) -> dict[str, Any]:
    """The document, so that encode() gives the same bytes again.

    pymongo's fast reading is taken where it keeps everything; else undefined, symbols and DBPointers come as the
    classes of engines/mongodb/values.py, and references as plain objects in their own order. EngineError with
    DOCUMENT_UNREADABLE where Python has no value for it: a key twice in an object, text that isn't UTF-8.
    """
    try:
        if REFERENCE not in raw:
            fast = bson.decode(raw, OPTIONS)
            if bson.encode(fast, codec_options=OPTIONS) == raw:
                return fast
        exact = _document(raw, 0)[0]
        if encode(exact) == raw:
            return exact
        reason = "an object has a key twice, or an array's places are numbered wrongly"
    except (BSONError, ValueError, OverflowError, struct.error, IndexError, TypeError) as error:
        reason = type(error).__name__
    raise EngineError(
        "DOCUMENT_UNREADABLE",
        f"A document of {len(raw)} bytes holds what Python has no value for ({reason}).",
        "Repair the document in the source; its _id is found by reading the collection with a tool that shows bytes.",
    )


def encode(document: Mapping[str, Any]) -> bytes:
    """BSON of a document that may hold the classes of engines/mongodb/values.py."""
    if not _has_special(document):
        return bson.encode(document, codec_options=OPTIONS)
    body = b"".join(_element(key, value) for key, value in document.items())
    return INT32.pack(len(body) + 5) + body + b"\0"


def _has_special(value: Any) -> bool:
    if isinstance(value, Symbol | Undefined | DbPointer):
        return True
    if isinstance(value, Mapping):
        return any(_has_special(item) for item in value.values())
    return isinstance(value, list) and any(_has_special(item) for item in value)


def _element(key: str, value: Any) -> bytes:
    if not _has_special(value):
        return bson.encode({key: value}, codec_options=OPTIONS)[4:-1]
    name = key.encode() + b"\0"
    if isinstance(value, Symbol):
        text = value.encode() + b"\0"
        return bytes([SYMBOL]) + name + INT32.pack(len(text)) + text
    if isinstance(value, Undefined):
        return bytes([UNDEFINED]) + name
    if isinstance(value, DbPointer):
        text = value.collection.encode() + b"\0"
        return bytes([POINTER]) + name + INT32.pack(len(text)) + text + value.id.binary
    if isinstance(value, Mapping):
        return bytes([DOCUMENT]) + name + encode(value)
    return bytes([ARRAY]) + name + encode({str(place): item for place, item in enumerate(value)})


def _document(raw: bytes, start: int) -> tuple[dict[str, Any], int]:
    end = start + INT32.unpack_from(raw, start)[0]
    place = start + 4
    found: dict[str, Any] = {}
    while raw[place]:
        kind = raw[place]
        close = raw.index(b"\0", place + 1)
        key = raw[place + 1 : close].decode()
        found[key], place = _value(raw, kind, close + 1)
    if place != end - 1:
        raise ValueError("lengths disagree")
    return found, end


def _value(raw: bytes, kind: int, place: int) -> tuple[Any, int]:
    if kind == DOCUMENT:
        return _document(raw, place)
    if kind == ARRAY:
        found, end = _document(raw, place)
        return list(found.values()), end
    end = _end(raw, kind, place)
    special = SPECIAL.get(kind)
    if special is not None:
        return special(raw, place), end
    return _plain(raw, kind, place, end), end


def _end(raw: bytes, kind: int, place: int) -> int:
    if kind in FIXED:
        return place + FIXED[kind]
    if kind == REGEX:
        return raw.index(b"\0", raw.index(b"\0", place) + 1) + 1
    length: int = INT32.unpack_from(raw, place)[0]
    if kind in (TEXT, CODE, SYMBOL):
        return place + 4 + length
    if kind == BINARY:
        return place + 5 + length
    if kind == POINTER:
        return place + 4 + length + 12
    if kind in (SCOPED, DOCUMENT, ARRAY):
        return place + length
    raise ValueError(f"type {kind}")


def _plain(raw: bytes, kind: int, place: int, end: int) -> Any:
    """A value that pymongo reads without loss, read by it as the only one of a document."""
    body = bytes([kind]) + b"\0" + raw[place:end]
    value = bson.decode(INT32.pack(len(body) + 5) + body + b"\0", OPTIONS)[""]
    return value.as_doc() if isinstance(value, DBRef) else value


def _text(raw: bytes, place: int) -> str:
    return raw[place + 4 : place + 3 + INT32.unpack_from(raw, place)[0]].decode()


def _pointer(raw: bytes, place: int) -> DbPointer:
    end = _end(raw, POINTER, place)
    return DbPointer(_text(raw, place), ObjectId(raw[end - 12 : end]))


SPECIAL: dict[int, Callable[[bytes, int], Any]] = {
    UNDEFINED: lambda raw, place: Undefined(),
    SYMBOL: lambda raw, place: Symbol(_text(raw, place)),
    POINTER: _pointer,
}
