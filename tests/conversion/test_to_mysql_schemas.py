"""Whole schemas of PostgreSQL, SQLite and MariaDB on a real MariaDB: all is there or named, and reads back the same."""

from pathlib import Path
from typing import Any

import pymysql
import pytest

from conversion.diff import diff
from conversion.relational.account import unaccounted
from conversion.result import Conversion, Overrides
from engines.catalog import Catalog, Kind, Table
from engines.errors import UsageError
from engines.registry import open_database
from tests.conversion.schemas import Source, apply, postgresql_catalog, sqlite_source
from tests.mysql_servers import MysqlServer, connected, load_mysql
from tests.servers import Server, load_sql

FOLDER = Path(__file__).parent
HOSTILE = FOLDER / "hostile_postgresql.sql"
# what only the code of triggers, routines and views differs in: who made it
CODE = ("trigger", "routine", "view options", "view")


def mariadb_catalog(url: str) -> Catalog:
    database = open_database(url)
    try:
        return database.catalog()
    finally:
        database.close()


def applied(url: str, result: Conversion) -> Catalog:
    with connected(url) as connection, connection.cursor() as cursor:
        for statement in result.statements:
            cursor.execute(statement.sql)
    return mariadb_catalog(url)


def home(url: str) -> str:
    return url.rpartition("/")[2]


def to_mariadb(source: Source, url: str, overrides: Overrides | None = None) -> tuple[Conversion, Catalog]:
    result = source.to("mariadb", "10.11.19", overrides, home(url))
    return result, applied(url, result)


def differences(result: Conversion, found: Catalog) -> list[str]:
    return [f"{item.kind} {item.object} {item.detail}" for item in diff(result.target, found) if item.kind not in CODE]


def postgresql_source(url: str, script: Path | str) -> Source:
    load_sql(url, script)
    return Source(postgresql_catalog(url), {})


def shape(table: Table) -> tuple[object, ...]:
    """What must survive a round trip of a table."""
    uniques = [tuple(key.columns) for key in table.uniques]
    uniques += [tuple(key.column or "" for key in index.keys) for index in table.indexes if index.unique]
    references = sorted(
        (tuple(key.columns), key.referenced_table, tuple(key.referenced_columns)) for key in table.foreign_keys
    )
    key = table.primary_key.columns if table.primary_key else []
    return [(column.name, column.nullable) for column in table.columns], key, sorted(uniques), references


@pytest.mark.parametrize("schema", ["chinook", "sakila", "vaultwarden", "icingaweb2", "ulogd2", "roundcube"])
def test_real_postgresql_schemas_are_whole_on_mariadb(
    schema: str, corpora: Path, empty_18: str, empty_mariadb: str
) -> None:
    source = postgresql_source(empty_18, corpora / "schemas" / schema / "postgresql.sql")
    result, found = to_mariadb(source, empty_mariadb)
    assert differences(result, found) == []
    assert unaccounted(source.catalog, result) == []
    assert len(found.tables) == len(source.catalog.tables)
    keys = [len([table for table in catalog.tables if table.primary_key]) for catalog in (source.catalog, found)]
    references = [sum(len(table.foreign_keys) for table in catalog.tables) for catalog in (source.catalog, found)]
    assert keys[0] == keys[1] and references[0] == references[1]


@pytest.mark.parametrize("schema", ["chinook", "sakila", "powerdns"])
def test_real_sqlite_schemas_are_whole_on_mariadb(
    schema: str, corpora: Path, tmp_path: Path, empty_mariadb: str
) -> None:
    source = sqlite_source(tmp_path / "s.db", (corpora / "schemas" / schema / "sqlite.sql").read_text())
    result, found = to_mariadb(source, empty_mariadb)
    assert differences(result, found) == []
    assert unaccounted(source.catalog, result) == []
    assert {item.kind for item in result.omissions} <= {"default", "trigger"}


@pytest.mark.parametrize("schema", ["sakila", "powerdns"])
def test_mariadb_to_mariadb_is_the_same(schema: str, corpora: Path, mariadb: MysqlServer, empty_mariadb: str) -> None:
    url = mariadb.create_database()
    load_mysql(url, corpora / "schemas" / schema / "mysql.sql", foreign_key_checks=False)
    source = Source(mariadb_catalog(url), {})
    result, found = to_mariadb(source, empty_mariadb)
    assert differences(result, found) == []
    assert unaccounted(source.catalog, result) == []
    assert result.omissions == []


def test_everything_of_postgresql_goes_over_or_is_named(empty_18: str, empty_mariadb: str) -> None:
    source = postgresql_source(empty_18, FOLDER / "rich.sql")
    result, found = to_mariadb(source, empty_mariadb)
    assert differences(result, found) == []
    assert unaccounted(source.catalog, result) == []
    table = found.table(f"{home(empty_mariadb)}.part")
    assert table.partitioning is not None and [part.name for part in table.partitioning.parts] == [
        "part_23",
        "part_rest",
    ]
    assert {"exclusion", "inheritance", "row security", "materialized view"} <= {item.kind for item in result.omissions}


def test_hostile_names_and_values_go_over(empty_18: str, empty_mariadb: str) -> None:
    source = postgresql_source(empty_18, HOSTILE)
    result, found = to_mariadb(source, empty_mariadb)
    assert [item for item in differences(result, found) if not item.startswith("partitioning")] == []
    assert unaccounted(source.catalog, result) == []
    name = home(empty_mariadb)
    assert found.table(f"{name}.a`b").comment == "ignore all previous instructions; DROP TABLE users; -- 'quoted' \\ %s"
    assert result.renames["public.twin"].startswith(f"{name}.twin_")
    targets = {table.source: table.target for table in result.tables}
    assert targets['"other ""schema".a`b'] == f'{name}.other "schema_a`b'
    with connected(empty_mariadb) as connection, connection.cursor() as cursor:
        cursor.execute("INSERT INTO ens () VALUES ()")
        cursor.execute("SELECT e, s, arr, j, bt, b, dt, nn, bo, iv FROM ens")
        row = cursor.fetchone()
    assert row[:4] == ("it's", "a ", '["a", "b c"]', '{"a": 1}')
    assert row[4:6] == (b"\x05", b"\xde\xad\xbe\xef")
    assert (str(row[6]), float(row[7]), row[8], row[9]) == ("2020-02-03", 1.5, 1, "1 day")


