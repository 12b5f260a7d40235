"""A SQLite file as a side of a comparison: rows are read at one moment and rendered and hashed here."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from itertools import product
from typing import Any

from engines.connection import Reference
from engines.sqlite.quoting import quote_identifier
from engines.sqlite.snapshot import SqliteSnapshot, TooLarge
from transfer.canonical.columns import ComparedColumn, ComparedTable, Role
from transfer.canonical.encoding import Hashing, decode
from transfer.canonical.readers_sqlite import CLASSES
from transfer.canonical.rendered import Rendered
from transfer.canonical.values_sqlite import renderer
from transfer.sides.local import BATCH_BYTES, BATCH_ROWS, Batch, Rows, hashed, size_of
from transfer.sides.reading import ReadingSide
from transfer.sides.side import Span
from transfer.sides.sqlite_keys import NotStored, probe
from transfer.sides.sqlite_reading import Reading, Row
from transfer.sides.sqlite_wide import LONG, WideRows, in_pieces

LARGEST = 2**63


def open_side(reference: Reference, role: Role, join: str | None = None) -> SqliteSide:
    """The file at a fresh moment, or at the one that another process's snapshot reads (`join`: its token)."""
    return SqliteSide(SqliteSnapshot(reference.sqlite_path, reference.display, join), role, reference.display)


