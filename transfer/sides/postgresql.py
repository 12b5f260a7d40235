"""A PostgreSQL database as a side of a comparison: rows are hashed there wherever its SQL can render them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any

from engines.connection import Reference
from engines.errors import UsageError
from engines.postgresql.snapshot import PostgresqlSnapshot
from engines.registry import dsn_of
from transfer.canonical.columns import ComparedTable, Role
from transfer.canonical.encoding import HALF, Digest, Hashing, Texts
from transfer.canonical.rendered import Rendered
from transfer.sides.blocks import Block
from transfer.sides.fast_postgresql import block_of, extended_sum
from transfer.sides.local import Batch, Rows, hashed, in_span
from transfer.sides.postgresql_extended import PROBE, broken, expressions, sufficient
from transfer.sides.postgresql_queries import Reading, Relation, in_buckets
from transfer.sides.postgresql_reader import PostgresqlReader
from transfer.sides.side import Span
from transfer.sides.sql import range_column

ROW_BYTES = """
    SELECT (pg_catalog.pg_table_size(c.oid) / nullif(c.reltuples, 0))::int8
      FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = $1 AND c.relname = $2
"""
SAMPLED_KINDS = ("r", "m", "p")
SAMPLED_FROM = 1_000_000.0  # rows from which on the bounds of spans come from a sample of pages
SAMPLED_OF_PART = 200.0  # rows of every part that are in the sample


def open_side(reference: Reference, role: Role, join: str | None = None) -> PostgresqlSide:
    """The database at a fresh moment, or at the one that another process exported (`join`: its token)."""
    snapshot = PostgresqlSnapshot(dsn_of(reference), reference.display, join)
    try:
        return PostgresqlSide(snapshot, role, reference.display)
    except BaseException:
        snapshot.close()
        raise


class PostgresqlSide(PostgresqlReader):
    """A PostgreSQL database; tables with a column that only Python renders are hashed here."""

    def count(self, table: ComparedTable) -> int:
        """One aggregate query."""
        return int(self._all(f"SELECT count(*) FROM {self._relation(table).source}")[0][0])

    def bounds(self, table: ComparedTable, rows: int) -> list[int]:
        """By one pass over the values in order; of a large table by a sample of its pages."""
        column = range_column(table)
        if column is None:
            return []
        relation, name = self._relation(table), self.queries.quoted(column)
        sampled = relation.kind in SAMPLED_KINDS and relation.estimate >= SAMPLED_FROM
        share = min(1.0, SAMPLED_OF_PART / rows) if sampled else 1.0
        sample = f" TABLESAMPLE SYSTEM ({100 * share:.6f}) REPEATABLE (0)" if sampled else ""
        numbered = (
            f"SELECT {name} AS c, pg_catalog.row_number() OVER (ORDER BY {name}) AS n"
            f" FROM {relation.source}{sample} WHERE {name} IS NOT NULL"
        )
        step = max(1, round(rows * share))
        found = self._all(f"SELECT DISTINCT c FROM ({numbered}) AS numbered WHERE n % {step} = 0 ORDER BY c")
        return [int(row[0]) for row in found]

    def digests(self, table: ComparedTable, span: Span, hashing: Hashing) -> dict[int, Digest]:
        """One aggregate query; rows with a text that only Python renders are hashed here."""
        relation = self._relation(table)
        if hashing.method == "extended" and span.of == 1:
            digest = self._extended(table, relation, span, hashing)
            if digest is not None:
                return {0: digest} if digest.rows else {}
        found = self.queries.hashed(table, relation, span, hashing)
        if found is None:
            return super().digests(table, span, hashing)
        bucket = found.bucket.replace("{mask}", str(span.of - 1)) if span.of > 1 else "0"
        sums = f"count(*), coalesce(sum({found.high}), 0), coalesce(sum({found.low}), 0)"
        group = " GROUP BY 1" if span.of > 1 else ""
        sums_of = self._all(f"SELECT {bucket}, {sums} FROM {found.source}{in_buckets(found, span)}{group}")
        return {int(b): Digest(int(n), int(high) % HALF, int(low) % HALF) for b, n, high, low in sums_of if n}

    def hashes(self, table: ComparedTable, span: Span, hashing: Hashing) -> Iterator[list[tuple[bytes, bytes]]]:
        """One query, keys and hashes only."""
        found = self.queries.hashed(table, self._relation(table), span, hashing)
        if found is None:
            yield from super().hashes(table, span, hashing)
            return
        reads = f"{'k' if table.key else found.whole}, {found.whole}"
        for batch in self._fetched(f"SELECT {reads} FROM {found.source}{in_buckets(found, span)}"):
            yield [(key, whole) for key, whole in batch]

    def rows(
        self, table: ComparedTable, span: Span, keys: Collection[bytes], hashing: Hashing
    ) -> Iterator[tuple[bytes, Texts]]:
        """By an index where columns of the key can be looked up as values of their types, else by reading the span.

        Texts have all their fractional digits, whatever the columns' `digits`.
        """
        wanted = keys if isinstance(keys, set | frozenset | dict) else set(keys)
        exact = {
            place: self.queries.reading(column, whole=True)
            for place, column in enumerate(table.columns)
            if column.digits is not None
        }
        needed = not table.key or span.buckets is not None
        extra = [self.queries.as_bytes(reading.sql) for reading in exact.values()]
        for names, hashes, batch, more in self._found(table, span, wanted, hashing, extra, needed):
            places = [n for n, name in enumerate(names) if name in wanted and (not needed or in_span(hashes[n], span))]
            texts = [column.texts for column in batch.columns]
            for (place, reading), values in zip(exact.items(), more, strict=True):
                texts[place] = reading.rendered(values).texts
            for n in places:
                yield names[n], [column[n] for column in texts]

    def originals(
        self, table: ComparedTable, columns: Sequence[str], keys: Collection[bytes], hashing: Hashing | None = None
    ) -> Iterator[tuple[bytes, dict[str, tuple[str, object]]]]:
        """The server's own texts as bytes, of class `text`."""
        wanted = keys if isinstance(keys, set | frozenset | dict) else set(keys)
        own = [self.queries.own_text(name) for name in columns]
        for names, _, _, more in self._found(table, Span(), wanted, hashing or Hashing.new(), own, not table.key):
            for place, name in enumerate(names):
                if name in wanted:
                    texts = zip(columns, (values[place] for values in more), strict=True)
                    yield name, {column: ("null" if text is None else "text", text) for column, text in texts}

    def stream(self, table: ComparedTable, span: Span) -> Iterator[list[tuple[bytes, bytes]]]:
        """One query, whole rows encoded there; without a key the row is its own key."""
        encoded = self.queries.encoded(self.queries.readings(table))
        if encoded is None or span.buckets is not None:
            yield from super().stream(table, span)
            return
        key = self.queries.key(table) if table.key else None
        reads = ", ".join(self.queries.as_bytes(text) for text in (key, encoded) if text is not None)
        source = f"FROM {self._relation(table).source}{self.queries.where(table, span)}"
        for rows in self._fetched(f"SELECT {reads} {source}"):
            yield [(row[0], row[-1]) for row in rows]

    def read(self, table: ComparedTable, span: Span) -> Iterator[Rows]:
        """Rows of canonical texts, and of raw ones where they are rendered here."""
        yield from self._select(table, span, self.queries.readings(table))

    def rendering(self, table: ComparedTable) -> Callable[[Rows], list[Rendered]]:
        """What renders raw texts, and passes canonical ones through."""
        readings = self.queries.readings(table)
        return lambda rows: _batch(readings, rows).columns

    def block(self, table: ComparedTable, span: Span, key: str, there: bool) -> Block:
        """The span's rows hashed at once by the server (transfer/sides/blocks.py)."""
        return block_of(self._all, self.queries, self._relation(table), table, span, key)

    def sufficient(self, table: ComparedTable, span: Span, key: str) -> Digest | None:
        """A digest that proves rows equal, and nothing if it differs (transfer/sides/postgresql_extended.py)."""
        halves = sufficient(table, self.role, key, self.version)
        return None if halves is None else self._sums(table, self._relation(table), span, halves)

    def row_bytes(self, table: ComparedTable) -> int:
        """About how many bytes a row takes, by the catalog's estimate; 0 where it has none."""
        found = self._all(ROW_BYTES, table.place(self.role))
        return int(found[0][0] or 0) if found else 0

    def estimate(self, table: ComparedTable) -> float:
        """About how many rows the table has, by the catalog; below zero where it was never counted."""
        return self._relation(table).estimate

    def answers(self) -> list[tuple[Any, ...]]:
        """What this server's hash functions say of fixed values."""
        return self._all(PROBE)

    def _found(
        self,
        table: ComparedTable,
        span: Span,
        wanted: Collection[bytes],
        hashing: Hashing,
        extra: list[str],
        needed: bool,
    ) -> Iterator[tuple[Sequence[bytes], Sequence[bytes], Batch, list[tuple[Any, ...]]]]:
        """Batches of rows that may have one of the keys: their keys, hashes (where needed), texts, and more columns."""
        readings = self.queries.readings(table)
        whole = self.queries.row_hash(table, hashing) if needed else None
        condition, parameters = self.queries.wanted(table, self._relation(table), hashing, wanted)
        reads = [*extra, whole] if whole else extra
        for rows in self._select(table, span, readings, reads, condition, parameters):
            batch = _batch(readings, rows)
            more = list(zip(*(row[len(readings) :] for row in rows), strict=True))
            hashes: Sequence[bytes] = more.pop() if whole else hashed(batch.encoded(), hashing) if needed else ()
            yield batch.keys(table) if table.key else hashes, hashes, batch, more

    def _select(
        self,
        table: ComparedTable,
        span: Span,
        readings: Sequence[Reading],
        extra: Sequence[str] = (),
        condition: str = "",
        parameters: Sequence[Any] = (),
    ) -> Iterator[Rows]:
        reads = ", ".join([*(self.queries.as_bytes(reading.sql) for reading in readings), *extra]) or "NULL"
        where = self.queries.where(table, span, condition)
        return self._fetched(f"SELECT {reads} FROM {self._relation(table).source}{where}", parameters)

    def _extended(self, table: ComparedTable, relation: Relation, span: Span, hashing: Hashing) -> Digest | None:
        halves = expressions(table, self.role, hashing.key, self.version)
        return None if halves is None else self._sums(table, relation, span, halves)

    def _sums(self, table: ComparedTable, relation: Relation, span: Span, halves: tuple[str, str]) -> Digest:
        behind = f"FROM {relation.source}{self.queries.where(table, span)}"
        digest = extended_sum(self._all, behind, halves, broken(table, self.role, relation.bound))
        if digest is None:
            raise UsageError(
                "COLUMN_CHANGED",
                f"{table.full_name(self.role)} in {self.display} holds NULL in a column that was NOT NULL.",
                "Read the catalog again: the table was changed since.",
            )
        return digest


def _batch(readings: Sequence[Reading], rows: Sequence[Sequence[Any]]) -> Batch:
    columns = list(zip(*rows, strict=True))
    return Batch([reading.rendered(values) for reading, values in zip(readings, columns, strict=False)], len(rows))
