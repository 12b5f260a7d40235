"""Keys of rows from the _id of documents: always a value, and never one for two documents.

A column has one type, an _id may be of any. What the column's type can't hold gets a stand-in made from a hash of the
_id, taken from a part of the type's values that no real _id is ever stored in; the _id itself then stands in the
residue. Two stand-ins of one value would break the primary key, loudly; with a million of them the chance is below
one in ten million for integers (62 bits) and far below that for the rest (96 bits and more).
"""

from __future__ import annotations

import hashlib
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Callable
from typing import Any

from bson import Binary, ObjectId

from conversion.documents.codec_model import Codec, Options, whole
from conversion.documents.codec_numbers import as_integer
from conversion.documents.codecs import storable_text
from conversion.documents.extended_json import canonical, loads
from conversion.documents.targets import Target
from conversion.documents.values import LOWEST_LONG, MISSING, binary_of, is_int64

KEY_LENGTH = 255  # characters of a text key: four bytes each fit every engine's limit for keys
MARK = "~"  # begins every stand-in of a text key; no hex digits and no JSON text begin so
LOWEST_INTEGER = -(2**62)  # integers below it are stand-ins
UUID_MARK = b"\xff\xff\xff\xff"  # begins every stand-in of a uuid key


def key_codec(encoding: str, options: Options, target: Target) -> Codec:
    """The codec of a key column; its encode never gives None, its decode gives MISSING for a stand-in."""
    return KEYS[encoding](target)


def _hash(value: Any) -> bytes:
    return hashlib.sha256(canonical(value).encode()).digest()


def _text_stand_in(value: Any, length: int) -> str:
    digest = urlsafe_b64encode(_hash(value)).decode().rstrip("=")
    return MARK + digest[: length - len(MARK)]


def _objectid(target: Target) -> Codec:
    def encode(value: Any) -> str:
        return str(value) if type(value) is ObjectId else _text_stand_in(value, 24)

    certain = frozenset({ObjectId})
    return Codec(encode, lambda stored: MISSING if stored.startswith(MARK) else ObjectId(stored), certain)


def _text(target: Target) -> Codec:
    def encode(value: Any) -> str:
        found = storable_text(value, target, KEY_LENGTH)
        return _text_stand_in(value, 44) if found is None or found.startswith(MARK) else found

    return Codec(encode, lambda stored: MISSING if stored.startswith(MARK) else stored)


def _any(target: Target) -> Codec:
    def encode(value: Any) -> str:
        found = canonical(value)
        return found if len(found) <= KEY_LENGTH else _text_stand_in(value, 44)

    return Codec(encode, lambda stored: MISSING if stored.startswith(MARK) else loads(stored))


def _integer(target: Target) -> Codec:
    def encode(value: Any) -> int:
        number = whole(value)
        if number is not None and is_int64(number) and number >= LOWEST_INTEGER:
            return number
        return LOWEST_LONG + int.from_bytes(_hash(value)[:8], "big") // 4

    return Codec(encode, lambda stored: MISSING if stored < LOWEST_INTEGER else as_integer(stored))


def _uuid(target: Target) -> Codec:
    def encode(value: Any) -> Any:
        data, subtype = binary_of(value) if isinstance(value, bytes | uuid.UUID) else (b"", 0)
        if subtype != 4 or len(data) != 16 or data.startswith(UUID_MARK):
            data = UUID_MARK + _hash(value)[:12]
        found = uuid.UUID(bytes=data)
        return found if target.native_uuid else str(found)

    def decode(stored: Any) -> Any:
        data = uuid.UUID(str(stored)).bytes
        return MISSING if data.startswith(UUID_MARK) else Binary(data, 4)

    return Codec(encode, decode)


KEYS: dict[str, Callable[[Target], Codec]] = {
    "key_objectid": _objectid, "key_text": _text, "key_integer": _integer, "key_uuid": _uuid, "key_any": _any,
}  # fmt: skip
