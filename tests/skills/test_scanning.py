"""Scans of a source's values: in pieces, with what they tell meanwhile, and tables that are left out."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from agent.policies import unscanned
from engines import scanning
from engines.mysql import profile as mysql_profile
from engines.registry import open_database
from engines.scanning import condition, pieces
from skills.context import SkillContext
from skills.scanning import Scan, above, look, unseen
from tests.moving import sqlite_file
from tests.mysql_servers import MysqlServer, connected
from transfer.standing import Standing


@pytest.mark.parametrize(
    ("low", "high", "rows", "count"),
    [
        (None, None, 5, 1),
        (1, 1000, 1000, 100),
        (-(2**63), 2**63 - 1, 30, 3),
        (1, 5, 10**9, 1),
        (0, 10**18, None, 1000),
        (7, 7, 0, 1),
    ],
)
def test_pieces_hold_every_key_once(
    low: int | None, high: int | None, rows: int | None, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scanning, "PIECE_ROWS", 10)
    made = pieces(low, high, rows)
    assert len(made) == count
    assert (made[0][0], made[-1][1]) == (None, None)
    assert all(one[1] == other[0] for one, other in itertools.pairwise(made))
    assert condition("c", (3, None)) == " WHERE c > 3" and condition("c", (None, 4)) == " WHERE c <= 4"


@pytest.fixture(params=["mariadb", "sqlite"])
def source(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A table of 90 rows, with values of every form and NULLs, and a small one."""
    table = "CREATE TABLE {} (id bigint PRIMARY KEY, d date, t varchar(9), n int)"
    rows = [(key, f"2020-01-{key % 28 + 1:02}", f"x{key}", key % 7 - 3) for key in range(1, 90)]
    listed = ", ".join(f"({key}, '{day}', '{text}', {number or 'NULL'})" for key, day, text, number in rows)
    odd = "(95, '0000-00-00', '', NULL)"
    script = [table.format("t"), f"INSERT INTO t VALUES {listed}, {odd}", table.format("u"),
              f"INSERT INTO u VALUES {odd}"]  # fmt: skip
    if request.param == "sqlite":
        return f"sqlite:{sqlite_file(tmp_path / 's.db', *script)}"
    server: MysqlServer = request.getfixturevalue("mariadb")
    url = server.create_database()
    with connected(url) as connection, connection.cursor() as cursor:
        for statement in ("SET sql_mode = ''", *script, "ANALYZE TABLE t, u"):
            cursor.execute(statement)
    return url


def test_pieces_find_what_one_scan_finds(source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    for size in (200_000, 8):
        for module in (scanning, mysql_profile):
            monkeypatch.setattr(module, "PIECE_ROWS", size)
        told: list[int] = []
        with closing(open_database(source)) as database:
            table = next(table for table in database.catalog().tables if table.name == "t")
            found.append(database.profile(table, told.append))
        assert told == sorted(told) and told[-1] == 90 and (len(told) > 2) == (size == 8)
    assert found[0] == found[1] and found[0].rows == 90


def test_pieces_with_values_of_several_classes_are_joined(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scanning, "PIECE_ROWS", 1)
    rows = [(1, 5), (2, "text"), (3, b"x"), (4, -7), (5, None), (6, 2.5)]
    file = sqlite_file(tmp_path / "s.db", "CREATE TABLE t (id INTEGER PRIMARY KEY, n INT)",
                       rows=[("INSERT INTO t VALUES (?, ?)", rows)])  # fmt: skip
    with closing(open_database(f"sqlite:{file}")) as database:
        found = database.profile(database.catalog().tables[0]).columns["n"]
    assert (found.minimum, found.maximum, found.max_length) == (-7, 5, 4)
    assert found.classes == {"integer": 2, "real": 1, "text": 1, "blob": 1, "null": 1}


def _context(standings: list[Standing], notes: list[tuple[str, Any]]) -> SkillContext:
    return SkillContext(
        standing=standings.append, journal=lambda kind, body: notes.append((kind, body)), migration="shop"
    )


def _seconds() -> Callable[[], float]:
    counted: Iterator[int] = itertools.count()
    return lambda: float(next(counted))


def test_a_scan_tells_where_it_stands_as_a_whole_and_by_table(source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (scanning, mysql_profile):
        monkeypatch.setattr(module, "PIECE_ROWS", 8)
    standings: list[Standing] = []
    notes: list[tuple[str, Any]] = []
    with closing(open_database(source)) as database:
        scan = Scan(_context(standings, notes), "profile", database, database.catalog().tables, _seconds())
        assert [profile.rows for profile in scan.run().values()] == [90, 1]
        again = Scan(_context(standings, notes), "profile", database, database.catalog().tables, _seconds())
        assert len(again.run()) == 2 and standings[-1].rows == 91
    rows = [standing.rows for standing in standings]
    assert rows == sorted(rows) and len(set(rows)) > 5
    assert [standing.stage for standing in standings] == ["scan"] * (len(standings) - 1) + ["scanned"]
    middle, last = standings[len(standings) // 2], standings[-1]
    assert middle.migration == "shop" and middle.rows_per_second and middle.seconds_left
    assert middle.tables[0].rows_per_second and middle.tables[0].seconds_left is not None
    assert (last.rows, last.rows_expected, last.seconds_left, last.tables_begun) == (91, 91, 0.0, 2)
    assert {kind for kind, _ in notes} == {"scanning", "scanned"}
    assert [body["rows"] for kind, body in notes if kind == "scanned"] == [90, 1]


def test_tables_above_the_ceiling_are_left_out_but_not_those_of_sqlite(source: str) -> None:
    with closing(open_database(source)) as database:
        catalog = database.catalog()
        found = {name.rpartition(".")[2] for name in look(_context([], []), "profile", 50)(database, catalog.tables)}
        sentences = list(unseen(database, catalog, 50))
        if database.engine == "sqlite":
            assert (found, sentences) == ({"t", "u"}, [])
        else:
            assert found == {"u"} and [above(database.engine, table, 50) for table in catalog.tables] == [True, False]
            assert len(sentences) == 1 and "options.scan_max_rows (50)" in sentences[0]


def test_a_table_that_was_scanned_stays_known_above_the_ceiling(source: str) -> None:
    with closing(open_database(source)) as database:
        tables = database.catalog().tables
        look(_context([], []), "assess")(database, tables)
        found = look(_context([], []), "profile", 0)(database, tables)
        assert len(found) == 2 and list(unseen(database, database.catalog(), 0)) == []
        assert unscanned(database, "postgresql", 0) == {}
