"""A throw-away pair of databases with the same rows: one like the source, one converted by the plan's statements."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from conversion.convert import convert
from conversion.mapping import Statement, TableMapping
from engines.catalog import Catalog
from engines.connection import parse
from engines.errors import UsageError
from engines.families import family
from engines.full_names import in_schema
from engines.protocols import Database
from engines.registry import open_database
from engines.sqlite import files
from engines.sqlite.quoting import quote_identifier
from transfer.relocate import tables_to
from transfer.scratch_rows import fill

NAMES = SOURCE, TARGET = "sample", "converted"


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
            fill(source_url, url, twin.tables, twin.statements, rows)
    names: dict[str, str] = {}
    if url is not None and family(source.engine) == "mysql":
        # never the names of the source's own tables, which may be on the same server
        names = {in_schema(table.source, home): table.source for table in tables}
        tables = [table.model_copy(update={"source": in_schema(table.source, home)}) for table in tables]
    failures, counts = fill(url, target_url, tables, statements, None)
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
