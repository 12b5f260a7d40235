"""MariaDB to MariaDB: every byte that one server stores is stored by the other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pymysql
import pytest

from engines.errors import EngineError
from tests.mysql_servers import connected
from tests.servers import MysqlServer
from tests.transfer.routes.moved import moved
from transfer.chunks import Chunk
from transfer.routes import mysql_read
from transfer.routes.mysql_lines import Unproved
from transfer.routes.mysql_to_mysql import MysqlToMysql

TRAPS = r"tab\t nl\n cr\r back\\slash \\N quote\' \" \0\Z \b é😀"
# type, values as SQL
COLUMNS: list[tuple[str, list[str]]] = [
    ("tinyint", ["-128", "127", "2"]),
    ("smallint unsigned zerofill", ["5"]),
    ("bigint unsigned", ["18446744073709551615"]),
    ("decimal(65,30)", ["-12345678901234567890123456789012345.123456789012345678901234567890"]),
    ("float", ["16777217", "3.4028235e38", "1.4e-45", "0.1"]),
    ("float(7,3)", ["1.234", "-9999.999"]),
    ("double", ["-1.2345678901234568e-15", "5e-324", "1.7976931348623157e308", "-2.2250738585072014e-308"]),
    ("double(10,2)", ["99999999.99"]),
    ("bit(64)", ["x'ffffffffffffffff'", "0"]),
    ("bit(1)", ["1"]),
    ("date", ["'0000-00-00'", "'2020-00-15'", "'2020-02-31'", "'0001-01-01'"]),
    ("datetime(6)", ["'2020-02-31 01:02:03.000001'", "'0000-00-00 00:00:00'"]),
    ("timestamp(6) NULL", ["'1970-01-01 00:00:01.5'"]),
    ("time(6)", ["'-838:59:59'", "'838:59:59.999999'"]),
    ("year", ["'0000'", "2155"]),
    ("char(5)", ["'a b'", "''"]),
    ("varchar(50)", [f"'{TRAPS}'", r"'\\N'", "''", "' '"]),
    ("binary(5)", [r"'\0\t\n\\'"]),
    ("varbinary(300)", ["x'00ff5c0a091f1e1d'", "''"]),
    ("tinyblob", ["''"]),
    ("longblob", ["x'fefdfffafbf9f8'", "REPEAT('z', 70000)"]),
    ("longtext", [f"REPEAT('{TRAPS}', 3000)"]),
    ("text CHARACTER SET latin1", ["x'e980819d'"]),
    ("varchar(20) CHARACTER SET cp1250", ["x'8183888a90'"]),
    ("varchar(20) CHARACTER SET sjis", ["'ソ表'"]),
    ("varchar(20) CHARACTER SET utf8mb3", ["'€'"]),
    ("varchar(20) CHARACTER SET utf16", ["'é😀'"]),
    ("enum('a','it''s','ü','3') CHARACTER SET latin1", ["'ü'", "'3'"]),
    ("set('x','y','z')", ["'x,z'", "''"]),
    ("json", ['\'{"a": [1, 2.50], "b": "\\\\n"}\'']),
    ("geometry", ["ST_GeomFromText('LINESTRING(0 0,1 1)', 4326)"]),
    ("point", ["POINT(1, 2)"]),
    ("uuid", ["'550e8400-e29b-41d4-a716-446655440000'"]),
    ("inet6", ["'::ffff:10.0.0.1'"]),
    ("inet4", ["'10.0.0.1'"]),
    ("int INVISIBLE", ["7"]),
]
FIXED = "char(40) CHARACTER SET latin1 DEFAULT 'z'"
MODE = "SET sql_mode = 'ALLOW_INVALID_DATES,NO_AUTO_VALUE_ON_ZERO'"


def source(server: MysqlServer, *statements: str) -> str:
    """A new database with that in it."""
    url = server.create_database()
    with connected(url) as connection, connection.cursor() as cursor:
        for statement in (MODE, *statements):
            cursor.execute(statement)
    return url


def stored(url: str, table: str = "t") -> list[tuple[Any, ...]]:
    """Every value by its bytes; numbers of 32 bits by the digits of a double."""
    with connected(url) as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT COLUMN_NAME, DATA_TYPE FROM information_schema.COLUMNS"
            " WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = %s ORDER BY ORDINAL_POSITION",
            (table,),
        )
        reads = [f"`{c}` * 1e0" if t in ("float", "double") else f"HEX(`{c}`)" for c, t in cursor.fetchall()]
        cursor.execute(f"SELECT {', '.join(reads)}, COUNT(*) FROM {table} GROUP BY {', '.join(reads)} ORDER BY 1, 2")
        return list(cursor.fetchall())


def table_of(engine: str = "InnoDB") -> list[str]:
    """A table with a column of each type, a row for every place in the lists of values, and one of NULLs."""
    columns = ", ".join(f"c{n} {type_}" for n, (type_, _) in enumerate(COLUMNS))
    statements = [
        f"CREATE TABLE t (id bigint unsigned AUTO_INCREMENT PRIMARY KEY, {columns},"
        f" made int AS (c0 + 1) STORED) ENGINE={engine}"
    ]
    names = ", ".join(f"c{n}" for n in range(len(COLUMNS)))
    for number in range(5):
        row = ", ".join(values[number] if number < len(values) else "NULL" for _, values in COLUMNS)
        statements.append(f"INSERT INTO t (id, {names}) VALUES ({(0, 1, 2, 3, 2**64 - 1)[number]}, {row})")
    return statements


def unproved(route: MysqlToMysql, *given: object) -> Iterator[bytes]:
    """As if a text held bytes that its character set doesn't have."""
    yield from ()
    raise Unproved


