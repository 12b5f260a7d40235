"""Rows of which some are accounts: money goes between them in transactions, so that their sum shows mixed moments."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import psycopg
import pymysql
from pymongo import MongoClient
from pymongo.errors import PyMongoError

from tests.faults.pairs import told
from tests.meanwhile import again_and_again
from tests.moving import change, fetch
from tests.mysql_servers import connected

ACCOUNTS = 50  # every so many-th row; never deleted
PAUSE = 0.02  # seconds between two transactions
LOT = 5_000


@dataclass
class Books:
    """Table t(id, v, n) of a source: n is what an account has, and 0 in all other rows; written: transactions."""

    url: str
    rows: int
    written: int = 0
    chance: random.Random = field(default_factory=random.Random)

    def fill(self) -> None:
        """Make and fill it."""
        if self.url.startswith("mongodb"):
            with MongoClient[Any](self.url) as client:
                made = ({"_id": key, "v": f"row {key}", "n": 0} for key in range(self.rows))
                client.get_default_database()["t"].insert_many(made)
            return
        before = ("PRAGMA journal_mode = wal",) if self.url.startswith("sqlite") else ()
        told(self.url, *before, "CREATE TABLE t (id INTEGER PRIMARY KEY, v VARCHAR(100), n INTEGER NOT NULL)")
        for start in range(0, self.rows, LOT):
            values = ", ".join(f"({key}, 'row {key}', 0)" for key in range(start, min(start + LOT, self.rows)))
            told(self.url, f"INSERT INTO t VALUES {values}")

    def write(self) -> None:
        """One transaction: money from an account to another, and a row that is changed, deleted, made or renumbered."""
        step = self.rows // ACCOUNTS
        one, other = (step * number for number in self.chance.sample(range(ACCOUNTS), 2))
        key = self.chance.randrange(self.rows)
        key += key % step == 0
        self.written += 1
        kind = self.chance.choice(["change", "delete", "make", "renumber"])
        if self.url.startswith("mongodb"):
            self._documents(one, other, key, kind)
            return
        statements = [
            f"UPDATE t SET n = n + {self.written} WHERE id = {one}",
            f"UPDATE t SET n = n - {self.written} WHERE id = {other}",
            {
                "change": f"UPDATE t SET v = 'changed {self.written}' WHERE id = {key}",
                "delete": f"DELETE FROM t WHERE id = {key}",
                "make": f"INSERT INTO t VALUES ({self.rows + self.written}, 'new', 0)",
                "renumber": f"UPDATE t SET id = {-self.written} WHERE id = {key}",
            }[kind],
        ]
        if self.url.startswith("postgresql"):
            change(self.url, *statements)
        else:
            told(self.url, "BEGIN", *statements, "COMMIT")

    def _documents(self, one: int, other: int, key: int, kind: str) -> None:
        with MongoClient[Any](self.url) as client, client.start_session() as session, session.start_transaction():
            found = client.get_default_database()["t"]
            found.update_one({"_id": one}, {"$inc": {"n": self.written}}, session=session)
            found.update_one({"_id": other}, {"$inc": {"n": -self.written}}, session=session)
            if kind == "change":
                found.update_one({"_id": key}, {"$set": {"v": f"changed {self.written}"}}, session=session)
            if kind in ("delete", "renumber"):
                found.delete_one({"_id": key}, session=session)
            if kind in ("make", "renumber"):
                number = -self.written if kind == "renumber" else self.rows + self.written
                found.insert_one({"_id": number, "v": "new", "n": 0}, session=session)

    @contextmanager
    def busy(self) -> Iterator[None]:
        """Inside, somebody writes again and again; a transaction that a lock of others ends is left out."""

        def write() -> None:
            with suppress(psycopg.OperationalError, pymysql.OperationalError, sqlite3.Error, PyMongoError):
                self.write()

        with again_and_again(write, PAUSE):
            yield


def held(url: str, key: str = "id") -> list[tuple[Any, ...]]:
    """What a database holds of t, in the order of its key, whose column is called so."""
    if url.startswith("mongodb"):
        with MongoClient[Any](url) as client:
            found = client.get_default_database()["t"].find(sort=[("_id", 1)])
            return [(one["_id"], one["v"], one["n"]) for one in found]
    query = f"SELECT {key}, v, n FROM t ORDER BY 1"
    if url.startswith("postgresql"):
        return fetch(url, query)
    if url.startswith("mysql"):
        with connected(url) as driver, driver.cursor() as cursor:
            cursor.execute(query)
            return list(cursor.fetchall())
    with closing(sqlite3.connect(url.removeprefix("sqlite:"))) as connection:
        return connection.execute(query).fetchall()
