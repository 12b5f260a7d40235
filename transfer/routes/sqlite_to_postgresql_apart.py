"""Ranges of SQLite of which PostgreSQL refuses a row (APART): loaded in halves until such rows stand alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import psycopg

from conversion.mapping import ColumnMapping
from engines.postgresql.writer import PostgresqlWriter
from engines.protocols import Loaded
from engines.sqlite.snapshot import TooLarge
from transfer.moveplan import Unholdable
from transfer.quarantined import Quarantined
from transfer.routes.postgresql_asked import Asked, asking, why_refused
from transfer.routes.postgresql_halves import NOTHING_LOADED, Attempts, added, is_too_wide, stands_apart
from transfer.routes.route import Pace, paced
from transfer.routes.sqlite_to_postgresql_exact import BLOCK_BYTES, ExactRows, Pairs
from transfer.routes.sqlite_to_postgresql_ordered import WHOLE_ROW
from transfer.routes.sqlite_to_postgresql_ranges import LIMIT
from transfer.routes.sqlite_to_postgresql_wide import WideRows
from transfer.routes.sqlite_values_text import Convert, Value

Named = tuple[bytes, Pairs, list[Quarantined]]  # a line, what it was made of, what of it was set aside


@dataclass(frozen=True)
class Large:
    """A row that is too large for memory: its line in pieces, and what sets it aside."""

    blocks: Iterator[bytes]
    refuse: Callable[[str, Unholdable], None]


@dataclass(frozen=True)
class Settling:
    """What becomes of a row that was refused by itself."""

    exact: ExactRows
    attempts: Attempts
    into: Any

    def settle(self, row: Named, error: psycopg.Error) -> Loaded:
        """Its unfit values by the policies, or the whole row set aside."""
        _, pairs, aside = row
        self._forget(aside)
        if not is_too_wide(error.sqlstate):
            before = len(self.exact.judge.found)
            line = self.exact.line(pairs, self._careful)
            found = NOTHING_LOADED if line is None else self.attempts.one([line], self.into)
            if isinstance(found, Loaded):
                return found
            error = found
            self._forget(self.exact.judge.found[before:])
        self.exact.refuse(pairs, *why_refused(error, self.attempts.writer.encoding))
        return NOTHING_LOADED

    @cached_property
    def _careful(self) -> list[Convert]:
        """The conversions, and then the target's own opinion."""
        asked = Asked(self.attempts.writer)
        pairs = zip(self.exact.columns, self.exact.converters, strict=True)
        return [_asking(asked, column, convert) for column, convert in pairs]

    def _forget(self, entries: Sequence[Quarantined]) -> None:
        gone = set(map(id, entries))
        self.exact.judge.found = [entry for entry in self.exact.judge.found if id(entry) not in gone]


def _asking(asked: Asked, column: ColumnMapping, convert: Convert) -> Convert:
    def careful(klass: str, value: Value) -> bytes:
        return asking(asked, column, lambda _: convert(klass, value))(b"")

    return careful


@dataclass(frozen=True)
class RowsApart:
    """The rows of one range, in an order that every statement of a moment gives; wide: where the table has a rowid.

    source: FROM and what follows, with its parameters.
    """

    exact: ExactRows
    wide: WideRows | None
    source: str
    parameters: tuple[Any, ...] = ()

    def load(self, writer: PostgresqlWriter, into: Any, pace: Pace) -> Loaded:
        """All of them, into an open transaction."""
        columns = [column.target for column in self.exact.columns]
        attempts = Attempts(writer, self.exact.judge.table.target, columns, stands_apart)
        loaded, settling = NOTHING_LOADED, Settling(self.exact, attempts, into)
        for found in self._read():
            if isinstance(found, Large):
                loaded = added(loaded, self._large(settling, found, pace))
                continue
            pace(sum(len(row[0]) for row in found))
            loaded = added(loaded, attempts.in_halves(found, lambda row: row[0], settling.settle, into))
        return loaded

    def _read(self) -> Iterator[list[Named] | Large]:
        """Lists of rows of about BLOCK_BYTES, and between them those that are too large."""
        place, more = 0, True
        while more:
            rows: list[Named] = []
            size = 0
            given = self.exact.pairs(f"{self.source} LIMIT -1 OFFSET {place}", self.parameters)
            more = False
            try:
                while (pairs := self._next(given)) is not None:
                    place += 1
                    before = len(self.exact.judge.found)
                    line = self.exact.line(pairs)
                    if line is not None:
                        rows.append((line, pairs, self.exact.judge.found[before:]))
                        size += len(line)
                    if size >= BLOCK_BYTES:
                        yield rows
                        rows, size = [], 0
            except TooLarge:
                more = True
            if rows:
                yield rows
            if more:
                yield self._at(place)
                place += 1

    def _next(self, given: Iterator[Pairs]) -> Pairs | None:
        with self.exact.snapshot.limited(LIMIT):
            return next(given, None)

    def _at(self, place: int) -> Large:
        """The row at a place."""
        here = f"{self.source} LIMIT 1 OFFSET {place}"
        if self.wide is not None:
            found = self.exact.snapshot.first(f"SELECT {self.wide.rowid} {here}", self.parameters)
            assert found is not None
            return Large(self.wide.blocks(found[0]), self.wide.refuse)
        pairs = self.exact.pairs_of_one(here, WHOLE_ROW)
        line = self.exact.line(pairs)
        return Large(iter(() if line is None else (line,)), lambda words, kind: self.exact.refuse(pairs, words, kind))

    def _large(self, settling: Settling, row: Large, pace: Pace) -> Loaded:
        found = settling.attempts.one(paced(row.blocks, pace), settling.into)
        if isinstance(found, Loaded):
            return found
        row.refuse(*why_refused(found, settling.attempts.writer.encoding))
        return NOTHING_LOADED
