"""MySQL databases for the conversion tests: loaded, read with their profiles, converted."""

from __future__ import annotations

import datetime
import decimal
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import tuple_row

from engines.mysql.database import MysqlDatabase
from tests.conversion.schemas import Source
from tests.mysql_servers import connected, load_mysql

Row = tuple[Any, ...]


def mysql_source(url: str, script: str | Path, tolerant: bool = False) -> Source:
    """The catalog and the profiles of a database that the script filled."""
    load_mysql(url, script, foreign_key_checks=False, tolerant=tolerant)
    database = MysqlDatabase(url, "source")
    try:
        catalog = database.catalog()
        return Source(catalog, {table.full_name: database.profile(table) for table in catalog.tables})
    finally:
        database.close()


def mysql_rows(url: str, *queries: str) -> list[list[Row]]:
    """What each query gives on the MySQL server, in UTC."""
    with connected(url) as connection, connection.cursor() as cursor:
        cursor.execute("SET time_zone = '+00:00'")
        found = []
        for sql in queries:
            cursor.execute(sql)
            found.append([tuple(plain(value) for value in row) for row in cursor.fetchall()])
        return found


def postgresql_rows(url: str, *queries: str) -> list[list[Row]]:
    """What each query gives on the PostgreSQL server, in UTC."""
    with psycopg.connect(url, autocommit=True, row_factory=tuple_row) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        return [
            [tuple(plain(value) for value in row) for row in connection.execute(sql.encode()).fetchall()]
            for sql in queries
        ]


def plain(value: Any) -> Any:
    """A value as both drivers mean it: numbers as numbers with their digits, moments without their zone."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, decimal.Decimal):
        return int(value) if value == value.to_integral_value() else value.normalize()
    if isinstance(value, datetime.datetime):
        return value.replace(tzinfo=None)
    if isinstance(value, memoryview):
        return bytes(value)
    return value
