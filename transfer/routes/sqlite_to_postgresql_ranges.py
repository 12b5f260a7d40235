"""Blocks of COPY text of a table with a rowid: ranges of rowids, as large as memory and the processor's cache like."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence

from conversion.mapping import ColumnMapping
from engines.sqlite.quoting import quote_identifier
from engines.sqlite.snapshot import Row, SqliteSnapshot, TooLarge
from transfer.chunks import Chunk, integer
from transfer.routes.sqlite_fast import line
from transfer.routes.sqlite_to_postgresql_exact import ExactRows
from transfer.routes.sqlite_to_postgresql_proof import Found, Unproved, ValueColumn, lines_with_values, proved
from transfer.routes.sqlite_to_postgresql_wide import WideRows

TARGET = 1 << 18  # bytes of a block
LIMIT = 1 << 21  # the most of a value, and of a block, that is made in memory
FIRST_ROWS, MOST_ROWS = 64, 4096
VALUE_LIMIT, BATCH_ROWS = 1 << 19, 100  # where Python writes values: of one, and of rows between two looks
LINE_PLACE, FIRST_VALUE = 1, 5  # in a row whose line is followed by values
ROW_WEIGHT = 100  # bytes of a row beside its values
PARTS = 8  # into which a block is cut that is too large, or whose few unexpected rows are looked for
WORTH = 64  # rows from which on a block is cut rather than read row by row
LOWEST, HIGHEST = -(1 << 63), (1 << 63) - 1


class RangeBlocks:
    """Blocks of one table; rowid: its name in SQL, alias: the column that is the rowid, if one is."""

    def __init__(
        self, snapshot: SqliteSnapshot, table: str, columns: Sequence[ColumnMapping], rowid: str, alias: str
    ) -> None:
        self.snapshot, self.rowid, self.alias = snapshot, rowid, alias
        self.columns, self.name = columns, quote_identifier(table)
        self.rows, self.dense = FIRST_ROWS, False
        self.unreadable = snapshot.encoding != "UTF-8"  # SQLite converts a broken text of UTF-16 without a word
        self._write(escaping=False)
        self.order = self.line.order

    def _write(self, escaping: bool) -> None:
        made = self.line = line(self.columns, self.alias, escaping)
        self.escaping = escaping
        self.values = [ValueColumn(column) for column in made.values]
        texts = [is_text for column in self.values for is_text in column.texts]
        self.sized = [FIRST_VALUE + place for place, is_text in enumerate(texts) if is_text]
        where = f"FROM {self.name} WHERE {self.rowid} BETWEEN ? AND ?"
        if self.values:
            reads = ", ".join(read for column in self.values for read in column.reads)
            expected = f"({made.expected}) IS NOT TRUE"
            self.sql = (
                f"SELECT {self.rowid}, {made.text}, {expected}, {made.nulls}, {made.marks}, {reads} {where}"
                f" ORDER BY {self.rowid}"
            )
        else:
            unexpected = f"count(*) FILTER (WHERE ({made.expected}) IS NOT TRUE)" if made.expected != "1" else "0"
            sums = ", ".join(f"total({sql})" if sql != "0" else "0" for sql in (made.nulls, made.marks))
            self.sql = f"SELECT group_concat({made.text}, '\n'), count(*), {unexpected}, {sums} {where}"

    def blocks(self, chunk: Chunk, exact: ExactRows, wide: WideRows) -> Generator[bytes, None, None]:
        """The chunk's rows in the order of their rowids."""
        self.exact, self.wide = exact, wide
        self.dense = False
        if self.escaping:
            self._write(escaping=False)
        yield from self._walk(*_ends(chunk))

    def source(self, chunk: Chunk) -> tuple[str, tuple[int, ...]]:
        """FROM and what follows, with its parameters, of the chunk's rows in the order of their rowids."""
        return f"FROM {self.name} WHERE {self.rowid} BETWEEN ? AND ? ORDER BY {self.rowid}", _ends(chunk)

    def _walk(self, start: int, end: int) -> Iterator[bytes]:
        while start <= end:
            stop = self._stop(start, end)
            if stop is None:
                return
            yield from self._block(start, stop)
            start = stop + 1

    def _stop(self, start: int, end: int) -> int | None:
        """Where the next block ends; None where there are no more rows. By arithmetic where rowids are dense."""
        if self.dense:
            return min(end, start + self.rows - 1)
        found = self.snapshot.first(
            f"SELECT max(n) FROM (SELECT {self.rowid} AS n FROM {self.name} WHERE {self.rowid} BETWEEN ? AND ?"
            f" ORDER BY {self.rowid} LIMIT ?)",
            (start, end, self.rows),
        )
        return found[0] if found else None

    def _block(self, start: int, stop: int) -> Iterator[bytes]:
        """The rows of a range that is meant to be one block."""
        found: Found | None
        try:
            with self.snapshot.limited(LIMIT):
                found = self._several(start, stop) if self.values else self._one(start, stop)
        except TooLarge:
            found = None  # the rows that the error holds are let go before others are read
        if found is None:
            yield from self._smaller(start, stop)
        elif self.unreadable:
            self.dense = False
            yield from self._row_by_row(start, stop)
        elif isinstance(found.text, bytes):
            self._adapt(found.rows, len(found.text), stop - start + 1)
            yield found.text
        elif found.text is Unproved.ESCAPES:
            self._write(escaping=True)
            yield from self._block(start, stop)
        elif found.unexpected * PARTS < found.rows and found.rows > WORTH and stop - start < found.rows * PARTS:
            step = (stop - start) // PARTS + 1
            for first in range(start, stop + 1, step):
                yield from self._block(first, min(stop, first + step - 1))
        else:
            yield from self._row_by_row(start, stop)

    def _one(self, start: int, stop: int) -> Found:
        """A range that SQLite joins to one text."""
        row = self.snapshot.first(self.sql, (start, stop))
        text, rows, unexpected, nulls, marks = row or (None, 0, 0, 0, 0)
        if not rows:
            return Found(b"", 0)
        if unexpected or text is None:
            return Found(Unproved.VALUES, rows, unexpected)
        block = proved(text, rows, self.line.tabs, int(nulls), int(marks), self.escaping)
        return Found(block + b"\n" if isinstance(block, bytes) else block, rows)

    def _several(self, start: int, stop: int) -> Found:
        """A range whose lines are followed by values that Python writes; TooLarge above LIMIT."""
        rows: list[Row] = []
        size = 0
        with self.snapshot.limited(VALUE_LIMIT):
            for batch in self.snapshot.batches(self.sql, (start, stop), BATCH_ROWS):
                rows += batch
                size += ROW_WEIGHT * len(batch) + sum(len(row[LINE_PLACE] or b"") for row in batch)
                size += sum(len(row[place]) for place in self.sized for row in batch if isinstance(row[place], bytes))
                if size > LIMIT:
                    raise TooLarge("a block")
        if not rows:
            return Found(b"", 0)
        return lines_with_values(rows, self.line, self.values, self.escaping)

    def _adapt(self, rows: int, size: int, width: int) -> None:
        if rows:
            self.rows = max(1, min(MOST_ROWS, TARGET * rows // max(size, 1)))
        self.dense = rows * 2 >= width

    def _smaller(self, start: int, stop: int) -> Iterator[bytes]:
        """A range that is too large for memory, in parts; a single row of it in pieces."""
        found = self.snapshot.first(
            f"SELECT count(*), max({self.rowid}) FROM {self.name} WHERE {self.rowid} BETWEEN ? AND ?", (start, stop)
        )
        rows, last = found or (0, None)
        if rows == 1:
            yield from self.wide.blocks(last)
            return
        self.rows, self.dense = max(1, rows // PARTS), False
        yield from self._walk(start, stop)

    def _row_by_row(self, start: int, stop: int) -> Iterator[bytes]:
        with self.snapshot.limited(LIMIT):
            blocks = self.exact.blocks(
                f"FROM {self.name} WHERE {self.rowid} BETWEEN ? AND ? ORDER BY {self.rowid}", (start, stop)
            )
            yield from blocks


def _ends(chunk: Chunk) -> tuple[int, int]:
    """The first and last rowid that a chunk may hold."""
    lower, upper = integer(chunk.lower), integer(chunk.upper)
    return LOWEST if lower is None else lower + 1, HIGHEST if upper is None else upper
