"""A throw-away pair of databases with the same rows: one like the source, one converted by the plan's statements."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

from conversion.convert import convert
from conversion.mapping import Statement, TableMapping
from engines.catalog import Catalog
from engines.connection import parse
from engines.errors import DbmoError, UsageError
from engines.families import family
from engines.grant import Grant
from engines.protocols import Database, Writer
from engines.registry import open_database, open_writer
from engines.sqlite import files
from engines.sqlite.quoting import quote_identifier
from transfer.chunks import Chunk
from transfer.cutting import Size, cutter
from transfer.endpoints import open_snapshot
from transfer.make_plan import make_plan
from transfer.moveplan import MovePlan
from transfer.names import parts
from transfer.quarantined import Quarantined
from transfer.relocate import tables_to
from transfer.routes.route import open_route
from transfer.units import Unit, units

MIGRATION = "scratch"
NAMES = SOURCE, TARGET = "sample", "converted"
# Rows of a sample may miss their parents, so references are left out of it.
LEFT_OUT = frozenset({"fk"})


class _Unfit(Exception):
    """A table has rows of which something would be set aside: the two sides would not hold the same."""

    def __init__(self, found: list[Quarantined]) -> None:
        super().__init__()
        self.found = found


@dataclass
class ScratchPair:
    """Both databases, open; failures: statements of the plan that the target refused, by id, with its message.

    source is None where no server may be filled with databases of the source's engine: then the target has no rows.
    """

    source: Database | None
    target: Database
    rows: dict[str, int]
    failures: dict[str, str] = field(default_factory=dict)
    places: Places | None = None

    def close(self) -> None:
        """Close both; the embedded server and its folder belong to whoever lent the reference."""
        if self.source is not None:
            self.source.close()
        self.target.close()
        if self.places is not None:
            self.places.clear()


@dataclass(frozen=True)
class Places:
    """Where scratch databases are made.

    scratch: reference of a PostgreSQL server that may be filled (`embedded:folder`); workspace: folder for SQLite
    files; servers: references of other engines' servers, by family.
    """

    scratch: str
    workspace: Path
    servers: Mapping[str, str]

    def fresh(self, engine: str, name: str) -> str | None:
        """The reference of an empty database of an engine; None where there is no server for it."""
        kind = family(engine)
        if kind == "sqlite":
            return _fresh(self.workspace / f"{name}.db")
        if kind == "postgresql":
            return f"{self.scratch}?database={name}"
        if kind == "mysql" and kind in self.servers:
            from engines.mysql.scratch import fresh_database

            return fresh_database(self.servers[kind], str(self.workspace.resolve()), name)
        return None

    def clear(self) -> None:
        """Drop what fresh() made on the servers."""
        from engines.mysql.scratch import drop_database

        for name in NAMES if "mysql" in self.servers else ():
            drop_database(self.servers["mysql"], str(self.workspace.resolve()), name)


def sample(
    source: Database,
    source_url: str,
    target_engine: str,
    tables: list[TableMapping],
    statements: list[Statement],
    scratch: str,
    workspace: Path,
    rows: int,
    servers: Mapping[str, str] | None = None,
) -> ScratchPair:
    """Build the pair from at most about `rows` rows per table; see Places for where.

    A statement that the scratch target refuses is recorded, and the rest goes on. UsageError SCRATCH_MISSING where
    there is no server for the target's engine.
    """
    workspace.mkdir(parents=True, exist_ok=True)
    places = Places(scratch, workspace, servers or {})
    try:
        return _sample(source, source_url, target_engine, tables, statements, places, rows)
    except BaseException:
        places.clear()
        raise


def _sample(
    source: Database,
    source_url: str,
    target_engine: str,
    tables: list[TableMapping],
    statements: list[Statement],
    places: Places,
    rows: int,
) -> ScratchPair:
    target_url = places.fresh(target_engine, TARGET)
    if target_url is None:
        raise UsageError(
            "SCRATCH_MISSING",
            f"There is no {target_engine} server on which a database may be made and lost again.",
            f"Name one as options.scratch.{family(target_engine)}.",
        )
    tables = tables_to(tables, target_engine, _database(target_url, target_engine))
    home = ""
    if source.engine == "sqlite":
        path = parse(source_url).sqlite_path
        url: str | None = _sqlite_sample(source.catalog(), path, places.workspace / "sample.db", rows)
    else:
        url = places.fresh(source.engine, SOURCE)
        if url is not None:
            home = _database(url, source.engine)
            twin = convert(source.catalog(), {}, source.engine, source.version, target_schema=home or "public")
            _fill(source_url, url, twin.tables, twin.statements, rows)
    names: dict[str, str] = {}
    if url is not None and family(source.engine) == "mysql":
        # never the names of the source's own tables, which may be on the same server
        names = {f"{home}.{parts(table.source)[1]}": table.source for table in tables}
        tables = [table.model_copy(update={"source": f"{home}.{parts(table.source)[1]}"}) for table in tables]
    failures, counts = _fill(url, target_url, tables, statements, None)
    counts = {names.get(name, name): count for name, count in counts.items()}
    return ScratchPair(open_database(url) if url else None, open_database(target_url), counts, failures, places)


def _database(url: str, engine: str) -> str:
    """The name that stands for a schema in MySQL; empty elsewhere."""
    return url.rpartition("/")[2].partition("?")[0] if family(engine) == "mysql" else ""


def _fresh(path: Path) -> str:
    path.unlink(missing_ok=True)
    return f"sqlite:{path}"


def _sqlite_sample(catalog: Catalog, path: Path, copy: Path, rows: int) -> str:
    """A SQLite file with the source's own tables and views (no triggers) and a part of the rows."""
    copy.unlink(missing_ok=True)
    ordinary = {table.name: table for table in catalog.tables if table.kind not in ("virtual", "shadow")}
    with closing(sqlite3.connect(copy, isolation_level=None, uri=True)) as connection:
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute("ATTACH ? AS original", (files.uri(path),))
        objects = "SELECT type, name, sql FROM original.sqlite_master WHERE sql IS NOT NULL"
        found = connection.execute(objects).fetchall()
        connection.execute("BEGIN")
        for name, text in ((name, text) for kind, name, text in found if kind == "table" and name in ordinary):
            connection.execute(text)
            stored = [column.name for column in ordinary[name].columns if column.generated is None]
            columns, quoted = ", ".join(map(quote_identifier, stored)), quote_identifier(name)
            fill = f"INSERT INTO main.{quoted} ({columns}) SELECT {columns} FROM original.{quoted} LIMIT ?"
            connection.execute(fill, (rows,))
        for text in (text for kind, _, text in found if kind == "view"):
            connection.execute(text)
        connection.execute("COMMIT")
        connection.execute("DETACH original")
    return f"sqlite:{copy}"


def _fill(
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
                writer.run(connection, statement.sql)
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
        with closing(open_snapshot(parse(source_url))) as snapshot:
            chunk = _first(plan, unit, snapshot, rows, catalog)
            try:
                counts[unit.name] = _copy(plan, unit, snapshot, writer, chunk) if chunk else 0
                continue
            except _Unfit as error:
                unfit = error.found
        table = next(table for table in tables if table.source == unit.name)
        if rows is None and parse(source_url).engine == "sqlite":
            _remove(parse(source_url).sqlite_path, table, {entry.locator for entry in unfit})
            with closing(open_snapshot(parse(source_url))) as snapshot:
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
    """Rows of a range in a transaction of its own; _Unfit, and nothing is there, where something was set aside."""
    with writer.begin() as transaction:
        copied = open_route(plan, unit, snapshot, writer).copy(chunk, transaction, lambda size: None)
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
    name = quote_identifier(parts(table.source)[1])
    where = " AND ".join(f"{quote_identifier(key)} IS ?" for key in table.locator_columns)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executemany(f"DELETE FROM {name} WHERE {where}", [json.loads(locator) for locator in locators])
