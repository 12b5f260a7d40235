"""Schemas that a target takes otherwise than the source: each is moved whole, and what can't go over is named."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from conversion.live import Asked, conversion_of
from engines.registry import open_database
from tests.moving import change, fetch, sqlite_file
from tests.mysql_servers import connected
from tests.servers import MysqlServer
from tests.transfer.routes.moved import Moved, moved
from tests.transfer.routes.test_mysql_to_mysql import source
from tests.transfer.whole import whole
from transfer.moveplan import SequenceSetting
from transfer.sequences import next_values

BOTH = ("pre_data", "post_data")


def asked(url: str, sql: str) -> list[tuple[Any, ...]]:
    """Rows of MariaDB."""
    with connected(url) as connection, connection.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())


def omitted(result: Moved) -> dict[str, str]:
    """Kind -> reason."""
    return {item.kind: item.reason for item in result.conversion.omissions}


def test_comments_are_cut_to_what_mysql_keeps_of_them(empty_18: str, empty_mariadb: str) -> None:
    change(
        empty_18,
        "CREATE TABLE t (id int PRIMARY KEY, v int); CREATE INDEX i ON t (v)",
        f"COMMENT ON TABLE t IS '{'é' * 2049}'; COMMENT ON INDEX i IS '{'i' * 1030}'",
        f"COMMENT ON COLUMN t.id IS '{'x' * 1025}'; COMMENT ON COLUMN t.v IS 'it''s \\ 😀'",
    )
    result = moved(empty_18, empty_mariadb, stages=BOTH)
    kept = "SELECT COLUMN_COMMENT FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 't'"
    whole = "SELECT TABLE_COMMENT FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 't'"
    assert asked(empty_mariadb, kept) == [("x" * 1024,), ("it's \\ \ufffd",)]
    assert asked(empty_mariadb, whole) == [("é" * 2048,)]
    said = {note.object for note in result.conversion.notes if "comment" in note.text}
    assert said == {"public.t", "public.t.id", "public.t.v", "public.t.i"}


def test_a_default_that_the_values_type_has_no_room_for_is_named(tmp_path: Path, empty_mariadb: str) -> None:
    made = (
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER DEFAULT 9223372036854775807, b INTEGER DEFAULT -2147483648,"
        " c DECIMAL(5,2) DEFAULT 1234.5, d DECIMAL(5,2) DEFAULT 999.99)"
    )
    result = moved(
        f"sqlite:{sqlite_file(tmp_path / 's.db', made, 'INSERT INTO t VALUES (1, 2, 3, 4, 5)')}", empty_mariadb
    )
    lost = [item.object for item in result.conversion.omissions]
    assert lost == ["main.t.a", "main.t.c"]
    asked(empty_mariadb, "INSERT INTO t (id) VALUES (2)")
    assert [tuple(map(str, row)) for row in asked(empty_mariadb, "SELECT b, d FROM t WHERE id = 2")] == [
        ("-2147483648", "999.99")
    ]


def test_a_collation_of_texts_says_nothing_of_blobs(tmp_path: Path, empty_mariadb: str) -> None:
    file = sqlite_file(
        tmp_path / "s.db",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, b BLOB, UNIQUE (b COLLATE NOCASE, id))",
        "CREATE INDEX i ON t (b COLLATE NOCASE)",
        "INSERT INTO t VALUES (1, x'ff41'), (2, x'ff61')",
    )
    result = moved(f"sqlite:{file}", empty_mariadb, stages=BOTH)
    assert omitted(result) == {}
    assert asked(empty_mariadb, "SELECT b FROM t ORDER BY id") == [(b"\xffA",), (b"\xffa",)]


def test_what_sqlite_folds_is_copied_into_mysql_and_not_computed(tmp_path: Path, empty_mariadb: str) -> None:
    file = sqlite_file(
        tmp_path / "s.db",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, low TEXT AS (lower(a)), more TEXT AS (a || '!'))",
        "INSERT INTO t (id, a) VALUES (1, 'ÄA')",
    )
    result = moved(f"sqlite:{file}", empty_mariadb)
    assert asked(empty_mariadb, "SELECT low, more FROM t") == [("Äa", "ÄA!")]
    assert omitted(result).keys() == {"generated column"}


VERSIONED = (
    "CREATE TABLE t (id int, v varchar(9), UNIQUE KEY (v, id), KEY (id)) WITH SYSTEM VERSIONING",
    "CREATE TABLE told (id int PRIMARY KEY, v int, since timestamp(6) GENERATED ALWAYS AS ROW START,"
    " till timestamp(6) GENERATED ALWAYS AS ROW END, PERIOD FOR SYSTEM_TIME (since, till)) WITH SYSTEM VERSIONING",
    "CREATE TABLE split (id int PRIMARY KEY) WITH SYSTEM VERSIONING"
    " PARTITION BY SYSTEM_TIME LIMIT 9 (PARTITION old HISTORY, PARTITION now CURRENT)",
    "INSERT INTO t VALUES (1, 'a'), (2, 'b')", "INSERT INTO told (id, v) VALUES (1, 1)", "UPDATE told SET v = 2",
    "INSERT INTO split VALUES (1)",
)  # fmt: skip


def test_tables_that_keep_versions_get_their_keys_and_are_compared_without_their_times(mariadb: MysqlServer) -> None:
    url, target = source(mariadb, *VERSIONED), mariadb.create_database()
    done = whole(url, target)
    assert asked(target, "SELECT * FROM t ORDER BY id") == [(1, "a"), (2, "b")]
    lost = {item.kind: item.reason for item in done.conversion.omissions}
    assert "all rows go into one table" in lost["partitioning"]
    assert [done.differing(by_plan) for by_plan in (True, False)] == [[], []]
    asked(target, "UPDATE told SET v = 3")
    told = f"{url.rpartition('/')[2]}.told"
    assert [done.differing(by_plan) for by_plan in (True, False)] == [[told], [told]]


def test_references_that_rows_break_and_tables_of_computed_columns_are_named(mariadb: MysqlServer) -> None:
    url = source(
        mariadb,
        "CREATE TABLE a (id int PRIMARY KEY, up int, FOREIGN KEY fine (up) REFERENCES a (id))",
        "CREATE TABLE b (id int PRIMARY KEY, a int, CONSTRAINT broken FOREIGN KEY (a) REFERENCES a (id))",
        "CREATE TABLE computed (one int AS (1) STORED)",
        "SET foreign_key_checks = 0", "INSERT INTO b VALUES (1, 99)", "INSERT INTO a VALUES (1, 1)",
        "INSERT INTO computed () VALUES ()",
    )  # fmt: skip
    target = mariadb.create_database()
    with closing(open_database(url)) as database:
        found = conversion_of(database, "mariadb", "10.11", Asked(home=target.rpartition("/")[2]))
    home = url.rpartition("/")[2]
    assert {item.object: item.kind for item in found.omissions} == {
        f"{home}.b.broken": "foreign key", f"{home}.computed": "table",
    }  # fmt: skip
    assert len(found.target.table(f"{target.rpartition('/')[2]}.a").foreign_keys) == 1


def test_numbers_that_myisam_counts_by_groups_go_on_behind_the_largest(mariadb: MysqlServer, empty_18: str) -> None:
    url = source(
        mariadb,
        "CREATE TABLE t (k int, id int AUTO_INCREMENT, PRIMARY KEY (k, id)) ENGINE=MyISAM",
        "INSERT INTO t (k) VALUES (1), (1), (1), (2)",
        "CREATE TABLE empty (id int AUTO_INCREMENT PRIMARY KEY)",
    )
    home = url.rpartition("/")[2]
    with closing(open_database(url)) as database:
        settings = [SequenceSetting(source=f"{home}.{name}.id") for name in ("t", "empty")]
        assert next_values("mariadb", database, settings) == [4, 1]


def test_rows_of_csv_tables_are_rows_like_any(mariadb: MysqlServer, empty_18: str, tmp_path: Path) -> None:
    url = source(
        mariadb, "CREATE TABLE t (a int NOT NULL, b varchar(9) NOT NULL) ENGINE=CSV", "INSERT INTO t VALUES (1, 'x,\"')"
    )
    for target in (mariadb.create_database(), empty_18, f"sqlite:{sqlite_file(tmp_path / 'out.db')}"):
        assert omitted(moved(url, target)) == {}
    assert fetch(empty_18, "SELECT * FROM t") == [(1, 'x,"')]
    with closing(sqlite3.connect(tmp_path / "out.db")) as connection:
        assert connection.execute("SELECT * FROM t").fetchall() == [(1, 'x,"')]


def test_arrays_of_types_that_somebody_made_are_written_and_compared_alike(empty_18: str, tmp_path: Path) -> None:
    change(
        empty_18,
        "CREATE TYPE pair AS (a int, b text); CREATE DOMAIN plus AS int; CREATE TYPE m AS ENUM ('s t')",
        "CREATE TABLE t (id int PRIMARY KEY, p pair[], d plus[], e m[])",
        """INSERT INTO t VALUES (1, ARRAY[ROW(1, 'a,b"')::pair, NULL], '{1,NULL}', '{"s t",NULL}'),
           (2, NULL, '{}', NULL), (3, '[0:0]={"(1,)"}', NULL, NULL)""",
    )
    target = f"sqlite:{sqlite_file(tmp_path / 'out.db')}"
    done = whole(empty_18, target)
    with closing(sqlite3.connect(tmp_path / "out.db")) as connection:
        assert connection.execute("SELECT p, d, e FROM t ORDER BY id").fetchall() == [
            (r'["(1,\"a,b\"\"\")",null]', "[1,null]", '["s t",null]'), (None, "[]", None), (None, None, None),
        ]  # fmt: skip
    assert [(entry.key, entry.column) for entry in done.output.quarantined] == [('{"id": 3}', "p")]
    assert done.differing() == []


def test_a_number_with_zeros_in_front_finds_its_row_again(mariadb: MysqlServer, empty_18: str) -> None:
    """Rows of a table without a key are found by all their values."""
    made = "CREATE TABLE t (a int zerofill, d date)", "INSERT INTO t VALUES (7, '0000-00-00'), (8, '2020-01-01')"
    done = whole(source(mariadb, *made), empty_18)
    assert [entry.action for entry in done.output.quarantined] == ["null"]
    assert done.differing() == []


def test_products_of_integers_have_64_bits_as_in_mysql(mariadb: MysqlServer, empty_18: str) -> None:
    url = source(
        mariadb,
        "CREATE TABLE t (id int PRIMARY KEY, price int, many smallint, due bigint AS (price * many - 1) STORED,"
        " twice decimal(20,0) AS (-(2 * price)) STORED, days int AS (DATEDIFF(at, '2020-01-01') * 3) STORED, at date)",
        "INSERT INTO t (id, price, many, at) VALUES (1, 2147483647, 32767, '2020-01-11')",
    )
    result = moved(url, empty_18)
    assert omitted(result) == {}
    assert fetch(empty_18, "SELECT due, twice::bigint, days FROM t") == [(2147483647 * 32767 - 1, -(2**32 - 2), 30)]


def test_an_integer_as_numeric_has_more_than_64_bits_in_mysql(empty_18: str, empty_mariadb: str) -> None:
    change(
        empty_18,
        "CREATE TABLE t (id int PRIMARY KEY, n bigint, g numeric GENERATED ALWAYS AS (n::numeric * 2 + 1) STORED)",
        "INSERT INTO t (id, n) VALUES (1, 9223372036854775807)",
    )
    moved(empty_18, empty_mariadb)
    assert asked(empty_mariadb, "SELECT CAST(g AS CHAR) FROM t") == [("18446744073709551615",)]
