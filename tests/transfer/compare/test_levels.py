"""Every level finds the same differences between servers, and none where there are none."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import psycopg
import pymongo
import pytest

from engines.connection import parse
from engines.registry import open_database
from tests.mysql_servers import connected
from transfer.canonical.columns import ComparedTable
from transfer.compare.findings import Findings
from transfer.compare.model import Level, Options, TableComparison
from transfer.compare.pairing import pair_catalogs
from transfer.compare.table import compare_table
from transfer.sides.open import open_side

DDL = "CREATE TABLE t (id integer PRIMARY KEY, a varchar(40), b numeric(12,2))"
ROWS: list[tuple[int, str | None, float]] = [(n, f"näme {n}" if n % 9 else None, n / 4) for n in range(1, 301)]
CHANGED = {1: ("x", 0.25), 150: ("näme 150", 38.0), 300: ("näme 300", None)}  # the first, one amid them, the last
AFTER = [(n, *CHANGED.get(n, (a, b))) for n, a, b in ROWS if n != 77] + [(5_000, "new", 1.5)]
FOUND = {("different", "1"), ("different", "150"), ("different", "300"), ("missing", "77"), ("extra", "5000")}


def into_sql(url: str, rows: list[Any]) -> str:
    """Fill a table of PostgreSQL, MariaDB or SQLite."""
    reference = parse(url)
    if reference.engine == "postgresql":
        with psycopg.connect(url) as connection, connection.cursor() as cursor:
            cursor.execute(DDL)
            with cursor.copy("COPY t FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
    elif reference.engine == "mysql":
        with connected(url) as mysql, mysql.cursor() as cursor:
            cursor.execute(DDL)
            cursor.executemany("INSERT INTO t VALUES (%s, %s, %s)", rows)
            mysql.commit()
    else:
        with closing(sqlite3.connect(reference.sqlite_path)) as sqlite:
            sqlite.execute(DDL)
            sqlite.executemany("INSERT INTO t VALUES (?, ?, ?)", rows)
            sqlite.commit()
    return url


def into_documents(url: str, rows: list[Any]) -> str:
    """Fill a collection."""
    with pymongo.MongoClient[dict[str, Any]](url) as client:
        documents = [{"_id": n, "a": a, "b": b} for n, a, b in rows]
        client.get_default_database()["t"].insert_many(documents)
    return url


PAIRS = [("mysql", "postgresql"), ("postgresql", "sqlite"), ("sqlite", "mysql"), ("postgresql", "postgresql")]


@pytest.fixture(scope="module")
def fresh(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], str]:
    """The reference of a new and empty database of an engine."""

    def made(engine: str) -> str:
        if engine == "sqlite":
            return f"sqlite:{tmp_path_factory.mktemp('files') / 'a.db'}"
        fixture = {"postgresql": "postgresql_15", "mysql": "mariadb"}[engine]
        return str(request.getfixturevalue(fixture).create_database())

    return made


@pytest.fixture(scope="module", params=[*PAIRS, ("mongodb", "mongodb")], ids="-".join)
def databases(request: pytest.FixtureRequest, fresh: Callable[[str], str]) -> Iterator[tuple[str, str, str]]:
    """A source, an equal target and one with differences."""
    source, target = request.param
    if source == "mongodb":
        server = request.getfixturevalue("mongodb")
        one, two, three = (into_documents(server.url(server.new_name()), rows) for rows in (ROWS, ROWS, AFTER))
    else:
        filled = ((source, ROWS), (target, ROWS), (target, AFTER))
        one, two, three = (into_sql(fresh(engine), rows) for engine, rows in filled)
    yield one, two, three


def paired(source: str, target: str) -> ComparedTable:
    """The only table of both, as live catalogs pair it."""
    with closing(open_database(source)) as here, closing(open_database(target)) as there:
        (table,) = pair_catalogs(here.catalog(), there.catalog()).tables
    return table


def compare(source: str, target: str, level: Level, **options: Any) -> TableComparison:
    """Compare the table."""
    table = paired(source, target)
    with (
        closing(open_side(source, "source")) as here,
        closing(open_side(target, "target")) as there,
        closing(Findings()) as findings,
    ):
        return compare_table(here, there, table, Options(level=level, **options), findings)


@pytest.mark.parametrize("level", ["counts", "checksums", "rows", "stream", "sample"])
def test_levels(databases: tuple[str, str, str], level: Level) -> None:
    source, equal, changed = databases
    same = compare(source, equal, level)
    assert (same.problem, same.equal, same.rows_source, same.rows_target) == (None, True, 300, 300)
    result = compare(source, changed, level)
    if level == "counts":
        assert (result.missing, result.extra) == (0, 0)
        return
    assert {(row.kind, next(iter(row.key.values()))) for row in result.rows} == FOUND
    assert (result.different, result.missing, result.extra) == (3, 1, 1)
    assert result.columns == {"a": 1, "b": 2}


def test_without_a_key_and_by_buckets(databases: tuple[str, str, str]) -> None:
    source, equal, changed = databases
    for target, by_key, as_rows in ((equal, (0, 0, 0), (0, 0, 0)), (changed, (3, 1, 1), (0, 4, 4))):
        table = paired(source, target).model_copy(update={"range_column": None})
        for cut, expected in ((table, by_key), (table.model_copy(update={"key": []}), as_rows)):
            with (
                closing(open_side(source, "source")) as here,
                closing(open_side(target, "target")) as there,
                closing(Findings()) as findings,
            ):
                result = compare_table(here, there, cut, Options(settle_seconds=0.01), findings)
            assert (result.problem, result.different, result.missing, result.extra) == (None, *expected)
