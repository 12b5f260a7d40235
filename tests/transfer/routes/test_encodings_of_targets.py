"""A PostgreSQL target whose encoding isn't UTF-8: the plan says so, and what it can't hold goes by the policies."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from pymongo import MongoClient

from conversion.live import Asked, conversion_of
from engines.errors import Aborted
from engines.registry import open_database
from tests.moving import change, fetch
from tests.mysql_servers import connected
from tests.servers import Server
from tests.transfer.routes import documents
from tests.transfer.routes.moved import Moved, moved
from transfer.routes import postgresql_wide_rows

TEXTS = {1: "привет", 2: "snow ☃", 3: "café", 4: "plain"}
LACKS = "the target's encoding LATIN1 lacks characters of it"
COUNTED = "longer than character varying(10), counted in bytes: the target's encoding is SQL_ASCII"
STORED = {
    "SQL_ASCII": {1: None, 2: "snow ☃", 3: "café", 4: "plain"},
    "LATIN1": {1: "??????", 2: "snow ?", 3: "café", 4: "plain"},
}
REASONS = {"SQL_ASCII": {("[1]", "null", COUNTED)}, "LATIN1": {(f"[{n}]", "converted", LACKS) for n in (1, 2)}}
Made = Callable[[], str]


@pytest.fixture(params=list(STORED))
def encoded(request: pytest.FixtureRequest, postgresql_15: Server) -> tuple[str, str]:
    """An encoding, and an empty database that has it."""
    return request.param, database(postgresql_15, request.param)


def database(server: Server, encoding: str) -> str:
    name = f"test_{encoding.lower()}_{os.getpid()}_{os.urandom(3).hex()}"
    server.run(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C'")
    return server.url(name)


@pytest.fixture(params=["mysql", "sqlite", "sqlite without rowid", "postgresql"])
def source(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A table t of TEXTS in a varchar(10)."""
    made = "CREATE TABLE t (id integer PRIMARY KEY, v varchar(10))"
    rows = list(TEXTS.items())
    if request.param.startswith("sqlite"):
        with closing(sqlite3.connect(tmp_path / "source.db")) as connection, connection:
            connection.execute(made + request.param.removeprefix("sqlite"))
            connection.executemany("INSERT INTO t VALUES (?, ?)", rows)
        return f"sqlite:{tmp_path / 'source.db'}"
    if request.param == "mysql":
        url = str(request.getfixturevalue("empty_mariadb"))
        with connected(url) as connection, connection.cursor() as cursor:
            cursor.execute(made + " CHARACTER SET utf8mb4")
            cursor.executemany("INSERT INTO t VALUES (%s, %s)", rows)
            connection.commit()
        return url
    url = str(request.getfixturevalue("empty_15"))
    change(url, made, *(f"INSERT INTO t VALUES ({number}, '{text}')" for number, text in rows))
    return url


def stored(url: str) -> dict[int, str | None]:
    with psycopg.connect(url, client_encoding="UTF8") as connection:
        return dict(connection.execute("SELECT id, v FROM t").fetchall())


def set_aside(done: Moved) -> set[tuple[str, str, str]]:
    [found] = done.quarantined.values()
    return {(entry.locator, entry.action, entry.reason) for entry in found}


def test_texts_go_by_policy_and_the_reason_names_the_encoding(source: str, encoded: tuple[str, str]) -> None:
    encoding, target = encoded
    done = moved(source, target, types={} if source.startswith("postgresql") else {"main.t.v": "character varying(10)"})
    assert stored(target) == STORED[encoding]
    assert set_aside(done) == REASONS[encoding]


def test_it_stops_where_the_policy_says_so(source: str, encoded: tuple[str, str]) -> None:
    encoding, target = encoded
    with pytest.raises(Aborted, match=encoding):
        moved(source, target, policies={"too_long": "stop", "invalid_encoding": "stop"})
    assert stored(target) == {}