def test_conditions_and_nulls_of_unique_keys_are_kept(empty_18: str, empty_mariadb: str) -> None:
    script = """CREATE TABLE t (a int, b text, UNIQUE NULLS NOT DISTINCT (a));
        CREATE UNIQUE INDEX one ON t (b) WHERE a > 0; CREATE UNIQUE INDEX two ON t (lower(b)) WHERE a < 0;"""
    result, _ = to_mariadb(postgresql_source(empty_18, script), empty_mariadb)
    rows = [
        ("1, 'x'", True),
        ("2, 'x'", False),
        ("0, 'x'", True),
        ("-1, 'Y'", True),
        ("-2, 'y'", False),
        ("3, 'X'", True),
    ]
    rows += [("NULL, 'q'", True), ("NULL, 'q'", False), ("4, 'x '", True)]
    with connected(empty_mariadb) as connection, connection.cursor() as cursor:
        assert [inserted(cursor, values) for values, _ in rows] == [fits for _, fits in rows]
    assert not result.omissions


def inserted(cursor: Any, values: str) -> bool:
    try:
        cursor.execute(f"INSERT INTO t VALUES ({values})")
    except pymysql.IntegrityError:
        return False
    return True


def test_undo_leaves_nothing(empty_18: str, empty_mariadb: str) -> None:
    result, _ = to_mariadb(postgresql_source(empty_18, FOLDER / "rich.sql"), empty_mariadb)
    with connected(empty_mariadb) as connection, connection.cursor() as cursor:
        for statement in reversed(result.statements):
            assert statement.undo
            cursor.execute(statement.undo)
    left = mariadb_catalog(empty_mariadb)
    assert not left.tables and not left.views and not left.routines and not left.sequences


@pytest.mark.parametrize("schema", ["chinook", "vaultwarden"])
def test_there_and_back_keeps_columns_and_keys(
    schema: str, corpora: Path, postgresql_18: Server, empty_mariadb: str
) -> None:
    source = postgresql_source(postgresql_18.create_database(), corpora / "schemas" / schema / "postgresql.sql")
    _, middle = to_mariadb(source, empty_mariadb)
    url = postgresql_18.create_database()
    back = apply(url, Source(middle, {}).to("postgresql"))
    before = {table.name: shape(table) for table in source.catalog.tables}
    assert {table.name: shape(table) for table in back.tables} == before


def test_mysql_8_gets_functional_keys_and_its_own_collations(empty_18: str) -> None:
    source = postgresql_source(empty_18, HOSTILE)
    result = source.to("mysql", "8.4.3", schema="db")
    assert unaccounted(source.catalog, result) == []
    text = "\n".join(statement.sql for statement in result.statements)
    assert "COLLATE=utf8mb4_0900_bin" in text and "nopad" not in text
    assert "CASE WHEN (`select` = 'it''s \\\\ 100%') THEN 1 END" in text and "INVISIBLE" not in text
    assert "CREATE SEQUENCE" not in text and "DEFAULT ('x')" in text
    assert "UNHEX(SHA2(`a`, 256))" in text  # a unique key of 4,800 bytes


def test_a_person_may_ask_for_another_type(empty_18: str) -> None:
    source = postgresql_source(empty_18, "CREATE TABLE t (a text, b bigint, c timestamptz)")
    wanted = Overrides(types={"public.t.a": "varchar(20)", "bigint": "int unsigned", "public.t.c": "timestamp(3)"})
    table = source.to("mariadb", "10.11.19", wanted, "db").target.table("db.t")
    assert [column.native for column in table.columns] == ["varchar(20)", "int unsigned", "timestamp(3)"]
    with pytest.raises(UsageError, match="TYPE_WITHOUT_ROUTE"):
        source.to("mariadb", "10.11.19", Overrides(types={"public.t.a": "geometry"}), "db")


def test_values_decide_the_types_of_sqlite(tmp_path: Path) -> None:
    script = """CREATE TABLE t (id INTEGER PRIMARY KEY, ok BOOLEAN, at DATETIME, s VARCHAR(10) UNIQUE, n NUMERIC,
        k TEXT COLLATE NOCASE, mixed, e DATETIME DEFAULT CURRENT_TIMESTAMP);
        INSERT INTO t VALUES (1, 1, '2024-01-01 10:00:00', 'a', 1.5, 'x', 1, 0),
            (2, 0, NULL, 'b', 2, 'y', 'z', 17e8);"""
    source = sqlite_source(tmp_path / "s.db", script)
    result = source.to("mariadb", "10.11.19", schema="db")
    columns = {column.source: (column.target_type, column.route) for column in result.tables[0].columns}
    assert columns["ok"] == ("tinyint(1)", "boolean") and columns["at"] == ("datetime(6)", "timestamp")
    assert columns["s"] == ("varchar(10)", "text") and columns["n"] == ("double", "double")
    assert columns["mixed"][1] == "text_any" and columns["id"][1] == "integer"
    table = result.target.table("db.t")
    assert table.column("id").identity is not None and table.column("id").type.kind is Kind.INTEGER
    assert (table.column("k").collation or "").endswith("_ci")
