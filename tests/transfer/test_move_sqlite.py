"""Rows from SQLite to PostgreSQL: what arrives is what left, and what can't be held is kept aside."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engines.errors import Aborted
from tests.moving import fetch, mapping, move, plan_of, sqlite_file
from tests.servers import Server

TEXT_TABLE = mapping("t", [("id", "bigint", "integer"), ("v", "text", "text")])
ODD_TEXTS = [
    "",
    r"\N",
    "\\",
    "tab\t",
    "line\nfeed",
    "cr\r",
    "quo'te",
    "emoji 😀",
    "é",
    "NULL",
    "\\.",
    "  pad  ",
    "\x1a",
]


def test_odd_text_arrives_unchanged(tmp_path: Path, empty_18: str) -> None:
    rows = list(enumerate([*ODD_TEXTS, None]))
    source = sqlite_file(
        tmp_path / "s.db",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)",
        rows=[("INSERT INTO t VALUES (?, ?)", rows)],
    )
    move(source, empty_18, plan_of(TEXT_TABLE))
    assert fetch(empty_18, "SELECT id, v FROM t ORDER BY id") == rows


values = st.one_of(
    st.none(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False),
    st.text(max_size=30),
    st.binary(max_size=30),
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.tuples(values, values, values, values), max_size=40))
def test_every_value_arrives_or_is_quarantined(
    tmp_path_factory: pytest.TempPathFactory, postgresql_18: Server, rows: list[tuple[Any, ...]]
) -> None:
    """Columns without affinity take any class; each value must be in the target or in the quarantine, exactly."""
    columns = [
        ("i", "bigint", "integer"),
        ("d", "double precision", "double"),
        ("t", "text", "text"),
        ("b", "bytea", "bytea"),
    ]
    source = sqlite_file(
        tmp_path_factory.mktemp("any") / "s.db",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, i, d, t, b)",
        rows=[("INSERT INTO t (i, d, t, b) VALUES (?, ?, ?, ?)", rows)],
    )
    url = postgresql_18.create_database()
    move(source, url, plan_of(mapping("t", [("id", "bigint", "integer"), *columns])))
    target = {row[0]: row[1:] for row in fetch(url, "SELECT id, i, d, t, b FROM t")}
    aside = {
        (json.loads(locator)[0], column): json.loads(original)
        for locator, column, original in fetch(url, "SELECT locator, column_name, original FROM _dbmo.quarantine")
    }
    with closing(sqlite3.connect(source)) as connection:
        stored = connection.execute("SELECT id, i, d, t, b FROM t").fetchall()
    assert len(target) == len(stored)
    for number, *here in stored:
        for (name, _, _), left, right in zip(columns, here, target[number], strict=True):
            kept = aside.pop((number, name), None)
            assert _recovered(kept) == left if kept else _same(left, right), (number, name, left, right, kept)
    assert not aside


def _same(left: Any, right: Any) -> Any:
    if isinstance(left, int) and isinstance(right, float):
        return left == right
    return type(left) is type(right) and repr(left) == repr(right)


def _recovered(kept: dict[str, str]) -> Any:
    """The original from a quarantine entry, decoded here and not by the product."""
    if kept["class"] == "blob":
        return bytes.fromhex(kept["hex"]) if "hex" in kept else kept["text"].encode()
    if kept["class"] == "text":
        return kept["text"] if "text" in kept else bytes.fromhex(kept["hex"]).decode()
    return int(kept["number"]) if kept["class"] == "integer" else float(kept["number"])


def test_a_row_whose_key_is_null_is_withheld_whole(tmp_path: Path, empty_18: str) -> None:
    table = mapping("t", [("k", "text", "text"), ("v", "bigint", "integer")], key=None, required=("k",))
    table = table.model_copy(update={"key": ["k"]})
    source = sqlite_file(
        tmp_path / "s.db",
        "CREATE TABLE t (k TEXT PRIMARY KEY, v INTEGER)",
        rows=[("INSERT INTO t VALUES (?, ?)", [("a", 1), (None, 2)])],
    )
    output = move(source, empty_18, plan_of(table))
    assert fetch(empty_18, "SELECT k, v FROM t") == [("a", 1)]
    assert [(q.key, q.column, q.action, q.reason) for q in output.quarantined] == [
        ('{"k": null}', "", "row_withheld", "k: NULL in a column that must have a value")
    ]
    assert json.loads(output.quarantined[0].original)["v"] == {"class": "integer", "number": "2"}


def test_nul_is_stripped_and_the_original_kept(tmp_path: Path, empty_18: str) -> None:
    source = sqlite_file(
        tmp_path / "s.db",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)",
        rows=[("INSERT INTO t VALUES (?, ?)", [(1, "a\0b")])],
    )
    output = move(source, empty_18, plan_of(TEXT_TABLE))
    assert fetch(empty_18, "SELECT v FROM t") == [("ab",)]
    assert json.loads(output.quarantined[0].original) == {"class": "text", "hex": b"a\0b".hex(), "stored": "ab"}


def test_text_that_is_not_utf8_is_kept_aside_and_the_rest_goes_on(tmp_path: Path, empty_18: str) -> None:
    source = sqlite_file(
        tmp_path / "s.db",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)",
        "INSERT INTO t VALUES (1, 'before'), (2, CAST(x'41FF42' AS TEXT)), (3, 'after')",
    )
    output = move(source, empty_18, plan_of(TEXT_TABLE))
    assert fetch(empty_18, "SELECT id, v FROM t ORDER BY id") == [(1, "before"), (2, "A�B"), (3, "after")]
    assert json.loads(output.quarantined[0].original)["hex"] == "41ff42"


def test_the_policy_stop_loads_nothing_of_the_chunk(tmp_path: Path, empty_18: str) -> None:
    source = sqlite_file(
        tmp_path / "s.db",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)",
        rows=[("INSERT INTO t VALUES (?, ?)", [(1, "fine"), (2, "a\0b")])],
    )
    with pytest.raises(Aborted, match=r"main\.t .*2.*column v: NUL in text"):
        move(source, empty_18, plan_of(TEXT_TABLE, unholdable="stop"))
    assert fetch(empty_18, "SELECT count(*) FROM t") == [(0,)]


def test_more_quarantine_than_the_limit_stops_the_copy(tmp_path: Path, empty_18: str) -> None:
    source = sqlite_file(
        tmp_path / "s.db",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)",
        rows=[("INSERT INTO t VALUES (?, ?)", [(n, "a\0b") for n in range(5)])],
    )
    with pytest.raises(Aborted, match="QUARANTINE_LIMIT"):
        move(source, empty_18, plan_of(TEXT_TABLE, quarantine_limit=3))


@pytest.mark.parametrize("parallel", [1, 2])
def test_many_chunks_give_every_row_once(tmp_path: Path, empty_18: str, parallel: int) -> None:
    rows = [(n * 7, f"row {n}") for n in range(5_000)]
    source = sqlite_file(
        tmp_path / "s.db",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)",
        rows=[("INSERT INTO t VALUES (?, ?)", rows)],
    )
    output = move(source, empty_18, plan_of(TEXT_TABLE, chunk_rows=700, range_seconds=0, parallel=parallel))
    assert fetch(empty_18, "SELECT id, v FROM t ORDER BY id") == rows
    assert (output.tables[0].chunks, output.tables[0].rows, output.tables[0].copies) == (8, 5_000, 1)


def test_a_table_without_rowid_is_copied_whole(tmp_path: Path, empty_18: str) -> None:
    table = mapping("t", [("k", "text", "text"), ("v", "bigint", "integer")], key=None, required=("k",))
    table = table.model_copy(update={"key": ["k"], "source_key": ""})
    source = sqlite_file(
        tmp_path / "s.db",
        "CREATE TABLE t (k TEXT PRIMARY KEY, v INTEGER) WITHOUT ROWID",
        rows=[("INSERT INTO t VALUES (?, ?)", [("b", 2), ("a", 1)])],
    )
    move(source, empty_18, plan_of(table))
    assert fetch(empty_18, "SELECT k, v FROM t ORDER BY k") == [("a", 1), ("b", 2)]


def test_a_failing_statement_leaves_no_trace_of_its_step(tmp_path: Path, empty_18: str) -> None:
    from conversion.mapping import Statement
    from engines.errors import DbmoError

    source = sqlite_file(tmp_path / "s.db", "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)")
    plan = plan_of(TEXT_TABLE)
    plan.statements.append(
        Statement(id="bad", sql="ALTER TABLE nowhere ADD x int", object="x", kind="fk", stage="post_data")
    )
    with pytest.raises(DbmoError):
        move(source, empty_18, plan)
    assert fetch(empty_18, "SELECT id FROM _dbmo.step") == [("table:public.t",)]
    with psycopg.connect(empty_18) as connection:
        assert connection.execute("SELECT status FROM _dbmo.migration").fetchone() == ("running",)
