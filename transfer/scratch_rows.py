"""Fills a scratch database: statements that may be refused, and of the rows only those that need no quarantine."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from importlib import import_module
from pathlib import Path
from typing import Any

from conversion.mapping import Statement, TableMapping
from engines.catalog import Catalog
from engines.connection import parse
from engines.errors import Aborted, DbmoError
from engines.families import family
from engines.full_names import name_of, parts
from engines.grant import Grant
from engines.protocols import Writer
from engines.registry import open_database, open_writer
from engines.sqlite.quoting import quote_identifier
from transfer.chunks import Chunk
from transfer.cutting import Size, cutter
from transfer.ddl import run_statement
from transfer.endpoints import open_snapshot
from transfer.make_plan import make_plan
from transfer.moveplan import MovePlan
from transfer.quarantined import Quarantined
from transfer.routes.route import open_route
from transfer.units import Unit, units

MIGRATION = "scratch"
# Rows of a sample may miss their parents, so references are left out of it.
LEFT_OUT = frozenset({"fk"})


class _Unfit(Exception):
    """A table has rows that can't all be there as they are: the two sides would not hold the same."""

    def __init__(self, found: list[Quarantined]) -> None:
        super().__init__()
        self.found = found


def fill(
    source_url: str | None, target_url: str, tables: list[TableMapping], statements: list[Statement], rows: int | None
) -> tuple[dict[str, str], dict[str, int]]:
    """Run the statements and copy the rows; refused statements, and rows per table. rows: of each table, None: all."""
    failures: dict[str, str] = {}
    counts: dict[str, int] = {}
    with closing(open_writer(target_url, Grant(MIGRATION, _identity(target_url), "", scratch=True))) as writer:
        _empty(writer)
        _run(writer, [s for s in statements if s.stage == "pre_data"], failures)
        made = [table for table in tables if f"table:{table.target}" not in failures]
        if source_url is not None:
            counts = _copied(source_url, writer, made, rows)
        _run(writer, [s for s in statements if s.stage == "post_data"], failures)
    return failures, counts


def _identity(url: str) -> str:
    """The identity of a scratch database; a SQLite file need not be there yet."""
    reference = parse(url)
    if reference.engine == "sqlite":
        return f"sqlite:{reference.sqlite_path.resolve()}"
    with closing(open_database(url)) as reader:
        return reader.identity


def _empty(writer: Writer) -> None:
    """Drop what an earlier sample left in the scratch database."""
    if writer.engine != "postgresql":
        return
    names = writer.query(
        "SELECT quote_ident(nspname) FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'"
    )
    with writer.begin() as connection:
        for (name,) in names:
            writer.run(connection, f"DROP SCHEMA {name} CASCADE")
        writer.run(connection, "CREATE SCHEMA IF NOT EXISTS public")


def _run(writer: Writer, statements: list[Statement], failures: dict[str, str]) -> None:
    for statement in statements:
        if statement.kind in LEFT_OUT:
            continue
        try:
            with writer.begin() as connection:
                run_statement(writer, connection, statement)
        except DbmoError as error:
            failures[statement.id] = error.what


def _copied(source_url: str, writer: Writer, tables: list[TableMapping], rows: int | None) -> dict[str, int]:
    """Copy each table, or its first rows by its key; on both sides only rows that need no quarantine stay."""
    with closing(open_database(source_url)) as source:
        catalog = source.catalog()
        given: dict[str, Any] = {"chunk_rows": rows} if rows else {}
        plan = make_plan(MIGRATION, catalog, writer.engine, [], tables, **given)
    counts: dict[str, int] = {}
    for unit in units(plan):
        with closing(open_snapshot(parse(source_url), None, writer.engine)) as snapshot:
            chunk = _first(plan, unit, snapshot, rows, catalog)
            try:
                counts[unit.name] = _copy(plan, unit, snapshot, writer, chunk) if chunk else 0
                continue
            except _Unfit as error:
                unfit = error.found
        table = next(table for table in tables if table.source == unit.name)
        if rows is None and parse(source_url).engine == "sqlite":
            _remove(parse(source_url).sqlite_path, table, {entry.locator for entry in unfit})
            with closing(open_snapshot(parse(source_url), None, writer.engine)) as snapshot:
                counts[unit.name] = _copy(plan, unit, snapshot, writer, Chunk(unit.name, 0, None, None))
        elif rows is None:
            _clear(source_url, table.source)
            counts[unit.name] = 0
    return counts


def _first(plan: MovePlan, unit: Unit, snapshot: Any, rows: int | None, catalog: Catalog) -> Chunk | None:
    """The chunk that is copied: everything, or the first by the key; None for a large table that no key cuts."""
    if rows is None:
        return Chunk(unit.name, 0, None, None)
    if unit.key.kind == "whole":
        known = next((table.rows for table in catalog.tables if table.full_name == unit.name), None)
        return None if known is None or known > rows else Chunk(unit.name, 0, None, None)
    return next(iter(cutter(plan.source_engine).cut(snapshot, unit, plan, None, Size())))


def _copy(plan: MovePlan, unit: Unit, snapshot: Any, writer: Writer, chunk: Chunk) -> int:
    """Rows of a range in a transaction of its own.

    _Unfit, and nothing is there, where something was set aside, or amounts of money would be others.
    """
    try:
        route = open_route(plan, unit, snapshot, writer)
    except Aborted as error:
        if error.code != "MONEY_DIFFERS":
            raise
        raise _Unfit([]) from error
    with writer.begin() as transaction:
        copied = route.copy(chunk, transaction, lambda size: None)
        if copied.quarantined:
            raise _Unfit(copied.quarantined)
    return copied.rows


def _clear(url: str, table: str) -> None:
    """Take all rows of a table out of a sample that was made here."""
    with closing(open_writer(url, Grant(MIGRATION, _identity(url), "", scratch=True))) as writer:
        quoting: Any = import_module(f"engines.{family(writer.engine)}.quoting")
        schema, name = parts(table)
        mysql = family(writer.engine) == "mysql"  # whose schemas are databases: only the one that was made here
        quoted = quoting.quote_identifier(name) if mysql else quoting.quote_name(schema, name)
        with writer.begin() as transaction:
            writer.run(transaction, f"DELETE FROM {quoted}")


def _remove(path: Path, table: TableMapping, locators: set[str]) -> None:
    """Take rows out of the sample, so that both sides hold the same."""
    name = quote_identifier(name_of(table.source))
    where = " AND ".join(f"{quote_identifier(key)} IS ?" for key in table.locator_columns)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executemany(f"DELETE FROM {name} WHERE {where}", [json.loads(locator) for locator in locators])
