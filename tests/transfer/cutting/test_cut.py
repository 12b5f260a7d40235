"""Every row lies in exactly one range, whatever the key's type and values are."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from conversion.mapping import TableMapping
from engines.connection import parse
from engines.registry import open_database
from tests.moving import change, sqlite_file
from tests.mysql_servers import MysqlServer, connected
from tests.servers import Server
from transfer.cutting import Size, cutter
from transfer.cutting.keys import chunk_keys
from transfer.endpoints import open_snapshot
from transfer.moveplan import MovePlan
from transfer.state import Cut
from transfer.units import TableUnit

HOSTILE = [
    "",
    " ",
    "'",
    "''",
    "\\",
    "\\'",
    "%",
    "%s",
    "a\nb",
    "tab\t",
    "é",
    "É",
    "ß",
    "😀",
    "Z",
    "z",
    "{0}",
    "--",
    "\x7f",
]
TEXTS = ", ".join("('" + text.replace("\\", "\\\\").replace("'", "''") + "')" for text in HOSTILE)
RAW = ", ".join("('" + text.replace("'", "''") + "')" for text in HOSTILE)
NUMBERS = "generate_series(1, 20) AS n"

# table -> columns, INSERT of more than ten rows
POSTGRESQL = {
    "text": ("k text PRIMARY KEY", f"VALUES {RAW}"),
    "text_c": ('k text COLLATE "C" PRIMARY KEY', f"VALUES {RAW}"),
    "sparse": ("k bigint PRIMARY KEY", f"SELECT (n - 10) * 461168601842738790 FROM {NUMBERS}"),
    "dense": ("k integer PRIMARY KEY", f"SELECT n - 10 FROM {NUMBERS}"),
    "small": ("k smallint PRIMARY KEY", f"SELECT n * 1600 FROM {NUMBERS}"),
    "uuid": ("k uuid PRIMARY KEY", f"SELECT md5(n::text)::uuid FROM {NUMBERS}"),
    "bytes": ("k bytea PRIMARY KEY", f"SELECT decode(md5(n::text), 'hex') FROM {NUMBERS}"),
    "number": ("k numeric PRIMARY KEY", f"SELECT CASE n WHEN 1 THEN 'NaN' ELSE n / 7.0 END FROM {NUMBERS}"),
    "moment": (
        "k timestamptz PRIMARY KEY",
        f"SELECT '2024-03-31 00:30Z'::timestamptz + n * '7m'::interval FROM {NUMBERS}",
    ),
    "day": (
        "k date PRIMARY KEY",
        f"SELECT CASE n WHEN 1 THEN '-infinity' ELSE '0044-3-15 BC'::date + n END FROM {NUMBERS}",
    ),
    "pair": ("a integer, b text, PRIMARY KEY (a, b)", f"SELECT n / 7, 'x''' || n FROM {NUMBERS}"),
    "double": ("k double precision PRIMARY KEY", f"SELECT CASE n WHEN 1 THEN 'NaN' ELSE 1.0 / n END FROM {NUMBERS}"),
    "unkeyed": ("k integer", "SELECT generate_series(1, 3000)"),
    "odd \"name\"": ('"k"".%" integer PRIMARY KEY', f"SELECT n FROM {NUMBERS}"),
}  # fmt: skip
SERIES = "SELECT CAST(seq AS SIGNED) AS n FROM seq_1_to_20"
MARIADB = {
    "text": ("k varchar(20) COLLATE utf8mb4_nopad_bin PRIMARY KEY", f"VALUES {TEXTS}"),
    "folded": ("k varchar(20) COLLATE utf8mb4_general_ci PRIMARY KEY", "SELECT CONCAT('Å', n, 'é') FROM ({n}) AS s"),
    "latin": ("k varchar(20) CHARACTER SET latin1 PRIMARY KEY", "SELECT CONCAT('ÿ', n, 'é') FROM ({n}) AS s"),
    "three": ("k varchar(20) CHARACTER SET utf8mb3 PRIMARY KEY", "SELECT CONCAT('€', n) FROM ({n}) AS s"),
    "unknown": (
        "k varchar(20) CHARACTER SET sjis COLLATE sjis_bin PRIMARY KEY",  # x'F040' has no code point
        "SELECT CONCAT(IF(n > 14, _sjis x'F040', 'a?'), CHAR(n + 64 USING sjis)) FROM ({n}) AS s",
    ),
    "sparse": (
        "k bigint unsigned PRIMARY KEY",
        "SELECT 18446744073709551615 - CAST(n AS UNSIGNED) * 900000000000000000 FROM ({n}) AS s",
    ),
    "negative": ("k int PRIMARY KEY", "SELECT n - 10 FROM ({n}) AS s"),
    "bytes": ("k varbinary(20) PRIMARY KEY", "SELECT UNHEX(MD5(n)) FROM ({n}) AS s"),
    "fixed": ("k binary(4) PRIMARY KEY", "SELECT UNHEX(LPAD(HEX(n * 7), 8, '0')) FROM ({n}) AS s"),
    "number": ("k decimal(20, 6) PRIMARY KEY", "SELECT n / 7 FROM ({n}) AS s"),
    "day": ("k date PRIMARY KEY", "SELECT IF(n = 1, '0000-00-00', '2024-02-20' + INTERVAL n DAY) FROM ({n}) AS s"),
    "moment": ("k timestamp(6) PRIMARY KEY", "SELECT FROM_UNIXTIME(1711846800 + n * 420.123456) FROM ({n}) AS s"),
    "clock": ("k time(3) PRIMARY KEY", "SELECT SEC_TO_TIME((n - 10) * 80000.125) FROM ({n}) AS s"),
    "uuid": (
        "k uuid PRIMARY KEY",
        "SELECT CONCAT(REPEAT(HEX(n + 15), 4), '-1234-1234-1234-123456789abc') FROM ({n}) AS s",
    ),
    "pair": ("a int, b varchar(9), PRIMARY KEY (a, b)", "SELECT n DIV 7, CONCAT('x''', n) FROM ({n}) AS s"),
    "triple": ("a int, b date, c int, PRIMARY KEY (a, b, c)", "SELECT n DIV 9, '2024-01-01', n FROM ({n}) AS s"),
    "odd `name`": ("`k``.%` int PRIMARY KEY", "SELECT n FROM ({n}) AS s"),
}  # fmt: skip
COUNTED = "WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 20) SELECT "
SQLITE = {
    "plain": ("k TEXT", COUNTED + "'x' || n FROM s"),
    "sparse": ("k INTEGER PRIMARY KEY", COUNTED + "(n - 10) * 461168601842738790 FROM s"),
    "text": ("k TEXT PRIMARY KEY) WITHOUT ROWID --", f"VALUES {RAW}"),
    "folded": ("k TEXT COLLATE NOCASE PRIMARY KEY) WITHOUT ROWID --", COUNTED + "char(64 + n) || 'é' FROM s"),
    "classes": (
        "k PRIMARY KEY) WITHOUT ROWID --",
        COUNTED + "CASE n % 4 WHEN 0 THEN n WHEN 1 THEN n / 3.0 WHEN 2 THEN x'ff' || n ELSE char(0) || n END FROM s",
    ),
    "pair": ("a INTEGER, b TEXT, PRIMARY KEY (a, b)) WITHOUT ROWID --", COUNTED + "n / 7, 'x''' || n FROM s"),
    "hidden": ("rowid TEXT, _rowid_ TEXT", COUNTED + "n, n FROM s"),
    'odd "name"': ('"k"".%" INTEGER PRIMARY KEY', COUNTED + "n FROM s"),
}  # fmt: skip


def ranges(url: str, table: str, step: int = 3) -> tuple[int, int, int]:
    """Chunks, rows that their conditions find in all, and rows of the table; resumed in the midst as well."""
    reference = parse(url)
    with closing(open_database(url)) as database:
        catalog = database.catalog()
    (name,) = [found.full_name for found in catalog.tables if found.name == table]
    mapping = TableMapping(source=name, target=name, columns=[])
    key = chunk_keys(catalog, [mapping])[name]
    unit = TableUnit(mapping, key)
    plan = MovePlan(
        migration="m", source_engine=catalog.engine, target_engine="postgresql", tables=[mapping], statements=[],
        chunk_rows=step, chunk_bytes=step * 1_000,
    )  # fmt: skip
    cutting = cutter(catalog.engine)
    with closing(open_snapshot(reference)) as snapshot:
        size = cutting.sizes(snapshot, [name]).get(name, Size())
        chunks = list(cutting.cut(snapshot, unit, plan, None, Size(None, size.bytes, 1_000)))
        after = Cut(2, chunks[1].upper, False) if len(chunks) > 2 else None
        if after is not None:
            assert list(cutting.cut(snapshot, unit, plan, after, Size(None, size.bytes, 1_000))) == chunks[2:]
        quoted = quoted_name(catalog.engine, name)
        counts = [count(snapshot, quoted, cutting.condition(key, chunk)) for chunk in chunks]
        assert chunks[0].lower is None
        assert chunks[-1].upper is None
        return len(chunks), sum(counts), count(snapshot, quoted, "")


def quoted_name(engine: str, name: str) -> str:
    sign = "`" if engine in ("mysql", "mariadb") else '"'
    return ".".join(sign + part.replace(sign, sign * 2) + sign for part in name.split(".", 1))


def count(snapshot: Any, table: str, where: str) -> int:
    return int(snapshot.query(f"SELECT count(*) FROM {table}{f' WHERE {where}' if where else ''}")[0][0])


@pytest.fixture(scope="module")
def tables_postgresql(postgresql_15: Any) -> str:
    url = str(postgresql_15.create_database())
    for table, (columns, rows) in POSTGRESQL.items():
        name = table.replace('"', '""')
        change(url, f'CREATE TABLE "{name}" ({columns})', f'INSERT INTO "{name}" {rows}')
    return url


@pytest.mark.parametrize("table", POSTGRESQL)
def test_postgresql(tables_postgresql: str, table: str) -> None:
    chunks, found, rows = ranges(tables_postgresql, table)
    assert (found, chunks > 3) == (rows, True)


@pytest.fixture(scope="module")
def tables_mariadb(mariadb: MysqlServer) -> str:
    url = mariadb.create_database()
    with connected(url) as connection, connection.cursor() as cursor:
        cursor.execute("SET sql_mode = 'NO_ENGINE_SUBSTITUTION'")
        cursor.execute("SET NAMES utf8mb4")
        for table, (columns, rows) in MARIADB.items():
            name = table.replace("`", "``")
            cursor.execute(f"CREATE TABLE `{name}` ({columns})")
            cursor.execute(f"INSERT INTO `{name}` " + rows.replace("{n}", SERIES))
    return url


@pytest.mark.parametrize("table", MARIADB)
def test_mariadb(tables_mariadb: str, table: str) -> None:
    chunks, found, rows = ranges(tables_mariadb, table)
    assert (found, chunks > 3) == (rows, True)


@pytest.mark.parametrize("table", ["latin", "three", "folded", "pair", "moment", "bytes"])
def test_mariadb_serves_ranges_by_the_index(tables_mariadb: str, table: str) -> None:
    with connected(tables_mariadb) as connection, connection.cursor() as cursor:
        cursor.execute("SET NAMES utf8mb4")
        with closing(open_database(tables_mariadb)) as database:
            catalog = database.catalog()
        (name,) = [found.full_name for found in catalog.tables if found.name == table]
        key = chunk_keys(catalog, [], [name])[name]
        unit = TableUnit(TableMapping(source=name, target=name, columns=[]), key)
        plan = MovePlan(
            migration="m", source_engine="mariadb", target_engine="postgresql", tables=[], statements=[], chunk_rows=3
        )
        with closing(open_snapshot(parse(tables_mariadb))) as snapshot:
            chunk = list(cutter("mariadb").cut(snapshot, unit, plan, None, Size()))[2]
        cursor.execute(f"EXPLAIN SELECT * FROM `{table}` WHERE {cutter('mariadb').condition(key, chunk)}")
        assert cursor.fetchall()[0][3] == "range"


@pytest.mark.parametrize("table", SQLITE)
def test_sqlite(tmp_path: Path, table: str) -> None:
    columns, rows = SQLITE[table]
    name = table.replace('"', '""')
    path = sqlite_file(tmp_path / "s.db", f'CREATE TABLE "{name}" ({columns}\n)'.replace("--\n)", ""))
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(f'INSERT INTO "{name}" {rows}')
    chunks, found, present = ranges(f"sqlite:{path}", table)
    assert (found, chunks > 3) == (present, True)


@pytest.mark.parametrize("encoding", ["UTF-16le", "UTF-16be"])
def test_sqlite_in_another_encoding(tmp_path: Path, encoding: str) -> None:
    path = sqlite_file(
        tmp_path / "s.db",
        f"PRAGMA encoding = '{encoding}'",
        "CREATE TABLE t (k TEXT PRIMARY KEY) WITHOUT ROWID",
        f"INSERT INTO t VALUES {RAW}",
    )
    assert ranges(f"sqlite:{path}", "t")[1:] == (len(HOSTILE), len(HOSTILE))


def test_an_empty_table_is_one_open_chunk(tmp_path: Path) -> None:
    path = sqlite_file(tmp_path / "s.db", "CREATE TABLE t (k INTEGER PRIMARY KEY)")
    assert ranges(f"sqlite:{path}", "t") == (1, 0, 0)


def test_a_key_that_may_be_null_is_none(tmp_path: Path, empty_15: str) -> None:
    change(
        empty_15, "CREATE TABLE t (a integer UNIQUE, b integer NOT NULL)", "CREATE UNIQUE INDEX p ON t (b) WHERE a > 1"
    )
    with closing(open_database(empty_15)) as database:
        assert chunk_keys(database.catalog(), [], ["public.t"])["public.t"].kind == "ctid"


def test_a_table_that_was_dropped_since_the_moment_has_no_size(postgresql_15: Server) -> None:
    url = postgresql_15.create_database()
    change(url, "CREATE TABLE t (id int)", "CREATE TABLE other (id int)")
    with closing(open_snapshot(parse(url))) as snapshot:
        snapshot.query("SELECT 1")
        change(url, "DROP TABLE t")
        assert set(cutter("postgresql").sizes(snapshot, ["public.t", "public.other"])) == {"public.other"}
