"""Scripts for SQLite: in place where SQLite can, else a new table in one transaction."""

from __future__ import annotations

from pathlib import Path

import pytest

from conversion.alter.model import Choices
from tests.conversion.alter.applying import Refused, check_both_ways, sqlite_engine

PLAIN = "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, a TEXT, b INTEGER)"
CASES: dict[str, tuple[list[str], list[str], list[str]]] = {
    "a column at the end comes in place": (
        [PLAIN],
        ["CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, a TEXT, b INTEGER, c TEXT DEFAULT 'x' NOT NULL)"],
        ["ALTER TABLE"],
    ),
    "a plain column goes in place": (
        [PLAIN, "CREATE INDEX i ON t (b)"],
        ["CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, b INTEGER)", "CREATE INDEX i ON t (b)"],
        ["ALTER TABLE"],
    ),
    "a column in between makes the table anew": (
        [PLAIN],
        ["CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, c REAL DEFAULT 1.5, a TEXT, b INTEGER)"],
        ["PRAGMA", "ALTER TABLE", "CREATE TABLE", "INSERT INTO", "DELETE FROM", "INSERT INTO", "DROP TABLE", "PRAGMA"],
    ),
    "indexes, triggers and views stay": (
        [PLAIN, "CREATE UNIQUE INDEX i ON t (a) WHERE b > 0", "CREATE VIEW v AS SELECT a FROM t",
         "CREATE TRIGGER g AFTER INSERT ON t BEGIN UPDATE t SET b = 1 WHERE id = NEW.id; END"],
        ["CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, a TEXT, b INTEGER CHECK (b >= 0))",
         "CREATE UNIQUE INDEX i ON t (a) WHERE b > 0", "CREATE VIEW v AS SELECT a FROM t",
         "CREATE TRIGGER g AFTER INSERT ON t BEGIN UPDATE t SET b = 1 WHERE id = NEW.id; END"],
        [],
    ),
    "references to a table that is made anew stay": (
        [PLAIN, "CREATE TABLE child (t_id INTEGER REFERENCES t (id) ON DELETE CASCADE)"],
        ["CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, a TEXT NOT NULL DEFAULT '', b INTEGER)",
         "CREATE TABLE child (t_id INTEGER REFERENCES t (id) ON DELETE CASCADE)"],
        [],
    ),
    "case alone is no other column": (
        ["CREATE TABLE T (Id INTEGER, A TEXT)"], ["CREATE TABLE t (id INTEGER, a TEXT, b TEXT)"], [],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_both_ways(name: str, tmp_path: Path) -> None:
    before, after, heads = CASES[name]
    script = check_both_ways(sqlite_engine(tmp_path), before, after)
    if heads:
        assert [step.sql[: len(head)] for step, head in zip(script.steps, heads, strict=True)] == heads


def test_texts_that_become_numbers_are_flagged(tmp_path: Path) -> None:
    script = check_both_ways(sqlite_engine(tmp_path), ["CREATE TABLE t (a TEXT)"], ["CREATE TABLE t (a INTEGER)"])
    [step] = script.destructive
    assert step.probe == "SELECT count(*) FROM \"t\" WHERE (typeof(\"a\") IN ('text', 'real'))"


def test_a_value_is_given_where_one_is_demanded(tmp_path: Path) -> None:
    engine = sqlite_engine(tmp_path)
    before, after = ["CREATE TABLE t (a TEXT)", "INSERT INTO t VALUES (NULL)"], ["CREATE TABLE t (a TEXT NOT NULL)"]
    with pytest.raises(Refused) as refused:
        check_both_ways(engine, before, after)
    assert refused.value.reason == "rows without a value in a stop the script: give a value in fills"
    check_both_ways(engine, before, after, Choices(fills={"main.t.a": "'none'"}))
