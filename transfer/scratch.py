"""A throw-away pair of databases with the same rows: one like the source, one converted by the plan's statements."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from conversion.convert import convert
from conversion.mapping import Statement, TableMapping
from engines.catalog import Catalog
from engines.connection import parse
from engines.errors import DbmoError
from engines.grant import Grant
from engines.postgresql.quoting import quote_name
from engines.postgresql.snapshot import PostgresqlSnapshot
from engines.protocols import Database, Writer
from engines.registry import open_database, open_writer
from engines.sqlite import files
from engines.sqlite.quoting import quote_identifier
from transfer.chunks import Chunk
from transfer.endpoints import open_snapshot
from transfer.routes.postgresql_to_postgresql import PostgresqlRelay
from transfer.routes.rows_to_sqlite import RowsToSqlite
from transfer.routes.sqlite_to_postgresql import SqliteToCopyText

MIGRATION = "scratch"
# Rows of a sample may miss their parents, so references are left out of it.
LEFT_OUT = frozenset({"fk"})


@dataclass
class ScratchPair:
    """Both databases, open; failures: statements of the plan that the target refused, by id, with its message."""

    source: Database
    target: Database
    rows: dict[str, int]
    failures: dict[str, str] = field(default_factory=dict)

    def close(self) -> None:
        """Close both; the server and its folder belong to whoever lent the reference."""
        self.source.close()
        self.target.close()


def sample(
    source: Database,
    source_url: str,
    target_engine: str,
    tables: list[TableMapping],
    statements: list[Statement],
    scratch: str,
    workspace: Path,
    rows: int,
) -> ScratchPair:
    """Build the pair from at most `rows` rows per table.

    scratch: reference of a server that may be filled (`embedded:folder`); workspace: folder for SQLite files.
    A statement that the scratch target refuses is recorded, and the rest goes on.
    """
    workspace.mkdir(parents=True, exist_ok=True)
    if source.engine == "sqlite":
        url = _sqlite_sample(source.catalog(), parse(source_url).sqlite_path, workspace / "sample.db", rows)
    else:
        url = f"{scratch}?database=sample"
        twin = convert(source.catalog(), {}, source.engine, source.version)
        _fill(source_url, url, twin.tables, twin.statements, rows)
    target_url = _fresh(workspace / "converted.db") if target_engine == "sqlite" else f"{scratch}?database=converted"
    failures, counts = _fill(url, target_url, tables, statements, rows)
    return ScratchPair(open_database(url), open_database(target_url), counts, failures)


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
    source_url: str, target_url: str, tables: list[TableMapping], statements: list[Statement], rows: int
) -> tuple[dict[str, str], dict[str, int]]:
    """Run the statements and copy the rows; refused statements, and rows per table."""
    failures: dict[str, str] = {}
    counts: dict[str, int] = {}
    with closing(open_writer(target_url, Grant(MIGRATION, _identity(target_url), "", scratch=True))) as writer:
        _empty(writer)
        _run(writer, [s for s in statements if s.stage == "pre_data"], failures)
        for table in tables:
            if f"table:{table.target}" not in failures:
                counts[table.source] = _copy(source_url, writer, table, rows)
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


def _copy(source_url: str, writer: Writer, table: TableMapping, rows: int) -> int:
    """Copy at most that many rows of one table; on both sides only rows that need no quarantine stay."""
    chunk = Chunk(table.source, 0, None, None)
    columns = [column.target for column in table.copied]
    with closing(open_snapshot(parse(source_url))) as snapshot, writer.begin() as connection:
        if writer.engine == "sqlite":
            return writer.load(connection, table.target, columns, RowsToSqlite(snapshot, table, chunk).blocks()).rows
        if isinstance(snapshot, PostgresqlSnapshot):
            relay = PostgresqlRelay(snapshot, table, chunk, rows_limit=rows, text_only=True)
            return writer.load(connection, table.target, columns, relay.blocks()).rows
        reader = SqliteToCopyText(snapshot, table, chunk)
        loaded = writer.load(connection, table.target, columns, reader.blocks()).rows
        if not reader.quarantined:
            return loaded
        schema, _, name = table.target.partition(".")
        writer.run(connection, f"TRUNCATE {quote_name(schema, name)}")
    _remove(parse(source_url).sqlite_path, table, {entry.locator for entry in reader.quarantined})
    return _copy(source_url, writer, table, rows)


def _remove(path: Path, table: TableMapping, locators: set[str]) -> None:
    """Take rows out of the sample, so that both sides hold the same."""
    name = quote_identifier(table.source.partition(".")[2])
    where = " AND ".join(f"{quote_identifier(key)} IS ?" for key in table.locator_columns)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executemany(f"DELETE FROM {name} WHERE {where}", [json.loads(locator) for locator in locators])
