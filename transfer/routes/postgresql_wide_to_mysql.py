"""Rows of PostgreSQL that are too large to be held at once: each read in pieces and loaded while it is read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from engines.mysql import load_text
from engines.mysql.load_troubles import Attempt
from engines.mysql.quoting import quote_name as quote_mysql
from engines.postgresql.quoting import quote_identifier
from engines.postgresql.snapshot import PostgresqlSnapshot
from transfer.chunks import Chunk
from transfer.routes.lines_to_mysql import LinesToMysql
from transfer.routes.mysql_fields import Field
from transfer.routes.mysql_run import SHOWN, Run
from transfer.routes.postgresql_for_mysql import UNHEX, Source
from transfer.routes.postgresql_measured import measured, placed_of
from transfer.routes.route import Copied, Pace

WIDE = 8 << 20  # bytes of a row from which on it is read in pieces
PIECE = 1 << 22  # characters or bytes of a piece; of a compressed value the server unpacks all for each
TOAST = WIDE // 256  # a row that compresses best still takes that much of the table's second storage
COMPRESSED = 1 << 15  # bytes on disk from which on a value of another type is written out to see how long it is
BYTES = ("bytea", "text", "varchar", "bpchar")  # of these octet_length() reads no more than the length
STORED_APART = """
WITH RECURSIVE part AS (
  SELECT {oid}::pg_catalog.oid AS oid
  UNION ALL
  SELECT i.inhrelid FROM part JOIN pg_catalog.pg_inherits AS i ON i.inhparent = part.oid
    JOIN pg_catalog.pg_class AS c ON c.oid = i.inhrelid AND c.relispartition
)
SELECT COALESCE(sum(pg_catalog.pg_relation_size(NULLIF(c.reltoastrelid, 0))), 0)
FROM part JOIN pg_catalog.pg_class AS c USING (oid)
"""


@dataclass
class WideRows:
    """The rows of one table that are wide; narrow: SQL that is true for all others, "" where none can be wide.

    origin: what stands behind FROM; oid: of the table.
    """

    snapshot: PostgresqlSnapshot
    origin: str
    oid: int
    fields: list[Field]
    sources: dict[str, Source]
    lines: LinesToMysql

    def __post_init__(self) -> None:
        terms = [_length(self.sources[item.name]) for item in self.fields if self.sources[item.name].wide]
        possible = terms and self._stored() >= TOAST
        self.size = " + ".join(terms)
        self.narrow = f"({self.size}) <= {WIDE}" if possible else ""

    def _stored(self) -> int:
        """Bytes of the second storage of the table and its partitions."""
        found = self.snapshot.query(STORED_APART.format(oid=self.oid))
        return int(found[0][0])

    def add(self, copied: Copied, chunk: Chunk, into: Any, pace: Pace, where: str) -> Copied:
        """What was copied, with the wide rows of the range."""
        if not self.narrow:
            return copied
        condition = f"{where} AND " if where else ""
        found = self.snapshot.query(
            f"SELECT tableoid::int8, ctid::text FROM {self.origin} WHERE {condition}({self.size}) > {WIDE}"
        )
        for table, place in found:
            more = self._one(f"tableoid = {int(table)} AND ctid = '{place}'", chunk, into, pace)
            copied = Copied(copied.rows + more.rows, copied.bytes + more.bytes, copied.quarantined + more.quarantined)
        return copied

    def _one(self, place: str, chunk: Chunk, into: Any, pace: Pace) -> Copied:
        run = self.lines.run(into)
        loader = run.loader
        if not self.lines.target.local_infile:
            self._withhold(run, place, "a row of many megabytes, and the server takes no LOAD DATA LOCAL")
            return Copied(0, 0, run.judge.found)
        loader.settle(run.connection)
        attempt = self._loaded(run, place, pace)
        loader.unsettle(run.connection)
        if attempt.troubles:
            self._withhold(run, place, f"a row of many megabytes: {attempt.troubles[-1].words}")
        return Copied(attempt.rows, attempt.bytes, run.judge.found)

    def _withhold(self, run: Run, place: str, reason: str) -> None:
        """Set a row aside by its key, or, where none cuts the table, by all its values, large ones by their digests."""
        unit = self.lines.unit
        if unit.key.kind == "columns":
            run.withhold_wide(self._key(place), reason)
            return
        names = [column.source for column in unit.mapping.copied]
        originals = {name: measured(self.snapshot, name, self.origin, place) for name in names}
        told = placed_of(originals.values())
        shown = self._key(place) if unit.mapping.key_columns else [part and part[:SHOWN] for part in told]
        key = json.dumps(shown, ensure_ascii=False)
        run.judge.allow("wide_row", reason, key)
        # behind the values, which may be those of another row, too, where it lies
        run.judge.withhold(json.dumps([*told, place], ensure_ascii=False), key, reason, originals)

    def _asked(self, sql: str, place: str) -> Any:
        return self.snapshot.query(f"SELECT {sql} FROM {self.origin} WHERE {place}")[0][0]

    def _loaded(self, run: Run, place: str, pace: Pace) -> Attempt:
        """Bytes go into the columns as they are: what a function makes may be no larger than max_allowed_packet."""
        name = quote_mysql(self.lines.target.schema, self.lines.target.name)
        statement = run.loader.load_statement(name, "binary", self.lines.wraps_of_bytes())
        return self.lines.load_alone(run, statement, self._line(place, pace))

    def _line(self, place: str, pace: Pace) -> Iterator[bytes]:
        for number, item in enumerate(self.fields):
            if number:
                yield load_text.TAB
            for piece in self.lines.watched(number, self._pieces(item, place)):
                pace(len(piece))
                yield piece
        yield load_text.END

    def _pieces(self, item: Field, place: str) -> Iterator[bytes]:
        """A value as the text of a field."""
        source = self.sources[item.name]
        in_bytes = source.type == "bytea" and item.wrap == UNHEX
        read = quote_identifier(item.name) if in_bytes else f"({item.read})::text"
        if item.change is not None or not source.wide:
            value = self._value(read, place)
            yield load_text.escaped(item.change(value) if item.change and value is not None else value)
            return
        start = 1
        while True:
            piece = self._value(f"pg_catalog.substr({read}, {start}, {PIECE})", place)
            if piece is None:
                yield load_text.NULL
                return
            yield load_text.escaped(piece)
            if len(piece) < PIECE:
                return
            start += PIECE

    def _value(self, sql: str, place: str) -> bytes | None:
        value = self._asked(sql, place)
        return value.encode() if isinstance(value, str) else value

    def _key(self, place: str) -> dict[str, Any]:
        names = [column.name for column in self.lines.unit.key.columns] or self.lines.unit.mapping.key_columns
        read = ", ".join(f"{quote_identifier(name)}::text" for name in names)
        row = self.snapshot.query(f"SELECT {read} FROM {self.origin} WHERE {place}")[0]
        return dict(zip(names, row, strict=True))


def _length(source: Source) -> str:
    """SQL of a value's bytes, without reading it where that can be."""
    c = quote_identifier(source.name)
    if source.type in BYTES:
        return f"COALESCE(octet_length({c}), 0)"
    return (
        f"CASE WHEN pg_catalog.pg_column_size({c}) > {COMPRESSED} THEN octet_length({c}::text) ELSE"
        f" COALESCE(pg_catalog.pg_column_size({c}), 0) END"
    )
