"""Queries to a PostgreSQL side's transaction: at one moment, cancelled from other threads, with errors translated."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import RawCursor, RawServerCursor

from engines.errors import UsageError
from engines.full_names import qualified
from engines.postgresql.errors import translate_error
from engines.postgresql.quoting import quote_name
from engines.postgresql.snapshot import PostgresqlSnapshot
from transfer.canonical.columns import ComparedTable, Role
from transfer.sides.local import Rows
from transfer.sides.postgresql_queries import Queries, Relation
from transfer.sides.reading import ReadingSide
from transfer.sides.sql import bounded

RELATION = """
    SELECT c.relkind::text, c.reltuples::float8,
           ARRAY(SELECT a.attname::text FROM pg_catalog.pg_attribute a
                  WHERE a.attrelid = c.oid AND a.attnum <> 0 AND NOT a.attisdropped),
           ARRAY(SELECT a.attname::text FROM pg_catalog.pg_attribute a
                  WHERE a.attrelid = c.oid AND a.attcollation IN (
                        SELECT l.oid FROM pg_catalog.pg_collation l WHERE NOT l.collisdeterministic)),
           ARRAY(SELECT a.attname::text FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attnotnull)
      FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
"""


class PostgresqlReader(ReadingSide):
    """What a side asks its server through, and what it knows of it."""

    engine = "postgresql"

    def __init__(self, snapshot: PostgresqlSnapshot, role: Role, display: str) -> None:
        self.snapshot = snapshot
        self.role = role
        self.display = display
        self.position = snapshot.position
        self.version = snapshot.version
        self._numbers = itertools.count(1)
        encoding = self._all("SELECT pg_catalog.current_setting('server_encoding')")[0][0]
        self.queries = Queries(role, self.version, str(encoding))

    def refresh(self) -> None:
        """A new transaction."""
        self.snapshot.refresh()
        self.position = self.snapshot.position

    def cancel(self) -> None:
        """End the statement that runs now, and the fetching of rows, from another thread."""
        super().cancel()
        self.snapshot.cancel()

    def close(self) -> None:
        """End the transaction."""
        self.snapshot.close()

    def _relation(self, table: ComparedTable) -> Relation:
        """The table as the catalog has it now, ONLY it where it may have children that are tables of their own."""
        schema, name = table.place(self.role)
        found = self._all(RELATION, (schema, name))
        if not found:
            raise UsageError(
                "TABLE_MISSING",
                f"{self.display} has no table {schema}.{name} that its user could see.",
                "Check the name, and whether it was dropped since the catalog was read.",
            )
        kind, estimate, columns, loose, bound = found[0]
        held = [column.held(self.role).name for column in table.columns]
        missing = [column for column in held if column not in columns]
        if missing:
            raise UsageError(
                "COLUMN_MISSING",
                f"{qualified(schema, name)} in {self.display} has no column {', '.join(missing)}.",
                "Read the catalog again: the table was changed since.",
            )
        only = "ONLY " if kind in ("r", "f") else ""
        source = f"{only}{quote_name(schema, name)} AS t"
        return Relation(source, kind, float(estimate), frozenset(loose), frozenset(bound))

    def _all(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        with self._translated():
            return RawCursor(self.snapshot.connection).execute(sql.encode(), parameters or None).fetchall()

    def _fetched(self, sql: str, parameters: Sequence[Any] = ()) -> Iterator[Rows]:
        """Rows of a query through a cursor on the server, in lists of bounded size; bytea comes as bytes."""
        self._cancelled = False
        name = f"dbmo_{next(self._numbers)}"
        with self._translated(), RawServerCursor(self.snapshot.connection, name) as cursor:
            cursor.execute(sql.encode(), parameters or None, binary=True)
            for rows in bounded(cursor.fetchmany):
                if self._cancelled:
                    raise self.cancelled()
                yield rows

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Errors with a code; after one the side goes on at the same moment."""
        try:
            yield
        except psycopg.Error as error:
            if not self.snapshot.connection.closed:
                self.snapshot.recover()
            raise translate_error(error, self.display) from error
