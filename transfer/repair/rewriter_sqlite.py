"""Puts rows of a SQLite file right, by its own connection: others can't write while it holds the lock.

References are not enforced meanwhile; that none is broken which was whole before is checked before the commit.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any, cast

from sqlalchemy.engine import Connection

from engines.catalog import Catalog
from engines.errors import Aborted
from engines.grant import Grant
from engines.registry import open_writer
from engines.sqlite.quoting import quote_identifier
from engines.sqlite.snapshot import SqliteSnapshot
from engines.sqlite.writer import SqliteWriter
from transfer.canonical.columns import Form
from transfer.repair.carrying import Carried
from transfer.repair.prepared import LOT, Prepared
from transfer.repair.rows import Row
from transfer.repair.steps import Values
from transfer.repair.written_sqlite import WRITTEN
from transfer.sides.side import Side
from transfer.sides.sqlite import SqliteSide


@contextmanager
def paused(reader: Side | None) -> Iterator[None]:
    """End a side's read transaction, whose lock would hinder the commit, and give it a new moment afterwards."""
    if not isinstance(reader, SqliteSide):
        yield
        return
    reader.snapshot.connection.execute("ROLLBACK")
    try:
        yield
    finally:
        reader.snapshot.connection.execute("BEGIN")
        reader.refresh()


@dataclass
class _OwnMoment:
    """What a side reads: the connection that writes."""

    connection: sqlite3.Connection
    position: str = "own transaction"

    def close(self) -> None:
        """The writer closes it."""


def open_rewriter(url: str, grant: Grant, catalog: Catalog) -> SqliteRewriter:
    """A rewriter with its own connection."""
    return SqliteRewriter(cast(SqliteWriter, open_writer(url, grant)), catalog)


class SqliteRewriter:
    """See transfer/repair/rewriter.py; statements are sent in lots, each before the next rows are read."""

    def __init__(self, writer: SqliteWriter, catalog: Catalog) -> None:
        self._writer = writer
        self._catalog = catalog
        self._raw: sqlite3.Connection | None = None

    @contextmanager
    def transaction(self, tables: Sequence[Prepared]) -> Iterator[None]:
        """BEGIN IMMEDIATE; references are counted before and after."""
        with self._writer.begin(durable=True) as connection:
            self._raw = _driver(connection)
            try:
                before = self._broken(tables)
                yield
                after = self._broken(tables)
            finally:
                self._raw = None
            if after > before:
                raise Aborted(
                    "REFERENCES_BROKEN",
                    f"{after - before:,} rows would refer to rows that aren't there; nothing was repaired.",
                    "Repair the tables that they refer to as well, or delete extra rows with an approval.",
                )

    def side(self) -> Side:
        """The file as this transaction sees it, what it wrote already included."""
        assert self._raw is not None
        moment = cast(SqliteSnapshot, _OwnMoment(self._raw))
        return SqliteSide(moment, "target", self._writer.display)

    def hold(self, made: Prepared, rows: Iterable[Row]) -> None:
        """The file is locked."""

    def delete(self, made: Prepared, rows: Iterable[Row]) -> int:
        """By rowid or primary key."""
        sql = f"DELETE FROM {_name(made)} WHERE {_where(made)}"
        return self._each(sql, (_places(made, row) for row in rows))

    def update(self, made: Prepared, columns: Sequence[Carried], rows: Iterable[tuple[Row, Values]]) -> int:
        """By rowid or primary key."""
        setting = ", ".join(f"{quote_identifier(column.held.name)} = ?" for column in columns)
        sql = f"UPDATE {_name(made)} SET {setting} WHERE {_where(made)}"
        return self._each(sql, ([*values, *_places(made, row)] for row, values in rows)) if columns else 0

    def insert(self, made: Prepared, rows: Iterable[Values]) -> int:
        """All carried columns."""
        names = ", ".join(quote_identifier(column.held.name) for column in made.columns)
        marks = ", ".join("?" * len(made.columns))
        return self._each(f"INSERT INTO {_name(made)} ({names}) VALUES ({marks})", rows)

    def close(self) -> None:
        """Close the connection."""
        self._writer.close()

    def _each(self, sql: str, parameters: Iterable[Sequence[Any]]) -> int:
        assert self._raw is not None
        waiting = iter(parameters)
        done = 0
        while lot := list(islice(waiting, LOT)):
            done += self._raw.executemany(sql, lot).rowcount
        return done

    def _broken(self, tables: Sequence[Prepared]) -> int:
        """Rows of these tables, and of those that refer to them, whose references lead nowhere."""
        assert self._raw is not None
        names = {made.target.name.lower() for made in tables}
        found = 0
        for table in self._catalog.tables:
            parents = {key.referenced_table.lower() for key in table.foreign_keys}
            if table.foreign_keys and (table.name.lower() in names or parents & names):
                check = f"PRAGMA foreign_key_check({quote_identifier(table.name)})"
                found += sum(1 for _ in self._raw.execute(check))
        return found


def _name(made: Prepared) -> str:
    return quote_identifier(made.table.place("target")[1])


def _where(made: Prepared) -> str:
    return " AND ".join(f"{quote_identifier(column.target.name)} IS ?" for column in made.places)


def _places(made: Prepared, row: Row) -> list[object]:
    pairs = zip(made.places, row.beyond, strict=True)
    return [None if text is None else _value(column.form, text, column.target) for column, text in pairs]


def _value(form: Form, text: bytes, held: Any) -> object:
    return WRITTEN[form][None](text, held)


def _driver(connection: Connection) -> sqlite3.Connection:
    return cast(sqlite3.Connection, connection.connection.driver_connection)
