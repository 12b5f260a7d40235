"""Rows that no page of PostgreSQL holds (8,160 bytes): set aside with their key, or the copy ends."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest

from engines.errors import Aborted
from engines.grant import Grant
from engines.registry import open_database, open_writer
from tests.moving import change, fetch
from tests.mysql_servers import MysqlServer, connected
from tests.servers import Server
from tests.transfer.routes.moved import moved
from transfer.chunks import Chunk
from transfer.compare.findings import Findings
from transfer.compare.mapped import from_mapping
from transfer.compare.model import Options
from transfer.compare.table import compare_table
from transfer.endpoints import Endpoints
from transfer.moveplan import MovePlan
from transfer.quarantined import Quarantined
from transfer.routes import postgresql_wide_rows
from transfer.routes.route import open_route
from transfer.sides.open import open_side
from transfer.units import TableUnit, units

WIDE = 1_100  # numbers of eight bytes
NAMES = [f"c{number}" for number in range(WIDE)]
ROWS = 7
REFUSED = [2, 5]  # ids of the rows in which every column has a value


LARGE = {2, 3}  # ids of rows whose text is read in pieces


def text(row: int) -> str | None:
    return "ab" * 1_100_000 if row in LARGE else None


def values(row: int) -> list[int | None]:
    """Every second column has one, in the rows that are refused all of them."""
    return [10_000_000_000 + n if row in REFUSED or n % 2 == row % 2 else None for n in range(WIDE)]


def postgresql(server: Server, mysql: MysqlServer, folder: Path) -> str:
    """Values that a row gets by columns that were added later stand in no page."""
    url, stored = server.create_database(), 1_000
    columns = ", ".join(f"{name} bigint" for name in NAMES[:stored])
    later = ", ".join(f"ADD COLUMN {name} bigint DEFAULT 7" for name in NAMES[stored:])
    with psycopg.connect(url) as connection:
        connection.execute(f"CREATE TABLE t (id int PRIMARY KEY, {columns}, v text)".encode())
        for row in range(ROWS):
            shown = ", ".join("NULL" if value is None else str(value) for value in values(row)[:stored])
            connection.execute(f"INSERT INTO t VALUES ({row}, {shown}, %s)".encode(), (text(row),))
        connection.execute(f"ALTER TABLE t {later}".encode())
    return url


def mysql(server: Server, mysql: MysqlServer, folder: Path) -> str:
    """Five bytes there are eight here; one that is NULL costs a bit of each."""
    url, count = mysql.create_database(), 1_010
    with connected(url) as connection, connection.cursor() as cursor:
        columns = ", ".join(f"{name} datetime" for name in NAMES[:count])
        cursor.execute(f"CREATE TABLE t (id int PRIMARY KEY, {columns}, v longtext)")
        for row in range(ROWS):
            filled = count - 1 if row in REFUSED else 3
            listed = ", ".join(["'2024-02-29 01:02:03'"] * filled + ["NULL"] * (count - filled))
            cursor.execute(f"INSERT INTO t VALUES ({row}, {listed}, %s)", (text(row),))
    return url


def sqlite(server: Server, mysql: MysqlServer, folder: Path, tail: str = "") -> str:
    path = folder / "source.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        columns = ", ".join(f"{name} INTEGER" for name in NAMES)
        connection.execute(f"CREATE TABLE t (id INTEGER PRIMARY KEY, {columns}, v TEXT){tail}")
        marks = ", ".join("?" * (WIDE + 2))
        connection.executemany(
            f"INSERT INTO t VALUES ({marks})", [[row, *values(row), text(row)] for row in range(ROWS)]
        )
    return f"sqlite:{path}"


def without_rowid(server: Server, mysql: MysqlServer, folder: Path) -> str:
    return sqlite(server, mysql, folder, " WITHOUT ROWID")


@pytest.mark.parametrize("made", [postgresql, mysql, sqlite, without_rowid])
def test_a_row_that_no_page_holds_goes_by_the_policy(
    made: Any,
    tmp_path: Path,
    postgresql_15: Server,
    mariadb: MysqlServer,
    empty_18: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(postgresql_wide_rows, "WIDE_PLAIN", 1 << 16)
    source = made(postgresql_15, mariadb, tmp_path)
    paced: list[int] = []
    done = moved(source, empty_18, looked=source.startswith("sqlite"), pace=paced.append)
    large = sum(len(text(row) or "") for row in LARGE)
    assert sum(paced) >= (2 if source.startswith("sqlite") else 1) * large  # with their range, and then apart from it

    there = dict(fetch(empty_18, "SELECT id, v FROM t"))
    assert there == {row: text(row) for row in range(ROWS) if row not in REFUSED}
    [entries] = done.quarantined.values()
    assert sorted(int(entry.locator.strip('[]"')) for entry in entries) == REFUSED
    assert {entry.action for entry in entries} == {"row_withheld"}
    assert all("row is too big" in entry.reason for entry in entries)
    if (
        made is mysql
    ):  # other servers read no more than 1,664 or 2,000 values at once, of which the comparison has two each
        assert withheld(source, empty_18, done.plan, entries) == len(REFUSED)

    plan = done.plan.model_copy(update={"policies": {"wide_row": "stop"}})
    with pytest.raises(Aborted, match=r"VALUE_NOT_HOLDABLE.*options\.policies\.wide_row"):
        change(empty_18, "TRUNCATE t")
        copied(plan, source, empty_18)


@pytest.mark.parametrize("key", ["", ", PRIMARY KEY (id)", ", PRIMARY KEY (k)", ", PRIMARY KEY (j, id)"])
def test_rows_too_long_for_a_line_of_copy_are_set_aside_one_by_one(
    key: str, postgresql_15: Server, empty_18: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a key they differ in nothing but a value that is too long to be written down."""
    monkeypatch.setattr(postgresql_wide_rows, "WIDE_PLAIN", 1 << 16)
    monkeypatch.setattr(postgresql_wide_rows, "LONGEST", 1 << 18)
    source = postgresql_15.create_database()
    long = "(SELECT string_agg(md5(n::text || c), '') FROM generate_series(1, 16000) AS n)"
    own = "n, 'ü' || n" if key else "1, 'ü'"
    change(source, f"CREATE TABLE t (id numeric(9, 2), k text, v text, j jsonb, b bytea{key})",
           f"INSERT INTO t SELECT {own}, {long}, '[1]', '' FROM (VALUES (1, 'a'), (2, 'b'), (3, 'b')) AS c(n, c)",
           "INSERT INTO t VALUES (4, 'ü4', 'short', '[1]', NULL)")  # fmt: skip

    done = moved(source, empty_18, looked=False)

    assert fetch(empty_18, "SELECT v FROM t") == [("short",)]
    [entries] = done.quarantined.values()
    assert len({entry.locator for entry in entries}) == 3
    assert withheld(source, empty_18, done.plan, entries) == 3


