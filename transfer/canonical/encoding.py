"""Rows as bytes without ambiguity, and their keyed 128-bit hashes: the same here and in every server's SQL."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from transfer.canonical.columns import ComparedColumn, Form

Texts = list[bytes | None]
HALF = 1 << 64

# Forms whose texts never hold a comma and are never `n`: they end with a comma instead of beginning with a length.
DELIMITED = frozenset(
    {Form.NUMBER, Form.SINGLE, Form.BYTES, Form.BITS, Form.DATE, Form.TIME, Form.TIMETZ, Form.TIMESTAMP, Form.UUID}
)


@dataclass(frozen=True)
class Hashing:
    """How rows are hashed: md5 of key and encoded row; extended: PostgreSQL's own hash functions, with two seeds.

    key: 16 random bytes as 32 hex digits, new for every comparison, so that nobody can prepare rows that collide.
    """

    method: Literal["md5", "extended"]
    key: str

    @classmethod
    def new(cls, method: Literal["md5", "extended"] = "md5") -> Hashing:
        """A hashing with a fresh key."""
        return cls(method, secrets.token_hex(16))

    def row(self, encoded: bytes) -> bytes:
        """16 bytes of an encoded row (method md5)."""
        return hashlib.md5(self.key.encode() + encoded, usedforsecurity=False).digest()


@dataclass(frozen=True)
class Digest:
    """Rows of a part of a table and the sums of both halves of their hashes, modulo 2^64.

    Sums, so that the order is nothing and duplicates count; the row's key is in its hash, so that values swapped
    between rows don't cancel.
    """

    rows: int = 0
    high: int = 0
    low: int = 0

    def __add__(self, other: Digest) -> Digest:
        """The digest of both parts together."""
        return Digest(self.rows + other.rows, (self.high + other.high) % HALF, (self.low + other.low) % HALF)

    def with_row(self, hashed: bytes) -> Digest:
        """The digest with one more row."""
        high, low = int.from_bytes(hashed[:8], "big"), int.from_bytes(hashed[8:], "big")
        return Digest(self.rows + 1, (self.high + high) % HALF, (self.low + low) % HALF)


def encode(columns: Sequence[ComparedColumn], texts: Sequence[bytes | None]) -> bytes:
    """The canonical texts of these columns as one: `text,` or `length:text` (bytes of UTF-8), NULL as `n,` or `n`."""
    parts = []
    for column, text in zip(columns, texts, strict=True):
        if column.form in DELIMITED:
            parts.append(b"n," if text is None else text + b",")
        else:
            parts.append(b"n" if text is None else b"%d:%b" % (len(text), text))
    return b"".join(parts)


def decode(columns: Sequence[ComparedColumn], encoded: bytes) -> Texts:
    """The texts that were encoded."""
    texts: Texts = []
    place = 0
    for column in columns:
        delimited = column.form in DELIMITED
        if encoded[place : place + 1] == b"n" and (not delimited or encoded[place + 1 : place + 2] == b","):
            texts.append(None)
            place += 2 if delimited else 1
        elif delimited:
            end = encoded.index(b",", place)
            texts.append(encoded[place:end])
            place = end + 1
        else:
            colon = encoded.index(b":", place)
            end = colon + 1 + int(encoded[place:colon])
            texts.append(encoded[colon + 1 : end])
            place = end
    return texts


def shown(text: bytes | None) -> str | None:
    """A canonical text for people; bytes that are no UTF-8 with backslashes."""
    return None if text is None else text.decode(errors="backslashreplace")
