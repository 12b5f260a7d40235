"""The same rows in a source of each engine: moved to a target of each, changed and read by plain drivers."""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from pymongo import MongoClient

from conversion.convert import convert
from conversion.documents.to_documents import moved_collections
from engines.registry import open_database
from tests.faults.moves import CHUNK, ROWS, Move, on_mariadb
from tests.moving import change, fetch, sqlite_file
from transfer.make_plan import make_plan

ENGINES = ("postgresql", "mysql", "sqlite", "mongodb")
FIXTURES = {"postgresql": "postgresql_18", "mysql": "mariadb", "mongodb": "mongodb"}
LATE = 155  # a key of the second chunk that nobody has at first
FIRST = [(number, f"row {number}") for number in range(1, ROWS + 1) if number != LATE]
# changed, deleted, inserted, and keys that leave the second chunk for a later one and come from a later one
CHANGES = (
    "UPDATE t SET v = 'changed' WHERE id = 150",
    "DELETE FROM t WHERE id = 151",
    f"INSERT INTO t VALUES ({LATE}, 'late')",
    "UPDATE t SET id = 7000 WHERE id = 160",
    "UPDATE t SET id = -5 WHERE id = 590",
)


class Places:
    """Where databases come from; servers are started when they are first asked for."""

    def __init__(self, request: pytest.FixtureRequest, folder: Path) -> None:
        self.request, self.folder = request, folder
        self._numbers = itertools.count(1)

    def empty(self, engine: str) -> str:
        """The url of a new database."""
        if engine == "sqlite":
            return f"sqlite:{sqlite_file(self.folder / f'{next(self._numbers)}.db')}"
        server = self.request.getfixturevalue(FIXTURES[engine])
        return str(server.url(server.new_name()) if engine == "mongodb" else server.create_database())

    def filled(self, engine: str) -> str:
        """The url of a new database whose t holds FIRST."""
        return filled(self.empty(engine))

    def move(self, source: str, target: str) -> Move:
        """A move of t in chunks of CHUNK rows, from a new database of an engine to one of another."""
        return moved(self.filled(source), self.empty(target))


def filled(url: str, rows: Sequence[tuple[int, str]] = FIRST) -> str:
    """The same url; t is made there and holds the rows, with an index that comes after them."""
    if url.startswith("mongodb"):
        with MongoClient[Any](url) as client:
            found = client.get_default_database()["t"]
            found.insert_many([{"_id": key, "v": text} for key, text in rows])
            found.create_index("v")
        return url
    values = ", ".join(f"({key}, '{text}')" for key, text in rows)
    made = "CREATE TABLE t (id INTEGER PRIMARY KEY, v VARCHAR(100))", "CREATE INDEX t_v ON t (v)"
    before = ("PRAGMA journal_mode = wal",) if url.startswith("sqlite") else ()  # so that others may write meanwhile
    told(url, *before, *made, f"INSERT INTO t VALUES {values}")
    return url


def moved(source: str, target: str, **settings: Any) -> Move:
    """A move of all that the source holds, planned as the product does it."""
    with closing(open_database(source)) as here, closing(open_database(target)) as there:
        catalog, engine, version = here.catalog(), there.engine, there.version
    schema = {"sqlite": "main", "postgresql": "public"}.get(engine) or urlsplit(target).path[1:]
    made = convert(catalog, {}, engine, version, None, schema)
    given: dict[str, Any] = {"chunk_rows": CHUNK, "range_seconds": 0.0, **settings}
    if catalog.engine == engine == "mongodb":
        given["renamed_collections"] = moved_collections(catalog, made)
    carried = made.tables, made.documents, made.collections
    return Move(source, target, make_plan("test", catalog, engine, made.statements, *carried, **given))


def told(url: str, *statements: str) -> None:
    """Run statements of SQL, each committed."""
    if url.startswith("postgresql"):
        change(url, *statements)
    elif url.startswith("mysql"):
        on_mariadb(url, *statements)
    else:
        with closing(sqlite3.connect(url.removeprefix("sqlite:"), timeout=30, isolation_level=None)) as connection:
            for statement in statements:
                connection.execute(statement)


def changed(url: str) -> None:
    """CHANGES, on a source of any engine; documents get another key by being made anew."""
    if not url.startswith("mongodb"):
        told(url, *CHANGES)
        return
    with MongoClient[Any](url) as client:
        found = client.get_default_database()["t"]
        found.update_one({"_id": 150}, {"$set": {"v": "changed"}})
        found.delete_many({"_id": {"$in": [151, 160, 590]}})
        found.insert_many([{"_id": LATE, "v": "late"}, {"_id": 7000, "v": "row 160"}, {"_id": -5, "v": "row 590"}])


def held(url: str, key: str = "id") -> list[tuple[Any, ...]]:
    """What t holds, in the order of its key, whose column is called so."""
    if url.startswith("mongodb"):
        with MongoClient[Any](url) as client:
            found = client.get_default_database()["t"].find(sort=[("_id", 1)])
            return [(one["_id"], one["v"]) for one in found]
    query = f"SELECT {key}, v FROM t ORDER BY 1"
    if url.startswith("postgresql"):
        return fetch(url, query)
    if url.startswith("mysql"):
        return list(on_mariadb(url, query))
    with closing(sqlite3.connect(url.removeprefix("sqlite:"))) as connection:
        return connection.execute(query).fetchall()


def arrived(move: Move) -> list[tuple[Any, ...]]:
    """What the target's t holds, whose key is called as the source calls it."""
    return held(move.target, "_id" if move.source.startswith("mongodb") else "id")