def withheld(source: str, target: str, plan: MovePlan, entries: list[Quarantined]) -> int:
    """How many missing rows the comparison explains by what was set aside; it finds no other difference."""
    [unit] = units(plan)
    assert isinstance(unit, TableUnit)
    with closing(open_database(source)) as here, closing(open_database(target)) as there:
        table = from_mapping(unit.mapping, here.catalog(), there.catalog(), key=unit.key)
    with (
        closing(open_side(source, "source")) as left,
        closing(open_side(target, "target")) as right,
        closing(Findings()) as findings,
    ):
        found = compare_table(left, right, table, Options(), findings, entries)
    assert (found.problem, found.different, found.missing, found.extra) == (None, 0, 0, 0)
    return found.withheld


def copied(plan: MovePlan, source: str, target: str) -> None:
    """The rows of a plan whose tables are there."""
    with closing(open_database(target)) as database:
        grant = Grant("m", database.identity, "", scratch=True)
    with (
        closing(Endpoints(source, target, grant).snapshot()) as snapshot,
        closing(open_writer(target, grant)) as writer,
    ):
        for unit in units(plan):
            with writer.begin() as connection:
                open_route(plan, unit, snapshot, writer).copy(
                    Chunk(unit.name, 0, None, None), connection, lambda size: None
                )
