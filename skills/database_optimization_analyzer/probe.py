"""What a hazard detector works with: the open database, its catalog and profiles, and keys of offending rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from engines.catalog import Catalog, Column, ForeignKey, Table
from engines.families import family
from engines.mysql import quoting as mysql
from engines.profile import ColumnProfile, TableProfile
from engines.protocols import Database
from engines.sqlite.rowid import free_rowid
from skills.database_optimization_analyzer.indexes import qualified, quoted

KEYS_SHOWN = 10
KEY_LENGTH = 80
SCAN_BELOW_ROWS = 5_000_000


@dataclass(frozen=True)
class Found:
    """One place where a hazard is: count rows where rows are meant, keys of the first of them as text."""

    object: str
    column: str | None = None
    count: int | None = None
    keys: tuple[str, ...] = ()
    detail: str = ""
    severity: str | None = None


@dataclass(eq=False)
class Probe:
    """The source under assessment and where it is to go; profiles by schema.name."""

    source: Database
    catalog: Catalog
    profiles: dict[str, TableProfile] = field(default_factory=dict)
    target: Database | None = None
    target_engine: str | None = None
    target_version: str | None = None

    @cached_property
    def tables(self) -> list[Table]:
        """Tables whose rows live here and can be read."""
        return [table for table in self.catalog.tables if table.kind not in ("foreign", "virtual", "shadow")]

    def columns(self) -> list[tuple[Table, Column, ColumnProfile]]:
        """Every scanned column with its profile."""
        return [
            (table, column, profile.columns[column.name])
            for table in self.tables
            if (profile := self.profiles.get(table.full_name)) is not None
            for column in table.columns
            if column.name in profile.columns
        ]

    def small(self, table: Table) -> bool:
        """Whether a scan in passing is acceptable."""
        profile = self.profiles.get(table.full_name)
        rows = profile.rows if profile else table.rows
        return rows is None or rows < SCAN_BELOW_ROWS

    def one(self, sql: str) -> Any:
        """The first value of the first row."""
        return self.source.query(sql)[0][0]

    def keys(self, table: Table, condition: str) -> tuple[str, ...]:
        """Keys of the first rows where the condition (SQL of ours, names quoted) holds."""
        names, expressions = self._key(table)
        listed = ", ".join(expressions)
        sql = f"SELECT {listed} FROM {qualified(table)} WHERE {condition} LIMIT {KEYS_SHOWN}"
        return tuple(key_text(names, row) for row in self.source.query(sql))

    def _key(self, table: Table) -> tuple[list[str], list[str]]:
        engine = self.catalog.engine
        rowid = engine == "sqlite" and row_identifier(table)
        key = table.primary_key.columns if table.primary_key else []
        nullable = engine == "sqlite" and any(table.column(name).nullable for name in key)
        if key and not (nullable and rowid):
            return key, [quoted(name) for name in key]
        if rowid:
            return ["rowid", *key], [rowid, *(quoted(name) for name in key)]
        if engine == "postgresql":
            return ["ctid"], ["ctid::text"]
        return key, [quoted(name) for name in key]


def row_identifier(table: Table) -> str | None:
    """The name by which SQLite gives a row's number in this table; None for WITHOUT ROWID and shadowed names."""
    if without_rowid(table):
        return None
    return free_rowid(column.name for column in table.columns)


def without_rowid(table: Table) -> bool:
    """Whether a SQLite table is kept in its key's own order."""
    return str(table.options.get("without_rowid", "")).lower() in ("1", "true", "yes", "on")


def key_text(names: list[str], row: tuple[Any, ...]) -> str:
    """A key as people read it: id=5 or a=1, b='x'; long values are cut, control characters escaped."""
    parts = []
    for name, value in zip(names, row, strict=True):
        text = repr(value) if isinstance(value, str | bytes) else str(value)
        parts.append(f"{name}={text if len(text) <= KEY_LENGTH else text[:KEY_LENGTH] + '...'}")
    return ", ".join(parts)


def orphans(probe: Probe, table: Table, key: ForeignKey) -> tuple[int, tuple[str, ...]]:
    """Rows whose reference points to no row (an anti-join), and the first of their keys."""
    parent = f"{quoted(key.referenced_schema)}.{quoted(key.referenced_table)}"
    child = qualified(table)
    set_here = " AND ".join(f"{child}.{quoted(column)} IS NOT NULL" for column in key.columns)
    pairs = zip(key.columns, key.referenced_columns, strict=True)
    same = " AND ".join(f"dbmo_parent.{quoted(theirs)} = {child}.{quoted(mine)}" for mine, theirs in pairs)
    condition = f"{set_here} AND NOT EXISTS (SELECT 1 FROM {parent} AS dbmo_parent WHERE {same})"
    count = int(probe.one(f"SELECT count(*) FROM {child} WHERE {condition}"))
    return count, probe.keys(table, condition) if count else ()


def duplicates(probe: Probe, table: Table) -> int:
    """Rows that repeat another row in every column."""
    if probe.catalog.engine == "postgresql":
        grouped = f"SELECT count(*) AS n FROM {qualified(table)} AS dbmo_row GROUP BY dbmo_row::text"
    elif family(probe.catalog.engine) == "mysql":
        columns = ", ".join(f"CAST({mysql.quote_identifier(column.name)} AS BINARY)" for column in table.columns)
        grouped = f"SELECT count(*) AS n FROM {mysql.quote_name(table.schema_name, table.name)} GROUP BY {columns}"
    else:
        columns = ", ".join(f"quote({quoted(column.name)})" for column in table.columns)
        grouped = f"SELECT count(*) AS n FROM {qualified(table)} GROUP BY {columns}"
    return int(probe.one(f"SELECT coalesce(sum(n - 1), 0) FROM ({grouped}) AS dbmo_groups"))