@pytest.mark.parametrize(
    ("few", "lanes", "proved", "engine"),
    [
        (5, 1, True, "InnoDB"),
        (-1, 1, True, "InnoDB"),
        (5, 2, True, "InnoDB"),
        (5, 1, False, "InnoDB"),
        (5, 1, True, "MyISAM"),
    ],
    ids=["load", "joined", "insert", "value by value", "without transactions"],
)
def test_every_byte_arrives(
    mariadb: MysqlServer, few: int, lanes: int, proved: bool, engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mysql_read, "FEW", few)
    if not proved:
        monkeypatch.setattr(MysqlToMysql, "_blocks", unproved)
    url, target = source(mariadb, *table_of(engine)), mariadb.create_database()
    result = moved(url, target, parallel=lanes)
    assert result.quarantined == {f"{url.rpartition('/')[2]}.t": []}
    assert stored(target) == stored(url)


def test_a_range_without_transactions_is_stored_once_however_often_it_is_copied(mariadb: MysqlServer) -> None:
    url = source(
        mariadb, "CREATE TABLE t (a int, b text) ENGINE=Aria", "INSERT INTO t VALUES (1, 'x'), (1, 'x'), (2, 0)"
    )
    target = mariadb.create_database()
    name = f"{url.rpartition('/')[2]}.t"
    moved(url, target, chunks={name: [Chunk(name, 0, None, None)] * 2})
    assert stored(target) == stored(url)


