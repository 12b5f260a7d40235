"""Binary blocks of a SQLite table wherever its rows are what the plan expects; the others go as text.

A block that can't be packed is cut into smaller ones, so that only the rows around a value that isn't expected take
the way of the text; a table where that is not rare takes it whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from conversion.mapping import ColumnMapping
from engines.sqlite.snapshot import Row, SqliteSnapshot, TooLarge
from transfer.routes.sqlite_packed import Packed, Packer
from transfer.routes.sqlite_to_postgresql_exact import ExactRows
from transfer.routes.sqlite_to_postgresql_ordered import OrderedBlocks
from transfer.routes.sqlite_to_postgresql_ranges import LIMIT, PARTS, VALUE_LIMIT, RangeBlocks
from transfer.units import TableUnit

BATCH = 256  # rows that are read and packed at once
MEMORY = 1 << 23  # bytes that the values of a batch may have together; looking at texts takes several times as much
WORTH = 16  # rows from which on a block is cut rather than sent as text
MISSES, HITS_PER_MISS = 4, 8  # a table that misses more often goes as text


class PackedRanges(RangeBlocks):
    """Ranges of rowids."""

    def __init__(
        self, snapshot: SqliteSnapshot, table: str, columns: Sequence[ColumnMapping], rowid: str, alias: str
    ) -> None:
        super().__init__(snapshot, table, columns, rowid, alias)
        self._packer: Packer | None = None
        self._hits = self._misses = 0
        self._batch = BATCH

    def pack(self, packer: Packer) -> None:
        """Use the binary form from now on."""
        self._packer = packer
        where = f"FROM {self.name} WHERE {self.rowid} BETWEEN ? AND ? ORDER BY {self.rowid}"
        self._packing = f"SELECT {packer.reads} {where}"

    def _block(self, start: int, stop: int) -> Iterator[bytes]:
        if self._packer is None:
            yield from super()._block(start, stop)
            return
        width = stop - start + 1
        packed: tuple[Packed | None, int] | None
        try:
            packed = self._packed(self._packer, start, stop)
        except TooLarge:
            packed = None  # the rows that the error holds are let go before others are read
        if packed is None:
            self._batch = max(1, self._batch // PARTS)
            yield from self._smaller(start, stop)
            return
        found, rows = packed
        if found is not None:
            self._hits += 1
            self._batch = min(BATCH, self._batch * 2)
            self._adapt(rows, len(found), width)
            if self.rows > BATCH:
                self.rows -= self.rows % BATCH  # whole batches: a small one costs about as much as a large one
            if rows:
                yield found
        elif WORTH < width <= self.rows * PARTS and self._is_rare():
            step = -(-width // PARTS)
            for first in range(start, stop + 1, step):
                yield from self._block(first, min(stop, first + step - 1))
        else:
            yield from super()._block(start, stop)

    def _is_rare(self) -> bool:
        """Whether it is worth going on."""
        self._misses += 1
        if self._misses > MISSES and self._misses * HITS_PER_MISS > self._hits:
            self._packer = None
        return self._packer is not None

    def _packed(self, packer: Packer, start: int, stop: int) -> tuple[Packed | None, int]:
        """A range and its rows; None for one that can't be packed. TooLarge above what memory may take."""
        batch = min(self._batch, stop - start + 1)
        blocks: list[Packed] = []
        rows = size = 0
        most = max(MEMORY // (batch * packer.width), VALUE_LIMIT if batch == 1 else 0)
        with self.snapshot.limited(min(LIMIT, most)):
            for some in self.snapshot.batches(self._packing, (start, stop), batch):
                rows += len(some)
                block = packer.block(some)
                if block is None:
                    return None, rows
                size += len(block)
                if size > LIMIT:
                    raise TooLarge("a block")
                blocks.append(block)
        return Packed(b"".join(blocks)), rows


class PackedOrdered(OrderedBlocks):
    """Rows in the order of their key."""

    def __init__(self, snapshot: SqliteSnapshot, unit: TableUnit) -> None:
        self._packer: Packer | None = None
        super().__init__(snapshot, unit)

    def pack(self, packer: Packer) -> None:
        """Use the binary form from now on."""
        self._packer = packer
        self.reads = f"SELECT {packer.reads}"

    def _block(self, rows: list[Row], source: str, place: int, exact: ExactRows) -> Iterator[bytes]:
        if self._packer is None:
            yield from super()._block(rows, source, place, exact)
            return
        block = self._packer.block(rows)
        if block is None:
            yield from exact.blocks(f"{source} LIMIT {len(rows)} OFFSET {place}")
        else:
            yield block
