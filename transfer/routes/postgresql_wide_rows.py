"""Rows of PostgreSQL that are too large to be held at once: read in pieces, written as COPY text in pieces."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from conversion.mapping import ColumnMapping, TableMapping
from engines.columns import Kind
from engines.postgresql.copying import copy_text_escaped
from engines.postgresql.quoting import quote_identifier, quote_literal
from engines.postgresql.relations import Relation
from engines.postgresql.snapshot import PostgresqlSnapshot
from transfer.moveplan import ChunkKey, Unholdable
from transfer.routes.policy import Judge
from transfer.routes.postgresql_forms import read
from transfer.routes.postgresql_measured import measured, placed_of

WIDE = 16 << 20  # bytes of a row from which on it goes in pieces: libpq holds a row three times
WIDE_PLAIN = 400 << 20  # where rows don't go through libpq: the server itself writes none of more than 1 GB
PIECE = 12 << 20  # bytes read at once: the server takes the whole value into its memory for every piece
LONGEST = 1_000_000_000  # bytes of a line that a server takes, below MaxAllocSize (1 GB - 1)
BEST = 255  # a value takes at least 1/255 of its bytes in the table's second storage, whatever compressed it
COMPRESSED = 1 << 15  # bytes as stored from which on other types are written out to see how long they are
MEASURED = frozenset({"bytea", "text", "varchar", "bpchar"})  # octet_length() reads no more than their length
COLUMNS = """
SELECT a.attname, coalesce(b.typname, t.typname), t.typstorage::text, t.typlen::int
  FROM pg_catalog.pg_attribute AS a JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid
  LEFT JOIN pg_catalog.pg_type AS b ON b.oid = t.typbasetype
 WHERE a.attrelid = {oid} AND a.attnum > 0 AND NOT a.attisdropped
