"""Texts written by hand: what one statement of its kind is, and everything that is refused."""

from __future__ import annotations

import pytest

from conversion.drafts import pure_query, read_query, read_routine, read_trigger, read_view
from engines.errors import UsageError

SQL_FUNCTION = "CREATE FUNCTION {} RETURNS int LANGUAGE sql AS $$ SELECT 1 $$"
ROUTINE = "CREATE FUNCTION public.f() RETURNS trigger LANGUAGE plpgsql AS $b$ BEGIN RETURN NEW; END $b$"
TRIGGER = "CREATE TRIGGER t BEFORE UPDATE ON public.goods FOR EACH ROW EXECUTE FUNCTION public.f()"


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("SELECT 1;", "SELECT 1"),
        ("CREATE VIEW public.v (a, b) AS SELECT 1, 2;", "SELECT 1, 2"),
        ('create view "odd name" as\nWITH x AS (SELECT 1) SELECT * FROM x', "WITH x AS (SELECT 1) SELECT * FROM x"),
    ],
)
def test_a_view_is_its_query(text: str, query: str) -> None:
    assert read_view(text, "postgresql") == query


@pytest.mark.parametrize(
    "text",
    [
        "",
        "SELECT 1; SELECT 2",
        "DROP TABLE t",
        "garbage (",
        "WITH x AS (DELETE FROM t RETURNING 1) SELECT * FROM x",
        "CREATE MATERIALIZED VIEW v AS SELECT 1",
        "CREATE TEMP VIEW v AS SELECT 1",
        "CREATE VIEW v AS DELETE FROM t RETURNING 1",
        "SELECT 1 INTO t",
        "SELECT 'open",
    ],
)
def test_what_is_not_one_query_is_refused(text: str) -> None:
    for read in (read_query, read_view):
        with pytest.raises(UsageError, match="DRAFT_INVALID"):
            read(text, "postgresql")


@pytest.mark.parametrize("call", ["pg_read_file('x')", "nextval('s')", "lo_create(1)", "public.lower('x')", "mine(1)"])
def test_a_query_that_calls_what_is_not_known_to_read_is_refused(call: str) -> None:
    with pytest.raises(UsageError, match="DRAFT_INVALID"):
        pure_query(f"SELECT {call}", "postgresql")


def test_a_routine_keeps_its_text() -> None:
    text = "CREATE PROCEDURE p(a int) AS $x$ language c; $$ -- /* $x$ LANGUAGE sql"
    [found] = read_routine(f"  {text} ; ", "postgresql", ["public"])
    assert (found.kind, found.schema, found.name, found.sql) == ("procedure", None, "p", text)
    [quoted] = read_routine(SQL_FUNCTION.format('"Public"."F"()'), "postgresql", ["Public"])
    assert (quoted.schema, quoted.name) == ("Public", "F")


@pytest.mark.parametrize(
    "text",
    [
        "DROP TABLE t",
        "CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$",
        "CREATE FUNCTION f() RETURNS int LANGUAGE c AS $$ x $$",
        "CREATE FUNCTION f() RETURNS int LANGUAGE plpython3u AS $$ x $$",
        "CREATE FUNCTION f() RETURNS int AS $$ SELECT 1 $$",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql LANGUAGE c AS $$ SELECT 1 $$",
        "CREATE FUNCTION f() RETURNS int /* LANGUAGE sql */ LANGUAGE c AS $$ x $$",
        "CREATE FUNCTION f() RETURNS int -- LANGUAGE sql\r LANGUAGE c AS $$ x $$",
        r"CREATE FUNCTION f(a text DEFAULT E'\'LANGUAGE sql') RETURNS int LANGUAGE c AS $$ x $$",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql SECURITY DEFINER AS $$ SELECT 1 $$",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql SUPPORT g AS $$ SELECT 1 $$",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$; DROP TABLE t",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql RETURN 1",
        SQL_FUNCTION.format("pg_catalog.f()"),
        SQL_FUNCTION.format("_dbmo.f()"),
        SQL_FUNCTION.format("lower(int)"),
        SQL_FUNCTION.format("public.coalesce(int)"),
    ],
)
def test_a_routine_that_could_do_more_than_be_created_is_refused(text: str) -> None:
    for read in (read_routine, read_trigger):
        with pytest.raises(UsageError, match="DRAFT_INVALID"):
            read(text, "postgresql", ["public"])


def test_a_trigger_may_bring_its_function() -> None:
    assert [found.kind for found in read_trigger(TRIGGER, "postgresql", ["public"])] == ["trigger"]
    both = read_trigger(f"{ROUTINE};\n{TRIGGER};", "postgresql", ["public"])
    assert [(found.kind, found.name, found.sql) for found in both] == [
        ("function", "f", ROUTINE),
        ("trigger", "t", TRIGGER),
    ]


@pytest.mark.parametrize("text", [ROUTINE, f"{TRIGGER}; DROP TABLE t", f"{TRIGGER} -- x", f"{ROUTINE}; {ROUTINE}"])
def test_anything_else_than_a_trigger_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="DRAFT_INVALID"):
        read_trigger(text, "postgresql", ["public"])


def test_sqlite_has_triggers_with_bodies_and_no_routines() -> None:
    text = "CREATE TRIGGER t AFTER INSERT ON a BEGIN UPDATE b SET x = 1; DELETE FROM c; END"
    assert [found.sql for found in read_trigger(text + ";", "sqlite", [])] == [text]
    with pytest.raises(UsageError, match="DRAFT_INVALID"):
        read_routine(ROUTINE, "sqlite", [])
