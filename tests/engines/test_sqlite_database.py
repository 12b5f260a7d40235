"""An open SQLite file: what can be asked of it, what is refused, and how failures are told."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, nullcontext
from pathlib import Path

import pytest

from engines.errors import DbmoError
from engines.protocols import Database
from engines.sqlite.database import SqliteDatabase, translate_error
from engines.sqlite.snapshot import SqliteSnapshot


@pytest.fixture
def path(tmp_path: Path) -> Path:
    found = tmp_path / "x.db"
    connection = sqlite3.connect(found)
    connection.executescript("""
        CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT);
        CREATE INDEX t_b ON t (b);
        WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
        INSERT INTO t SELECT i, 'row ' || i FROM n;
    """)
    connection.close()
    return found


@pytest.fixture
def database(path: Path) -> Iterator[SqliteDatabase]:
    found = SqliteDatabase(path, "sqlite:///x.db")
    yield found
    found.close()


def code_of(path: Path, **options: float) -> str:
    with pytest.raises(DbmoError) as caught:
        SqliteDatabase(path, "source", **options)
    assert caught.value.what.startswith(("source", "There is no file source"))
    assert caught.value.remedy.endswith(".")
    return caught.value.code


def test_it_keeps_the_protocol(database: SqliteDatabase) -> None:
    opened: Database = database
    assert isinstance(opened, Database)
    assert (opened.engine, opened.version) == ("sqlite", sqlite3.sqlite_version)
    assert opened.privileges_missing() == []


def test_identity_is_the_file_however_it_is_named(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    link = path.with_name("link.db")
    link.symlink_to(path)
    monkeypatch.chdir(path.parent)
    identities = set()
    for name in (path, Path("x.db"), link):
        database = SqliteDatabase(name, "source")
        identities.add(database.identity)
        database.close()
    assert identities == {f"sqlite:{path}"}


def test_queries_take_parameters(database: SqliteDatabase) -> None:
    assert database.query("SELECT b FROM t WHERE a = ?", (7,)) == [("row 7",)]
    assert database.count(database.catalog().tables[0]) == 2000


def test_catalog_and_profile_are_read_once(database: SqliteDatabase) -> None:
    table = database.catalog().tables[0]
    assert database.catalog().tables[0] is table
    assert database.profile(table) is database.profile(table)
    profile = database.profile(table)
    database.refresh()
    assert database.catalog().tables[0] is not table
    assert database.profile(table) is not profile


@pytest.mark.parametrize(
    ("sql", "bound_by"),
    [
        ("SELECT * FROM t", "scan of t"),
        ("SELECT * FROM t WHERE a = 5", "search t using its rowid"),
        ("SELECT * FROM t WHERE b = 'row 5'", "search t using index t_b"),
        ("SELECT b FROM t ORDER BY b", "scan of t by index t_b"),
        ("SELECT a % 10 FROM t WHERE a > 7 ORDER BY 1", "temp b-tree for order by"),
        ("SELECT 1", "no table read"),
        ("-- name: first\nSELECT count(*) FROM t x WHERE x.a < 9", "search x using its rowid"),
    ],
)
def test_measure_names_what_bounds_the_query(database: SqliteDatabase, sql: str, bound_by: str) -> None:
    measure = database.measure(sql)
    assert measure.bound_by == bound_by
    assert measure.rows == len(database.query(sql))
    assert measure.milliseconds > 0
    assert set(measure.resources) == {"cpu_ms"}


def test_workload_gives_names_and_so_many_rows(database: SqliteDatabase) -> None:
    assert database.run_workload("SELECT a, b AS other FROM t ORDER BY a;", 2) == (
        ["a", "other"],
        [(1, "row 1"), (2, "row 2")],
    )


@pytest.mark.parametrize(
    ("sql", "code"),
    [
        ("DELETE FROM t", "NOT_A_READING_QUERY"),
        ("WITH x AS (SELECT 1) DELETE FROM t RETURNING a", "NOT_A_READING_QUERY"),
        ("INSERT INTO t (b) VALUES ('x') RETURNING a", "NOT_A_READING_QUERY"),
        ("CREATE TEMP TABLE y (a)", "NOT_A_READING_QUERY"),
        ("ATTACH ':memory:' AS other", "NOT_A_READING_QUERY"),
        ("PRAGMA user_version = 5", "NOT_A_READING_QUERY"),
        ("PRAGMA table_info(t)", "NOT_A_READING_QUERY"),
        ("SELECT load_extension('x')", "NOT_A_READING_QUERY"),
        ("VACUUM INTO '/tmp/never.db'", "NOT_A_READING_QUERY"),
        ("BEGIN", "NOT_A_READING_QUERY"),
        ("SELECT 1; SELECT 2", "STACKED_STATEMENTS"),
        ("SELECT nothing FROM t", "QUERY_FAILED"),
        ("SELEC 1", "QUERY_FAILED"),
    ],
)
@pytest.mark.parametrize("way", ["run_workload", "measure"])
def test_anything_but_one_reading_query_is_refused(database: SqliteDatabase, sql: str, code: str, way: str) -> None:
    with pytest.raises(DbmoError) as caught:
        database.measure(sql) if way == "measure" else database.run_workload(sql, 5)
    assert caught.value.code == code
    assert database.query("SELECT count(*) FROM t") == [(2000,)]


@pytest.mark.parametrize("sql", ["", "-- nothing", "BEGIN"])
def test_what_gives_no_rows_is_no_query(database: SqliteDatabase, sql: str) -> None:
    with pytest.raises(DbmoError) as caught:
        database.run_workload(sql, 5)
    assert caught.value.code == "NOT_A_READING_QUERY"
    assert not database.connection.in_transaction


def test_the_connection_itself_cannot_write(database: SqliteDatabase) -> None:
    with pytest.raises(DbmoError) as caught:
        database.query("DELETE FROM t")
    assert caught.value.code == "SOURCE_READ_ONLY"


def test_a_missing_file_is_named_and_not_created(tmp_path: Path) -> None:
    assert code_of(tmp_path / "none.db") == "FILE_MISSING"
    assert code_of(tmp_path / "no folder" / "none.db") == "FILE_MISSING"
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_file_is_no_database(tmp_path: Path) -> None:
    assert code_of(tmp_path) == "NOT_A_DATABASE"


@pytest.mark.parametrize("content", [b"hello, world, this is a text file\n" * 50, b"\0" * 5000, b"PK\x03\x04" * 500])
def test_a_file_of_another_kind_is_no_database(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.db"
    path.write_bytes(content)
    assert code_of(path) == "NOT_A_DATABASE"
    assert path.read_bytes() == content


@pytest.mark.parametrize("cut", [1, 100, 4096, 9000])
def test_a_truncated_file_is_corrupt(path: Path, cut: int) -> None:
    path.write_bytes(path.read_bytes()[:-cut])
    assert code_of(path) == "DATABASE_CORRUPT"


def test_damaged_pages_are_told_when_they_are_read(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[4096 * 2 : 4096 * 6] = b"\xff" * 4096 * 4
    path.write_bytes(data)
    database = SqliteDatabase(path, "source")
    with pytest.raises(DbmoError) as caught:
        database.query("SELECT sum(length(b)) FROM t")
    database.close()
    assert caught.value.code == "DATABASE_CORRUPT"


def test_a_locked_file_is_told_after_the_timeout(path: Path) -> None:
    writer = sqlite3.connect(path, isolation_level=None)
    writer.execute("BEGIN EXCLUSIVE")
    assert code_of(path, timeout=0.1) == "DATABASE_LOCKED"
    writer.close()


def test_an_empty_file_is_an_empty_database(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    path.write_bytes(b"")
    database = SqliteDatabase(path, "source")
    assert (database.catalog().tables, database.catalog().views) == ([], [])
    database.close()
    assert path.read_bytes() == b""


def test_text_that_is_not_utf8_keeps_its_bytes(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    connection = sqlite3.connect(path)
    connection.executescript("CREATE TABLE t (a TEXT); INSERT INTO t VALUES (CAST(x'61ff62' AS TEXT));")
    connection.close()
    database = SqliteDatabase(path, "source")
    text = database.query("SELECT a FROM t")[0][0]
    assert text.encode("utf-8", "surrogateescape") == b"a\xffb"
    database.close()


@pytest.mark.parametrize("encoding", ["UTF-16le", "UTF-16be"])
def test_utf16_databases_read_like_others(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "x.db"
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA encoding = '{encoding}'")
    connection.execute('CREATE TABLE "tä" (id INTEGER PRIMARY KEY, b TEXT)')
    connection.executemany('INSERT INTO "tä" (b) VALUES (?)', [("abc",), ("grün",), ("\U0001f98a",), ("a\0b",)])
    connection.commit()
    connection.close()
    database = SqliteDatabase(path, "source")
    assert database.catalog().encoding == encoding
    table = database.catalog().tables[0]
    assert database.query('SELECT b FROM "tä" WHERE id = 2') == [("grün",)]
    profile = database.profile(table).columns["b"]
    assert (profile.max_length, profile.max_bytes, profile.forms) == (4, 5, {"nul": 1})
    database.close()


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("SQLITE_BUSY_SNAPSHOT", "DATABASE_LOCKED"),
        ("SQLITE_CORRUPT_INDEX", "DATABASE_CORRUPT"),
        ("SQLITE_IOERR_READ", "FILE_UNREADABLE"),
        ("SQLITE_CANTOPEN_ISDIR", "FILE_UNREADABLE"),
        ("SQLITE_READONLY_ROLLBACK", "HOT_JOURNAL"),
        ("SQLITE_FULL", "DISK_FULL"),
        ("SQLITE_TOOBIG", "QUERY_FAILED"),
        ("", "QUERY_FAILED"),
    ],
)
def test_result_codes_become_errors_of_ours(name: str, code: str) -> None:
    error = sqlite3.OperationalError("some reason")
    error.sqlite_errorname = name
    assert translate_error(error, "source").code == code


@pytest.mark.parametrize(("name", "there"), [("B", True), ("é", True), ("É", False), ("c", False)])
def test_an_unknown_column_is_named(path: Path, name: str, there: bool) -> None:
    """SQLite would take it for a text; it folds the letters of ASCII alone."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute('ALTER TABLE t ADD COLUMN "é"')
    with closing(SqliteSnapshot(path, "here")) as snapshot:
        taken = snapshot.query(f'SELECT "{name}" FROM t LIMIT 1') == [(name.encode(),)]
        assert taken is not there
        with nullcontext() if there else pytest.raises(DbmoError, match=f"COLUMN_MISSING.*{name}"):
            snapshot.check_columns("t", [name])
