"""What sides share whose rows are rendered and hashed here: batches of rendered columns become digests and hashes."""

from __future__ import annotations

import struct
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from hashlib import md5
from typing import Any, TypeVar

from engines.errors import EngineError
from transfer.canonical.columns import ComparedTable, Role
from transfer.canonical.encoding import HALF, Digest, Hashing, Texts
from transfer.canonical.rendered import Rendered, encoded
from transfer.sides.blocks import Block, BlockHash
from transfer.sides.side import Span

Read = TypeVar("Read")
BATCH_ROWS = 2_000
BATCH_BYTES = 8_000_000  # of values in memory at once
Rows = list[Sequence[Any]]  # as they were read, more values than compared columns behind them or not
UNSIZED = frozenset({int, float, bool, type(None)})


@dataclass(frozen=True)
class Batch:
    """Rows of a table, each compared column rendered, in the table's order of columns."""

    columns: list[Rendered]
    rows: int

    def encoded(self) -> list[bytes]:
        """The whole rows."""
        return encoded(self.columns, self.rows)

    def keys(self, table: ComparedTable) -> list[bytes]:
        """The rows' encoded keys; only of a table that has one."""
        places = {column.name: place for place, column in enumerate(table.columns)}
        return encoded([self.columns[places[name]] for name in table.key], self.rows)

    def hashes(self, hashing: Hashing) -> list[bytes]:
        """The 16-byte hashes of the rows (method md5)."""
        return hashed(self.encoded(), hashing)

    def add_to(self, block: BlockHash) -> None:
        """Take the rows into a block."""
        block.add([column.texts for column in self.columns])


class LocalSide(ABC):
    """A side whose rows are hashed here; a subclass reads and renders them."""

    engine: str
    role: Role
    display: str
    position: str
    _cancelled = False

    @abstractmethod
    def batches(self, table: ComparedTable, span: Span) -> Iterator[Batch]:
        """The span's rows, its buckets aside, rendered."""

    @abstractmethod
    def rows(
        self, table: ComparedTable, span: Span, keys: Collection[bytes], hashing: Hashing
    ) -> Iterator[tuple[bytes, Texts]]:
        """The span's rows that have one of these keys (hashes without a key), with all digits outside the key."""

    def digests(self, table: ComparedTable, span: Span, hashing: Hashing) -> dict[int, Digest]:
        """One scan; every row is hashed here."""
        rows, highs, lows = [0] * span.of, [0] * span.of, [0] * span.of
        mask = span.of - 1
        for batch in self._watched(self.batches(table, span)):
            hashes = batch.hashes(hashing)
            halves = struct.unpack(f">{2 * len(hashes)}Q", b"".join(hashes))
            if span.of == 1:
                rows[0] += len(hashes)
                highs[0] += sum(halves[::2])
                lows[0] += sum(halves[1::2])
                continue
            for high, low in zip(halves[::2], halves[1::2], strict=True):
                bucket = high >> 48 & mask
                rows[bucket] += 1
                highs[bucket] += high
                lows[bucket] += low
        wanted = range(span.of) if span.buckets is None else sorted(span.buckets)
        return {n: Digest(rows[n], highs[n] % HALF, lows[n] % HALF) for n in wanted if n < span.of and rows[n]}

    def hashes(self, table: ComparedTable, span: Span, hashing: Hashing) -> Iterator[list[tuple[bytes, bytes]]]:
        """Keys and hashes of the span's rows."""
        for batch in self._watched(self.batches(table, span)):
            found = batch.hashes(hashing)
            pairs = zip(batch.keys(table) if table.key else found, found, strict=True)
            chosen = list(pairs) if span.buckets is None else [pair for pair in pairs if in_span(pair[1], span)]
            if chosen:
                yield chosen

    def stream(self, table: ComparedTable, span: Span) -> Iterator[list[tuple[bytes, bytes]]]:
        """Keys and whole rows; without a key the row is its own key."""
        for batch in self._watched(self.batches(table, span)):
            whole = batch.encoded()
            yield list(zip(batch.keys(table) if table.key else whole, whole, strict=True))

    def block(self, table: ComparedTable, span: Span, key: str, there: bool) -> Block:
        """The span's rows hashed at once, in the order they are read in (transfer/sides/blocks.py)."""
        hashing = BlockHash(table.columns, key)
        for batch in self._watched(self.batches(table, span)):
            batch.add_to(hashing)
        return hashing.done()

    def momentless(self, tables: Sequence[ComparedTable]) -> dict[str, str]:
        """None: all of them are read at the side's moment, or `position` says that there is none."""
        return {}

    def cancel(self) -> None:
        """End what runs now at its next batch, from another thread."""
        self._cancelled = True

    def _watched(self, found: Iterator[Read]) -> Iterator[Read]:
        self._cancelled = False
        try:
            for some in found:
                if self._cancelled:
                    raise self.cancelled()
                if some:
                    yield some
        finally:
            close = getattr(found, "close", None)  # a statement left open would be interrupted again
            if close is not None:
                close()

    def cancelled(self) -> EngineError:
        """The error of a reading that cancel() ended."""
        return EngineError(
            "CANCELLED", f"The reading of {self.display} was cancelled.", "Run the same command again; it goes on."
        )


def with_all_digits(table: ComparedTable) -> ComparedTable:
    """The table with columns that are not rounded to what both sides hold, those of the key aside."""
    columns = [
        column if column.digits is None or column.name in table.key else column.model_copy(update={"digits": None})
        for column in table.columns
    ]
    return table.model_copy(update={"columns": columns})


def hashed(rows: Sequence[bytes], hashing: Hashing) -> list[bytes]:
    """The 16-byte hashes of encoded rows (method md5)."""
    key = hashing.key.encode()
    return [md5(key + row, usedforsecurity=False).digest() for row in rows]


def in_span(hash_: bytes, span: Span) -> bool:
    """Whether a row with that hash is in one of the span's buckets."""
    return span.buckets is None or int.from_bytes(hash_[:2], "big") % span.of in span.buckets


def size_of(rows: Sequence[Sequence[Any]]) -> int:
    """Bytes of the text and bytes in these rows."""
    size = 0
    for column in zip(*rows, strict=True):
        if UNSIZED.issuperset(map(type, column)):
            continue
        try:
            size += sum(map(len, filter(None, column)))
        except TypeError:  # numbers among them
            size += sum(len(value) for value in column if isinstance(value, bytes | bytearray | str))
    return size
