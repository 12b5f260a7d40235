"""Anti-patterns and index advice, each on a schema that has it and on one that hasn't."""

import sqlite3
from pathlib import Path

import psycopg
import pytest

from engines.catalog import Catalog
from engines.sqlite.database import SqliteDatabase
from skills.database_optimization_analyzer.complexity import grade
from skills.database_optimization_analyzer.dependencies import groups_moved_together
from skills.database_optimization_analyzer.findings import RULES, find
from skills.database_optimization_analyzer.indexes import advise
from skills.database_optimization_analyzer.rules_names import RESERVED


def catalog_of(folder: Path, ddl: str) -> Catalog:
    path = folder / "schema.db"
    with sqlite3.connect(path) as connection:
        connection.executescript(ddl)
    connection.close()
    database = SqliteDatabase(path, path.name)
    try:
        return database.catalog()
    finally:
        database.close()


PARENT = "CREATE TABLE p (id INTEGER PRIMARY KEY, x TEXT NOT NULL);"
CASES = [
    ("no-primary-key", "CREATE TABLE t (a INTEGER NOT NULL, b TEXT)", "CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT)"),
    (
        "foreign-key-without-index",
        PARENT + "CREATE TABLE c (id INTEGER PRIMARY KEY, p_id INTEGER NOT NULL REFERENCES p(id))",
        PARENT + "CREATE TABLE c (id INTEGER PRIMARY KEY, p_id INTEGER NOT NULL REFERENCES p(id));"
        "CREATE INDEX i ON c (p_id, id)",
    ),
    (
        "duplicate-index",
        "CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT); CREATE INDEX i ON t (b); CREATE INDEX j ON t (b)",
        "CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT); CREATE INDEX i ON t (b); CREATE INDEX j ON t (b DESC)",
    ),
    (
        "redundant-index",
        "CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT); CREATE INDEX i ON t (b); CREATE INDEX j ON t (b, a)",
        "CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT); CREATE UNIQUE INDEX i ON t (b); CREATE INDEX j ON t (b, a)",
    ),
    (
        "duplicate-foreign-key",
        PARENT + "CREATE TABLE c (id INTEGER PRIMARY KEY, q INTEGER REFERENCES p(id) REFERENCES p(id))",
        PARENT + "CREATE TABLE c (id INTEGER PRIMARY KEY, q INTEGER REFERENCES p(id), r INTEGER REFERENCES p(id))",
    ),
    (
        "foreign-key-type-mismatch",
        PARENT + "CREATE TABLE c (id INTEGER PRIMARY KEY, q TEXT REFERENCES p(id))",
        PARENT + "CREATE TABLE c (id INTEGER PRIMARY KEY, q BIGINT REFERENCES p(id))",
    ),
    (
        "foreign-key-cycle",
        "CREATE TABLE a (id INTEGER PRIMARY KEY, b INTEGER REFERENCES b(id));"
        "CREATE TABLE b (id INTEGER PRIMARY KEY, a INTEGER REFERENCES a(id))",
        "CREATE TABLE a (id INTEGER PRIMARY KEY, a INTEGER REFERENCES a(id))",
    ),
    (
        "self-reference",
        "CREATE TABLE a (id INTEGER PRIMARY KEY, a INTEGER REFERENCES a(id))",
        PARENT + "CREATE TABLE a (id INTEGER PRIMARY KEY, a INTEGER REFERENCES p(id))",
    ),
    ("all-columns-nullable", "CREATE TABLE t (a INTEGER, b TEXT)", "CREATE TABLE t (a INTEGER NOT NULL, b TEXT)"),
    ("single-column-table", "CREATE TABLE t (a INTEGER PRIMARY KEY)", PARENT),
    (
        "values-in-check",
        "CREATE TABLE t (a INTEGER PRIMARY KEY, s TEXT CHECK (s IN ('new', 'old')))",
        "CREATE TABLE t (a INTEGER PRIMARY KEY, s TEXT CHECK (length(s) > 1))",
    ),
    (
        "same-name-different-type",
        "CREATE TABLE t (a INTEGER PRIMARY KEY, shop_id TEXT); CREATE TABLE u (a INTEGER PRIMARY KEY, shop_id INTEGER)",
        "CREATE TABLE t (a INTEGER PRIMARY KEY, shop_id INTEGER); CREATE TABLE u (b INTEGER NOT NULL, shop_id INTEGER)",
    ),
    (
        "null-as-text-default",
        "CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT DEFAULT 'NULL')",
        "CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT DEFAULT NULL)",
    ),
    (
        "select-star-view",
        PARENT + "CREATE VIEW v AS SELECT * FROM p",
        PARENT + "CREATE VIEW v AS SELECT id, x, 2 * id AS two FROM p",
    ),
    (
        "money-as-float",
        "CREATE TABLE t (a INTEGER PRIMARY KEY, UnitPrice REAL)",
        "CREATE TABLE t (a INTEGER PRIMARY KEY, UnitPrice DECIMAL(9, 2), priceless REAL)",
    ),
    (
        "entity-attribute-value",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, attribute TEXT, value TEXT)",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, value TEXT)",
    ),
    (
        "data-in-table-names",
        "CREATE TABLE sales_2023 (id INTEGER PRIMARY KEY); CREATE TABLE sales_2024 (id INTEGER PRIMARY KEY)",
        "CREATE TABLE sales_2024 (id INTEGER PRIMARY KEY); CREATE TABLE area51 (id INTEGER PRIMARY KEY)",
    ),
    (
        "numbered-columns",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, phone1 TEXT, phone2 TEXT, phone3 TEXT)",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, line1 TEXT, line2 TEXT)",
    ),
    (
        "list-in-column",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, product_ids TEXT)",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, product_id INTEGER)",
    ),
    (
        "polymorphic-reference",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, owner_type TEXT, owner_id INTEGER)",
        PARENT + "CREATE TABLE t (id INTEGER PRIMARY KEY, owner_type TEXT, owner_id INTEGER REFERENCES p(id))",
    ),
    (
        "reserved-word",
        'CREATE TABLE t (id INTEGER PRIMARY KEY, "user" TEXT)',
        "CREATE TABLE t (id INTEGER PRIMARY KEY)",
    ),
    ("name-needs-quotes", 'CREATE TABLE "my t" (id INTEGER PRIMARY KEY)', "CREATE TABLE my_t (id INTEGER PRIMARY KEY)"),
    (
        "readable-password",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, password TEXT)",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, password_hash TEXT)",
    ),
    (
        "file-path-in-column",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, image_path TEXT)",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, pathology TEXT)",
    ),
    (
        "too-many-indexes",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a, b);"
        + "".join(f"CREATE INDEX i{n} ON t (a + {n}, b);" for n in range(11)),
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a, b);"
        + "".join(f"CREATE INDEX i{n} ON t (a + {n}, b);" for n in range(10)),
    ),
]


