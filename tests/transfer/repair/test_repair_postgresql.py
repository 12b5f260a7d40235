"""A PostgreSQL target is put right: identity columns, triggers, references, places of rows, values of every type."""

from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.moving import change, fetch, sqlite_file
from tests.transfer.repair.mending import mending

TABLE = "CREATE TABLE t (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, v text, n numeric)"
FILL = "INSERT INTO t (v, n) SELECT 'row ' || i, i / 4.00 FROM generate_series(1, 20) AS i"


@pytest.fixture
def pair(postgresql_18: Any) -> Any:
    """Makes two databases of the same statements."""

    def make(*statements: str) -> tuple[str, str]:
        urls = (postgresql_18.create_database(), postgresql_18.create_database())
        for url in urls:
            change(url, *statements)
        return urls

    return make


def test_rows_are_put_right_with_their_numbers(pair: Any) -> None:
    source, target = pair(TABLE, FILL)
    change(target, "UPDATE t SET v = E'a\\tb\\\\c', n = NULL WHERE id = 3", "DELETE FROM t WHERE id IN (5, 20)",
           "INSERT INTO t (id, v) OVERRIDING SYSTEM VALUE VALUES (99, 'y')")  # fmt: skip
    with mending(source, target) as made:
        plan = made.plan()
        assert [line.split(" WHERE")[0] for line in plan.tables[0].statements] == [
            'DELETE FROM "public"."t"',
            'UPDATE "public"."t" SET "v" = ?, "n" = ?',
            'INSERT INTO "public"."t" ("id", "v", "n") VALUES (...) (2 rows)',
        ]
        done = made.repair(plan, deletes=True)
        assert done.clean, done
        assert made.equal
    assert fetch(target, "SELECT id, v, n::text FROM t ORDER BY id") == fetch(
        source, "SELECT id, v, n::text FROM t ORDER BY id"
    )


def test_triggers_don_t_fire_and_stay_as_they_were(pair: Any) -> None:
    source, target = pair(TABLE, FILL)
    change(
        target,
        "CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''fired''; END'",
        'CREATE TRIGGER "a ""b" BEFORE INSERT OR UPDATE OR DELETE ON t FOR EACH ROW EXECUTE FUNCTION no()',
        "CREATE TRIGGER always BEFORE INSERT ON t EXECUTE FUNCTION no()",
        "CREATE TRIGGER off BEFORE INSERT ON t EXECUTE FUNCTION no()",
        "ALTER TABLE t ENABLE ALWAYS TRIGGER always",
        "ALTER TABLE t DISABLE TRIGGER off",
        "SET session_replication_role = replica; UPDATE t SET v = 'x' WHERE id = 3",
    )
    states = "SELECT tgname, tgenabled FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1"
    before = fetch(target, states)
    with mending(source, target) as made:
        done = made.repair(made.plan())
        assert done.clean, done
    assert fetch(target, states) == before


def test_somebody_else_s_table_with_triggers_is_refused(pair: Any) -> None:
    source, target = pair(TABLE, FILL)
    change(
        target,
        "CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        "CREATE TRIGGER noisy BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION nothing()",
        "UPDATE t SET v = 'x' WHERE id = 3",
        "DROP ROLE IF EXISTS mender",
        "CREATE ROLE mender LOGIN",
        "GRANT ALL ON t TO mender",
    )
    with mending(source, target) as made:
        plan = made.plan()
        made.target_url = target.replace("postgres@", "mender@")
        (done,) = made.repair(plan).tables
    change(target, "DROP OWNED BY mender", "DROP ROLE mender")
    assert done.problem is not None and done.problem.code == "TRIGGERS_WOULD_FIRE"
    assert fetch(target, "SELECT v FROM t WHERE id = 3") == [("x",)]


def test_references_stay_in_force_and_tables_go_together(pair: Any) -> None:
    source, target = pair(
        "CREATE TABLE p (id int PRIMARY KEY)",
        "CREATE TABLE c (id int PRIMARY KEY, p_id int REFERENCES p ON DELETE CASCADE, c_id int REFERENCES c)",
        "INSERT INTO p VALUES (1), (2)",
        "INSERT INTO c VALUES (1, 1, 2), (2, 2, NULL)",
    )
    change(target, "DELETE FROM c", "DELETE FROM p WHERE id = 2", "INSERT INTO p VALUES (7)",
           "INSERT INTO c VALUES (7, 7, 7)")  # fmt: skip
    with mending(source, target) as made:
        plan = made.plan()
        assert [(table.target, table.group) for table in plan.tables] == [("public.p", 0), ("public.c", 0)]
        done = made.repair(plan, deletes=True)
        assert done.clean, done
        assert made.equal


def test_rows_of_other_tables_never_go_along(pair: Any) -> None:
    source, target = pair(
        "CREATE TABLE p (id int PRIMARY KEY)", "CREATE TABLE c (id int, p_id int REFERENCES p ON DELETE CASCADE)"
    )
    change(target, "INSERT INTO p VALUES (7)", "INSERT INTO c VALUES (1, 7)")
    with mending(source, target) as made:
        made.tables = [table for table in made.tables if table.target == "public.p"]
        (done,) = made.repair(made.plan(), deletes=True).tables
    assert done.problem is not None and done.problem.code == "REFERENCES_WOULD_FOLLOW"
    assert fetch(target, "SELECT count(*) FROM c") == [(1,)]


def test_rows_without_a_key_are_counted(pair: Any) -> None:
    source, target = pair(
        "CREATE TABLE t (v text, j json, x int)", "INSERT INTO t VALUES ('a', '{}', 1), ('b', NULL, 2)"
    )
    change(source, "INSERT INTO t VALUES ('a', '{}', 1)")
    change(target, "INSERT INTO t VALUES ('b', NULL, 2), ('b', NULL, 2), ('d', '[]', 0)")
    with mending(source, target) as made:
        plan = made.plan()
        assert (plan.tables[0].insert, plan.tables[0].delete) == (1, 3)
        assert made.repair(plan, deletes=True).clean
        assert made.equal


