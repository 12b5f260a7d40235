"""Tables of the source are altered while it is copied: one moment arrives, though a server shows less of an old one."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from pymongo import MongoClient

from engines.errors import DbmoError
from skills.context import SkillContext
from tests.faults.moves import on_mariadb
from tests.faults.pairs import Places, filled, moved, told
from tests.moving import fetch
from transfer.routes.route import ROUTES

LATER = [(number, f"later {number}") for number in range(1, 21)]
VALUES = ", ".join(f"({key}, '{text}')" for key, text in LATER)
MADE = "CREATE TABLE later (id INTEGER PRIMARY KEY, v VARCHAR(100))"
NEW = "INSERT INTO later VALUES (1, 'new')"
NEXT_SECOND = "DO SLEEP(1)"  # MariaDB tells no other time of a table
ALTERATIONS = {
    "postgresql": {
        "emptied": ("TRUNCATE later",),
        "rewritten": ("ALTER TABLE later ALTER COLUMN id TYPE bigint",),
        "a column anew": ("ALTER TABLE later DROP COLUMN v, ADD COLUMN v varchar(100) DEFAULT 'new'",),
        "another table": ("ALTER TABLE later RENAME TO earlier", MADE, NEW),
        "made anew": ("DROP TABLE later", MADE, NEW),
        "packed": ("VACUUM FULL later",),
    },
    "mysql": {
        "emptied": ("TRUNCATE later",),
        "rewritten": ("ALTER TABLE later MODIFY COLUMN id BIGINT",),
        "another table": ("RENAME TABLE later TO earlier", MADE, NEW),
        "made anew": ("DROP TABLE later", MADE, NEW),
        "a column anew": (
            NEXT_SECOND,
            "ALTER TABLE later DROP COLUMN v, ADD COLUMN v varchar(100) DEFAULT 'x', ALGORITHM=INSTANT",
        ),
        "replaced": (
            NEXT_SECOND,
            "INSERT INTO shadow SELECT * FROM later WHERE id > 5",
            "RENAME TABLE later TO earlier, shadow TO later",
        ),
    },
}
# what takes the other's place was made before the moment, and partly filled
SHADOW = (
    "CREATE TABLE shadow (id INTEGER PRIMARY KEY, v VARCHAR(100))",
    "INSERT INTO shadow SELECT * FROM later WHERE id < 6",
)
IN_SUITE = [("postgresql", "emptied", "postgresql", 1), ("mysql", "emptied", "postgresql", 1)]
CASES = [
    (source, kind, target, lanes)
    for source, kinds in ALTERATIONS.items()
    for kind in kinds
    for target in ("postgresql", "mysql", "sqlite", "mongodb")
    for lanes in (1, 2)
    if (source, kind, target, lanes) not in IN_SUITE
]
# where no lock of the copy is in the way any more: a table of PostgreSQL that is read as a whole, one of MySQL's before
# it is cut
WHILE = {"postgresql": "chunk", "mysql": "moment"}


def held(url: str, table: str) -> list[tuple[Any, ...]]:
    query = f"SELECT id, v FROM {table} ORDER BY 1"
    if url.startswith("mongodb"):
        with MongoClient[Any](url) as client:
            return sorted((found["_id"], found["v"]) for found in client.get_default_database()[table].find())
    if url.startswith("postgresql"):
        return fetch(url, query)
    if url.startswith("mysql"):
        return on_mariadb(url, query)
    with closing(sqlite3.connect(url.removeprefix("sqlite:"))) as connection:
        return connection.execute(query).fetchall()


def altered(url: str, statements: tuple[str, ...]) -> None:
    told(url, "UPDATE t SET v = 'changed' WHERE id = 1")
    if url.startswith("postgresql"):
        with psycopg.connect(url, autocommit=True) as connection:
            for statement in ("SET lock_timeout = '5s'", *statements):
                connection.execute(statement.encode())
    else:
        on_mariadb(url, "SET lock_wait_timeout = 5", *statements)


@pytest.mark.parametrize(
    ("source", "kind", "target", "lanes"), [*IN_SUITE, *(pytest.param(*case, marks=pytest.mark.soak) for case in CASES)]
)
def test_a_table_that_is_altered_before_it_is_read_is_of_the_same_moment(
    request: pytest.FixtureRequest, tmp_path: Path, source: str, kind: str, target: str, lanes: int
) -> None:
    """Servers show an emptied or rewritten table as empty to older moments, PostgreSQL without a word."""
    places = Places(request, tmp_path)
    url = filled(places.empty(source))
    told(url, MADE, f"INSERT INTO later VALUES {VALUES}", *(["ANALYZE later"] if source == "postgresql" else []))
    move = moved(url, places.empty(target))
    if kind == "replaced":
        told(url, *SHADOW)
    seen: list[str] = []

    def journal(noted: str, body: dict[str, Any]) -> None:
        seen.append(noted)
        if noted == WHILE[source] and seen.count(noted) == 1:
            altered(url, ALTERATIONS[source][kind])

    load: dict[str, Any] = {"connections": lanes} if lanes > 1 else {}
    move.run(context=SkillContext(journal=journal), **load)
    assert [held(move.target, table) for table in ("t", "later")] == [held(url, table) for table in ("t", "later")]
    assert seen.count("moment") == 2


PARTED = {
    "postgresql": (
        "CREATE TABLE later (id INTEGER PRIMARY KEY, v VARCHAR(100)) PARTITION BY RANGE (id)",
        "CREATE TABLE later_1 PARTITION OF later FOR VALUES FROM (0) TO (10)",
        "CREATE TABLE later_2 PARTITION OF later FOR VALUES FROM (10) TO (30)",
    ),
    "mysql": (
        f"{MADE} PARTITION BY RANGE (id)"
        " (PARTITION later_1 VALUES LESS THAN (10), PARTITION later_2 VALUES LESS THAN (30))",
    ),
}
PARTS = {
    "postgresql": {
        "emptied": ("TRUNCATE later_1",),
        "detached": ("ALTER TABLE later DETACH PARTITION later_1",),
        "dropped": ("DROP TABLE later_1",),
        "attached": (
            "CREATE TABLE later_3 (id INTEGER PRIMARY KEY, v VARCHAR(100))",
            "INSERT INTO later_3 VALUES (-1, 'new')",
            "ALTER TABLE later ATTACH PARTITION later_3 FOR VALUES FROM (-10) TO (0)",
        ),
    },
    "mysql": {
        "emptied": ("ALTER TABLE later TRUNCATE PARTITION later_1",),
        "dropped": ("ALTER TABLE later DROP PARTITION later_1",),
        "exchanged": (MADE.replace("later", "other"), "ALTER TABLE later EXCHANGE PARTITION later_1 WITH TABLE other"),
    },
}
PARTS_IN_SUITE = [("postgresql", "emptied", "mongodb"), ("mysql", "dropped", "postgresql")]
PARTS_CASES = [
    (source, kind, target)
    for source, kinds in PARTS.items()
    for kind in kinds
    for target in ("postgresql", "mysql", "mongodb")
    if source != target
]


@pytest.mark.parametrize(
    ("source", "kind", "target"),
    [pytest.param(*case, marks=() if case in PARTS_IN_SUITE else pytest.mark.soak) for case in PARTS_CASES],
)
def test_a_partitioned_table_of_which_a_part_is_altered_is_of_the_same_moment(
    request: pytest.FixtureRequest, tmp_path: Path, source: str, kind: str, target: str
) -> None:
    """A server that reads such a table reads the parts that it has now."""
    places = Places(request, tmp_path)
    url = filled(places.empty(source))
    told(url, *PARTED[source], f"INSERT INTO later VALUES {VALUES}")
    if source == "postgresql":
        told(url, "ANALYZE later")
    move = moved(url, places.empty(target))
    seen: list[str] = []

    def journal(noted: str, body: dict[str, Any]) -> None:
        seen.append(noted)
        if noted == WHILE[source] and seen.count(noted) == 1:
            altered(url, PARTS[source][kind])

    move.run(context=SkillContext(journal=journal))
    assert held(move.target, "later") == held(url, "later")
    assert seen.count("moment") == 2


@pytest.mark.parametrize(
    "pair",
    [
        pytest.param(pair, id="-".join(pair), marks=() if pair == ("sqlite", "postgresql") else pytest.mark.soak)
        for pair in ROUTES
        if pair[0] != "mongodb"
    ],
)
def test_a_column_that_is_gone_ends_the_copy(
    request: pytest.FixtureRequest, tmp_path: Path, pair: tuple[str, str]
) -> None:
    """SQLite would take its name for a text."""
    move = Places(request, tmp_path).move(*pair)
    on = " ON t" if pair[0] == "mysql" else ""
    told(move.source, f"DROP INDEX t_v{on}", "ALTER TABLE t DROP COLUMN v")
    with pytest.raises(DbmoError, match=r"no column v|column \"v\" does not exist"):
        move.run()
