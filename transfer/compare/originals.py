"""Values of a source beside what the migration kept of them when it set them aside."""

from __future__ import annotations

import json
from codecs import getincrementaldecoder
from collections.abc import Iterable, Iterator, Mapping
from hashlib import md5, sha256
from typing import Any

from transfer.canonical.columns import ComparedColumn
from transfer.canonical.encoding import Texts
from transfer.canonical.rendered import APART
from transfer.canonical.values_python import reader

PIECE = 1 << 20
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


class Digest(bytes):
    """The SHA-256 of a text of which nothing else is known."""


def stored_instead(original: str, column: ComparedColumn, value: object) -> bytes | None:
    """The canonical text of what the target was given of a converted value; None where that is NULL.

    An entry that doesn't say it (`stored`; beside a digest of the value `instead`) is of a text whose invalid parts
    were taken out. Of a text that was too long to be kept itself the Digest, unless it is that very text.
    """
    kept = json.loads(original)
    if "sha256" in kept.get("instead", ()):
        digest, own = Digest.fromhex(kept["instead"]["sha256"]), stripped(value)
        return own if own is not None and is_digest(digest, own) else digest
    if "instead" not in kept and ("stored" not in kept or not WRITTEN & kept.keys()):
        return stripped(value)
    stored = kept["instead"]["text"] if "instead" in kept else kept["stored"]
    if stored is None:
        return None
    made = reader(column)(stored)
    return made if made is not None else str(stored).encode(errors="surrogateescape")


class Short(bytes):
    """A size and a digest that only this comparison can make, instead of a long text; digest: the text's SHA-256."""

    digest: bytes

    @classmethod
    def of(cls, text: bytes | bytearray, key: str) -> Short:
        """Of equal texts equal ones; key: secret, so that nobody can write a value that looks like one."""
        digest = sha256(text).digest()
        found = cls(b"%d bytes, %b" % (len(text), sha256(key.encode() + digest).hexdigest().encode()))
        found.digest = digest
        return found


def is_digest(digest: bytes, text: bytes) -> bool:
    """Whether it is that of the text."""
    return (text.digest if isinstance(text, Short) else sha256(text).digest()) == digest


def undigested(row: Texts, there: Texts) -> Texts:
    """The row with the other one's texts in the places of their digests."""
    return [
        there[place] if isinstance(text, Digest) and is_digest(text, there[place] or b"") else text
        for place, text in enumerate(row)
    ]


def keeps_bytes(original: str) -> bool:
    """Whether the target was given the very bytes of a value, in another form: that makes no difference."""
    return isinstance(json.loads(original).get("stored"), dict)


def stripped(value: object) -> bytes | None:
    """What the target was given of a text that is not valid UTF-8 or holds NUL (transfer/routes/sqlite_values.py)."""
    if not isinstance(value, bytes):
        return None
    return value.replace(b"\0", b"") if _is_utf8(value) else value.decode(errors="replace").replace("\0", "").encode()


def _is_utf8(value: bytes) -> bool:
    decoder = getincrementaldecoder("utf-8")()
    try:
        for start in range(0, len(value), PIECE):
            decoder.decode(value[start : start + PIECE])
        decoder.decode(b"", True)
    except UnicodeDecodeError:
        return False
    return True


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
    if size is None:
        return not {"sha256", "md5"}.isdisjoint(kept)
    # of PostgreSQL's bytea the server gives two digits per byte
    if size in (len(value), (len(value) - 2) // 2 if value.startswith(b"\\x") else len(value)):
        return True
    return any(len(text) == size for text in _encodings(value))


def _encodings(value: bytes) -> Iterator[bytes]:
    """The value, and as the other encodings have it that a file of SQLite may keep its text in."""
    yield value
    try:
        text = value.decode()
    except UnicodeDecodeError:
        return
    for encoding in ("utf-16-le", "utf-16-be"):
        yield text.encode(encoding)


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
