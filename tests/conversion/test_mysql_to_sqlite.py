import sqlite3
from pathlib import Path

import pytest

from conversion.diff import diff
from conversion.relational.account import unaccounted
from conversion.result import Overrides
from engines.errors import UsageError
from tests.conversion.mysql_schemas import mysql_source
from tests.conversion.schemas import apply_sqlite

CORPORA = ["sakila", "ejabberd"]
PARTS = """
CREATE TABLE p (id int unsigned NOT NULL AUTO_INCREMENT, code varchar(20) NOT NULL, n decimal(10,2) DEFAULT 1.50,
    whole decimal(9,0), f float, t tinyint(1) DEFAULT 1, e enum('a','it''s') DEFAULT 'a', d date DEFAULT '2020-01-01',
    m datetime DEFAULT current_timestamp() ON UPDATE current_timestamp(), z timestamp(3) NULL, b bit(1) DEFAULT b'1',
    x binary(2) DEFAULT 'a', body text, j json, twice int AS (id * 2), long_ char(5) AS (upper(code)),
    PRIMARY KEY (id), UNIQUE KEY u (code), UNIQUE KEY pre (body(3)), KEY k (f DESC), FULLTEXT KEY ft (body),
    CHECK (f > 0)) AUTO_INCREMENT = 12 COMMENT 'a table';
CREATE TABLE q (n bigint unsigned NOT NULL AUTO_INCREMENT UNIQUE, code varchar(20), `Q"uote` int,
    CONSTRAINT fk FOREIGN KEY (code) REFERENCES p (code) ON UPDATE CASCADE);
CREATE TABLE r (a int NOT NULL, b int NOT NULL AUTO_INCREMENT, PRIMARY KEY (a, b), KEY (b))
    PARTITION BY HASH (a) PARTITIONS 2;
CREATE VIEW v AS SELECT code, t FROM p WHERE e = 'A' ORDER BY code;
CREATE VIEW w AS SELECT v.code FROM v;
CREATE VIEW x AS SELECT n * 2 AS y FROM p;
"""


@pytest.mark.parametrize("schema", CORPORA)
def test_real_schemas_load_whole_and_are_read_back_as_they_were_planned(
    schema: str, corpora: Path, empty_mariadb: str, tmp_path: Path
) -> None:
    source = mysql_source(empty_mariadb, corpora / "schemas" / schema / "mysql.sql", tolerant=True)
    result = source.to("sqlite", "3")
    found = apply_sqlite(tmp_path / "t.db", result)
    assert diff(result.target, found) == []
    assert unaccounted(source.catalog, result) == []
    assert sum(len(t.columns) for t in found.tables) == sum(len(t.columns) for t in source.catalog.tables)


def test_odd_parts_reach_the_fixpoint_or_are_named(empty_mariadb: str, tmp_path: Path) -> None:
    source = mysql_source(empty_mariadb, PARTS)
    result = source.to("sqlite", "3")
    assert diff(result.target, apply_sqlite(tmp_path / "t.db", result)) == []
    assert unaccounted(source.catalog, result) == []
    schema = source.catalog.database
    assert {(item.kind, item.object.removeprefix(f"{schema}.")) for item in result.omissions} == {
        ("index", "p.ft"), ("generated column", "p.long_"), ("identity", "r.b"), ("partitioning", "r"), ("view", "x"),
    }  # fmt: skip
    columns = {column.name: (column.native, column.default) for column in result.target.table("main.p").columns}
    assert {name: columns[name] for name in ("n", "whole", "f", "t", "e", "d", "m", "b", "x")} == {
        "n": ("TEXT", "'1.50'"), "whole": ("INTEGER", None), "f": ("REAL", None), "t": ("BOOLEAN", "1"),
        "e": ("TEXT", "'a'"), "d": ("TEXT", "'2020-01-01'"), "m": ("TEXT", "CURRENT_TIMESTAMP"), "b": ("BOOLEAN", "1"),
        "x": ("BLOB", "X'6100'"),
    }  # fmt: skip


def test_keys_compare_without_case_and_updates_set_the_clock(empty_mariadb: str, tmp_path: Path) -> None:
    apply_sqlite(tmp_path / "t.db", mysql_source(empty_mariadb, PARTS).to("sqlite", "3"))
    connection = sqlite3.connect(tmp_path / "t.db")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("INSERT INTO p (code, f, m, body) VALUES ('One', 1, '2001-01-01', 'abc1')")
    for statement in (
        "INSERT INTO p (code, f) VALUES ('ONE', 1)",
        "INSERT INTO p (code, f, body) VALUES ('Two', 1, 'ABC2')",
        "INSERT INTO p (code, f, e) VALUES ('Two', 1, 'b')",
        "INSERT INTO p (code, f) VALUES ('Two', -1)",
    ):
        with pytest.raises(sqlite3.IntegrityError):
            connection.execute(statement)
    connection.execute("INSERT INTO q (code) VALUES ('one')")
    connection.execute("UPDATE p SET f = 2")
    assert connection.execute("SELECT m > '2020', twice FROM p").fetchall() == [(1, 2)]
    assert connection.execute("SELECT * FROM w").fetchall() == [("One",)]
    connection.execute("UPDATE p SET f = 3, m = '2002-01-01'")
    assert connection.execute("SELECT m FROM p").fetchall() == [("2002-01-01",)]
    connection.close()


def test_a_type_may_be_asked_for(empty_mariadb: str) -> None:
    source = mysql_source(empty_mariadb, "CREATE TABLE a (n decimal(10,2), m datetime);")
    result = source.to("sqlite", "3", Overrides(types={"decimal(10,2)": "REAL"}))
    assert [(c.target_type, c.route) for c in result.tables[0].columns] == [("REAL", "double"), ("TEXT", "timestamp")]
    with pytest.raises(UsageError, match="can't be moved into GEOMETRY"):
        source.to("sqlite", "3", Overrides(types={"datetime": "GEOMETRY"}))
