"""Blocks of COPY text of a table that is read in the order of a key, or of its scan: one without a usable rowid.

One statement gives the rows of a chunk; a block that fails a proof, and a row that is too large, is read again by its
place in that order, which no other statement of the same moment changes.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from enum import Enum

from engines.full_names import parts
from engines.sqlite.quoting import quote_identifier
from engines.sqlite.snapshot import Row, SqliteSnapshot, TooLarge
from transfer.chunks import Chunk
from transfer.cutting import sqlite as cutting
from transfer.routes.sqlite_fast import line
from transfer.routes.sqlite_to_postgresql_exact import ExactRows
from transfer.routes.sqlite_to_postgresql_proof import Unproved, ValueColumn, lines_with_values
from transfer.routes.sqlite_to_postgresql_ranges import LIMIT, ROW_WEIGHT, TARGET
from transfer.units import TableUnit

WHOLE_ROW = 1 << 25  # the most of a value of a row that is read by itself


class Ended(Enum):
    """Why a statement was not read further: no more rows, texts that need escapes, a row that is too large."""

    HERE = 1
    ESCAPES = 2
    LARGE = 3


class OrderedBlocks:
    """Blocks of one table, in the order of its key; a table that has none is scanned as it is stored."""

    def __init__(self, snapshot: SqliteSnapshot, unit: TableUnit) -> None:
        self.snapshot, self.key = snapshot, unit.key
        self.name = quote_identifier(parts(unit.name)[1])
        self.columns = unit.mapping.copied
        self.unreadable = snapshot.encoding != "UTF-8"
        self._write(escaping=False)
        self.order = self.line.order

    def _write(self, escaping: bool) -> None:
        made = self.line = line(self.columns, "", escaping)
        self.escaping = escaping
        self.values = [ValueColumn(column) for column in made.values]
        reads = "".join(f", {read}" for column in self.values for read in column.reads)
        self.reads = f"SELECT 0, {made.text}, ({made.expected}) IS NOT TRUE, {made.nulls}, {made.marks}{reads}"

    def source(self, chunk: Chunk) -> str:
        """FROM and what follows; NOT INDEXED scans a table in the order in which it is stored."""
        if self.key.kind == "whole":
            return f"FROM {self.name} NOT INDEXED"
        where = cutting.condition(self.key, chunk)
        return f"FROM {self.name}{f' WHERE {where}' if where else ''} ORDER BY {cutting.order(self.key)}"

    def blocks(self, chunk: Chunk, exact: ExactRows) -> Generator[bytes, None, None]:
        """The chunk's rows."""
        source, place = self.source(chunk), 0
        if self.escaping:
            self._write(escaping=False)
        while True:
            place, why = yield from self._run(source, place, exact)
            if why is Ended.HERE:
                return
            if why is Ended.LARGE:
                yield from exact.single(f"{source} LIMIT 1 OFFSET {place}", WHOLE_ROW)
                place += 1

    def _run(self, source: str, place: int, exact: ExactRows) -> Generator[bytes, None, tuple[int, Ended]]:
        """The rows from a place on; the place that was reached and why not more."""
        given, escaping = self.snapshot.each(f"{self.reads} {source} LIMIT -1 OFFSET {place}"), self.escaping
        why: Ended | None = None
        while why is None:
            with self.snapshot.limited(LIMIT):
                rows, why = _filled(given)
            if rows:
                yield from self._block(rows, source, place, exact)
                place += len(rows)
            if self.escaping != escaping:
                why = why or Ended.ESCAPES
        return place, why

    def _block(self, rows: list[Row], source: str, place: int, exact: ExactRows) -> Iterator[bytes]:
        if not self.unreadable:
            found = lines_with_values(rows, self.line, self.values, self.escaping)
            if isinstance(found.text, bytes):
                yield found.text
                return
            if found.text is Unproved.ESCAPES:
                self._write(escaping=True)
        yield from exact.blocks(f"{source} LIMIT {len(rows)} OFFSET {place}")


def _filled(given: Iterator[Row]) -> tuple[list[Row], Ended | None]:
    """The rows of one block; and why no more follow, if none do."""
    rows: list[Row] = []
    size = 0
    try:
        for row in given:
            rows.append(row)
            size += ROW_WEIGHT + sum(len(value) for value in row if isinstance(value, bytes))
            if size >= TARGET:
                return rows, None
    except TooLarge:
        return rows, Ended.LARGE
    return rows, Ended.HERE
