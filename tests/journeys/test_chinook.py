"""Chinook, 15,600 rows of a music shop: SQLite to PostgreSQL 15 and 18, and PostgreSQL 12 to 18."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from tests.journeys.life import Life, copies, dbmo, finished, sha256, sqlite_from, table_texts
from tests.moving import fetch
from tests.servers import Server, load_sql

ROWS = 15_607
TABLES = ("Album", "Artist", "Customer", "Employee", "Genre", "Invoice", "InvoiceLine", "MediaType", "Playlist",
          "PlaylistTrack", "Track")  # fmt: skip


@pytest.fixture
def chinook(tmp_path: Path, corpora: Path) -> Path:
    return sqlite_from(corpora / "schemas/chinook/sqlite.sql", tmp_path / "chinook.db")


def as_python(value: Any) -> Any:
    """A value of either side as one spelling: numbers exactly, moments as ISO text."""
    if isinstance(value, datetime):
        return value.isoformat(" ")
    if isinstance(value, Decimal):
        return float(value)
    return value


def sqlite_rows(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table by plain sqlite3, columns in their own order."""
    with closing(sqlite3.connect(path)) as connection:
        tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        rows = {t: connection.execute(f'SELECT * FROM "{t}"').fetchall() for t in tables if not t.startswith("sqlite_")}
    return {table: sorted(found, key=repr) for table, found in rows.items()}


def postgresql_rows(url: str) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table by plain psycopg, each value spelled as SQLite has it."""
    with psycopg.connect(url) as connection:
        names = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        found = {
            name: connection.execute(sql.SQL("SELECT * FROM {}").format(sql.Identifier("public", name))).fetchall()
            for (name,) in names
        }
    return {name: sorted((tuple(map(as_python, row)) for row in rows), key=repr) for name, rows in found.items()}


@pytest.mark.parametrize(
    ("server", "environment"), [("empty_12", "scratch"), ("empty_15", "production"), ("empty_18", "scratch")]
)
def test_chinook_of_sqlite_arrives_row_by_row(
    life: Life, chinook: Path, server: str, environment: str, request: pytest.FixtureRequest
) -> None:
    target = request.getfixturevalue(server)
    before = sha256(chinook)
    life.ask(chinook, target, environment)
    if environment == "production":
        waits_for_an_approval(life, target)
    finished(life)
    wanted, found = sqlite_rows(chinook), postgresql_rows(target)
    assert set(wanted) == set(TABLES)
    assert sum(map(len, wanted.values())) == ROWS
    assert found == wanted
    assert copies(target) == {1}
    assert sha256(chinook) == before
    assert life.command("audit").status == 0
    results = life.read("contract.json")["validation"]["reconciliation_results"]
    assert (results["row_count_match"], results["checksum_validation"]) == (True, "passed")
    assert results["sample_comparison"]["rows_compared"] == ROWS


def waits_for_an_approval(life: Life, target: str) -> None:
    """The target is rehearsed on scratch and stays empty until somebody approves; the status says what comes next."""
    ended = life.run()
    assert ended.status == 3
    assert "rehearsal went through" in ended.err
    assert "[APPROVAL_MISSING]" in ended.err
    assert fetch(target, "SELECT count(*) FROM pg_tables WHERE schemaname IN ('public', '_dbmo')") == [(0,)]
    assert f"next       dbmo approve {life.folder}\n" in life.command("status").out
    assert life.approve().status == 0
    told = life.command("status", "--json").data
    assert (told["approved"], told["phases"]["execution"]) == (True, "not_run")
    assert told["next"] == f"dbmo execute {life.folder}"


def test_chinook_of_postgresql_12_arrives_on_18(
    life: Life, empty_12: str, postgresql_18: Server, corpora: Path
) -> None:
    load_sql(empty_12, corpora / "schemas/chinook/postgresql.sql")
    target = postgresql_18.create_database()
    finished(life.ask(empty_12, target))
    wanted = table_texts(empty_12)
    assert sum(map(len, wanted.values())) == ROWS
    assert table_texts(target) == wanted
    assert life.command("audit").status == 0
    compared = dbmo("skill", "schema-comparator", "--input", _diff(life, empty_12, target))
    assert compared.data["differences"] == []
    with psycopg.connect(target) as connection:
        highest = connection.execute("SELECT max(artist_id) FROM artist").fetchone()
        given = connection.execute("INSERT INTO artist (name) VALUES ('new') RETURNING artist_id").fetchone()
    assert highest and given and given[0] == highest[0] + 1


def _diff(life: Life, source: str, target: str) -> Path:
    path = life.home / "diff.json"
    path.write_text(f'{{"source": {{"url": "{source}"}}, "target": {{"url": "{target}"}}, "mode": "diff"}}')
    return path
