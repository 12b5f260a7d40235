"""Two databases with the same programs, one made from the other: what is run on both must give the same."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pymysql

from conversion.convert import convert
from conversion.result import Conversion
from engines.catalog import Catalog
from engines.registry import open_database

VERSIONS = {"postgresql": "18", "mariadb": "10.11", "sqlite": "3.45"}
Rows = list[tuple[Any, ...]]


@dataclass
class End:
    """A connection on which statements run one by one; failed: what the last one's error said."""

    engine: str
    connection: Any
    failed: str = ""

    def run(self, sql: str) -> Rows | None:
        """The rows, empty for a statement without; None where the server refuses it."""
        self.failed = ""
        try:
            if self.engine == "mysql":
                with self.connection.cursor() as cursor:
                    cursor.execute(sql)
                    return plain(cursor.fetchall())
            cursor = self.connection.execute(sql)
            return plain(cursor.fetchall()) if cursor.description else []
        except (psycopg.Error, pymysql.MySQLError, sqlite3.Error) as error:
            self.failed = str(error)
            return None


def plain(rows: Sequence[Sequence[Any]]) -> Rows:
    """Rows whose truth values are numbers, as MySQL and SQLite have them."""
    return [tuple(int(value) if isinstance(value, bool) else value for value in row) for row in rows]


@dataclass
class Pair:
    """The source, what it was converted to, and the conversion."""

    source: End
    target: End
    catalog: Catalog
    result: Conversion
    reasons: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.reasons = {item.object.split("(")[0].rpartition(".")[2]: item.reason for item in self.result.omissions}

    def same(self, sql: str, target: str | None = None) -> bool:
        """Whether both give the same rows, or both refuse; target: the statement as the target's dialect has it."""
        one, other = self.source.run(sql), self.target.run(target or sql)
        assert one == other, f"{sql}: {one} on {self.source.engine}, {other or self.target.failed} on the target"
        return one is not None


def postgresql(url: str) -> End:
    """A PostgreSQL database."""
    return End("postgresql", psycopg.connect(url, autocommit=True))


def mysql(url: str) -> End:
    """A MariaDB database, by its URL."""
    parts = urlsplit(url)
    connection = pymysql.connect(
        host=parts.hostname, port=parts.port or 3306, user=parts.username, password=parts.password or "",
        database=parts.path.lstrip("/"), autocommit=True, ssl_disabled=True,
    )  # fmt: skip
    return End("mysql", connection)


def sqlite(path: Path | str) -> End:
    """A SQLite file."""
    return End("sqlite", sqlite3.connect(path, isolation_level=None))


def pair(url: str, source: End, target: End, engine: str, profiled: bool = False, strict: bool = True) -> Pair:
    """Read the source, convert it to the engine, and make it on the target; strict: every statement must work."""
    database = open_database(url)
    try:
        catalog = database.catalog()
        tables = [table for table in catalog.tables if table.kind == "table"] if profiled else []
        profiles = {table.full_name: database.profile(table) for table in tables}
    finally:
        database.close()
    result = convert(catalog, profiles, engine, VERSIONS[engine])
    for statement in result.statements:
        made = target.run(statement.sql)
        assert made is not None or not strict, f"{target.failed}\n{statement.sql}"
    return Pair(source, target, catalog, result)