@pytest.mark.parametrize(
    ("columns", "lanes", "strict"),
    [("int", 1, 1), ("int", 2, 1), (FIXED, 1, 1), (FIXED, 1, 0)],
    ids=["too many", "too many, by INSERT", "too wide", "too wide, told as a warning"],
)
def test_a_table_that_innodb_could_not_hold_goes_over_in_its_own_engine(
    mariadb: MysqlServer, columns: str, lanes: int, strict: int
) -> None:
    """The value 0 of an ENUM is withheld from the midst of the others, a row of 2 MB is read in pieces."""
    many = 1_020 if columns == "int" else 250
    made = ", ".join(f"c{number} {columns}" for number in range(many))
    url = source(
        mariadb,
        f"CREATE TABLE t (id int AUTO_INCREMENT PRIMARY KEY, e enum('a') NOT NULL, x longtext, {made}) ENGINE=MyISAM",
        "INSERT INTO t (id, e, x, c0, c9) VALUES (1, 'a', REPEAT('x', 2000000), 1, NULL), (2, '', 'y', 2, NULL)",
        f"INSERT INTO t (id, e, x, c0, c{many - 1}) SELECT seq, 'a', x'C3A90A09', 1, 7 FROM seq_3_to_40",
    )
    target, name = mariadb.create_database(), f"{url.rpartition('/')[2]}.t"
    mariadb.run(f"SET GLOBAL innodb_strict_mode = {strict}")
    try:
        result = moved(url, target, chunks={name: [Chunk(name, 0, None, None)] * 2}, parallel=lanes)
    finally:
        mariadb.run("SET GLOBAL innodb_strict_mode = 1")
    assert [(one.locator, one.action) for one in result.quarantined[name]] == [("[2]", "row_withheld")] * 2
    with connected(url) as connection, connection.cursor() as cursor:
        cursor.execute("DELETE FROM t WHERE id = 2")
    assert len(stored(url)) == 39 and stored(target) == stored(url)


def test_a_trigger_that_waits_in_the_target_is_refused(mariadb: MysqlServer) -> None:
    url = source(mariadb, "CREATE TABLE t (a int)", "INSERT INTO t VALUES (1)")
    target = mariadb.create_database()
    made = "CREATE TABLE IF NOT EXISTS t (a int)"
    with connected(target) as connection, connection.cursor() as cursor:
        cursor.execute(made)
        cursor.execute("CREATE TRIGGER change_it BEFORE INSERT ON t FOR EACH ROW SET NEW.a = 0")
    with pytest.raises(EngineError, match=r"TARGET_TRIGGERS.*change_it"):
        moved(url, target, made=False)


def test_a_row_that_is_there_already_is_an_error_with_its_key(mariadb: MysqlServer) -> None:
    url = source(mariadb, "CREATE TABLE t (a varchar(9) PRIMARY KEY)", "INSERT INTO t VALUES ('b'), ('it''s')")
    target = mariadb.create_database()
    with connected(target) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE t (a varchar(9) PRIMARY KEY)")
        cursor.execute("INSERT INTO t VALUES ('it''s')")
    with pytest.raises(EngineError, match=r"DUPLICATE_KEY.*it's"):
        moved(url, target, made=False)


def test_references_are_not_checked_while_rows_are_loaded_and_are_afterwards(mariadb: MysqlServer) -> None:
    url = source(
        mariadb,
        "CREATE TABLE b (id int PRIMARY KEY)",
        "CREATE TABLE a (id int PRIMARY KEY, b int, FOREIGN KEY (b) REFERENCES b (id))",
        "INSERT INTO b VALUES (1)",
        "INSERT INTO a VALUES (1, 1)",
    )
    target = mariadb.create_database()
    moved(url, target, stages=("pre_data", "post_data"))
    with connected(target) as connection, connection.cursor() as cursor, pytest.raises(pymysql.IntegrityError):
        cursor.execute("INSERT INTO a VALUES (2, 2)")


@pytest.mark.parametrize(
    ("column", "value"),
    [("double", "-2.2250738585072014e-308"), ("double(30,2)", "-1234567890123456789012345678.25"), ("inet4", "NULL")],
)
def test_a_line_of_few_columns_is_not_cut_off_and_has_its_nulls(
    mariadb: MysqlServer, column: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mysql_read, "FEW", -1)
    made = f"CREATE TABLE t (id tinyint PRIMARY KEY, c {column}, d {column}, e {column})"
    url = source(mariadb, made, f"INSERT INTO t SELECT -100, {value}, {value}, {value}")
    target = mariadb.create_database()
    moved(url, target)
    assert stored(target) == stored(url)
