"""One side of a comparison: digests of ranges, digests of rows by key, and values of chosen rows."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from conversion.mapping import ColumnMapping, TableMapping
from engines.postgresql.quoting import quote_identifier as quote_postgresql
from engines.postgresql.quoting import quote_name
from engines.postgresql.snapshot import PostgresqlSnapshot
from engines.sqlite.quoting import quote_identifier as quote_sqlite
from engines.sqlite.snapshot import SqliteSnapshot
from transfer.chunks import Chunk, Quarantined
from transfer.old_canonical import (
    Value,
    encode_row,
    encoded_sql,
    is_original,
    is_original_row,
    postgresql_text,
    sqlite_text,
    sqlite_texts,
)

BATCH = 2_000
Texts = list[bytes | None]


@dataclass(frozen=True)
class Digest:
    """Rows of a range and the sums of both halves of their 128-bit hashes: no pair of rows cancels out."""

    rows: int
    high: int
    low: int


class Side(Protocol):
    """What a comparison needs of an engine."""

    def count(self, table: TableMapping) -> int:
        """Rows of the whole table, withheld ones included."""
        ...

    def digest(self, table: TableMapping, chunk: Chunk) -> Digest:
        """Count and hash sums of a range."""
        ...

    def keyed(self, table: TableMapping, chunk: Chunk) -> Iterator[tuple[bytes, bytes]]:
        """Encoded key and 16-byte hash of every row; without a key, the hash is the key."""
        ...

    def values(self, table: TableMapping, chunk: Chunk, keys: set[bytes]) -> Iterator[tuple[bytes, Texts]]:
        """Encoded key and rendered values of the rows with these keys."""
        ...


def compared(table: TableMapping) -> list[ColumnMapping]:
    """The columns that are compared: all of them, computed ones too."""
    return table.columns


class PostgresqlSide:
    """A PostgreSQL database: hashes are computed there."""

    def __init__(self, snapshot: PostgresqlSnapshot, role: str) -> None:
        self.snapshot = snapshot
        self.role = role
        row = snapshot.connection.execute("SELECT current_setting('server_encoding')").fetchone()
        self.utf8 = row is not None and row[0] == "UTF8"

    def count(self, table: TableMapping) -> int:
        """One aggregate query."""
        sql = f"SELECT count(*) {self._from(table, Chunk(table.source, 0, None, None))}"
        return int(next(self.snapshot.rows(sql, 1))[0][0])

    def digest(self, table: TableMapping, chunk: Chunk) -> Digest:
        """One aggregate query."""
        half = "coalesce(sum(('x' || substr(m, {}, 16))::bit(64)::bigint::numeric), 0)"
        hashed = f"SELECT {self._hash(table)} AS m {self._from(table, chunk)}"
        sql = f"SELECT count(*), {half.format(1)}, {half.format(17)} FROM ({hashed}) AS hashed"
        rows, high, low = next(self.snapshot.rows(sql, 1))[0]
        return Digest(int(rows), int(high), int(low))

    def keyed(self, table: TableMapping, chunk: Chunk) -> Iterator[tuple[bytes, bytes]]:
        """One query, keys and hashes only."""
        key = self._key(table) or self._hash(table)
        for batch in self.snapshot.rows(f"SELECT {key}, {self._hash(table)} {self._from(table, chunk)}", BATCH):
            for found, digest in batch:
                yield found.encode(), bytes.fromhex(digest)

    def values(self, table: TableMapping, chunk: Chunk, keys: set[bytes]) -> Iterator[tuple[bytes, Texts]]:
        """One query over the range, filtered by key there."""
        key = self._key(table) or self._hash(table)
        wanted = ", ".join(_literal(k.decode()) for k in sorted(keys))
        rendered = ", ".join(self._texts(table))
        sql = f"SELECT * FROM (SELECT {key} AS k, {rendered} {self._from(table, chunk)}) AS rows WHERE k IN ({wanted})"
        for batch in self.snapshot.rows(sql, BATCH):
            for found, *texts in batch:
                yield found.encode(), [None if text is None else text.encode() for text in texts]

    def _texts(self, table: TableMapping) -> list[str]:
        return [f"({self._text(column)})" for column in compared(table)]

    def _text(self, column: ColumnMapping) -> str:
        name = column.target if self.role == "target" else column.source
        return postgresql_text(column, quote_postgresql(name))

    def _hash(self, table: TableMapping) -> str:
        whole = " || ".join(encoded_sql(text, self.utf8) for text in self._texts(table)) or "''"
        return f"md5({whole})" if self.utf8 else f"md5(convert_to({whole}, 'UTF8'))"

    def _key(self, table: TableMapping) -> str:
        by_target = {column.target: column for column in table.columns}
        parts = [encoded_sql(f"({self._text(by_target[name])})", self.utf8) for name in table.key]
        return " || ".join(parts)

    def _from(self, table: TableMapping, chunk: Chunk) -> str:
        full = table.target if self.role == "target" else table.source
        schema, _, name = full.partition(".")
        where = ""
        if chunk.lower is not None or chunk.upper is not None:
            key = quote_postgresql(_range_name(table, self.role))
            where = " WHERE " + _bounds(key, chunk)
        return f"FROM ONLY {quote_name(schema, name)}{where}"


class SqliteSide:
    """A SQLite file: rows are read and hashed here. aside: what was quarantined on purpose, by table."""

    def __init__(self, snapshot: SqliteSnapshot, role: str, aside: list[tuple[str, Quarantined]] | None = None) -> None:
        self.snapshot = snapshot
        self.role = role
        self._aside: dict[str, dict[str, dict[str, Quarantined]]] = {}
        for table, entry in aside or []:
            self._aside.setdefault(table, {}).setdefault(entry.locator, {})[entry.column] = entry

    def count(self, table: TableMapping) -> int:
        """One aggregate query."""
        name = (table.source if self.role == "source" else table.target).partition(".")[2]
        return int(next(self.snapshot.batches(f"SELECT count(*) FROM {quote_sqlite(name)}", (), 1))[0][0])

    def digest(self, table: TableMapping, chunk: Chunk) -> Digest:
        """Hash every row of the range."""
        rows = high = low = 0
        for _, digest in self._hashed(table, chunk, with_key=False):
            rows += 1
            high += int.from_bytes(digest[:8], "big", signed=True)
            low += int.from_bytes(digest[8:], "big", signed=True)
        return Digest(rows, high, low)

    def keyed(self, table: TableMapping, chunk: Chunk) -> Iterator[tuple[bytes, bytes]]:
        """Key and hash of every row of the range."""
        return self._hashed(table, chunk, with_key=True)

    def values(self, table: TableMapping, chunk: Chunk, keys: set[bytes]) -> Iterator[tuple[bytes, Texts]]:
        """Rendered values of the rows with these keys."""
        for texts in self._rows(table, chunk):
            key = self._key(table, texts)
            if key in keys:
                yield key, texts

    def _hashed(self, table: TableMapping, chunk: Chunk, with_key: bool) -> Iterator[tuple[bytes, bytes]]:
        for texts in self._rows(table, chunk):
            digest = hashlib.md5(encode_row(texts), usedforsecurity=False).digest()
            yield (self._key(table, texts) if with_key else b""), digest

    def _key(self, table: TableMapping, texts: Texts) -> bytes:
        if not table.key:
            return hashlib.md5(encode_row(texts), usedforsecurity=False).hexdigest().encode()
        places = {column.target: place for place, column in enumerate(table.columns)}
        return encode_row([texts[places[name]] for name in table.key])

    def _rows(self, table: TableMapping, chunk: Chunk) -> Iterator[Texts]:
        """Rendered rows; what was quarantined with this very value is rendered as what the target was given."""
        columns = compared(table)
        aside = self._aside.get(table.source, {}) if self.role == "source" else {}
        located = table.locator_columns if aside else []
        keys = {json.loads(locator)[0] for locator in aside} if table.source_key else set()
        names = [*located, *(c.source if self.role == "source" else c.target for c in columns)]
        reads = ", ".join(f"typeof({q}), {q}" for q in map(quote_sqlite, names))
        full = table.source if self.role == "source" else table.target
        where = "1"
        if chunk.lower is not None or chunk.upper is not None:
            key = table.source_key if self.role == "source" else _range_name(table, self.role)
            where = _bounds(quote_sqlite(key), chunk)
        sql = f"SELECT {reads} FROM {quote_sqlite(full.partition('.')[2])} WHERE {where}"
        for batch in self.snapshot.batches(sql, (), BATCH):
            flat = list(zip(*batch, strict=True))
            klasses = [[klass.decode() for klass in column] for column in flat[::2]]
            values = flat[1::2]
            if aside and not (keys and keys.isdisjoint(values[0])):
                yield from self._one_by_one(columns, len(located), klasses, values, aside)
            else:
                texts = map(sqlite_texts, columns, klasses[len(located) :], values[len(located) :])
                yield from map(list, zip(*texts, strict=True))

    def _one_by_one(
        self,
        columns: list[ColumnMapping],
        located: int,
        klasses: list[list[str]],
        values: list[tuple[Value | None, ...]],
        aside: dict[str, dict[str, Quarantined]],
    ) -> Iterator[Texts]:
        """Rows of a table of which something was quarantined."""
        rows = zip(zip(*klasses, strict=True), zip(*values, strict=True), strict=True)
        for pairs in (list(zip(*row, strict=True)) for row in rows):
            texts = self._rendered(columns, pairs[located:], aside.get(_locator(pairs[:located]), {}))
            if texts is not None:
                yield texts

    def _rendered(
        self, columns: list[ColumnMapping], pairs: list[tuple[str, Value | None]], entries: dict[str, Quarantined]
    ) -> Texts | None:
        withheld = entries.get("")
        if withheld is not None:
            row = {c.source: pair for c, pair in zip(columns, pairs, strict=True) if c.copied}
            if is_original_row(withheld.original, row):
                return None
        return [self._one(column, *pair, entries) for column, pair in zip(columns, pairs, strict=True)]

    def _one(
        self, column: ColumnMapping, klass: str, value: Value | None, entries: dict[str, Quarantined]
    ) -> bytes | None:
        entry = entries.get(column.source)
        if entry is not None and is_original(entry.original, klass, value):
            if entry.action == "null":
                return None
            if isinstance(value, bytes):
                return value.decode(errors="replace").replace("\0", "").encode()
        return sqlite_text(column, klass, value)


def _range_name(table: TableMapping, role: str) -> str:
    return (table.range_column or table.source_key) if role == "target" else table.source_key


def _bounds(key: str, chunk: Chunk) -> str:
    terms = [f"{key} > {chunk.lower}"] if chunk.lower is not None else []
    terms += [f"{key} <= {chunk.upper}"] if chunk.upper is not None else []
    return " AND ".join(terms)


def _locator(pairs: list[tuple[str, Value | None]]) -> str:
    def shown(klass: str, value: Value | None) -> object:
        if isinstance(value, bytes):
            text = value.decode(errors="backslashreplace").replace("\0", "\\0")
            return text if klass == "text" else value.hex()
        return repr(value) if isinstance(value, float) else value

    return json.dumps([shown(*pair) for pair in pairs], ensure_ascii=False)


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