def test_partitions_are_repaired_through_their_table(pair: Any) -> None:
    source, target = pair(
        "CREATE TABLE t (id int PRIMARY KEY, v text) PARTITION BY RANGE (id)",
        "CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (0) TO (10)",
        "CREATE TABLE t2 PARTITION OF t FOR VALUES FROM (10) TO (20)",
        "INSERT INTO t SELECT i, 'v' FROM generate_series(0, 19) AS i",
    )
    change(target, "UPDATE t SET v = 'x' WHERE id IN (1, 11)", "DELETE FROM t WHERE id = 12")
    with mending(source, target) as made:
        made.tables = [table for table in made.tables if table.target == "public.t"]
        assert made.repair(made.plan()).clean
        assert made.equal


VALUES = [
    ("numeric", "1.50"), ("real", "0.1"), ("double precision", "'-Infinity'"), ("boolean", "true"),
    ("char(5)", "'a'"), ("varchar(3)", "'ä€x'"), ("bytea", r"'\x00ff'"), ("bit(3)", "B'101'"),
    ("timestamptz", "'0044-03-15 00:00:00.000001 BC'"), ("timestamp", "'infinity'"), ("date", "'20000-01-01'"),
    ("interval", "'1 mon -3 days 04:05:06.7'"), ("timetz", "'12:00:00+05:30'"), ("uuid", "gen_random_uuid()"),
    ("json", """'{"b": 1.0,  "a": 2}'"""), ("jsonb", """'{"b": 1.0, "a": [null]}'"""),
    ("text[]", """'{a,"b c",NULL}'"""),
    ("int4range", "'[1,5)'"), ("point", "'(1,2)'"), ("inet", "'10.0.0.1/8'"), ("money", "12.5"),
    ("mood", "'sad'"), ("pair", "ROW(1, 'x y')"), ("text", r"E'a\\N\nb'"),
]  # fmt: skip


def test_values_of_every_type_arrive_as_they_are(pair: Any) -> None:
    columns = ", ".join(f'"c {n}" {native}' for n, (native, _) in enumerate(VALUES))
    source, target = pair(
        "CREATE TYPE mood AS ENUM ('sad', 'ok')",
        "CREATE TYPE pair AS (a int, b text)",
        f"CREATE TABLE t (id int PRIMARY KEY, {columns})",
        "INSERT INTO t VALUES (1)",
    )
    change(source, f"INSERT INTO t VALUES (2, {', '.join(value for _, value in VALUES)})")
    change(source, "DELETE FROM t WHERE id = 1", f"INSERT INTO t VALUES (1, {', '.join(v for _, v in VALUES)})")
    with mending(source, target) as made:
        done = made.repair(made.plan())
        assert done.clean, done
    assert fetch(target, "SELECT t::text FROM t ORDER BY id") == fetch(source, "SELECT t::text FROM t ORDER BY id")


def test_a_table_that_others_hold_is_left_alone(pair: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("transfer.repair.rewriter_postgresql.LOCK_SECONDS", 0.2)
    source, target = pair(TABLE, FILL)
    change(target, "UPDATE t SET v = 'x' WHERE id = 3")
    with mending(source, target) as made, psycopg.connect(target) as other:
        plan = made.plan()
        other.execute("UPDATE t SET v = 'y' WHERE id = 4")
        (done,) = made.repair(plan).tables
    assert done.problem is not None and not done.clean


def test_from_sqlite_values_are_read_by_meaning(tmp_path: Path, empty_18: str) -> None:
    file = sqlite_file(
        tmp_path / "s.db",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT, price DECIMAL(10,2), seen DATETIME, ok BOOLEAN, b BLOB)",
        rows=[("INSERT INTO t VALUES (?, ?, ?, ?, ?, ?)", [
            (1, "one", 1.5, "2024-01-31 23:59:59", 1, b"\0\xff"),
            (2, None, None, None, None, None),
            (3, "three", 3, "2024-02-29", 0, b""),
        ])],
    )  # fmt: skip
    change(empty_18, "CREATE TABLE t (id bigint PRIMARY KEY, name varchar(10), price numeric(10,2), seen timestamp, "
           "ok boolean, b bytea)", "INSERT INTO t VALUES (2, '', 0), (4, 'four', 1)")  # fmt: skip
    with mending(f"sqlite:{file}", empty_18) as made:
        done = made.repair(made.plan(), deletes=True)
        assert done.clean, done
        assert made.equal
    assert fetch(empty_18, "SELECT id, price::text, seen::text, ok, b FROM t ORDER BY id") == [
        (1, "1.50", "2024-01-31 23:59:59", True, b"\0\xff"),
        (2, None, None, None, None),
        (3, "3.00", "2024-02-29 00:00:00", False, b""),
    ]


def test_what_the_target_can_t_hold_is_left_with_its_reason(tmp_path: Path, empty_18: str) -> None:
    file = sqlite_file(
        tmp_path / "s.db",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)",
        rows=[("INSERT INTO t VALUES (?, ?)", [(1, "a\0b"), (2, "two")])],
    )
    change(empty_18, "CREATE TABLE t (id bigint PRIMARY KEY, v text)")
    with mending(f"sqlite:{file}", empty_18) as made:
        plan = made.plan()
        assert [(left.rows, left.reason) for left in plan.tables[0].left] == [
            (1, "v: text with NUL, which PostgreSQL can't hold")
        ]
        done = made.repair(plan)
    assert (done.clean, done.tables[0].inserted) == (False, 1)
