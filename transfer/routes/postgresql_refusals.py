"""Ranges of PostgreSQL of which another PostgreSQL refuses a value: the rows that it takes, and what becomes of others.

An older server has no infinite interval or numeric, a database of another encoding not every character, and a database
without an encoding (SQL_ASCII) any bytes. Rows are loaded in halves until the refused ones stand alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import psycopg

from conversion.mapping import ColumnMapping, TableMapping
from engines.columns import Kind
from engines.errors import Aborted
from engines.postgresql.copying import COPY_NULL, copy_text_escaped
from engines.postgresql.quoting import quote_identifier
from engines.postgresql.relations import Relation
from engines.postgresql.snapshot import PostgresqlSnapshot
from engines.postgresql.writer import PostgresqlWriter, driver_of
from engines.protocols import Loaded
from transfer.moveplan import ChunkKey
from transfer.routes.policy import Judge, Refused, RowWithheld
from transfer.routes.postgresql_asked import UNCHECKED, Asked, is_refusal, words_for
from transfer.routes.postgresql_forms import read
from transfer.routes.postgresql_halves import (
    BACK,
    NOTHING_LOADED,
    RELEASE,
    SAVEPOINT,
    Attempts,
    added,
    is_too_wide,
    words_of,
)
from transfer.routes.texts import text_original

BATCH = 500
Row = tuple[bytes | None, ...]


class ExactRows:
    """Loads the rows of ranges one by one where it must.

    encoding: the one that both databases have, in which values are then read and loaded so that no byte is converted;
    "" for UTF-8.
    """

    def __init__(
        self,
        snapshot: PostgresqlSnapshot,
        source: Relation,
        writer: PostgresqlWriter,
        table: TableMapping,
        key: ChunkKey,
        limit: int,
        encoding: str,
    ) -> None:
        self.limit, self.encoding = limit, encoding
        self.snapshot, self.source, self.writer, self.table, self.key = snapshot, source, writer, table, key
        self.asked = Asked(writer, own=True)
        self.targets = [column.target for column in table.copied]
        self.names = [column.source for column in table.copied]

    def copy(self, where: str, into: Any, judge: Judge, pace: Any) -> Loaded:
        """Load a range; what the target refuses goes by the policies."""
        attempts = Attempts(self.writer, self.table.target, self.targets, is_refusal, self.encoding)

        def settle(row: tuple[int, Row], error: psycopg.Error) -> Loaded:
            return self._settle(*row, error, attempts, into, judge)

        loaded, number = NOTHING_LOADED, 0
        for batch in self._read(where):
            numbered = list(enumerate(batch, number))
            number += len(batch)
            pace(sum(len(value or b"") for row in batch for value in row))
            loaded = added(loaded, attempts.in_halves(numbered, lambda row: self._line(row[1]), settle, into))
            if len(judge.found) > self.limit:
                raise Aborted(
                    "QUARANTINE_LIMIT",
                    f"More than {self.limit:,} values of {self.table.source} do not fit the types of the plan.",
                    "Choose wider types (options.overrides) or raise options.quarantine_limit.",
                )
        return loaded

    def _read(self, where: str) -> Iterator[list[Row]]:
        """Every copied value as the bytes of its text, in lists of rows."""
        form = self.encoding or (UNCHECKED if self.snapshot.encoding == UNCHECKED else "UTF8")
        keys = map(quote_identifier, [*(c.name for c in self.key.columns), *self.table.key_columns])
        reads = ", ".join(
            f"CASE WHEN {c} IS NOT NULL THEN pg_catalog.convert_to(pg_catalog.format('%s', {c}), '{form}') END"
            for c in [*map(read, self.table.copied), *keys]
        )
        sql = f"SELECT {reads} FROM ONLY {self.source.quoted}{f' WHERE {where}' if where else ''}"
        yield from self.snapshot.rows(sql, BATCH, binary=True)

    def _settle(
        self, number: int, row: Row, error: psycopg.Error, attempts: Attempts, into: Any, judge: Judge
    ) -> Loaded:
        """One row that was refused: its unfit values by the policies, or the whole row set aside."""
        told = tuple(self._recoded(value, self.encoding, "UTF8", into) for value in row)
        locator, key = self._locator(number, told), self._key(told)
        originals = {c.source: text_original(v) for c, v in zip(self.table.copied, told, strict=False)}
        mended = list(row)
        words = words_for(error.sqlstate, words_of(error), self.writer.encoding)
        if is_too_wide(error.sqlstate):  # each of its values is one that the server takes
            judge.allow("wide_row", words, key)
            judge.withhold(locator, key, words, originals)
            return NOTHING_LOADED
        try:
            for place, column in enumerate(self.table.copied):
                refused = self._refused(column, told[place])
                if refused is not None:
                    stored = judge.settle(column, refused, locator, key, originals[column.source])
                    mended[place] = self._recoded(stored, "UTF8", self.encoding, into)
            if mended == list(row):
                raise RowWithheld(words)
            line = self._line(tuple(mended))
        except RowWithheld as withheld:
            judge.withhold(locator, key, str(withheld), originals)
            return NOTHING_LOADED
        loaded = attempts.one([line], into)
        if isinstance(loaded, Loaded):
            return loaded
        if is_too_wide(loaded.sqlstate):
            judge.allow("wide_row", words_of(loaded), key)
        judge.withhold(locator, key, words, originals)
        return NOTHING_LOADED

    def _recoded(self, value: bytes | None, form: str, wanted: str, into: Any) -> bytes | None:
        """A value in another encoding, by the target; as it is where it has no characters there."""
        if value is None or value.isascii() or self.encoding in ("", UNCHECKED):
            return value
        raw = driver_of(into)
        raw.execute(SAVEPOINT)
        try:
            found = raw.execute("SELECT pg_catalog.convert(%s, %s, %s)", (value, form, wanted)).fetchone()
        except psycopg.Error as error:
            if not is_refusal(error.sqlstate):
                raise
            raw.execute(BACK)
            return value
        raw.execute(RELEASE)
        return value if found is None else bytes(found[0])

    def _refused(self, column: ColumnMapping, value: bytes | None) -> Refused | None:
        """What is wrong with a value, by the target's own word; None when it takes it."""
        if value is None:
            return None
        try:
            text = value.decode()
        except UnicodeDecodeError:
            if self.encoding:
                return None
            return Refused("invalid_encoding", "bytes that are no UTF-8", value.decode(errors="replace").encode())
        return self.asked.refused(column, text)

    @staticmethod
    def _shown(value: bytes | None, kind: Kind | None = None) -> Any:
        if value is None:
            return None
        return int(value) if kind is Kind.INTEGER else value.decode(errors="backslashreplace")

    def _locator(self, number: int, row: Row) -> str:
        """The values of the key by which the table is cut; all values and a number where it has none."""
        count = len(self.names)
        if self.key.kind == "columns":
            cut = row[count : count + len(self.key.columns)]
            values = [self._shown(value, column.kind) for value, column in zip(cut, self.key.columns, strict=True)]
        else:
            values = [*(self._shown(value) for value in row[:count]), number]
        return json.dumps(values, ensure_ascii=False)

    def _key(self, row: Row) -> str:
        names = self.table.key_columns
        values = row[len(row) - len(names) :]
        return json.dumps({n: self._shown(v) for n, v in zip(names, values, strict=True)}, ensure_ascii=False)

    def _line(self, row: Row) -> bytes:
        values = (COPY_NULL if value is None else copy_text_escaped(value) for value in row[: len(self.names)])
        return b"\t".join(values) + b"\n"
