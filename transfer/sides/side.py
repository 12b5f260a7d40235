"""What a comparison needs of an engine."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from transfer.canonical.columns import ComparedTable, Role
from transfer.canonical.encoding import Digest, Hashing, Texts

SHOWN = "\0"  # before the name of an original: the value as locators have it, where that isn't as it was set aside


@dataclass(frozen=True)
class Span:
    """A part of a table: rows with lower < range column <= upper (None: open), and of those the ones in some buckets.

    NULL in the range column belongs to the span that is open below. A row's bucket is the first 16 bits of
    its hash modulo `of`, a power of two up to 65,536; buckets None: all of them. A span
    without bounds and buckets is the whole table. where: SQL conditions instead of bounds, of source and target, over
    the table's own columns; an empty one holds for all rows.
    """

    lower: int | None = None
    upper: int | None = None
    of: int = 1
    buckets: frozenset[int] | None = None
    where: tuple[str, str] | None = None

    @property
    def ranged(self) -> bool:
        """Whether it is bounded, by the range column or by conditions."""
        return self.lower is not None or self.upper is not None or self.where is not None

    def condition(self, role: Role) -> str:
        """The condition of a side; "" where it is bounded otherwise, or not at all."""
        return self.where[role == "target"] if self.where is not None else ""


class Side(Protocol):
    """A database at one moment, read only. Errors come as children of DbmoError; other threads may call cancel()."""

    engine: str  # family: postgresql, mysql, sqlite, mongodb
    role: Role
    display: str
    position: str  # the moment, as the engine names it

    def count(self, table: ComparedTable) -> int:
        """Rows of the whole table."""
        ...

    def bounds(self, table: ComparedTable, rows: int) -> list[int]:
        """Values of the range column that end spans of about that many rows each, ascending; the last span is open."""
        ...

    def digests(self, table: ComparedTable, span: Span, hashing: Hashing) -> dict[int, Digest]:
        """Digest of every bucket of the span that has rows, by one scan."""
        ...

    def hashes(self, table: ComparedTable, span: Span, hashing: Hashing) -> Iterator[list[tuple[bytes, bytes]]]:
        """Batches of (encoded key, 16-byte hash) of the span's rows; without a key the hash is the key."""
        ...

    def rows(
        self, table: ComparedTable, span: Span, keys: Collection[bytes], hashing: Hashing
    ) -> Iterator[tuple[bytes, Texts]]:
        """Encoded key and canonical texts of the span's rows that have one of these keys (as hashes() gives them).

        By an index where the key has one; duplicates come as often as they are there.
        """
        ...

    def stream(self, table: ComparedTable, span: Span) -> Iterator[list[tuple[bytes, bytes]]]:
        """Batches of (encoded key, encoded row) of the span's rows, in no order that anybody may rely on."""
        ...

    def originals(
        self, table: ComparedTable, columns: Sequence[str], keys: Collection[bytes], hashing: Hashing | None = None
    ) -> Iterator[tuple[bytes, dict[str, tuple[str, object]]]]:
        """Encoded key and (class, raw value) by column of rows of the source, to be held against the quarantine.

        columns: any that can be read there, a rowid too; hashing: for a table without a key, whose keys are hashes.
        """
        ...

    def momentless(self, tables: Sequence[ComparedTable]) -> dict[str, str]:
        """Tables that are read as they are at each query, not at the side's moment: name -> why."""
        ...

    def refresh(self) -> None:
        """Take a new moment."""
        ...

    def cancel(self) -> None:
        """End what runs now, from another thread."""
        ...

    def close(self) -> None: ...
