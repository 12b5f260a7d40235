"""Nothing that a workload, a view, a type or an operator of a source tries is done while it is migrated from there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.hardening.source import ACCEPTED, hostile, large_objects, whole
from tests.journeys.life import Life, finished
from tests.moving import fetch
from tests.servers import Server

WORKLOAD: dict[str, str] = {
    "reads": "SELECT customer, sum(total) FROM orders GROUP BY customer ORDER BY customer",
    "reads_a_view": "SELECT count(*) FROM open_orders",
    # what a read-only transaction doesn't stop
    "lo_create": "SELECT lo_create(4711)",
    "lo_from_bytea": "SELECT lo_from_bytea(4712, 'x')",
    "lo_import": "SELECT lo_import('/etc/hostname')",
    "pg_read_file": "SELECT pg_read_file('/etc/hostname')",
    "pg_ls_dir": "SELECT * FROM pg_ls_dir('.')",
    "terminate": "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'witness'",
    "advisory": "SELECT pg_advisory_lock(1)",
    "sleep": "SELECT pg_sleep(600)",
    "set_config": "SELECT set_config('transaction_read_only', 'off', false)",
    "dblink": "SELECT * FROM dblink('dbname=' || current_database(), 'DELETE FROM orders RETURNING id') AS t (x int)",
    "dblink_exec": "SELECT dblink_exec('dbname=' || current_database(), 'DROP TABLE orders')",
    "reload": "SELECT pg_reload_conf()",
    "sql_in_text": "SELECT query_to_xml('SELECT lo_create(4713)', true, true, '')",
    # what it does stop
    "nextval": "SELECT nextval('numbers')",
    "setval": "SELECT setval('numbers', 5)",
    "writing_cte": "WITH gone AS (DELETE FROM orders RETURNING id) SELECT * FROM gone",
    "into": "SELECT * INTO copied FROM orders",
    "for_update": "SELECT * FROM orders FOR UPDATE",
    "copy_program": "COPY orders TO PROGRAM 'touch /tmp/dbmo-was-here'",
    "procedure": "CALL evil()",
    "block": "DO $$ BEGIN PERFORM lo_create(4714); END $$",
    "explain": "EXPLAIN ANALYZE SELECT lo_create(4715)",
    # the database's own code, named and not named
    "own_function": "SELECT evil() FROM orders",
    "own_overload": "SELECT age(id) FROM orders",
    "by_schema": "SELECT public.evil()",
    "as_a_column": "SELECT o.evil FROM orders AS o",
    "as_a_field": "SELECT (o).lower FROM orders AS o",
    "view": "SELECT * FROM sneaky",
    "view_below": "SELECT * FROM (SELECT made FROM below) AS t",
    "view_own_function": "SELECT id FROM orders WHERE id IN (SELECT made FROM by_own_function)",
    "domain": "SELECT total::watched FROM orders",
    "domain_cast": "SELECT CAST(total AS public.watched) FROM orders",
    "domain_literal": "SELECT watched '3' FROM orders",
    "composite": "SELECT '(3)'::holder FROM orders",
    # texts that a parser may read in another way than the server
    "escapes": r"SELECT E'\'', lo_create(4716), 'AS b --'",
    "continued": "SELECT E'a'\n'\\'', lo_create(4717), ' ' || 'b --'",
    "names_with_dollars": "SELECT 1 AS a$b$, lo_create(4718) AS c$b$",
    "escaped_name": r'SELECT U&"lo_\0063reate"(4719)',
    "comment_in_comment": "SELECT 1 /* /* */ */, lo_create(4720)",
}
HARMLESS = {"reads", "reads_a_view"}


def workload(path: Path) -> dict[str, Any]:
    """The section of a request, and its file."""
    file = path / "workload.sql"
    file.write_text("".join(f"-- name: {name}\n{sql};\n" for name, sql in WORKLOAD.items()))
    return {"file": str(file)}


def test_a_hostile_workload_runs_nowhere_and_leaves_the_source_as_it_was(
    life: Life, empty_15: str, empty_18: str, tmp_path: Path
) -> None:
    before = whole(hostile(empty_15))
    Path("/tmp/dbmo-was-here").unlink(missing_ok=True)
    with psycopg.connect(empty_15, application_name="witness", autocommit=True) as witness:
        life.ask(empty_15, empty_18, workload=workload(tmp_path), options={"accept": ACCEPTED})
        assert life.run().status == 1  # what can't be run can't be accepted
        assert witness.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'").fetchone() == (0,)
    assert whole(empty_15) == before
    assert not Path("/tmp/dbmo-was-here").exists()
    translated = life.read("artifacts/planning/query-translator.json")["translations"]
    pure = {made["name"] for made in translated if made["pure"] and not made["name"].startswith("view:")}
    assert pure == HARMLESS
    measured = life.read("artifacts/validation/testing-strategy-composer.json")["performance"]["queries"]
    assert {query["name"] for query in measured if query["before"]} == HARMLESS


def test_views_with_code_in_them_are_not_read_to_be_compared(life: Life, empty_15: str, empty_18: str) -> None:
    hostile(empty_15)
    finished(life.ask(empty_15, empty_18, options={"accept": ACCEPTED}))
    found = {view["name"]: view for view in life.read("artifacts/validation/views.json")}
    compared = {name for name, view in found.items() if view["equal"]}
    assert compared == {"public.open_orders"}
    assert "lo_create" in found["public.below"]["detail"]
    assert fetch(empty_15, "SELECT * FROM told") == []


def test_the_code_in_the_source_does_what_it_says(empty_15: str) -> None:
    """Else the tests here would show nothing."""
    hostile(empty_15)
    with psycopg.connect(empty_15) as connection:
        connection.execute("SET TRANSACTION READ ONLY")
        connection.execute("SELECT (o).lower FROM orders AS o LIMIT 1")
        connection.execute("SELECT 3::watched")
        connection.rollback()
    assert fetch(empty_15, "SELECT what FROM told") == [("evil was called",)] * 2


@pytest.mark.parametrize(
    "made",
    [
        "CREATE FUNCTION same(varchar, varchar) RETURNS boolean LANGUAGE plpgsql "
        "AS 'BEGIN RETURN public.evil() = 1; END';"
        "CREATE OPERATOR = (LEFTARG = varchar, RIGHTARG = varchar, FUNCTION = same)",
        "CREATE FUNCTION told(holder) RETURNS text LANGUAGE plpgsql AS 'BEGIN RETURN public.evil()::text; END';"
        "CREATE CAST (holder AS text) WITH FUNCTION told(holder) AS IMPLICIT;"
        "CREATE TABLE held (id integer PRIMARY KEY, h holder, hs holder[])",
    ],
    ids=["operator", "cast"],
)
def test_operators_and_casts_of_the_source_are_not_called(life: Life, empty_15: str, empty_18: str, made: str) -> None:
    """Nor by statements of our own, which see neither the search path nor a plain conversion to text."""
    url = hostile(empty_15, "ALTER DOMAIN watched DROP CONSTRAINT watched_check", made)
    if "held" in made:
        load = "INSERT INTO held VALUES (1, ROW(1), ARRAY[ROW(2)::holder]), (2, NULL, NULL)"
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(load)
    file = life.home / "workload.sql"
    file.write_text("SELECT count(*) FROM orders WHERE customer IN ('customer 1', 'customer 2');\n")
    before = whole(url)
    life.ask(url, empty_18, workload={"file": str(file)}, options={"accept": ACCEPTED})
    ended = life.run()
    assert "62 rows of 3 tables: equal" in ended.err or "60 rows of 2 tables: equal" in ended.err
    assert whole(url) == before, ended.err


def test_why_a_read_only_transaction_of_a_reading_role_is_not_enough(postgresql_15: Server, empty_15: str) -> None:
    """On PostgreSQL 15 it lets a large object be made; 16 refuses it."""
    name = str(fetch(empty_15, "SELECT current_database()")[0][0])
    postgresql_15.run("DROP ROLE IF EXISTS reader")
    postgresql_15.run("CREATE ROLE reader LOGIN")
    with psycopg.connect(postgresql_15.url(name, "reader")) as connection:
        connection.execute("SET TRANSACTION READ ONLY")
        connection.execute("SELECT lo_create(4711)")
    assert large_objects(empty_15) == 1
    assert fetch(empty_15, "SELECT lomowner::regrole::text FROM pg_largeobject_metadata") == [("reader",)]


def test_what_was_refused_is_told(life: Life, empty_15: str, empty_18: str, tmp_path: Path) -> None:
    life.ask(hostile(empty_15), empty_18, workload=workload(tmp_path), options={"accept": ACCEPTED})
    assert life.run("--until", "plan").status == 0
    translated = {made["name"]: made for made in life.read("artifacts/planning/query-translator.json")["translations"]}
    assert "pg_read_file is not known to be free of writes" in translated["pg_read_file"]["detail"]
    assert "reads the view sneaky" in translated["view"]["detail"]
    assert "pg_read_file is not known" in (life.folder / "report.html").read_text()