def test_a_key_is_withheld_with_its_row(tmp_path: Path, postgresql_15: Server) -> None:
    """Where a column takes no NULL, also of rows that nothing names."""
    with closing(sqlite3.connect(tmp_path / "source.db")) as connection, connection:
        connection.execute("CREATE TABLE t (id integer, v varchar(3) NOT NULL)")
        connection.executemany("INSERT INTO t VALUES (?, ?)", [(1, "при"), (2, "abc"), (3, "при")])
    target = database(postgresql_15, "SQL_ASCII")
    done = moved(f"sqlite:{tmp_path / 'source.db'}", target, types={"main.t.v": "character varying(3)"})
    assert stored(target) == {2: "abc"}
    assert [(one.locator, one.action) for one in done.quarantined["main.t"]] == [
        ("[1]", "row_withheld"), ("[3]", "row_withheld")
    ]  # fmt: skip


@pytest.mark.parametrize("source", ["mysql", "sqlite", "postgresql"], indirect=True)
def test_a_row_too_large_for_memory_is_withheld(
    source: str, postgresql_15: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is sent in pieces, and no part of it is replaced."""
    monkeypatch.setattr(postgresql_wide_rows, "WIDE_PLAIN", 1 << 16)
    large = "\u2603" + "a" * 2_100_000
    if source.startswith("sqlite"):
        with closing(sqlite3.connect(source.removeprefix("sqlite:"))) as connection, connection:
            connection.execute("CREATE TABLE u (id integer PRIMARY KEY, v text)")
            connection.executemany("INSERT INTO u VALUES (?, ?)", [(1, large), (2, "a")])
    elif source.startswith("postgresql"):
        change(source, "CREATE TABLE u (id integer PRIMARY KEY, v text)")
        with psycopg.connect(source) as writing, writing.cursor() as cursor:
            cursor.executemany("INSERT INTO u VALUES (%s, %s)", [(1, large), (2, "a")])
    else:
        with connected(source) as connection, connection.cursor() as cursor:
            cursor.execute("CREATE TABLE u (id integer PRIMARY KEY, v longtext CHARACTER SET utf8mb4)")
            cursor.executemany("INSERT INTO u VALUES (%s, %s)", [(1, large), (2, "a")])
            connection.commit()
    target = database(postgresql_15, "LATIN1")
    done = moved(source, target)
    [entry] = next(found for name, found in done.quarantined.items() if name.endswith(".u"))
    assert (entry.locator, entry.action, entry.reason.partition(" (")[0]) == ("[1]", "row_withheld", LACKS)
    assert fetch(target, "SELECT id FROM u") == [(2,)]


@pytest.mark.parametrize(
    ("encoding", "refused", "reason"),
    [
        ("LATIN1", "☃", LACKS),
        ("SQL_ASCII", "я" * 200, "value too long for type character varying(255), counted in bytes: the target's "
                                 "encoding is SQL_ASCII"),
        # the server's own words have a CONTEXT that it cuts within a character
        ("SQL_ASCII", "☃" * 100, "longer than the type of a column, counted in bytes: the target's encoding is "
                                 "SQL_ASCII"),
    ],
)  # fmt: skip
def test_documents_are_set_aside_whole(
    encoding: str, refused: str, reason: str, empty_mongodb: str, postgresql_15: Server
) -> None:
    rows: list[dict[str, Any]] = [{"_id": f"k{n}", "v": ["a", "b"]} for n in range(5)]
    with MongoClient[Any](empty_mongodb) as client:
        client.get_default_database().t.insert_many([*rows, {"_id": refused, "v": ["c"]}])
    target = database(postgresql_15, encoding)
    [(_, entry)] = documents.moved(empty_mongodb, target, "postgresql").aside
    assert (entry.action, entry.reason) == ("row_withheld", reason)
    with psycopg.connect(target) as connection:
        counts = [connection.execute(f"SELECT count(*) FROM {name}").fetchone() for name in ("t", "t_v")]
    assert counts == [(5,), (10,)]


def test_the_plan_names_the_encoding_of_an_open_target(encoded: tuple[str, str], empty_15: str, tmp_path: Path) -> None:
    encoding, target = encoded
    sqlite3.connect(tmp_path / "source.db").close()

    def notes(source: str, url: str) -> list[str]:
        with closing(open_database(source)) as here, closing(open_database(url)) as there:
            asked = Asked(home="public", scan=False)
            return [one.text for one in conversion_of(here, "postgresql", there.version, asked, there).notes]

    [told] = notes(f"sqlite:{tmp_path / 'source.db'}", target)
    assert told.startswith(f"its encoding is {encoding}: ")
    assert notes(empty_15, target) == [told]
    assert notes(target, target) == notes(target, empty_15) == []
