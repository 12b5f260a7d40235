"""An open MariaDB database: what can be asked of it, what is refused, and how failures are told."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator

import pytest

from engines.errors import Aborted, DbmoError
from engines.grant import Grant
from engines.mysql.database import MysqlDatabase
from engines.mysql.measure import check_reads
from engines.mysql.writer import MysqlWriter
from engines.protocols import Database
from engines.registry import open_database, open_writer
from tests.meanwhile import again_and_again
from tests.servers import MysqlServer, load_mysql

ROWS = """
CREATE TABLE item (id int PRIMARY KEY AUTO_INCREMENT, label varchar(40), other int, KEY (label));
INSERT INTO item (label) SELECT CONCAT('row ', seq) FROM seq_1_to_2000;
"""


@pytest.fixture
def database(empty_mariadb: str) -> Iterator[MysqlDatabase]:
    load_mysql(empty_mariadb, ROWS)
    found = MysqlDatabase(empty_mariadb, "the test database")
    yield found
    found.close()


@pytest.fixture
def writer(database: MysqlDatabase) -> Iterator[MysqlWriter]:
    found = MysqlWriter(database.url, "the test database", Grant("test", database.identity, "", scratch=True))
    yield found
    found.close()


def error_of(action: Callable[[], object]) -> DbmoError:
    with pytest.raises(DbmoError) as caught:
        action()
    assert "test database" in caught.value.what
    return caught.value


def test_it_keeps_the_protocol(database: MysqlDatabase) -> None:
    assert isinstance(database, Database)
    assert database.engine == "mariadb"
    assert [part.isdigit() for part in database.version.split(".")] == [True] * 3
    assert database.privileges_missing() == []


def test_a_reference_opens_it(empty_mariadb: str) -> None:
    database = open_database(empty_mariadb)
    assert database.catalog().tables == []
    writer = open_writer(empty_mariadb, Grant("test", database.identity, "", scratch=True))
    assert writer.identity == database.identity
    writer.close()
    database.close()


def test_identity_is_the_same_over_socket_and_port_and_differs_between_databases(
    mariadb: MysqlServer, database: MysqlDatabase
) -> None:
    other = MysqlDatabase(mariadb.create_database(), "other")
    over_socket = MysqlDatabase(f"mysql://root@h/{database.database}?unix_socket={mariadb.socket}", "socket")
    assert over_socket.identity == database.identity != other.identity
    over_socket.close()
    other.close()


def test_catalog_and_profile_are_kept_until_refresh(database: MysqlDatabase) -> None:
    before = database.catalog()
    [table] = before.tables
    assert (database.count(table), database.profile(table).rows) == (2000, 2000)
    load_mysql(database.url, "DELETE FROM item WHERE id > 10")
    assert database.catalog() is before and database.profile(table).rows == 2000
    database.refresh()
    assert database.catalog() is not before and database.profile(table).rows == 10


def test_parameters_and_percent_signs(database: MysqlDatabase) -> None:
    assert database.query("SELECT '50%'") == [("50%",)]
    assert database.query("SELECT CONCAT(%s, '%%')", ["it's \\ \0"]) == [("it's \\ \0%",)]


@pytest.mark.parametrize("sql", ["SELECT 1; SELECT 2", "SELECT 1; DROP TABLE item"])
def test_stacked_statements_are_refused(database: MysqlDatabase, sql: str) -> None:
    for run in (database.query, database.measure, lambda text: database.run_workload(text, 10)):
        assert error_of(lambda run=run: run(sql)).data["errno"] == 1064  # type: ignore[misc]
    assert database.query("SELECT COUNT(*) FROM item") == [(2000,)]


@pytest.mark.parametrize("sql", ["DELETE FROM item", "DROP TABLE item", "CREATE TABLE x (a int)"])
def test_reading_connections_refuse_to_write(database: MysqlDatabase, sql: str) -> None:
    assert error_of(lambda: database.query(sql)).code == "READ_ONLY"


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM item",
        "SET GLOBAL max_connections = 1",
        "COMMIT",
        "SELECT 1 INTO OUTFILE '/tmp/x'",
        "SELECT id INTO @a FROM item",
        "/*!50000 DROP TABLE item */",
        "SELECT 1 /*M!100000 INTO OUTFILE '/tmp/x' */",
        "",
    ],
)
def test_a_workload_that_does_more_than_read_is_refused(database: MysqlDatabase, sql: str) -> None:
    assert error_of(lambda: database.run_workload(sql, 1)).code == "NOT_A_READING_QUERY"


@pytest.mark.parametrize(
    "sql",
    ["(SELECT 1)", "-- into\nSELECT 'into /*! x'", "WITH a AS (SELECT 1 AS `into`) SELECT * FROM a", "VALUES (1)"],
)
def test_a_workload_that_reads_is_taken(sql: str) -> None:
    check_reads(sql, "x")


def test_a_workload_query_gives_names_and_at_most_so_many_rows(database: MysqlDatabase) -> None:
    names, rows = database.run_workload("SELECT id, label FROM item ORDER BY id", 3)
    assert (names, rows) == (["id", "label"], [(1, "row 1"), (2, "row 2"), (3, "row 3")])
    assert len(database.query("SELECT id FROM item")) == 2000


@pytest.mark.parametrize(
    ("sql", "rows", "bound_by"),
    [
        ("SELECT * FROM item WHERE label LIKE '%0'", 200, "full scan of item"),
        ("SELECT * FROM item WHERE id = 7", 1, "single rows of item"),
        ("SELECT label FROM item", 2000, "full scan of index label of item"),
        ("SELECT 1", 1, "no table"),
    ],
)
def test_a_measure_says_what_bounds_the_query(database: MysqlDatabase, sql: str, rows: int, bound_by: str) -> None:
    load_mysql(database.url, "ANALYZE TABLE item")
    found = database.measure(sql)
    assert (found.rows, found.bound_by) == (rows, bound_by)
    assert found.resources["rows_read"] >= (rows if "FROM" in sql else 0)


def test_a_query_is_ended_from_another_thread(database: MysqlDatabase) -> None:
    database.cancel()  # nothing runs
    assert database.query("SELECT 1")
    with again_and_again(database.cancel):
        error = error_of(lambda: database.query("SELECT COUNT(*) FROM item a, item b, item c, item d"))
    assert error.code == "CANCELLED"
    assert database.query("SELECT 1") == [(1,)]


def test_a_connection_that_was_lost_while_idle_is_made_again(mariadb: MysqlServer, database: MysqlDatabase) -> None:
    [(number,)] = database.query("SELECT CONNECTION_ID()")
    mariadb.run(f"KILL {number}")
    assert database.query("SELECT CONNECTION_ID()") != [(number,)]


def test_what_keeps_it_from_opening_is_said(mariadb: MysqlServer, database: MysqlDatabase) -> None:
    mariadb.run("CREATE OR REPLACE USER guarded IDENTIFIED BY 'secret'")
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        nobody = closed.getsockname()[1]
    base = f"mysql://root@127.0.0.1:{mariadb.port}"
    for url, code in {
        f"mysql://guarded:wrong@127.0.0.1:{mariadb.port}/x": "WRONG_PASSWORD",
        f"mysql://root@127.0.0.1:{nobody}/x": "CONNECTION_FAILED",
        "mysql://root@h/x?unix_socket=/nowhere": "CONNECTION_FAILED",
        f"{base}/no_such_database": "DATABASE_MISSING",
        f"{base}/": "DATABASE_MISSING",
        f"{base}/x?ssl-mode=REQUIRED": "CONNECTION_FAILED",
        f"{base}/x?ssl-ca=/nowhere.pem": "URL_INVALID",
        f"{base}/x?ssl-mode=MAYBE": "URL_INVALID",
        f"{base}/x?colour=red": "URL_INVALID",
    }.items():
        with pytest.raises(DbmoError) as caught:
            MysqlDatabase(url, "shown").catalog()
        assert (url, caught.value.code) == (url, code)
        assert "secret" not in str(caught.value) and "wrong" not in str(caught.value)


def test_a_writer_needs_a_grant_for_this_database(database: MysqlDatabase) -> None:
    with pytest.raises(Aborted) as caught:
        MysqlWriter(database.url, "shown", Grant("test", "another", ""))
    assert caught.value.code == "GRANT_FOR_ANOTHER_TARGET"


def test_a_writer_runs_one_statement_as_it_is(database: MysqlDatabase, writer: MysqlWriter) -> None:
    with writer.begin() as connection:
        writer.run(connection, "UPDATE item SET label = '50%s' WHERE id = 1")

    def both() -> None:
        with writer.begin() as connection:
            writer.run(connection, "UPDATE item SET label = 'x'; DROP TABLE item")

    assert error_of(both).data["errno"] == 1064
    assert database.query("SELECT label FROM item WHERE id <= 2 ORDER BY id") == [("50%s",), ("row 2",)]


def test_a_writer_loads_rows_or_none(database: MysqlDatabase, writer: MysqlWriter) -> None:
    with writer.begin() as connection:
        writer.run(connection, "CREATE TABLE `a%s``b` (`c%d` int, t longtext, b blob, d datetime)")
    table = f"{database.database}.a%s`b"
    rows = [(number, "é😀\\'\n", b"\x00\xff'", "0000-00-00 00:00:00") for number in range(12_000)]
    with writer.begin() as connection:
        loaded = writer.load(connection, table, ["c%d", "t", "b", "d"], [rows[:5], rows[5:]])
    assert (loaded.rows, loaded.bytes) == (12_000, 12_000 * (9 + 3 + 19))
    found = database.query("SELECT `c%d`, t, HEX(b), CAST(d AS CHAR) FROM `a%s``b` ORDER BY 1 DESC LIMIT 1")
    assert found == [(11_999, "é😀\\'\n", "00FF27", "0000-00-00 00:00:00")]
    with pytest.raises(DbmoError), writer.begin() as connection:
        writer.load(connection, table, ["c%d"], [[(1,)], [("no number",)]])
    assert database.query("SELECT COUNT(*) FROM `a%s``b`") == [(12_000,)]
