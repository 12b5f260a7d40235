"""Databases for the conversion tests: made from text or files, converted, applied and read back."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path

import psycopg

from conversion.convert import convert
from conversion.result import Conversion, Overrides
from engines.catalog import Catalog
from engines.profile import TableProfile
from engines.registry import open_database


@dataclass
class Source:
    catalog: Catalog
    profiles: dict[str, TableProfile]

    def to(
        self, engine: str, version: str = "18", overrides: Overrides | None = None, schema: str = "public"
    ) -> Conversion:
        return convert(self.catalog, self.profiles, engine, version, overrides, schema)


def sqlite_source(path: Path, script: str) -> Source:
    connection = sqlite3.connect(path)
    connection.executescript(script)
    connection.commit()
    connection.close()
    database = open_database(f"sqlite:///{path}")
    try:
        catalog = database.catalog()
        tables = [table for table in catalog.tables if table.kind == "table"]
        return Source(catalog, {table.full_name: database.profile(table) for table in tables})
    finally:
        database.close()


def postgresql_catalog(url: str) -> Catalog:
    database = open_database(url)
    try:
        return database.catalog()
    finally:
        database.close()


def apply(url: str, result: Conversion) -> Catalog:
    """Run every statement in its order; what the server has afterwards."""
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in result.statements:
            connection.execute(statement.sql.encode())
    return postgresql_catalog(url)


def undo(url: str, result: Conversion) -> Catalog:
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in reversed(result.statements):
            if statement.undo:
                connection.execute(statement.undo.encode())
    return postgresql_catalog(url)


def apply_sqlite(path: Path, result: Conversion) -> Catalog:
    connection = sqlite3.connect(path, isolation_level=None)
    for statement in result.statements:
        connection.execute(statement.sql)
    connection.close()
    database = open_database(f"sqlite:///{path}")
    try:
        return database.catalog()
    finally:
        database.close()


def unaccounted(source: Catalog, result: Conversion) -> list[str]:
    """Source objects that are neither on the target nor named in an omission or note."""
    mapped = {table.source: table for table in result.tables}
    omitted = " ".join(item.object for item in result.omissions) + " ".join(item.object for item in result.notes)
    target_views = {view.name for view in result.target.views} | set(result.renames)
    target_tables = {table.full_name: table for table in result.target.tables}
    lost: list[str] = []
    for table in source.tables:
        if table.full_name not in mapped:
            if table.full_name not in omitted and table.full_name not in target_tables:
                lost.append(table.full_name)
            continue
        found = target_tables[mapped[table.full_name].target]
        if [column.source for column in mapped[table.full_name].columns] != [column.name for column in table.columns]:
            lost.append(f"columns of {table.full_name}")
        for name in ("uniques", "indexes", "foreign_keys", "checks", "exclusions", "triggers"):
            missing = len(getattr(table, name)) - len(getattr(found, name))
            if missing > 0 and omitted.count(table.full_name) < missing:
                lost.append(f"{missing} {name} of {table.full_name}")
    for view in source.views:
        if not {view.name, view.full_name} & target_views and view.full_name not in omitted:
            lost.append(view.full_name)
    for name in ("routines", "types"):
        kept = {item.full_name for item in getattr(result.target, name)}
        lost += [
            item.full_name
            for item in getattr(source, name)
            if item.full_name not in kept and item.full_name not in omitted
        ]
    return lost
