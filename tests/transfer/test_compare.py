"""Comparison: every planted difference is found at its key and column; equal values give no alarm."""

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from conversion.mapping import TableMapping
from engines.registry import open_database
from tests.moving import change, fetch, mapping, move, plan_of, sqlite_file
from transfer.aside import quarantined_on
from transfer.compare.findings import Findings
from transfer.compare.mapped import from_mapping
from transfer.compare.model import Options, TableComparison
from transfer.compare.table import compare_table
from transfer.sides.open import open_side

TABLE = mapping(
    "t",
    [
        ("id", "bigint", "integer"),
        ("name", "text", "text"),
        ("price", "numeric(10,2)", "numeric"),
        ("ratio", "double precision", "double"),
        ("seen", "timestamp(6) without time zone", "epoch_milliseconds"),
    ],
)
ROWS = [(n, f"name {n}", n / 4, n / 7, 1_700_000_000_000 + n) for n in range(1, 301)]


@pytest.fixture
def moved(tmp_path: Path, empty_18: str) -> Any:
    """A moved table: source file and target url."""
    source = sqlite_file(
        tmp_path / "s.db",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT, price DECIMAL(10,2), ratio REAL, seen DATETIME)",
        rows=[("INSERT INTO t VALUES (?, ?, ?, ?, ?)", ROWS)],
    )
    move(source, empty_18, plan_of(TABLE, chunk_rows=100))
    return source, empty_18


def compare(source: Path, target: str, table: TableMapping = TABLE, **options: Any) -> TableComparison:
    """What the comparison finds of a plan's table."""
    url = f"sqlite:{source}"
    with closing(open_database(url)) as here, closing(open_database(target)) as there:
        compared = from_mapping(table, here.catalog(), there.catalog())
    aside = [entry for _, entry in quarantined_on(target, "test")]
    with (
        closing(open_side(url, "source")) as left,
        closing(open_side(target, "target")) as right,
        closing(Findings()) as findings,
    ):
        return compare_table(left, right, compared, Options(**options), findings, aside)


def test_a_fresh_copy_is_equal(moved: tuple[Path, str]) -> None:
    found = compare(*moved)
    assert (found.equal, found.rows_source, found.rows_target) == (True, 300, 300)


@pytest.mark.parametrize(
    ("statement", "kind", "key", "columns"),
    [
        ("UPDATE t SET name = 'other' WHERE id = 17", "different", "17", ["name"]),
        ("UPDATE t SET name = name || ' ' WHERE id = 17", "different", "17", ["name"]),
        ("UPDATE t SET name = NULL WHERE id = 17", "different", "17", ["name"]),
        ("UPDATE t SET name = '' WHERE id = 17", "different", "17", ["name"]),
        ("UPDATE t SET price = price + 0.01 WHERE id = 250", "different", "250", ["price"]),
        ("UPDATE t SET ratio = ratio + 1e-16 WHERE id = 1", "different", "1", ["ratio"]),
        ("UPDATE t SET seen = seen + interval '1 microsecond' WHERE id = 300", "different", "300", ["seen"]),
        ("DELETE FROM t WHERE id = 300", "missing", "300", []),
        ("INSERT INTO t VALUES (301, 'x', 1, 1, now())", "extra", "301", []),
        ("INSERT INTO t VALUES (0, 'x', 1, 1, now())", "extra", "0", []),
    ],
)
def test_one_change_is_found_at_its_row_and_column(
    moved: tuple[Path, str], statement: str, kind: str, key: str, columns: list[str]
) -> None:
    change(moved[1], statement)
    found = compare(*moved)
    assert not found.equal
    assert [(row.kind, row.key, row.columns) for row in found.rows] == [(kind, {"id": key}, columns)]


def test_values_swapped_between_rows_are_found(moved: tuple[Path, str]) -> None:
    change(moved[1], "UPDATE t SET name = CASE id WHEN 5 THEN 'name 6' ELSE 'name 5' END WHERE id IN (5, 6)")
    assert [row.key["id"] for row in compare(*moved).rows] == ["5", "6"]


def test_a_row_that_is_there_twice_is_found(moved: tuple[Path, str]) -> None:
    change(moved[1], "INSERT INTO t SELECT * FROM t WHERE id IN (8, 9)")
    found = compare(*moved)
    assert (found.extra, [row.key["id"] for row in found.rows]) == (2, ["8", "9"])


def test_decimals_of_another_scale_are_equal(moved: tuple[Path, str]) -> None:
    change(moved[1], "ALTER TABLE t ALTER price TYPE numeric(20,8)")
    assert compare(*moved).equal


def test_counts_alone_see_only_counts(moved: tuple[Path, str]) -> None:
    change(moved[1], "UPDATE t SET name = 'other'")
    assert compare(*moved, level="counts").equal
    change(moved[1], "DELETE FROM t WHERE id > 298")
    found = compare(*moved, level="counts")
    assert (found.equal, found.rows_source, found.rows_target, found.missing) == (False, 300, 298, 2)


def test_tables_without_a_key_are_compared_as_multisets(tmp_path: Path, empty_18: str) -> None:
    table = mapping("t", [("a", "text", "text"), ("b", "bigint", "integer")], key=None, required=())
    rows = [("x", 1), ("x", 1), ("y", None)]
    source = sqlite_file(
        tmp_path / "s.db", "CREATE TABLE t (a TEXT, b INTEGER)", rows=[("INSERT INTO t VALUES (?, ?)", rows)]
    )
    move(source, empty_18, plan_of(table))
    assert compare(source, empty_18, table).equal
    change(empty_18, "DELETE FROM t WHERE ctid = (SELECT min(ctid) FROM t WHERE a = 'x')")
    found = compare(source, empty_18, table)
    assert (found.missing, found.rows[0].key) == (1, {"a": "x", "b": "1"})


def test_a_quarantined_value_counts_as_equal_only_while_the_source_still_holds_it(
    tmp_path: Path, empty_18: str
) -> None:
    import sqlite3

    table = mapping("t", [("id", "bigint", "integer"), ("v", "bigint", "integer")])
    source = sqlite_file(
        tmp_path / "s.db",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, v INTEGER)",
        rows=[("INSERT INTO t VALUES (?, ?)", [(1, 1), (2, "n/a"), (3, 3)])],
    )
    move(source, empty_18, plan_of(table))
    found = compare(source, empty_18, table)
    assert (found.equal, found.set_aside) == (True, 1)
    with closing(sqlite3.connect(source)) as connection, connection:
        connection.execute("UPDATE t SET v = 'gone' WHERE id = 2")
    assert [row.key for row in compare(source, empty_18, table).rows] == [{"id": "2"}]


def test_the_target_is_not_written_by_a_comparison(moved: tuple[Path, str]) -> None:
    before = fetch(moved[1], "SELECT xmin::text, * FROM t ORDER BY id")
    compare(*moved)
    assert fetch(moved[1], "SELECT xmin::text, * FROM t ORDER BY id") == before
