"""Puts rows of a PostgreSQL database right: rows go by COPY into a table of the transaction, then by one statement.

Tables are locked against other writers (SHARE ROW EXCLUSIVE), so that a row's place (tableoid, ctid) stays what it is.
Their own triggers are disabled inside the transaction; references stay in force, deferred where they can be.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from typing import Any, cast

import psycopg
from sqlalchemy.engine import Connection

from engines.catalog import Catalog, ForeignKey, Table
from engines.connection import parse
from engines.errors import Aborted
from engines.grant import Grant
from engines.postgresql.quoting import quote_identifier, quote_literal, quote_name
from engines.postgresql.writer import PostgresqlWriter
from engines.registry import open_writer
from transfer.repair.carrying import Carried
from transfer.repair.order import acting_references
from transfer.repair.prepared import Prepared
from transfer.repair.rows import Row
from transfer.repair.steps import Values
from transfer.sides.open import open_side
from transfer.sides.side import Side

LOCK_SECONDS = 10  # others are waited for so long
PLACE = "t.tableoid = s.i0 AND t.ctid = s.i1"
# user triggers of a table and its partitions that a session in role origin fires (documentation: ALTER TABLE)
TRIGGERS = """
    SELECT t.tgrelid::pg_catalog.regclass::text, t.tgname, t.tgenabled, pg_catalog.pg_has_role(c.relowner, 'USAGE')
    FROM pg_catalog.pg_trigger AS t JOIN pg_catalog.pg_class AS c ON c.oid = t.tgrelid
    WHERE NOT t.tgisinternal AND t.tgenabled IN ('O', 'A') AND t.tgrelid IN (
        SELECT {name}::pg_catalog.regclass::oid UNION SELECT relid FROM pg_catalog.pg_partition_tree({name}))
    ORDER BY 1, 2
"""
RULES = """
    SELECT rulename FROM pg_catalog.pg_rewrite
    WHERE ev_class = {name}::pg_catalog.regclass AND ev_type <> '1' AND ev_enabled IN ('O', 'A')