"""


@dataclass(frozen=True)
class WideRow:
    """Where it is (ctid, which stays within a snapshot), its key, and the bytes of each copied column (None: NULL)."""

    place: str
    key: dict[str, str | None]
    bytes: tuple[int | None, ...]


class WideRows:
    """The wide rows of one table, cut by a key, at one snapshot; encoding: of their text, "" for UTF-8."""

    def __init__(
        self,
        snapshot: PostgresqlSnapshot,
        relation: Relation,
        table: TableMapping,
        key: ChunkKey,
        encoding: str = "",
    ) -> None:
        self.snapshot, self.relation, self.table, self.key = snapshot, relation, table, key
        self.encoding = encoding or "UTF8"
        self.limit = WIDE_PLAIN if snapshot.plain else WIDE

    def find(self, where: str) -> list[WideRow]:
        """Those of a range; asks nothing of tables that can't have any."""
        if not self._lengths:
            return []
        keys = self.table.key_columns
        reads = [*(f"{quote_identifier(name)}::text" for name in keys), *self._bytes]
        sql = f"SELECT {', '.join(['ctid::text', *reads])} FROM ONLY {self.relation.quoted}"
        found = self.snapshot.query(f"{sql} WHERE {f'({where}) AND ' if where else ''}{self._total} > {self.limit}")
        return [
            WideRow(str(row[0]), dict(zip(keys, row[1:], strict=False)), tuple(row[1 + len(keys) :])) for row in found
        ]

    def others(self, where: str) -> str:
        """The condition of a range without its wide rows."""
        return f"{f'({where}) AND ' if where else ''}{self._total} <= {self.limit}"

    def blocks(self, row: WideRow, judge: Judge) -> Iterator[bytes]:
        """COPY text of a row; one that no server takes as a line is set aside with its key, or ends the copy."""
        longest = sum(
            (2 if kind == "bytea" else 1) * (size or 0) for kind, size in zip(self._kinds, row.bytes, strict=True)
        )
        if longest > LONGEST:
            why = f"a row of {longest:,} bytes is longer than PostgreSQL takes in one line of COPY"
            self.refuse(row, why, "wide_row", judge)
            return
        for number, (column, size) in enumerate(zip(self.table.copied, row.bytes, strict=True)):
            if number:
                yield b"\t"
            if size is None:
                yield rb"\N"
            else:
                yield from self._value(row.place, column, self._kinds[number])
        yield b"\n"

    def _value(self, place: str, column: ColumnMapping, kind: str) -> Iterator[bytes]:
        """A value's text in pieces, escaped: what the type's own output function gives, bytea as hex."""
        name = read(column)
        binary = kind == "bytea"
        text = name if kind in ("text", "varchar") else f"pg_catalog.format('%s', {name})"
        value = name if binary else f"pg_catalog.convert_to({text}, '{self.encoding}')"
        if binary:
            yield rb"\\x"
        at = 1
        while True:
            piece = self._piece(f"pg_catalog.substring({value}, {at}, {PIECE})", place)
            yield piece.hex().encode() if binary else copy_text_escaped(piece)
            if len(piece) < PIECE:
                return
            at += PIECE

    def _piece(self, expression: str, place: str) -> bytes:
        sql = f"SELECT {expression} FROM ONLY {self.relation.quoted} WHERE ctid = {quote_literal(place)}"
        return bytes(self.snapshot.query_binary(sql)[0][0])

    def refuse(self, row: WideRow, reason: str, why: Unholdable, judge: Judge) -> None:
        """Set the row aside with its key, or end the copy, as the policy of that kind says."""
        key = json.dumps(row.key, ensure_ascii=False)
        judge.allow(why, reason, key)
        originals = self._originals(row)
        judge.withhold(self._locator(row, originals), key, reason, originals)

    def _originals(self, row: WideRow) -> dict[str, dict[str, Any]]:
        """What is written down of each value; only how long bytes are that no server writes out as text."""
        found = {}
        for column, kind, size in zip(self.table.copied, self._kinds, row.bytes, strict=True):
            too_long = kind == "bytea" and 2 * (size or 0) > LONGEST
            found[column.source] = (
                {"class": "text", "bytes": size} if too_long else self._measured(column.source, row.place)
            )
        return found

    def _locator(self, row: WideRow, originals: dict[str, dict[str, Any]]) -> str:
        """The values of the key by which the table is cut; all values and the row's place where it has none."""
        values: list[Any] = [*placed_of(originals.values()), row.place]
        if self.key.kind == "columns":
            shown = placed_of(self._measured(column.name, row.place) for column in self.key.columns)
            kinds = [column.kind for column in self.key.columns]
            values = [int(v) if v and kind is Kind.INTEGER else v for v, kind in zip(shown, kinds, strict=True)]
        return json.dumps(values, ensure_ascii=False)

    def _measured(self, name: str, place: str) -> dict[str, Any]:
        origin = f"ONLY {self.relation.quoted}"
        return measured(self.snapshot, name, origin, f"ctid = {quote_literal(place)}")

    @cached_property
    def _lengths(self) -> dict[str, str]:
        """Expressions for the bytes of columns that can be long; empty where no row of the table can be wide."""
        if self.relation.stored_apart < self.limit // BEST:
            return {}
        lengths = {}
        for name, kind, storage, length in self._columns:
            if storage == "p" or length > 0:
                continue
            quoted = quote_identifier(name)
            lengths[name] = f"pg_catalog.octet_length({quoted})" if kind in MEASURED else _written_out(quoted)
        return lengths

    @cached_property
    def _columns(self) -> list[tuple[Any, ...]]:
        return self.snapshot.query(COLUMNS.format(oid=self.relation.oid))

    @cached_property
    def _kinds(self) -> list[str]:
        kinds = {name: kind for name, kind, _, _ in self._columns}
        return [kinds[column.source] for column in self.table.copied]

    @cached_property
    def _bytes(self) -> list[str]:
        """Of each copied column: its bytes (0 for one that is never long), NULL for NULL."""
        found = []
        for column in self.table.copied:
            short = f"CASE WHEN {quote_identifier(column.source)} IS NOT NULL THEN 0 END"
            found.append(self._lengths.get(column.source, short))
        return found

    @cached_property
    def _total(self) -> str:
        copied = [column.source for column in self.table.copied]
        long = [f"coalesce({sql}, 0)::bigint" for name, sql in self._lengths.items() if name in copied]
        return f"({' + '.join(long) or '0'})"


def _written_out(column: str) -> str:
    size = f"pg_catalog.pg_column_size({column})"
    text = f"pg_catalog.octet_length(pg_catalog.format('%s', {column}))"
    return f"CASE WHEN {size} > {COMPRESSED} THEN {text} ELSE {size} END"