@pytest.mark.parametrize(("rule", "bad", "good"), CASES, ids=[case[0] for case in CASES])
def test_rule_finds_the_pattern_and_nothing_else(tmp_path: Path, rule: str, bad: str, good: str) -> None:
    (tmp_path / "bad").mkdir()
    (tmp_path / "good").mkdir()
    assert rule in {finding.rule for finding in find(catalog_of(tmp_path / "bad", bad))}
    assert rule not in {finding.rule for finding in find(catalog_of(tmp_path / "good", good))}


def test_every_rule_has_a_case() -> None:
    assert {rule.id for rule in RULES} - {"key-near-limit"} == {case[0] for case in CASES}


def test_index_advice_can_be_run(tmp_path: Path) -> None:
    ddl = (
        PARENT + "CREATE TABLE c (id INTEGER PRIMARY KEY, p_id INTEGER REFERENCES p(id), x TEXT);"
        "CREATE INDEX twice ON c (x); CREATE INDEX once ON c (x)"
    )
    for advice in advise(catalog_of(tmp_path, ddl)):
        with sqlite3.connect(tmp_path / "schema.db") as connection:
            connection.execute(advice.ddl)
        connection.close()
    (tmp_path / "schema.db").rename(tmp_path / "old.db")
    with sqlite3.connect(tmp_path / "old.db") as connection:
        names = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'index'")}
    connection.close()
    assert names == {"c_p_id_idx", "once"}


def test_tables_tied_by_references_form_a_group(tmp_path: Path) -> None:
    ddl = PARENT + "CREATE TABLE c (id INTEGER PRIMARY KEY, p INTEGER REFERENCES p(id)); CREATE TABLE z (id INTEGER)"
    assert groups_moved_together(catalog_of(tmp_path, ddl)) == [["main.c", "main.p"], ["main.z"]]


@pytest.mark.parametrize(
    ("counts", "level"),
    [({"tables": 3}, "low"), ({"tables": 20, "triggers": 5}, "medium"), ({"routines": 40, "triggers": 9}, "high")],
)
def test_complexity_follows_the_weights(counts: dict[str, float], level: str) -> None:
    assert grade(counts).level == level


@pytest.mark.parametrize(("tables", "level"), [(100, "medium"), (101, "high")])
def test_more_than_a_hundred_tables_are_high(tables: int, level: str) -> None:
    assert grade({"tables": tables}).level == level


def test_reserved_words_are_those_of_the_server(empty_18: str) -> None:
    with psycopg.connect(empty_18) as connection:
        rows = connection.execute("SELECT word FROM pg_get_keywords() WHERE catcode IN ('R', 'T')").fetchall()
    assert {row[0] for row in rows} == RESERVED
