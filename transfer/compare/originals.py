"""Values of a source beside what the migration kept of them when it set them aside."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from hashlib import md5, sha256
from typing import Any

from transfer.canonical.columns import ComparedColumn
from transfer.canonical.rendered import APART
from transfer.canonical.values_python import reader

WRITTEN = frozenset({"hex", "text", "number"})  # what holds a value whole
Raw = Mapping[str, tuple[str, object]]  # column -> class and value, as the source holds them


def is_original(original: str, klass: str, value: object, classes: bool = True) -> bool:
    """Whether a quarantined original (JSON) is this very value, class and bytes.

    classes: the class is a part of the value (SQLite); else the column's type says it, and the bytes decide.
    """
    return _same(json.loads(original), klass, value, classes)


def is_original_row(original: str, row: Raw, classes: bool = True) -> bool:
    """Whether a withheld row's original (JSON by column) holds exactly these values."""
    kept = json.loads(original)
    return set(kept) == set(row) and all(_same(kept[name], *pair, classes) for name, pair in row.items())


def stored_instead(original: str, column: ComparedColumn, value: object) -> bytes | None:
    """The canonical text of what the target was given of a converted value; None where that is NULL.

    An entry without `stored`, or of a value that was too long to be kept, is of a text whose invalid parts were taken
    out.
    """
    kept = json.loads(original)
    if "stored" not in kept or not WRITTEN & kept.keys():
        return stripped(value)
    if kept["stored"] is None:
        return None
    made = reader(column)(kept["stored"])
    return made if made is not None else str(kept["stored"]).encode(errors="surrogateescape")


def keeps_bytes(original: str) -> bool:
    """Whether the target was given the very bytes of a value, in another form: that makes no difference."""
    return isinstance(json.loads(original).get("stored"), dict)


def stripped(value: object) -> bytes | None:
    """What the target was given of a text that is not valid UTF-8 or holds NUL (transfer/routes/sqlite_values.py)."""
    return value.decode(errors="replace").replace("\0", "").encode() if isinstance(value, bytes) else None


def rendered_from(text: bytes | None, value: object) -> bool:
    """Whether a text may be that of a value that was set aside: rendered apart, or text or digits as they are."""
    own = repr(value).encode() if isinstance(value, int | float) else value
    return text is not None and (text.startswith(APART) or text == own)


def _same(kept: dict[str, Any], klass: str, value: object, classes: bool) -> bool:
    if not WRITTEN & kept.keys() and kept["class"] != "null" and isinstance(value, bytes | bytearray):
        return (not classes or kept["class"] in (klass, "unread")) and _measures(kept, bytes(value))
    if not classes and value is not None and kept["class"] != "null":
        spelled = bytes.fromhex(kept["hex"]) if "hex" in kept else str(kept.get("text", kept.get("number"))).encode()
        return spelled == (bytes(value) if isinstance(value, bytes | bytearray) else str(value).encode())
    if kept["class"] != klass:
        return False
    if "hex" in kept:
        return bool(bytes.fromhex(kept["hex"]) == value)
    if "text" in kept:
        return bool(kept["text"].encode() == value)
    return kept.get("number") == (None if value is None else repr(value))


def _measures(kept: dict[str, Any], value: bytes) -> bool:
    """Whether a value that was too long to be kept is the one whose length and digest were."""
    if "sha256" in kept and not any(sha256(text).hexdigest() == kept["sha256"] for text in _encodings(value)):
        return False
    if "md5" in kept and md5(value, usedforsecurity=False).hexdigest() != kept["md5"].lower():
        return False
    if "bytes_above" in kept:
        return len(value) > int(kept["bytes_above"])
    size = kept.get("bytes", kept.get("length"))
    # of PostgreSQL's bytea the server gives two digits per byte
    lengths = {*map(len, _encodings(value)), (len(value) - 2) // 2 if value.startswith(b"\\x") else len(value)}
    return size in lengths or (size is None and not {"sha256", "md5"}.isdisjoint(kept))


def _encodings(value: bytes) -> list[bytes]:
    """The value, and as the other encodings have it that a file of SQLite may keep its text in."""
    try:
        text = value.decode()
    except UnicodeDecodeError:
        return [value]
    return [value, text.encode("utf-16-le"), text.encode("utf-16-be")]


def locator(pairs: Iterable[tuple[str, object]]) -> str:
    """How the mover writes down where a row is (transfer/routes/sqlite_to_postgresql.py)."""

    def shown(klass: str, value: object) -> object:
        if isinstance(value, bytes):
            text = value.decode(errors="backslashreplace").replace("\0", "\\0")
            return text if klass == "text" else value.hex()
        return repr(value) if isinstance(value, float) else value

    return json.dumps([shown(*pair) for pair in pairs], ensure_ascii=False)


def place_of(written: str, numbered: bool) -> tuple[str | None, ...]:
    """A locator of a server's row as texts; numbered: a running number stands at its end, which tells nothing."""
    values = json.loads(written)
    return tuple(None if value is None else str(value) for value in (values[:-1] if numbered else values))


def placed(pairs: Iterable[tuple[str, object]], sizes: bool = False) -> tuple[str | None, ...]:
    """The same of the values that the server gives; sizes: of long ones how long they are."""

    def shown(klass: str, value: object) -> str | None:
        if isinstance(value, bytes | bytearray):
            if sizes and len(value) > LONGEST_PLACE:
                return sized(len(value))
            text = bytes(value).decode(errors="backslashreplace").replace("\0", "\\0")
            return bytes(value).hex() if klass == "blob" else text
        return None if value is None else str(value)

    return tuple(shown(*pair) for pair in pairs)


def sized(size: int) -> str:
    """What stands in a locator for a value of so many bytes."""
    return f"<{size} bytes>"


LONGEST_PLACE = 100_000  # bytes; the originals tell such a value by its digest
