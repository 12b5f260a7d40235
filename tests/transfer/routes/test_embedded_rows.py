"""Rows that stand inside documents: none is lost, doubled or misread where keys compare by rules of their own."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from bson import Decimal128, Int64
from pymongo import MongoClient

from engines.errors import DbmoError
from tests.faults.pairs import told
from tests.moving import sqlite_file
from tests.mysql_servers import connected
from tests.servers import MysqlServer, load_sql
from tests.transfer.routes.documents import Moved, planned
from tests.transfer.whole import Whole, whole

# the declared key of a parent and of its child, both rows' values, and the rule that makes it a reference
SQLITE = {
    "nocase": ("TEXT COLLATE NOCASE", "TEXT", "'A'", "'a'", "folded key"),
    "rtrim": ("TEXT COLLATE RTRIM", "TEXT", "'A'", "'A  '", "unlike key"),
    "affinity": ("TEXT", "INTEGER", "'1'), ('01'", "1", "unlike key"),
    "nulls": ("TEXT", "TEXT", "NULL), (NULL), ('a'", "'a'", "no key"),
}


def chosen(moved: Whole) -> dict[str, tuple[str, str]]:
    """What became of each table's foreign keys, and the rule; of several the one that is no reference."""
    found = sorted(moved.conversion.relations, key=lambda one: one.choice != "reference")
    return {one.table.rpartition(".")[2]: (one.choice, one.rule) for one in found}


def set_field(url: str, collection: str, path: str, value: Any) -> None:
    """In the first document."""
    with MongoClient[Any](url) as client:
        found = client.get_default_database()[collection]
        assert found.update_one({}, {"$set": {path: value}}, bypass_document_validation=True).modified_count == 1


def test_keys_that_compare_otherwise_than_what_they_refer_to_are_references(tmp_path: Path, empty_mongodb: str) -> None:
    statements = []
    for name, (parent, child, values, value, _) in SQLITE.items():
        statements += [
            f"CREATE TABLE p_{name} (k {parent} PRIMARY KEY)",
            f"CREATE TABLE {name} (k {child} NOT NULL REFERENCES p_{name} ON DELETE CASCADE, n INT,"
            " PRIMARY KEY (k, n))",
            f"INSERT INTO p_{name} VALUES ({values})",
            f"INSERT INTO {name} VALUES ({value}, 1)",
        ]
    moved = whole(f"sqlite:{sqlite_file(tmp_path / 's.db', *statements)}", empty_mongodb)
    assert chosen(moved) == {name: ("reference", rule) for name, (*_, rule) in SQLITE.items()}
    assert moved.differing(level="rows") == []


POSTGRESQL = """
    CREATE EXTENSION citext;
    CREATE TABLE p (id citext PRIMARY KEY);
    CREATE TABLE folded (p citext REFERENCES p ON DELETE CASCADE, n int, PRIMARY KEY (p, n));
    INSERT INTO p VALUES ('A'); INSERT INTO folded VALUES ('a', 5);
    CREATE TABLE q (id text COLLATE "C" PRIMARY KEY);
    CREATE TABLE otherwise (q text COLLATE "POSIX" REFERENCES q ON DELETE CASCADE, n int, PRIMARY KEY (q, n));
    INSERT INTO q VALUES ('A'); INSERT INTO otherwise VALUES ('A', 5);
    CREATE TABLE r (id numeric PRIMARY KEY);
    CREATE TABLE s (id int PRIMARY KEY);
    CREATE TABLE pairs (r numeric REFERENCES r, s int REFERENCES s, PRIMARY KEY (r, s));
    INSERT INTO r VALUES (1.0); INSERT INTO s VALUES (5); INSERT INTO pairs VALUES (1.00, 5);
    CREATE TABLE orphans (s int NOT NULL REFERENCES s ON DELETE CASCADE, n int, PRIMARY KEY (s, n));
    SET session_replication_role = replica;
    INSERT INTO orphans VALUES (5, 1), (6, 1);
"""


def test_postgresql_compares_by_types_and_collations_and_may_hold_orphans(empty_15: str, empty_mongodb: str) -> None:
    load_sql(empty_15, POSTGRESQL)
    moved = whole(empty_15, empty_mongodb)
    assert chosen(moved) == {
        "folded": ("reference", "orphans"), "otherwise": ("reference", "unlike key"),
        "orphans": ("reference", "orphans"), "pairs": ("array", "n to m"),
    }  # fmt: skip
    assert moved.differing(level="rows") == []
    set_field(empty_mongodb, "r", "pairs.0.r", Decimal128("7"))
    assert moved.differing(level="rows") == ["public.pairs"]


LINES = (
    "CREATE TABLE t (id INTEGER PRIMARY KEY)",
    "CREATE TABLE line (t INTEGER NOT NULL REFERENCES t ON DELETE CASCADE, n INTEGER, PRIMARY KEY (t, n))",
    "INSERT INTO t VALUES (1)",
    "INSERT INTO line VALUES (1, 1)",
)


def test_rows_whose_parent_went_after_the_plan_stop_the_copy(tmp_path: Path, empty_mongodb: str) -> None:
    source = f"sqlite:{sqlite_file(tmp_path / 's.db', *LINES)}"
    _, plan, ends = planned(source, empty_mongodb, "mongodb")
    told(source, "INSERT INTO line VALUES (2, 1)")
    with pytest.raises(DbmoError, match=r"ROWS_LEFT_OVER.*main\.line"):
        Moved(plan, ends)


