"""What an open PostgreSQL database answers, refuses and measures."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from engines.errors import DbmoError, EngineError, UsageError
from engines.grant import Grant
from engines.postgresql.database import PostgresqlDatabase
from engines.postgresql.writer import PostgresqlWriter
from engines.protocols import Database
from tests.meanwhile import again_and_again
from tests.servers import Server, load_sql

ROWS = """
CREATE TABLE item (id integer PRIMARY KEY, label text, raw bytea, always text NOT NULL DEFAULT 'ää');
INSERT INTO item SELECT n, CASE WHEN n % 4 > 0 THEN repeat('x', n % 10) END, '\\x0102' FROM generate_series(1, 2000) n;
CREATE TABLE above (a integer);
CREATE TABLE below () INHERITS (above);
INSERT INTO above VALUES (1);
INSERT INTO below VALUES (2), (3);
CREATE TABLE parted (a integer) PARTITION BY LIST (a);
CREATE TABLE part PARTITION OF parted DEFAULT;
INSERT INTO parted VALUES (1), (2);
ANALYZE;
"""
LIMITED = """
CREATE ROLE {role} LOGIN;
CREATE SCHEMA closed;
CREATE TABLE closed.inside (a integer);
CREATE TABLE secret (a integer);
CREATE TABLE "open" (a serial);
CREATE TABLE filtered (a integer);
ALTER TABLE filtered ENABLE ROW LEVEL SECURITY;
CREATE POLICY part ON filtered USING (a > 0);
GRANT SELECT ON "open", filtered TO {role};
"""


@pytest.fixture
def database(empty_15: str) -> Iterator[PostgresqlDatabase]:
    load_sql(empty_15, ROWS)
    found = PostgresqlDatabase(empty_15, "the test database")
    yield found
    found.close()


def error_of(action: Callable[[], object]) -> DbmoError:
    with pytest.raises(DbmoError) as caught:
        action()
    return caught.value


def test_it_keeps_the_protocol(database: PostgresqlDatabase) -> None:
    assert isinstance(database, Database)
    assert database.version.startswith("15.")
    assert 150000 <= database.version_number < 160000
    assert database.database.startswith("test_")


def test_identity_is_the_same_for_every_connection_and_differs_between_databases(
    postgresql_15: Server, database: PostgresqlDatabase
) -> None:
    again = PostgresqlDatabase(database.dsn, "again")
    other = PostgresqlDatabase(postgresql_15.create_database(), "other")
    assert database.identity == again.identity != other.identity
    again.close()
    other.close()


def test_identity_is_there_without_the_right_to_see_the_cluster(
    postgresql_15: Server, database: PostgresqlDatabase
) -> None:
    with psycopg.connect(database.dsn) as connection:
        connection.execute("REVOKE EXECUTE ON FUNCTION pg_control_system() FROM public")
        connection.execute("CREATE ROLE unknowing LOGIN")
    found = PostgresqlDatabase(postgresql_15.url(database.database, "unknowing"), "limited")
    assert str(postgresql_15.folder) in found.identity
    found.close()


@pytest.mark.parametrize(("table", "rows"), [("public.above", 1), ("public.below", 2), ("public.parted", 2)])
def test_count_takes_the_rows_of_parts_but_not_of_children(database: PostgresqlDatabase, table: str, rows: int) -> None:
    assert database.count(database.catalog().table(table)) == rows


def test_profile_counts_nulls_and_bytes(database: PostgresqlDatabase) -> None:
    profile = database.profile(database.catalog().table("public.item"))
    assert profile.rows == 2000
    assert profile.columns["label"].classes == {"value": 1500, "null": 500}
    assert profile.columns["always"].classes == {"value": 2000, "null": 0}
    found = {name: column.max_bytes for name, column in profile.columns.items()}
    assert found == {"id": None, "label": 9, "raw": 2, "always": 4}


def test_catalog_and_profile_are_kept_until_refresh(database: PostgresqlDatabase) -> None:
    before = database.catalog()
    table = before.table("public.above")
    database.profile(table)
    with psycopg.connect(database.dsn) as connection:
        connection.execute("INSERT INTO above VALUES (9)")
    assert database.catalog() is before and database.profile(table).rows == 1
    database.refresh()
    assert database.catalog() is not before and database.profile(table).rows == 2


def test_parameters_and_percent_signs(database: PostgresqlDatabase) -> None:
    assert database.query("SELECT '50%'") == [("50%",)]
    assert database.query("SELECT %s::text || '%%'", ["it's"]) == [("it's%",)]


@pytest.mark.parametrize("sql", ["SELECT 1; SELECT 2", "SELECT 1; DROP TABLE item", "COMMIT; DROP TABLE item"])
def test_stacked_statements_are_refused(database: PostgresqlDatabase, sql: str) -> None:
    for run in (database.query, database.measure, lambda text: database.run_workload(text, 10)):
        assert error_of(lambda run=run: run(sql)).data["sqlstate"] == "42601"  # type: ignore[misc]
    assert database.count(database.catalog().table("public.item")) == 2000


def test_a_writer_runs_one_statement_as_it_is(database: PostgresqlDatabase) -> None:
    writer = PostgresqlWriter(database.dsn, "the test database", Grant("test", database.identity, "", scratch=True))
    with writer.begin() as connection:
        writer.run(connection, "UPDATE public.item SET label = '50%s' WHERE id = 1")

    def both() -> None:
        with writer.begin() as connection:
            writer.run(connection, "CREATE TABLE public.a (b int); DROP TABLE public.item")

    assert error_of(both).data["sqlstate"] == "42601"
    writer.close()
    assert database.query("SELECT label FROM public.item WHERE id = 1") == [("50%s",)]


def test_a_query_is_ended_from_another_thread(database: PostgresqlDatabase) -> None:
    database.cancel()  # nothing runs
    database.query("SELECT 1")
    with again_and_again(database.cancel):
        error = error_of(lambda: database.run_workload("SELECT count(*) FROM generate_series(1, 100000000000)", 1))
    assert error.code == "CANCELLED"
    assert database.query("SELECT 1") == [(1,)]


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM public.item",
        "CREATE TABLE public.t (a int)",
        "WITH x AS (DELETE FROM public.item RETURNING 1) TABLE x",
    ],
)
def test_nothing_writes(database: PostgresqlDatabase, sql: str) -> None:
    for run in (database.query, database.measure, lambda text: database.run_workload(text, 10)):
        assert str(error_of(lambda run=run: run(sql)).data["sqlstate"]) in ("25006", "42601", "0A000")  # type: ignore[misc]
    assert database.count(database.catalog().table("public.item")) == 2000


def test_a_workload_cannot_make_its_transaction_writable(database: PostgresqlDatabase) -> None:
    sql = "SELECT set_config('transaction_read_only', 'off', false)"
    assert error_of(lambda: database.run_workload(sql, 1)).data["sqlstate"] == "25001"


def test_a_workload_finds_tables_as_its_users_do_and_stops_at_the_limit(database: PostgresqlDatabase) -> None:
    names, rows = database.run_workload("SELECT id, label FROM item ORDER BY id;", 2)
    assert (names, rows) == (["id", "label"], [(1, "x"), (2, "xx")])
    assert database.query("SHOW search_path") == [("",)]


@pytest.mark.parametrize(
    ("sql", "bound_by", "rows", "scanned"),
    [
        ("SELECT * FROM item WHERE length(label) > 5", "sequential scan of public.item", 600, 2000),
        ("SELECT * FROM item WHERE id = 7", "index scan of public.item", 1, 1),
        (
            'SELECT a.id FROM item a, generate_series(1, 80) ORDER BY always COLLATE "en-x-icu"',
            "sort on disk",
            160000,
            2000,
        ),
    ],
)
def test_measure_says_what_bounds_a_query(
    database: PostgresqlDatabase, sql: str, bound_by: str, rows: int, scanned: int
) -> None:
    found = database.measure(sql)
    assert (found.rows, found.bound_by, found.resources["rows_scanned"]) == (rows, bound_by, scanned)
    assert found.milliseconds > 0
    assert (found.resources["temp_written"] > 0) == (bound_by == "sort on disk")


def test_missing_rights_are_named(postgresql_15: Server, empty_15: str) -> None:
    role = "limited_" + empty_15.split("/")[3].split("?")[0]
    load_sql(empty_15, LIMITED.format(role=role))
    limited = PostgresqlDatabase(empty_15.replace("postgres@", f"{role}@"), "limited")
    assert limited.privileges_missing() == [
        "BYPASSRLS for table public.filtered, whose row security hides rows from this user",
        "SELECT on sequence public.open_a_seq",
        "SELECT on table closed.inside",
        "SELECT on table public.secret",
        "USAGE on schema closed",
    ]
    catalog = limited.catalog()
    assert "state of sequence public.open_a_seq" in [found.part for found in catalog.unread]
    assert len(catalog.tables) == 4
    assert error_of(lambda: limited.count(catalog.table("public.secret"))).code == "PERMISSION_DENIED"
    limited.close()


def test_nothing_is_missing_for_the_owner(database: PostgresqlDatabase) -> None:
    assert database.privileges_missing() == []


@pytest.mark.parametrize(
    ("url", "code", "kind"),
    [
        ("postgresql://postgres@127.0.0.1:1/x", "CONNECTION_FAILED", EngineError),
        ("postgresql://postgres@/x?host=/nowhere", "CONNECTION_FAILED", EngineError),
        ("postgresql://postgres@/x?unknown=1", "URL_INVALID", UsageError),
    ],
)
def test_a_server_that_is_not_there(url: str, code: str, kind: type[DbmoError]) -> None:
    error = error_of(lambda: PostgresqlDatabase(url, "x").version)
    assert (error.code, type(error)) == (code, kind)


def test_a_missing_database_and_a_refused_login(postgresql_15: Server) -> None:
    missing = PostgresqlDatabase(postgresql_15.url("not there"), "x")
    nobody = PostgresqlDatabase(postgresql_15.url("postgres", "no-one"), "x")
    assert error_of(lambda: missing.version).code == "DATABASE_MISSING"
    assert error_of(lambda: nobody.version).code == "WRONG_PASSWORD"


def test_a_wrong_password_is_not_repeated(postgresql_15: Server) -> None:
    rules = postgresql_15.folder / "data" / "pg_hba.conf"
    before = rules.read_text()
    postgresql_15.run("CREATE ROLE careful LOGIN PASSWORD 'right'")
    rules.write_text("local all careful scram-sha-256\n" + before)
    postgresql_15.run("SELECT pg_reload_conf()")
    try:
        url = postgresql_15.url("postgres", "careful:wr0ng-word")
        error = error_of(lambda: PostgresqlDatabase(url, "postgresql://careful:***@/postgres").version)
    finally:
        rules.write_text(before)
        postgresql_15.run("SELECT pg_reload_conf()")
    assert error.code == "WRONG_PASSWORD" and "wr0ng-word" not in str(error)


def test_a_query_is_asked_once_more_after_its_connection_was_lost(database: PostgresqlDatabase) -> None:
    pid = database.query("SELECT pg_backend_pid()")[0][0]
    with psycopg.connect(database.dsn) as connection:
        connection.execute("SELECT pg_terminate_backend(%s)", [pid])
    assert database.query("SELECT 1") == [(1,)]


def test_a_part_that_is_locked_is_unread_and_the_rest_is_there(
    database: PostgresqlDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engines.postgresql.introspect.LOCK_WAIT", "100ms")
    with psycopg.connect(database.dsn) as connection:
        connection.execute("LOCK TABLE above IN ACCESS EXCLUSIVE MODE")
        catalog = database.catalog()
    assert [found.part for found in catalog.unread] == ["sizes of tables"]
    assert len(catalog.table("public.above").columns) == 1


def test_a_catalog_without_columns_is_an_error(database: PostgresqlDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engines.postgresql.introspect.LOCK_WAIT", "100ms")
    with psycopg.connect(database.dsn) as connection:
        connection.execute("LOCK TABLE item IN ACCESS EXCLUSIVE MODE")
        assert error_of(database.catalog).code == "LOCK_TIMEOUT"


@pytest.mark.parametrize("version", ["12", "15", "18"])
def test_a_real_database_is_counted_on_every_version(
    version: str, corpora: Path, request: pytest.FixtureRequest
) -> None:
    url = request.getfixturevalue(f"empty_{version}")
    load_sql(url, corpora / "schemas" / "chinook" / "postgresql.sql")
    database = PostgresqlDatabase(url, "chinook")
    tables = database.catalog().tables
    assert (
        sum(database.count(table) for table in tables) == sum(database.profile(table).rows for table in tables) == 15607
    )
    database.close()