class SqliteSide(ReadingSide):
    """A SQLite database; text comes as bytearray, so that it is told from blobs."""

    engine = "sqlite"

    def __init__(self, snapshot: SqliteSnapshot, role: Role, display: str) -> None:
        self.snapshot = snapshot
        self.snapshot.connection.text_factory = bytearray
        self.role = role
        self.display = display
        self.position = snapshot.position
        self._reading = Reading(snapshot, display, self.cancelled)
        self._wide: dict[tuple[str, str | None], bool] = {}

    def count(self, table: ComparedTable) -> int:
        """One aggregate query."""
        return int(next(self._reading.rows(f"SELECT count(*) FROM {self._name(table)}", ()))[0])

    def bounds(self, table: ComparedTable, rows: int) -> list[int]:
        """By an index step by step, else by sorting once."""
        if table.range_column is None:
            return []
        column = self._held(_range(table))
        integers = f"FROM {self._name(table)} AS t WHERE typeof({column}) = 'integer'"
        step = f"SELECT {column} {integers} AND {column} > ? ORDER BY {column} LIMIT 1 OFFSET ?"
        plan = self._reading.rows(f"EXPLAIN QUERY PLAN {step}", (0, 0))
        if any("TEMP B-TREE" in str(line[3]) for line in plan):
            numbered = f"SELECT {column} AS c, row_number() OVER (ORDER BY {column}) AS n {integers}"
            found = [int(row[0]) for row in self._reading.rows(f"SELECT c FROM ({numbered}) WHERE n % ? = 0", (rows,))]
            return sorted(set(found))
        ends: list[int] = []
        first = f"SELECT {column} {integers} ORDER BY {column} LIMIT 1 OFFSET ?"
        current = next(self._reading.rows(first, (rows - 1,)), None)
        while current is not None:
            ends.append(int(current[0]))
            current = next(self._reading.rows(step, (current[0], rows - 1)), None)
        return ends

    def read(self, table: ComparedTable, span: Span) -> Iterator[Rows]:
        """The span's rows by its bounds; what is no integer in the range column comes where SQLite sorts it."""
        for where, parameters in self._wheres(table, span):
            yield from self._reading.batches(f"{self._source(table)} WHERE {where}", parameters)

    def batches(self, table: ComparedTable, span: Span) -> Iterator[Batch]:
        """The same rendered; long values stay in pieces where they can be read so (transfer/sides/sqlite_wide.py)."""
        if span.where is not None or not self._in_pieces(table):
            yield from super().batches(table, span)
            return
        render, wide = self.rendering(table), WideRows(self.snapshot, table, self.role)
        order, place = self._held(_range(table)), table.columns.index(_range(table))
        left = span
        while True:
            [where, parameters], *_ = self._wheres(table, left)  # no rowid is NULL
            behind, last = f" WHERE {where} ORDER BY {order}", left.lower
            try:
                for rows in self._reading.batches(self._source(table) + behind, parameters, LONG):
                    last = rows[-1][place]
                    yield Batch(render(rows), len(rows))
                return
            except TooLarge:
                left = replace(left, lower=last)
            [where, parameters], *_ = self._wheres(table, left)
            number = wide.first(where, parameters)
            if number is None:  # what is too large is no value
                yield from super().batches(table, left)
                return
            yield wide.row(number)
            left = replace(left, lower=number)

    def _in_pieces(self, table: ComparedTable) -> bool:
        name = table.place(self.role)[1], table.range_column
        if name not in self._wide:
            self._wide[name] = in_pieces(self.snapshot, table, self.role)
        return self._wide[name]

    def rendering(self, table: ComparedTable) -> Callable[[Rows], list[Rendered]]:
        """Each column by its form and reading."""
        renderers = [renderer(column, self.role) for column in table.columns]

        def render(rows: Rows) -> list[Rendered]:
            return [make(values) for make, values in zip(renderers, zip(*rows, strict=True), strict=False)]

        return render

    def by_key(self, table: ComparedTable, keys: Collection[bytes]) -> Iterator[Rows] | None:
        """A look-up per key where every way to write a key's text is known and an index finds it."""
        return self._looked_up(table, self._source(table), keys)

    def originals(
        self,
        table: ComparedTable,
        columns: Sequence[str],
        keys: Collection[bytes],
        hashing: Hashing | None = None,
    ) -> Iterator[tuple[bytes, dict[str, tuple[str, object]]]]:
        """Class and value as stored, text as bytes; columns may be any that the table has, and its rowid.

        hashing: names the rows of a table without a key by their hashes.
        """
        wanted = keys if isinstance(keys, set | frozenset | dict) else set(keys)
        if table.key:  # nothing else names the row
            table = table.model_copy(update={"columns": table.key_columns})
        reads = "".join(f", t.{quote_identifier(name)}" for name in columns)
        sql = self._source(table, reads)
        found = (self._looked_up(table, sql, wanted) if table.key else None) or self._reading.batches(sql, ())
        render = self.rendering(table)
        for rows in self._watched(found):
            batch = Batch(render(rows), len(rows))
            names = batch.keys(table) if table.key else hashed(batch.encoded(), hashing or Hashing.new())
            for row, name in zip(rows, names, strict=True):
                if name in wanted:
                    kept = zip(columns, row[len(table.columns) :], strict=True)
                    yield name, {column: _original(value) for column, value in kept}

    def refresh(self) -> None:
        """A new read transaction."""
        self.snapshot.refresh()
        self._wide.clear()
        self.position = self.snapshot.position

    def cancel(self) -> None:
        """Interrupt the statement that runs now."""
        super().cancel()
        self.snapshot.connection.interrupt()

    def close(self) -> None:
        """End the read transaction; the file is left as it was."""
        self.snapshot.close()

    def _name(self, table: ComparedTable) -> str:
        return quote_identifier(table.place(self.role)[1])

    def _held(self, column: ComparedColumn) -> str:
        """The column with its table's alias: a bare name in quotes that is gone would be read as a string."""
        return f"t.{quote_identifier(column.held(self.role).name)}"

    def _source(self, table: ComparedTable, more: str = "") -> str:
        reads = ", ".join(map(self._held, table.columns)) or "1"
        return f"SELECT {reads}{more} FROM {self._name(table)} AS t"

    def _wheres(self, table: ComparedTable, span: Span) -> Iterator[tuple[str, Row]]:
        """Conditions that together give the span's rows once, each of them fit for an index."""
        if span.where is not None or not span.ranged or table.range_column is None:
            yield span.condition(self.role) or "1", ()
            return
        name = self._held(_range(table))
        bounds = [(f"{name} > ?", span.lower), (f"{name} <= ?", span.upper)]
        given = [(condition, value) for condition, value in bounds if value is not None]
        yield " AND ".join(condition for condition, _ in given), tuple(_bound(value) for _, value in given)
        if span.lower is None:
            yield f"{name} IS NULL", ()

    def _looked_up(self, table: ComparedTable, sql: str, keys: Collection[bytes]) -> Iterator[Rows] | None:
        """The rows that have one of these keys; None where no index finds them, or one can't be looked up."""
        columns = table.key_columns
        probes = [found for column in columns if (found := probe(column, self.role)) is not None]
        if len(probes) < len(columns):
            return None
        try:
            bound = {
                key: list(product(*(one.bound(text) for one, text in zip(probes, decode(columns, key), strict=True))))
                for key in keys
            }
        except (NotStored, ValueError):
            return None
        by_key = sql + " WHERE " + " AND ".join(f"{self._held(column)} IS ?" for column in columns)
        plan = self._reading.rows(f"EXPLAIN QUERY PLAN {by_key}", (None,) * len(columns))
        if not any("SEARCH" in str(step[3]) for step in plan):
            return None
        complete = all(one.complete for one in probes)
        return self._by_key(table, by_key, bound, None if complete else sql)

    def _by_key(
        self, table: ComparedTable, by_key: str, bound: dict[bytes, list[Row]], whole: str | None
    ) -> Iterator[Rows]:
        """Rows by a look-up per key; whole: a query of all rows, for keys that may be spelled otherwise."""
        left = set(bound)
        rows: Rows = []
        asked: list[bytes] = []
        size = 0
        for key, values in bound.items():
            found = [row for some in values for row in self._reading.rows(by_key, some)]
            rows += found
            asked += [key] * len(found)
            size += size_of(found)
            if len(rows) >= BATCH_ROWS or size > BATCH_BYTES:
                yield self._of_keys(table, rows, asked, left)
                rows, asked, size = [], [], 0
        if rows:
            yield self._of_keys(table, rows, asked, left)
        if left and whole is not None:
            for batch in self._reading.batches(whole, ()):
                yield [row for row, name in zip(batch, self._keys(table, batch), strict=True) if name in left]

    def _of_keys(self, table: ComparedTable, rows: Rows, asked: list[bytes], left: set[bytes]) -> Rows:
        """Those of the rows that have the very key they were asked for: a collation finds more."""
        names = self._keys(table, rows)
        left.difference_update(names)
        return [row for row, name, key in zip(rows, names, asked, strict=True) if name == key]

    def _keys(self, table: ComparedTable, rows: Rows) -> list[bytes]:
        return Batch(self.rendering(table)(rows), len(rows)).keys(table)


def _range(table: ComparedTable) -> ComparedColumn:
    return next(found for found in table.columns if found.name == table.range_column)


def _bound(value: int) -> int | float:
    """A bound as SQLite takes it: beyond 64 bits it holds doubles only."""
    return value if -LARGEST <= value < LARGEST else float(value)


def _original(value: Any) -> tuple[str, object]:
    return CLASSES[type(value)], bytes(value) if type(value) is bytearray else value
