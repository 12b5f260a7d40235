"""Runs migration scripts on real databases of every engine, and reads back what came of it."""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pymysql

from conversion.alter.model import Choices, Migration, Step
from conversion.alter.plan import migration
from conversion.diff import diff
from conversion.differences import Difference
from engines.catalog import Catalog, Table
from engines.mysql.quoting import quote_identifier as quote_mysql
from engines.postgresql.quoting import quote_identifier, quote_name
from engines.registry import open_database
from engines.sqlite.quoting import quote_identifier as quote_sqlite
from tests.conversion.alter.rows import rows
from tests.mysql_servers import connected

ERRORS = (psycopg.Error, sqlite3.Error, pymysql.Error)
Run = Callable[[str], list[tuple[Any, ...]]]


class Refused(Exception):
    """A statement that the server refused, and why the script said that it might."""

    def __init__(self, sql: str, error: Exception, reason: str | None) -> None:
        super().__init__(f"{str(error)[:300]}\nin {sql}")
        self.reason = reason


def read(url: str) -> Catalog:
    database = open_database(url)
    try:
        return database.catalog()
    finally:
        database.close()


@dataclass(frozen=True)
class Engine:
    """An engine under test: how to get an empty database, and how to run statements on it."""

    family: str
    new: Callable[[], str]

    @contextmanager
    def session(self, url: str) -> Iterator[Run]:
        if self.family == "postgresql":
            with psycopg.connect(url, autocommit=True) as connection:
                yield lambda sql: _fetched(connection.execute(sql.encode()))
        elif self.family == "sqlite":
            opened = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
            try:
                yield lambda sql: opened.execute(sql).fetchall()
            finally:
                opened.close()
        else:
            with connected(url) as raw:
                yield lambda sql: _query(raw, sql)

    def load(self, url: str, statements: Iterable[str]) -> None:
        with self.session(url) as run:
            for statement in statements:
                run(statement)

    def name(self, table: Table) -> str:
        if self.family == "postgresql":
            return quote_name(table.schema_name, table.name)
        return (quote_sqlite if self.family == "sqlite" else quote_mysql)(table.name)

    def column(self, name: str) -> str:
        return {"postgresql": quote_identifier, "sqlite": quote_sqlite, "mysql": quote_mysql}[self.family](name)

    def count(self, url: str, catalog: Catalog) -> dict[str, int]:
        with self.session(url) as run:
            return {
                table.name: run(f"SELECT count(*) FROM {self.name(table)}")[0][0]
                for table in catalog.tables
                if table.kind in ("table", "partitioned", "unlogged")
            }

    def fill(self, url: str, catalog: Catalog) -> None:
        """A few rows per table; a row that a rule of the schema refuses is left out."""
        with self.session(url) as run:
            for table, found in rows(catalog):
                for row in found:
                    columns = ", ".join(self.column(name) for name in row)
                    values = ", ".join(_literal(value) for value in row.values())
                    try:
                        run(f"INSERT INTO {self.name(table)} ({columns}) VALUES ({values})")
                    except ERRORS:
                        continue

    def run(self, url: str, script: Migration, steps: Iterable[Step] | None = None) -> None:
        """The steps of a script as it says, by default all."""
        wanted = list(script.steps if steps is None else steps)
        with self.session(url) as run:
            for sql in script.opening:
                run(sql)
            for step in wanted:
                if not step.transactional:
                    run(step.sql)
            reasons = {step.sql: step.refuses for step in wanted}
            self._together(run, script, [step.sql for step in wanted if step.transactional], reasons)

    def undo(self, url: str, script: Migration) -> None:
        """Every step back, the last one first."""
        with self.session(url) as run:
            for sql in script.opening:
                run(sql)
            statements = [sql for step in reversed(script.steps) for sql in step.undo]
            # rows that are gone may be missed by references that come back
            reason = "rows are gone" if script.destructive else None
            reasons: dict[str, str | None] = dict.fromkeys(statements, reason)
            self._together(run, script, statements, reasons)

    def _together(
        self, run: Run, script: Migration, statements: list[str], reasons: dict[str, str | None] | None = None
    ) -> None:
        if script.atomic:
            run("BEGIN")
        for sql in statements:
            try:
                run(sql)
            except ERRORS as error:
                raise Refused(sql, error, (reasons or {}).get(sql)) from error
        for check in script.checks:
            if broken := run(check):
                raise Refused(check, AssertionError(broken), "references")
        if script.atomic:
            run("COMMIT")
        for sql in script.closing:
            run(sql)


def _fetched(cursor: psycopg.Cursor[Any]) -> list[tuple[Any, ...]]:
    return cursor.fetchall() if cursor.description else []


def _query(connection: pymysql.Connection[Any], sql: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())


def _literal(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    text = value.decode() if isinstance(value, bytes) else str(value)
    return text if isinstance(value, int | float) else "'" + text.replace("'", "''") + "'"


def left(wanted: Catalog, there: Catalog, script: Migration | None = None) -> list[Difference]:
    """What still differs, without what the script says that it leaves, and the order of columns on PostgreSQL."""
    named = {item.object for item in script.remaining} if script else set()
    return [
        item
        for item in diff(wanted, there)
        if item.object not in named and not (item.kind == "column order" and wanted.engine == "postgresql")
    ]


def check_both_ways(
    engine: Engine, before: Iterable[str], after: Iterable[str], choices: Choices | None = None, rows: bool = True
) -> Migration:
    """Applies the script over rows, takes it back by its undo and by its reverse; the script."""
    after = list(after)
    wanted_url = engine.new()
    engine.load(wanted_url, after)
    wanted = read(wanted_url)
    statements = list(before)
    script: Migration | None = None
    for way in ("undo", "reverse"):
        url = engine.new()
        engine.load(url, statements)
        there = read(url)
        if rows:
            engine.fill(url, there)
        rows_before = engine.count(url, there)
        script = migration(there, wanted, choices)
        engine.run(url, script)
        now = read(url)
        assert not left(wanted, now, script), left(wanted, now, script)
        lost = _lost(rows_before, engine.count(url, now), script)
        assert not lost, lost
        if way == "undo":
            engine.undo(url, script)
            assert not (still := left(there, read(url))), still
        else:
            engine.run(url, script, script.reverse)
            assert not (still := left(there, read(url))), still
    assert script is not None
    return script


def _lost(before: dict[str, int], after: dict[str, int], script: Migration) -> list[str]:
    """Tables whose rows went without a step that says so."""
    flagged = " ".join(step.object for step in script.destructive)
    moved = " ".join(step.sql for step in script.steps if step.action == "rename")
    folded = {name.lower(): count for name, count in after.items()}
    return [
        name
        for name, count in before.items()
        if after.get(name, folded.get(name.lower(), 0)) != count and name not in flagged and name not in moved
    ]


def sqlite_engine(folder: Path) -> Engine:
    numbers = itertools.count(1)
    return Engine("sqlite", lambda: f"sqlite:///{folder / f'{next(numbers)}.db'}")


def check_or_refused(engine: Engine, before: list[str], after: list[str]) -> None:
    """Where rows are refused, the script must have said so; then it must do its work without rows."""
    try:
        check_both_ways(engine, before, after)
    except Refused as refused:
        assert refused.reason, refused
        check_both_ways(engine, before, after, rows=False)
