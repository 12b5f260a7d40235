"""Tables of all kinds of values on every engine: made, filled, and changed row by row."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol, cast

import psycopg
import pymysql
from bson.codec_options import CodecOptions
from pymongo import MongoClient

from tests.mysql_servers import plain
from tests.traps.kinds import KINDS, NAMES, Row, stored
from tests.traps.model import MARIADB, MONGODB, POSTGRESQL, SQLITE

TABLE = "everything"
Put = Callable[[str, Iterable[Row]], None]


class Writer(Protocol):
    """The table of one database, open for changes."""

    def put(self, rows: Mapping[int, Row | None]) -> None:
        """Give rows these values; None removes a row."""
        ...

    def close(self) -> None: ...


def _create(engine: str) -> str:
    columns = ", ".join(f"{kind.name} {kind.types[engine]}" for kind in KINDS)
    key = "INTEGER" if engine == SQLITE else "bigint"
    return f"CREATE TABLE {TABLE} (id {key} PRIMARY KEY, {columns})"


class SqlWriter:
    """A table of an SQL engine; run: how its driver executes a statement over many rows; mark: its placeholder."""

    def __init__(self, engine: str, run: Put, mark: str, close: Callable[[], None]) -> None:
        self.engine = engine
        self._run = run
        self._insert = f"INSERT INTO {TABLE} VALUES ({', '.join([mark] * (len(KINDS) + 1))})"
        self._delete = f"DELETE FROM {TABLE} WHERE id = {mark}"
        self.close = close
        run(_create(engine), [()])

    def put(self, rows: Mapping[int, Row | None]) -> None:
        """Give rows these values; None removes a row."""
        self._run(self._delete, [(key,) for key in rows])
        new = [(key, *stored(self.engine, row)) for key, row in rows.items() if row is not None]
        if new:
            self._run(self._insert, new)


class DocumentWriter:
    """A collection; a NULL is a field that isn't there."""

    def __init__(self, url: str) -> None:
        self._client = MongoClient[Any](url)
        database = self._client.get_default_database(codec_options=CodecOptions(tz_aware=True))
        self._collection = database.create_collection(TABLE)

    def put(self, rows: Mapping[int, Row | None]) -> None:
        """Give rows these values; None removes a row."""
        self._collection.delete_many({"_id": {"$in": list(rows)}})
        documents = [
            {"_id": key}
            | {name: value for name, value in zip(NAMES, stored(MONGODB, row), strict=True) if value is not None}
            for key, row in rows.items()
            if row is not None
        ]
        if documents:
            self._collection.insert_many(documents)

    def close(self) -> None:
        """Close the client."""
        self._client.close()


def open_writer(engine: str, url: str) -> Writer:
    """Make the table in an empty database."""
    if engine == MONGODB:
        return DocumentWriter(url)
    if engine == SQLITE:
        file = sqlite3.connect(url.removeprefix("sqlite:"), isolation_level=None)
        file.execute("PRAGMA journal_mode = WAL")
        return SqlWriter(engine, lambda text, rows: _each(file.execute, text, rows), "?", file.close)
    if engine == MARIADB:
        connection = pymysql.connect(**{**plain(url), "autocommit": True})
        cursor = connection.cursor()
        cursor.execute("SET sql_mode = 'STRICT_ALL_TABLES'")
        return SqlWriter(engine, lambda text, rows: _each(cursor.execute, text, rows), "%s", connection.close)
    session = psycopg.connect(url, autocommit=True)
    return SqlWriter(POSTGRESQL, lambda text, rows: _each(session.execute, text, rows), "%s", session.close)


def _each(execute: Callable[..., Any], text: str, rows: Iterable[Row]) -> None:
    for row in rows:
        execute(cast(Any, text), row)