def test_a_reference_spelled_otherwise_is_compared_as_it_is(mariadb: MysqlServer, empty_mongodb: str) -> None:
    source = mariadb.create_database()
    key = "VARCHAR(9) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL"
    with connected(source) as connection, connection.cursor() as cursor:
        for statement in (
            f"CREATE TABLE p (id {key} PRIMARY KEY)", "CREATE TABLE o (id INT PRIMARY KEY)",
            f"CREATE TABLE c (p {key}, o INT, PRIMARY KEY (p, o), FOREIGN KEY (p) REFERENCES p (id),"
            " FOREIGN KEY (o) REFERENCES o (id))",
            "INSERT INTO p VALUES ('a')", "INSERT INTO o VALUES (5)", "INSERT INTO c VALUES ('a ', 5)",
        ):  # fmt: skip
            cursor.execute(statement)
    moved = whole(source, empty_mongodb)
    with MongoClient[Any](empty_mongodb) as client:
        assert client.get_default_database()["p"].find_one() == {"_id": "a", "c": [{"p": "a ", "o": 5}]}
    assert moved.differing(level="rows") == []
    set_field(empty_mongodb, "p", "c.0.p", "b")
    assert moved.differing(level="rows") == [f"{source.rpartition('/')[2]}.c"]


CLASSES = (
    "CREATE TABLE p (k PRIMARY KEY NOT NULL, day DATE, v)",
    "CREATE TABLE c (k NOT NULL REFERENCES p ON DELETE CASCADE, n INT, day DATE, PRIMARY KEY (k, n))",
    "INSERT INTO p VALUES (1, 1577836800, 9e999), ('1', '2020-01-01', 'x'), (x'31', 2459000.5, NULL)",
    "INSERT INTO c VALUES (1, 1, 1577836800), ('1', 1, '2020-01-01'), (x'31', 1, NULL)",
    "CREATE TABLE a (id INTEGER PRIMARY KEY)",
    "CREATE TABLE b (a INTEGER NOT NULL REFERENCES a, o INTEGER REFERENCES a, PRIMARY KEY (a, o))",
    "INSERT INTO a VALUES (1)",
    "INSERT INTO b VALUES (1, NULL), (1, NULL), (1, 1)",
)


def test_values_of_any_class_are_compared_by_their_class(tmp_path: Path, empty_mongodb: str) -> None:
    """A number in a column of days is no day; keys may be of several classes; a reference may be NULL."""
    moved = whole(f"sqlite:{sqlite_file(tmp_path / 's.db', *CLASSES)}", empty_mongodb)
    with MongoClient[Any](empty_mongodb) as client:
        documents = client.get_default_database()["p"]
        assert documents.find_one({"_id": 1}, {"_id": 0, "c": 1}) == {"c": [{"n": 1, "day": 1577836800}]}
        assert moved.differing(level="rows") == []
        documents.update_one({"_id": 1}, {"$set": {"c.0.day": Int64(1577836801)}})
    assert moved.differing(level="rows") == ["main.c"]


ARRAYS = """
    CREATE TABLE t (id int PRIMARY KEY, j jsonb[], r real[], a timestamptz[], c timetz[], n inet[], o oid[]);
    INSERT INTO t VALUES (1, ARRAY['null', NULL, '{"a": 1.50}']::jsonb[], '{0.1,NaN,-0,3.4028235e38}',
        '{2020-01-01 00:00:00.5+00,0044-03-15 12:00:00+00 BC,infinity}', '{12:00:00.5+05:30,10:00:00-03}',
        '{10.0.0.1,10.0.0.1/8,::1}', '{4294967295}');
"""


def test_elements_of_arrays_are_compared_by_value(empty_15: str, empty_mongodb: str) -> None:
    load_sql(empty_15, ARRAYS)
    moved = whole(empty_15, empty_mongodb)
    assert moved.differing(level="rows") == []
    with MongoClient[Any](empty_mongodb) as client:
        found = client.get_default_database()["t"].find_one() or {}
    assert found["n"] == ["10.0.0.1", "10.0.0.1/8", "::1"]
    for path, value in (("j.2.a", 2), ("r.0", 0.2)):
        set_field(empty_mongodb, "t", path, value)
        assert moved.differing(level="rows") == ["public.t"]
        set_field(empty_mongodb, "t", path.partition(".")[0], found[path.partition(".")[0]])


def test_what_a_field_never_holds_is_a_difference(empty_15: str, empty_mongodb: str) -> None:
    rows = "CREATE TABLE t (id int PRIMARY KEY, d date, n numeric); INSERT INTO t VALUES (1, '2020-01-01', 1.5)"
    load_sql(empty_15, rows)
    moved = whole(empty_15, empty_mongodb)
    set_field(empty_mongodb, "t", "n", "12 apples")
    assert moved.differing(level="rows") == ["public.t"]
    set_field(empty_mongodb, "t", "n", "1.5")
    assert moved.differing(level="rows") == []
    set_field(empty_mongodb, "t", "d", datetime(2020, 1, 1, 0, 0, 0, 1000))
    assert moved.differing(level="rows") == ["public.t"]
