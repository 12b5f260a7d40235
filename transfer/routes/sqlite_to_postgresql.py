"""SQLite rows as COPY text: whole blocks where every value is what the plan expects, one by one where not.

SQLite checks the classes of a row while it reads it (the guard), so a block that passes is encoded column-wise
without looking at single values. A block that does not pass is read again with the class of every value.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from conversion.mapping import ColumnMapping, TableMapping
from engines.errors import Aborted
from engines.sqlite.quoting import quote_identifier
from engines.sqlite.snapshot import InvalidText, SqliteSnapshot
from transfer.chunks import Chunk
from transfer.quarantined import Quarantined
from transfer.routes import copy_text
from transfer.routes.sqlite_fast import fast, guard, read
from transfer.routes.sqlite_values import Convert, Refused, Value, converter

BLOCK_ROWS = 400  # small enough to stay in the cache of the processor
NULL = copy_text.NULL.encode()


@dataclass
class SqliteToCopyText:
    """One chunk of a SQLite table as blocks of COPY text; what was refused is in quarantined, in the same order."""

    snapshot: SqliteSnapshot
    table: TableMapping
    chunk: Chunk
    stop: bool = False
    rows: int = 0
    quarantined: list[Quarantined] = field(default_factory=list)

    def blocks(self) -> Iterator[bytes]:
        """COPY text, about a thousand rows each."""
        if self.table.source_key:
            yield from self._fast()
        else:
            yield from self._exact("1", ())

    def _fast(self) -> Iterator[bytes]:
        """Blocks whose columns are as expected; others are read again, exactly."""
        columns = self.table.copied
        reads = [read(c) for c in columns]
        encoders = [fast(c).encoder for c in columns]
        nullable = [c.nullable for c in columns]
        expected = guard(columns)
        key = quote_identifier(self.table.source_key)
        where, bounds = self._range(key)
        own_key = next((n for n, c in enumerate(columns) if c.source == self.table.source_key), None)
        selected = ", ".join([*reads, *([key] if own_key is None else []), *([expected] if expected else [])])
        batches = self.snapshot.text_batches(
            f"SELECT {selected} FROM {self._name} WHERE {where} ORDER BY {key}", bounds, BLOCK_ROWS
        )
        last = self.chunk.lower
        try:
            for rows in batches:
                values = list(zip(*rows, strict=True))
                keys = values[len(columns) if own_key is None else own_key]
                safe = expected is None or all(values[-1])
                encoded = copy_text.block(values[: len(columns)], encoders, nullable) if safe else None
                if encoded is None:
                    yield from self._exact(f"{key} BETWEEN ? AND ?", (keys[0], keys[-1]))
                else:
                    self.rows += len(rows)
                    yield encoded
                last = keys[-1]
        except InvalidText:
            rest = replace(self, chunk=replace(self.chunk, lower=last))
            where, bounds = rest._range(key)
            yield from self._exact(where, bounds)

    @property
    def _name(self) -> str:
        return quote_identifier(self.table.source.partition(".")[2])

    def _range(self, key: str) -> tuple[str, tuple[int, ...]]:
        terms = [(f"{key} > ?", self.chunk.lower), (f"{key} <= ?", self.chunk.upper)]
        used = [(term, bound) for term, bound in terms if bound is not None]
        return " AND ".join(term for term, _ in used) or "1", tuple(bound for _, bound in used)

    def _exact(self, where: str, bounds: tuple[int, ...]) -> Iterator[bytes]:
        """Rows one by one, each value with its class."""
        columns = self.table.copied
        located = self.table.locator_columns
        order = ", ".join(quote_identifier(name) for name in located) or "1"
        names = [*located, *self.table.key_columns, *(c.source for c in columns)]
        reads = [f"typeof({q}), {q}" for q in map(quote_identifier, names)]
        sql = f"SELECT {', '.join(reads)} FROM {self._name} WHERE {where} ORDER BY {order}"
        converters = [converter(c.route, c.target_type) for c in columns]
        for rows in self.snapshot.batches(sql, bounds, BLOCK_ROWS):
            lines = [self._line(row, len(located), converters) for row in rows]
            kept = [line for line in lines if line is not None]
            self.rows += len(kept)
            if kept:
                yield b"\n".join(kept) + b"\n"

    def _line(self, row: tuple[Any, ...], located: int, converters: list[Convert]) -> bytes | None:
        """One row in COPY text; None when it is withheld."""
        pairs = list(zip(row[::2], row[1::2], strict=True))
        keys = len(self.table.key_columns)
        locator = json.dumps([_shown(*pair) for pair in pairs[:located]], ensure_ascii=False)
        names = self.table.key_columns or ["rowid"][:located]
        shown = pairs[located : located + keys] or pairs[:located]
        key = json.dumps(
            {
                name.decode() if isinstance(name, bytes) else name: _shown(*pair)
                for name, pair in zip(names, shown, strict=False)
            },
            ensure_ascii=False,
        )
        values: list[bytes] = []
        found: list[Quarantined] = []
        for column, (klass, value), convert in zip(self.table.copied, pairs[located + keys :], converters, strict=True):
            encoded, aside = self._value(column, _word(klass), value, convert, locator, key)
            if aside is not None:
                if aside.action == "row_withheld":
                    self._withhold(pairs[located + keys :], locator, key, f"{column.source}: {aside.reason}")
                    return None
                found.append(aside)
            values.append(encoded)
        self.quarantined += found
        return b"\t".join(values)

    def _value(
        self, column: ColumnMapping, klass: str, value: Value, convert: Convert, locator: str, key: str
    ) -> tuple[bytes, Quarantined | None]:
        try:
            if klass == "null":
                if column.nullable:
                    return NULL, None
                raise Refused("NULL in a column that must have a value")
            return escaped(convert(klass, value)), None
        except Refused as refused:
            self._stop_if_asked(column, refused, key)
            original = json.dumps({"class": klass, **original_value(value)}, ensure_ascii=False)
            entry = (locator, column.source, key, refused.reason)
            if refused.stripped is not None:
                return escaped(refused.stripped), Quarantined(*entry, "stripped", original)
            action = "null" if column.nullable else "row_withheld"
            return NULL, Quarantined(*entry, action, original)

    def _withhold(self, pairs: list[tuple[Any, Any]], locator: str, key: str, reason: str) -> None:
        original = {
            column.source: {"class": _word(klass), **original_value(value)}
            for column, (klass, value) in zip(self.table.copied, pairs, strict=True)
        }
        self.quarantined.append(
            Quarantined(locator, "", key, reason, "row_withheld", json.dumps(original, ensure_ascii=False))
        )

    def _stop_if_asked(self, column: ColumnMapping, refused: Refused, key: str) -> None:
        if self.stop:
            raise Aborted(
                "VALUE_NOT_HOLDABLE",
                f"{self.table.source} {key}, column {column.source}: {refused.reason}; the request says to stop.",
                "Mend the value in the source, or allow quarantine in the request (options.policies), and plan again.",
            )


def escaped(value: bytes) -> bytes:
    """One value as COPY text."""
    return copy_text.escape(value.decode()).encode()


def original_value(value: Value) -> dict[str, Any]:
    """A value as JSON that loses nothing: valid text as text, other bytes as hex, floats by repr."""
    if isinstance(value, bytes):
        try:
            text = value.decode()
        except UnicodeDecodeError:
            return {"hex": value.hex()}
        return {"hex": value.hex()} if "\0" in text else {"text": text}
    return {"number": repr(value)} if value is not None else {}


def _word(klass: str | bytes) -> str:
    return klass.decode() if isinstance(klass, bytes) else klass


def _shown(klass: str | bytes, value: Value) -> Any:
    if isinstance(value, bytes):
        return value.decode(errors="backslashreplace").replace("\0", "\\0") if _word(klass) == "text" else value.hex()
    return value if not isinstance(value, float) else repr(value)