"""
EVENTS = "SELECT evtname FROM pg_catalog.pg_event_trigger WHERE evtenabled IN ('O', 'A') ORDER BY 1"


def open_rewriter(url: str, grant: Grant, catalog: Catalog) -> PostgresqlRewriter:
    """A rewriter with its own connection."""
    return PostgresqlRewriter(cast(PostgresqlWriter, open_writer(url, grant)), url, catalog)


class PostgresqlRewriter:
    """See transfer/repair/rewriter.py."""

    def __init__(self, writer: PostgresqlWriter, url: str, catalog: Catalog) -> None:
        self._writer = writer
        self._url = parse(url).text
        self._catalog = catalog
        self._numbers = count()
        self._raw: psycopg.Connection[Any] | None = None
        self._side: Side | None = None

    @contextmanager
    def transaction(self, tables: Sequence[Prepared]) -> Iterator[None]:
        """Locks, with a limit on the waiting; triggers are enabled again before the commit."""
        with self._writer.begin(durable=True) as connection:
            self._raw = _driver(connection)
            try:
                self._run(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'")
                for made in tables:
                    self._run(f"LOCK TABLE {_name(made)} IN SHARE ROW EXCLUSIVE MODE")
                disabled = [statement for made in tables for statement in self._disable(made)]
                self._run("SET CONSTRAINTS ALL DEFERRED")
                yield
                # a table with checks that wait for the commit can't be altered
                self._run("SET CONSTRAINTS ALL IMMEDIATE")
                for statement in disabled:
                    self._run(statement)
            finally:
                if self._side is not None:
                    self._side.close()
                self._side = self._raw = None

    def _disable(self, made: Prepared) -> Iterator[str]:
        """Disable a table's triggers; the statements that enable them again."""
        name = quote_literal(_name(made))
        rules = [str(row[0]) for row in self._query(RULES.format(name=name))]
        found = self._query(TRIGGERS.format(name=name))
        events = [str(row[0]) for row in self._query(EVENTS)] if found else []
        firing = [str(row[1]) for row in found if not row[3]] or events or rules
        if firing:
            raise Aborted(
                "TRIGGERS_WOULD_FIRE",
                f"{made.table.target} has triggers or rules that would run on every repaired row: {', '.join(firing)}.",
                "Repair as the owner of the table, or disable them for the time of the repair.",
                triggers=firing,
            )
        for table, trigger, enabled, _ in found:
            quoted = quote_identifier(trigger)
            self._run(f"ALTER TABLE ONLY {table} DISABLE TRIGGER {quoted}")
            yield f"ALTER TABLE ONLY {table} ENABLE {'ALWAYS ' if enabled == 'A' else ''}TRIGGER {quoted}"

    def side(self) -> Side:
        """A snapshot taken after the locks; what this transaction writes is not in it."""
        self._side = self._side or open_side(self._url, "target")
        return self._side

    def hold(self, made: Prepared, rows: Iterable[Row]) -> None:
        """The tables are locked."""

    def delete(self, made: Prepared, rows: Iterable[Row]) -> int:
        """One statement, after it was seen that no rows of other tables would go or change with them."""
        stage, staged = self._stage(made, [], ((row.beyond, []) for row in rows))
        if staged:
            for other, key in acting_references(self._catalog, made.target):
                self._refuse_following(made, stage, other, key)
        return self._exactly(staged, f"DELETE FROM {_name(made)} AS t USING {stage} AS s WHERE {PLACE}", made)

    def update(self, made: Prepared, columns: Sequence[Carried], rows: Iterable[tuple[Row, Values]]) -> int:
        """One statement."""
        stage, staged = self._stage(made, columns, ((row.beyond, values) for row, values in rows))
        setting = ", ".join(f"{quote_identifier(column.held.name)} = s.c{n}" for n, column in enumerate(columns))
        sql = f"UPDATE {_name(made)} AS t SET {setting} FROM {stage} AS s WHERE {PLACE}"
        return self._exactly(staged, sql, made) if columns else 0

    def insert(self, made: Prepared, rows: Iterable[Values]) -> int:
        """One statement; numbers of identity columns are those of the source."""
        stage, staged = self._stage(made, made.columns, (([], values) for values in rows))
        names = ", ".join(quote_identifier(column.held.name) for column in made.columns)
        given = ", ".join(f"s.c{n}" for n in range(len(made.columns)))
        sql = f"INSERT INTO {_name(made)} ({names}) OVERRIDING SYSTEM VALUE SELECT {given} FROM {stage} AS s"
        return self._exactly(staged, sql, made)

    def close(self) -> None:
        """Close the connection."""
        self._writer.close()

    def _stage(
        self, made: Prepared, columns: Sequence[Carried], rows: Iterable[tuple[Sequence[bytes | None], Values]]
    ) -> tuple[str, int]:
        """Rows as a temporary table: places as i0, i1, values as c0, c1, ... of the target's types; how many."""
        stage = f"pg_temp.dbmo_repair_{next(self._numbers)}"
        kept = [f"t.{quote_identifier(column.held.name)} AS c{n}" for n, column in enumerate(columns)]
        selected = ", ".join(["t.tableoid AS i0", "t.ctid AS i1", *kept])
        temporary = stage.removeprefix("pg_temp.")
        self._run(
            f"CREATE TEMP TABLE {temporary} ON COMMIT DROP AS SELECT {selected} FROM {_name(made)} AS t WHERE false"
        )
        written = 0
        assert self._raw is not None
        with self._raw.cursor() as cursor, cursor.copy(f"COPY {stage} FROM STDIN".encode()) as copy:
            for places, values in rows:
                found = [None if place is None else place.decode() for place in places] or [None, None]
                copy.write_row([None if value is None else str(value) for value in [*found, *values]])
                written += 1
        return stage, written

    def _exactly(self, expected: int, sql: str, made: Prepared) -> int:
        if not expected:
            return 0
        assert self._raw is not None
        done = self._raw.execute(sql.encode()).rowcount
        if done != expected:
            raise Aborted(
                "REPAIR_MISSED",
                f"{made.table.target}: {done:,} rows were written where {expected:,} were to be; nothing was kept.",
                "Look for row security or rules on the table, then repair again.",
            )
        return done

    def _refuse_following(self, made: Prepared, stage: str, other: Table, key: ForeignKey) -> None:
        child = quote_name(other.schema_name, other.name)
        pairs = zip(key.columns, key.referenced_columns, strict=True)
        joined = " AND ".join(f"c.{quote_identifier(a)} = t.{quote_identifier(b)}" for a, b in pairs)
        itself = f" AND NOT EXISTS (SELECT 1 FROM {stage} AS x WHERE x.i0 = c.tableoid AND x.i1 = c.ctid)"
        sql = f"SELECT 1 FROM {child} AS c JOIN {_name(made)} AS t ON {joined} JOIN {stage} AS s ON {PLACE} WHERE true"
        if self._query(f"{sql}{itself} LIMIT 1"):
            raise Aborted(
                "REFERENCES_WOULD_FOLLOW",
                f"{other.full_name} has rows that would go or change with extra rows of {made.table.target}.",
                "Look at these rows first: the source has none that they refer to.",
            )

    def _run(self, sql: str) -> None:
        assert self._raw is not None
        self._raw.execute(sql.encode())

    def _query(self, sql: str) -> list[tuple[Any, ...]]:
        assert self._raw is not None
        return self._raw.execute(sql.encode()).fetchall()


def _name(made: Prepared) -> str:
    return quote_name(*made.table.place("target"))


def _driver(connection: Connection) -> psycopg.Connection[Any]:
    return cast("psycopg.Connection[Any]", connection.connection.driver_connection)
