"""Rows for a SQLite target: values of PostgreSQL rendered without loss, values of SQLite as they are."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from conversion.mapping import ColumnMapping, TableMapping
from engines.errors import Aborted
from engines.postgresql.quoting import quote_identifier as quote_postgresql
from engines.postgresql.snapshot import PostgresqlSnapshot
from engines.sqlite.quoting import quote_identifier as quote_sqlite
from engines.sqlite.snapshot import SqliteSnapshot
from transfer.canonical.sql_postgresql import OWN_TEXT
from transfer.chunks import Chunk
from transfer.quarantined import Quarantined
from transfer.routes.postgresql_to_postgresql import range_condition, source_name

BATCH = 2_000
Row = tuple[Any, ...]

# How PostgreSQL renders a value for SQLite, per route; the driver gives Python's int, float, str and bytes.
READ: dict[str, str] = {
    "pg_integer": "{c}::bigint",
    "pg_boolean": "{c}::int",
    "pg_real": "{c}::double precision",
    "pg_blob": "{c}",
    "pg_timestamptz": "({c} AT TIME ZONE 'UTC')::text || '+00:00'",
    "pg_array": "to_json({c})::text",
}
AS_TEXT = "{c}::text"


@dataclass
class RowsToSqlite:
    """One chunk as lists of rows."""

    snapshot: SqliteSnapshot | PostgresqlSnapshot
    table: TableMapping
    chunk: Chunk
    quarantined: list[Quarantined] = field(default_factory=list)

    def blocks(self) -> Iterator[list[Row]]:
        """Rows in the order of the copied columns."""
        if isinstance(self.snapshot, SqliteSnapshot):
            yield from self._from_sqlite(self.snapshot)
        else:
            yield from self._from_postgresql(self.snapshot)

    def _from_postgresql(self, snapshot: PostgresqlSnapshot) -> Iterator[list[Row]]:
        columns = ", ".join(_read(column) for column in self.table.copied)
        where = range_condition(self.table, self.chunk)
        reals = {place for place, column in enumerate(self.table.copied) if column.route == "pg_real"}
        for rows in snapshot.rows(f"SELECT {columns} FROM ONLY {source_name(self.table)}{where}", BATCH):
            yield [tuple(_real(v) if n in reals else v for n, v in enumerate(row)) for row in rows] if reals else rows

    def _from_sqlite(self, snapshot: SqliteSnapshot) -> Iterator[list[Row]]:
        names = [quote_sqlite(column.source) for column in self.table.copied]
        reads = ", ".join(f"typeof({name}), {name}" for name in names)
        table = quote_sqlite(self.table.source.partition(".")[2])
        where, bounds = "1", []
        if self.table.source_key:
            key = quote_sqlite(self.table.source_key)
            terms = [(f"{key} > ?", self.chunk.lower), (f"{key} <= ?", self.chunk.upper)]
            bounds = [bound for _, bound in terms if bound is not None]
            where = " AND ".join(term for term, bound in terms if bound is not None) or "1"
        for rows in snapshot.batches(f"SELECT {reads} FROM {table} WHERE {where}", tuple(bounds), BATCH):
            yield [tuple(map(self._value, row[::2], row[1::2])) for row in rows]

    def _value(self, klass: bytes, value: Any) -> Any:
        if klass != b"text":
            return value
        try:
            return value.decode()
        except UnicodeDecodeError as error:
            raise Aborted(
                "VALUE_NOT_HOLDABLE",
                f"{self.table.source} holds text that is not valid UTF-8, which this route can't write as text.",
                "Mend the text in the source; SQLite to SQLite can also be copied with the sqlite3 shell's .backup.",
            ) from error


def _real(value: float | None) -> float | str | None:
    """SQLite would store a NaN as NULL."""
    return "NaN" if value is not None and math.isnan(value) else value


def _read(column: ColumnMapping) -> str:
    own = "." in column.source_type  # a cast of somebody's own type may call a function of theirs
    default = OWN_TEXT if own else AS_TEXT
    return READ.get(column.route, default).replace("{c}", quote_postgresql(column.source))
