"""Ranges of MySQL of which PostgreSQL refuses a row as a whole: loaded in halves until such rows stand alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

import psycopg

from engines.postgresql.writer import PostgresqlWriter
from engines.protocols import Loaded
from transfer.chunks import Chunk
from transfer.moveplan import Unholdable
from transfer.routes.mysql_exact import ExactRows, Values
from transfer.routes.mysql_lines import Care, Lines, Unproved, block
from transfer.routes.mysql_read import Reader
from transfer.routes.mysql_wide import WideRows
from transfer.routes.postgresql_asked import why_refused
from transfer.routes.postgresql_halves import NOTHING_LOADED, Attempts, added, is_too_wide, stands_apart
from transfer.routes.route import Pace


@dataclass
class RowsApart:
    """The rows of one range; wide: how many are too large for a line, once rows() has read them."""

    writer: PostgresqlWriter
    exact: ExactRows
    wide: int = 0
    aside: int = 0

    def rows(self, reader: Reader, lines: Lines, chunk: Chunk, into: Any, pace: Pace) -> Loaded:
        """All rows that a line holds, each with its values."""
        names = [column.target for column in self.exact.table.copied]
        attempts, loaded = self._attempts(names, is_too_wide), NOTHING_LOADED
        with closing(reader.blocks(lines.sql(Care.EXACT), chunk)) as blocks:
            for found, _ in blocks:
                read = block(found)
                self.wide += read.wide
                made = [(line, values) for values in read.exact if (line := self._line(values)) is not None]
                pace(sum(len(line) for line, _ in made))
                before = self.aside
                there = attempts.in_halves(made, itemgetter(0), self._settle, into)
                if there.rows != len(made) - (self.aside - before):
                    raise Unproved
                loaded = added(loaded, there)
        return loaded

    def large(self, pieces: WideRows, sql: str, names: Sequence[str], into: Any, pace: Pace) -> Loaded:
        """The rows that no line holds; names: of the target's columns in the order of the pieces."""
        attempts, loaded = self._attempts(names, stands_apart), NOTHING_LOADED
        with closing(pieces.rows(sql, pace)) as rows:
            for row in rows:
                found = attempts.one(row, into)
                for _ in row:
                    pass  # what the server didn't wait for stands before the next row
                if isinstance(found, Loaded):
                    loaded = added(loaded, found)
                else:
                    pieces.refuse(*self._why(found))
        return loaded

    def _attempts(self, names: Sequence[str], is_refusal: Callable[[object], bool]) -> Attempts:
        return Attempts(self.writer, self.exact.table.target, names, is_refusal)

    def _why(self, error: psycopg.Error) -> tuple[str, Unholdable]:
        return why_refused(error, self.writer.encoding)

    def _line(self, values: Values) -> bytes | None:
        count = len(self.exact.table.copied)
        return self.exact.line(values[:count], values[count:])

    def _settle(self, row: tuple[bytes, Values], error: psycopg.Error) -> Loaded:
        count, (words, kind) = len(self.exact.table.copied), self._why(error)
        values, key = row[1][:count], row[1][count:]
        located = self.exact.locate(values, key)
        self.exact.judge.allow(kind, words, located[1])
        self.exact.withhold(values, words, *located)
        self.aside += 1
        return NOTHING_LOADED
