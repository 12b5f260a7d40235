"""Reads the lines of a range: many in one value where a key lets ranges be cut small, else one by one.

Joined by the server (GROUP_CONCAT), lines cost the client nothing per row; while it passes a block on, the server makes
the next. How many keys a block has follows from what the last one held.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing

from engines.catalog import Kind
from engines.mysql.fast_lines import LineStream
from engines.mysql.quoting import quote_identifier
from engines.mysql.snapshot import MysqlSnapshot
from transfer.chunks import Bound, Chunk, integer
from transfer.cutting.mysql import condition, following
from transfer.moveplan import ChunkKey
from transfer.routes.mysql_lines import END, Unproved, constant

BLOCK_BYTES = 500_000
FIRST_STEP = 1_000  # keys of the first block
GROWTH = 8  # at most this much larger than the block before, where keys are sparse
LIMITS = "@@group_concat_max_len, @@max_allowed_packet"  # bytes of a result that is not cut off
FEW = 5_000  # rows that aren't worth cutting
MOST_ROWS = 20_000  # in a list of single lines

Lines = tuple[bytes, int]  # lines that each end with END, and how many


class Reader:
    """Lines of one table; name: quoted; rows: how many there are, where that is known.

    A single integer key is cut by arithmetic; any other along its index, which is one more walk over it.
    """

    def __init__(self, snapshot: MysqlSnapshot, name: str, key: ChunkKey, rows: int | None) -> None:
        self.snapshot, self.name, self.key = snapshot, name, key
        self.joins = key.kind == "columns" and (rows is None or rows > FEW)
        self.integer = len(key.columns) == 1 and key.columns[0].kind is Kind.INTEGER
        self.step = FIRST_STEP
        self.longest = 0

    def rows_of(self, chunk: Chunk, where: str | None = None) -> str:
        """FROM and WHERE of a range's rows."""
        terms = [term for term in (self._within(chunk), where) if term]
        return f"FROM {self.name}" + (f" WHERE {' AND '.join(f'({term})' for term in terms)}" if terms else "")

    def _within(self, chunk: Chunk) -> str:
        """The condition of a range; of integers that are known at both ends with values that the type has."""
        if not self.key.columns:
            return ""
        low, high = (integer(chunk.lower), integer(chunk.upper)) if self.integer else (None, None)
        if low is None or high is None:
            return condition(self.key, chunk)
        return f"{quote_identifier(self.key.columns[0].name)} BETWEEN {low + 1} AND {high}"

    def blocks(self, line: str, chunk: Chunk, end: bytes = END) -> Generator[Lines, None, None]:
        """The range's lines, about BLOCK_BYTES at a time, and of how many rows; line: SQL of one without its end.

        Where a line is NULL, it is missing, or Unproved is raised.
        """
        return self._joined(line, chunk, end) if self.joins else self._single(line, chunk, end)

    def _single(self, line: str, chunk: Chunk, end: bytes) -> Generator[Lines, None, None]:
        sql = f"SELECT {line} {self.rows_of(chunk)}"
        with closing(self.snapshot.rows(sql, MOST_ROWS, BLOCK_BYTES, LineStream)) as batches:
            for lines in batches:
                if None in lines:
                    raise Unproved  # larger than max_allowed_packet
                yield end.join(lines) + end, len(lines)

    def _joined(self, line: str, chunk: Chunk, end: bytes) -> Generator[Lines, None, None]:
        ended = f"{line}, {constant(end)}" if end else line
        select = f"SELECT GROUP_CONCAT({ended} SEPARATOR ''), COUNT(*)"
        whole = self._bounded(chunk)
        part = self._ask(select, whole)
        while part is not None:
            ((found, count),) = self.snapshot.answer()
            lines, rows = found or b"", int(count)
            if rows and (len(lines) >= self.longest or not lines.endswith(end)):  # cut off at the longest result
                if self.step > 1:
                    self.step = max(1, self.step // GROWTH)
                    part = self._ask(select, whole)
                    continue
                yield from self._single(line, part, end)
                rows = 0
            else:
                self._learn(len(lines), rows, part)
            whole = self._behind(whole, part)
            part = self._ask(select, whole)
            if rows:
                yield lines, rows

    def _bounded(self, chunk: Chunk) -> Chunk | None:
        """The range between the first and last integer that it holds, or as it is; None where it is empty.

        MariaDB's MIN() leaves the first row out where the bound is below what the column's type can hold.
        """
        if not self.integer:
            ((limit, packet),) = self.snapshot.query(f"SELECT {LIMITS}")
            low, high = chunk.lower, chunk.upper
        else:
            column = quote_identifier(self.key.columns[0].name)
            rows = f"SELECT {column} {self.rows_of(chunk)} ORDER BY {column}"
            ends = f"SELECT ({rows} LIMIT 1), ({rows} DESC LIMIT 1), {LIMITS}"
            ((first, last, limit, packet),) = self.snapshot.query(ends)
            if first is None:
                return None
            low, high = (int(first) - 1,), (int(last),)
        self.longest = min(int(limit), int(packet)) - 1
        return Chunk(chunk.table, chunk.number, low, high)

    def _ask(self, select: str, rest: Chunk | None) -> Chunk | None:
        """Send the query of the next block; its range, None at the end."""
        if rest is None:
            return None
        until: Bound | None
        if self.integer:
            after, last = integer(rest.lower), integer(rest.upper)
            assert after is not None and last is not None
            until = (min(after + self.step, last),)
        else:
            until = following(self.snapshot, self.name, self.key, rest, self.step) or rest.upper
        part = Chunk(rest.table, rest.number, rest.lower, until)
        self.snapshot.ask(f"{select} {self.rows_of(part)}")
        return part

    @staticmethod
    def _behind(whole: Chunk | None, part: Chunk) -> Chunk | None:
        """What is left behind a part; None where that is nothing."""
        if whole is None or part.upper == whole.upper:
            return None
        return Chunk(part.table, part.number, part.upper, whole.upper)

    def _learn(self, size: int, rows: int, part: Chunk) -> None:
        keys = rows
        if self.integer:
            keys = (integer(part.upper) or 0) - (integer(part.lower) or 0)
        wanted = keys * BLOCK_BYTES // size if size else self.step * GROWTH
        self.step = max(1, min(wanted, max(keys, self.step) * GROWTH))
