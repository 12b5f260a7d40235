"""What is kept of large values on their way into SQLite when they are set aside."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from typing import Any

from engines.sqlite.writer import Large
from transfer.moveplan import Unholdable
from transfer.routes.policy import Refused
from transfer.routes.texts import text_original

MOST = 110_000_000  # bytes of the large values of a row: SQLite holds a row twice while it is inserted
KEPT = 1 << 20  # bytes of a large text that is written down whole when it is set aside


class LargeKept(Refused):
    """A large text that the target can't hold; original: all of it up to KEPT bytes, above that size and digest."""

    def __init__(self, kind: Unholdable, reason: str, pieces: Iterator[bytes]) -> None:
        super().__init__(kind, reason)
        text, size, digest = b"", 0, sha256()
        for piece in pieces:
            size += len(piece)
            digest.update(piece)
            text = text + piece if size <= KEPT else b""
        told = {"class": "text", "bytes": size, "sha256": digest.hexdigest()}
        self.original: dict[str, Any] = told if size > KEPT else dict(text_original(text))


class TooWide(Refused):
    """A value that is larger than a row of SQLite is given."""

    def __init__(self, size: int) -> None:
        super().__init__("wide_row", f"a value of {size:,} bytes in a row of more than {MOST:,} bytes")
        self.size = size


def unread(value: Large | Refused) -> dict[str, Any]:
    """What is kept of a value that was not taken: what its reader kept, else its size, or what it is larger than."""
    if isinstance(value, LargeKept):
        return value.original
    above = getattr(value, "above", None)
    return (
        {"class": "unread", "bytes_above": above}
        if above
        else {"class": "unread", "bytes": getattr(value, "size", None)}
    )
