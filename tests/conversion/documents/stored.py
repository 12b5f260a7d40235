"""Rows of documents in real tables: made from a conversion, filled, and read back as the drivers give them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pymysql
from bson import json_util
from bson.codec_options import DatetimeConversion
from bson.json_util import JSONMode, JSONOptions

from conversion.convert import convert
from conversion.documents.assemble import Assembler
from conversion.documents.shred import Shredder
from conversion.result import Conversion, Overrides
from engines.catalog import Catalog, Table
from engines.documents import Collection
from engines.mysql.quoting import quote_identifier as mysql_identifier
from engines.postgresql.quoting import quote_identifier
from engines.sqlite.quoting import quote_identifier as sqlite_identifier
from tests.mysql_servers import plain

Documents = list[dict[str, Any]]
EXACT = JSONOptions(
    json_mode=JSONMode.CANONICAL, tz_aware=True, datetime_conversion=DatetimeConversion.DATETIME_AUTO,
    uuid_representation=0,
)  # fmt: skip
VERSIONS = {"postgresql": "18", "mariadb": "10.11.19-MariaDB", "sqlite": "3.40"}


def loaded(path: Path, limit: int | None = None) -> Documents:
    """The documents of a file with one per line."""
    lines = [line for line in path.read_text().splitlines() if line.strip()]
    return [json_util.loads(line, json_options=EXACT) for line in lines[:limit]]


def text_of(document: Any) -> str:
    """Canonical Extended JSON, as the driver writes it."""
    return json_util.dumps(document, json_options=EXACT)


def converted(
    collections: Sequence[Collection], engine: str, overrides: Overrides | None = None, schema: str = "public"
) -> Conversion:
    """The conversion of a catalog with these collections."""
    source = Catalog(engine="mongodb", version="8.0", database="shop", collections=list(collections))
    return convert(source, {}, engine, VERSIONS[engine], overrides, schema)


class TextLoader(psycopg.adapt.Loader):
    """JSON as the server's text."""

    def load(self, data: Any) -> str:
        return bytes(data).decode()


class Store:
    """A database of one engine that a conversion's statements and rows go to."""

    def __init__(self, engine: str, connection: Any) -> None:
        self.engine = engine
        self.connection = connection
        self.quote = {"postgresql": quote_identifier, "mariadb": mysql_identifier, "sqlite": sqlite_identifier}[engine]
        self.mark = "?" if engine == "sqlite" else "%s"

    def run(self, conversion: Conversion, stage: str) -> None:
        """The statements of a stage."""
        cursor = self.connection.cursor()
        for statement in conversion.statements:
            if statement.stage == stage:
                cursor.execute(statement.sql)

    def fill(self, table: Table, rows: list[dict[str, Any]]) -> None:
        """Insert rows."""
        names = self._escaped(", ".join(self.quote(column.name) for column in table.columns))
        marks = ", ".join([self.mark] * len(table.columns))
        statement = f"INSERT INTO {self._escaped(self.quote(table.name))} ({names}) VALUES ({marks})"
        values = [tuple(row[column.name] for column in table.columns) for row in rows]
        if values:
            self.connection.cursor().executemany(statement, values)

    def read(self, table: Table) -> list[dict[str, Any]]:
        """All rows."""
        cursor = self.connection.cursor()
        names = ", ".join(self.quote(column.name) for column in table.columns)
        cursor.execute(f"SELECT {names} FROM {self.quote(table.name)}")
        return [dict(zip((column.name for column in table.columns), row, strict=True)) for row in cursor.fetchall()]

    def _escaped(self, sql: str) -> str:
        return sql if self.engine == "sqlite" else sql.replace("%", "%%")


@contextmanager
def opened(engine: str, url: str, file: Path | str = ":memory:") -> Iterator[Store]:
    """A store on a new database; url: where it is, for SQLite the file."""
    if engine == "postgresql":
        with psycopg.connect(url, autocommit=True) as connection:
            for name in ("json", "jsonb"):
                connection.adapters.register_loader(name, TextLoader)
            with connection.transaction():
                yield Store(engine, connection)
    elif engine == "mariadb":
        mysql = pymysql.connect(**{**plain(url), "autocommit": False})
        try:
            yield Store(engine, mysql)
        finally:
            mysql.close()
    else:
        sqlite = sqlite3.connect(file)
        sqlite.execute("PRAGMA foreign_keys = ON")
        try:
            yield Store(engine, sqlite)
        finally:
            sqlite.close()


def there_and_back(store: Store, conversion: Conversion, documents: dict[str, Documents]) -> dict[str, Documents]:
    """Documents by collection, shredded into real tables and assembled from what the tables then hold."""
    store.run(conversion, "pre_data")
    tables = {table.full_name: table for table in conversion.target.tables}
    for mapping in conversion.documents:
        shredder = Shredder(mapping)
        rows: dict[str, list[dict[str, Any]]] = {found.table: [] for found in mapping.tables}
        for document in documents[mapping.collection]:
            for name, made in shredder.rows(document).items():
                rows[name] += made
        for name, made in rows.items():
            store.fill(tables[name], made)
    store.run(conversion, "post_data")
    return {mapping.collection: list(assembled(store, mapping, tables)) for mapping in conversion.documents}


def assembled(store: Store, mapping: Any, tables: dict[str, Table]) -> Iterator[dict[str, Any]]:
    assembler = Assembler(mapping)
    grouped: dict[Any, dict[str, list[dict[str, Any]]]] = {}
    for found in mapping.tables:
        for row in store.read(tables[found.table]):
            grouped.setdefault(row[found.key[0]], {}).setdefault(found.table, []).append(row)
    for rows in grouped.values():
        yield assembler.document(rows)


def by_id(documents: Documents) -> dict[str, str]:
    """Canonical text of documents by that of their _id."""
    return {text_of(document["_id"]): text_of(document) for document in documents}
