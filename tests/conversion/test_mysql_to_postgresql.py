from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from conversion.diff import diff
from conversion.live import Asked, conversion_of
from conversion.relational.account import unaccounted
from conversion.result import Overrides
from conversion.source_values import Look, all_of
from engines.errors import UsageError
from engines.registry import open_database
from tests.conversion.mysql_schemas import mysql_source
from tests.conversion.schemas import Source, apply, undo
from tests.mysql_servers import load_mysql
from tests.servers import Server

CORPORA = ["sakila", "icinga-director", "ulogd2"]
HOSTILE = (
    'CREATE TABLE `select` (`from` int PRIMARY KEY AUTO_INCREMENT, `Mixed Case` text, `quo"te` varchar(9)'
    " DEFAULT 'it''s \\\\', `a.b` int UNIQUE, `per%cent{column}` int unsigned COMMENT 'ignore all rules; DROP TABLE x',"
    "`xmin` int,"
    "`new\nline` datetime DEFAULT now() ON UPDATE now(), `e` enum('it''s','a,b','x\\\\y') NOT NULL DEFAULT 'a,b');"
    f"CREATE TABLE `{'ß' * 64}` (`{'ü' * 63}1` int PRIMARY KEY, `{'ü' * 63}2` int, KEY `{'k' * 64}` (`{'ü' * 63}2`),"
    f"CONSTRAINT `{'c' * 64}` FOREIGN KEY (`{'ü' * 63}2`) REFERENCES `select` (`from`));"
    "CREATE TABLE `o'r\\d` (x int CHECK (x < 9)) COMMENT 'it''s \\\\ here';"
    f'CREATE VIEW `v"{"w" * 60}` AS SELECT `quo"te`, `new\nline` FROM `select`;'
)
CYCLES = """
CREATE TABLE a (id int unsigned PRIMARY KEY, b bigint, self int unsigned, KEY i (b),
    FOREIGN KEY (self) REFERENCES a (id));
CREATE TABLE b (id bigint PRIMARY KEY, a int unsigned, KEY i (a), CONSTRAINT f FOREIGN KEY (a) REFERENCES a (id)
    ON DELETE CASCADE ON UPDATE SET NULL);
ALTER TABLE a ADD CONSTRAINT f2 FOREIGN KEY (b) REFERENCES b (id);
"""
PARTS = """
CREATE TABLE p (code varchar(20) PRIMARY KEY, u varchar(50) NOT NULL, bin varchar(9) COLLATE utf8mb4_bin UNIQUE,
    n int unsigned DEFAULT 7, big bigint unsigned, t tinyint(1) DEFAULT 1, two tinyint(1) DEFAULT 2,
    y year DEFAULT 1999, body text, blobby blob, j json, bits bit(6) DEFAULT b'101', one bit(1) DEFAULT b'1',
    s set('x','y z') DEFAULT 'x',
    zero datetime NOT NULL DEFAULT '0000-00-00 00:00:00', stamp timestamp(3) NULL DEFAULT current_timestamp(3),
    fixed binary(4) DEFAULT 'ab', tm time DEFAULT '08:00:00', uu uuid DEFAULT uuid(), em char(0), g point,
    sum_ int AS (n + 1) STORED, low varchar(50) AS (lower(u)) VIRTUAL, now_ int AS (char_length(u)) VIRTUAL,
    UNIQUE KEY ci (u), UNIQUE KEY pre (body(10)), KEY pre2 (body(100), n), KEY pre3 (u(5)), KEY down (n DESC),
    FULLTEXT KEY ft (u, body), KEY h (n) USING HASH, CHECK (n > 1 and u <> 'X'),
    CHECK (json_length(j) > 0));
CREATE TABLE q (a varchar(20), n int, FOREIGN KEY (a) REFERENCES p (code), KEY ci (n));
CREATE TABLE r (d date NOT NULL, id int NOT NULL, PRIMARY KEY (id, d)) PARTITION BY RANGE (year(d))
    (PARTITION p0 VALUES LESS THAN (2000), PARTITION p1 VALUES LESS THAN MAXVALUE);
CREATE TABLE td (d date NOT NULL) PARTITION BY RANGE (to_days(d))
    (PARTITION p0 VALUES LESS THAN (to_days('2020-01-01')), PARTITION p1 VALUES LESS THAN (738000));
CREATE TABLE tn (d date, n int) PARTITION BY RANGE COLUMNS (d, n) (PARTITION p0 VALUES LESS THAN ('2020-01-01', 7));
CREATE TABLE l (c int) PARTITION BY LIST (c) (PARTITION a VALUES IN (1, 2, NULL), PARTITION b VALUES IN (3));
CREATE TABLE h (c int PRIMARY KEY, e enum('x','y z')) PARTITION BY HASH (c) PARTITIONS 3;
CREATE TABLE bad (c int) PARTITION BY RANGE (c * 2) (PARTITION a VALUES LESS THAN (10));
CREATE VIEW v_two AS SELECT * FROM v_one;
CREATE VIEW unknown AS SELECT soundex(u) AS x FROM p;
"""
VIEWS = "CREATE VIEW v_one AS SELECT code, sum_ FROM p WHERE t; " + PARTS[PARTS.index("CREATE VIEW v_two") :]


@pytest.mark.parametrize("schema", CORPORA)
def test_real_schemas_load_whole_and_are_read_back_as_they_were_planned(
    schema: str, corpora: Path, empty_mariadb: str, empty_15: str
) -> None:
    source = mysql_source(empty_mariadb, corpora / "schemas" / schema / "mysql.sql", tolerant=True)
    result = source.to("postgresql", "15")
    found = apply(empty_15, result)
    assert [item for item in diff(result.target, found) if item.kind not in ("routine", "trigger")] == []
    assert unaccounted(source.catalog, result) == []
    tables = source.catalog.tables
    assert len(found.tables) == len(tables)
    for name in ("columns", "foreign_keys"):
        assert sum(len(getattr(t, name)) for t in found.tables) == sum(len(getattr(t, name)) for t in tables)
    assert sum(1 for t in found.tables if t.primary_key) == sum(1 for t in tables if t.primary_key)


@pytest.mark.parametrize("script", [HOSTILE, CYCLES])
def test_hostile_names_and_cycles_reach_the_fixpoint(script: str, empty_mariadb: str, empty_15: str) -> None:
    source = mysql_source(empty_mariadb, script)
    result = source.to("postgresql", "15")
    assert diff(result.target, apply(empty_15, result)) == []
    assert unaccounted(source.catalog, result) == []
    assert undo(empty_15, result).tables == []


@pytest.fixture
def parts(empty_mariadb: str) -> Source:
    return mysql_source(empty_mariadb, PARTS[: PARTS.index("CREATE VIEW v_two")] + VIEWS)


def test_odd_parts_reach_the_fixpoint_or_are_named(parts: Source, empty_15: str) -> None:
    result = parts.to("postgresql", "15")
    assert diff(result.target, apply(empty_15, result)) == []
    assert unaccounted(parts.catalog, result) == []
    schema = parts.catalog.database
    named = {(item.kind, item.object.removeprefix(f"{schema}.")) for item in result.omissions}
    assert named == {
        ("default", "p.zero"), ("check", "p.CONSTRAINT_2"), ("partitioning", "bad"), ("view", "unknown"),
    }  # fmt: skip
    columns = {column.name: column for column in result.target.table("public.p").columns}
    assert columns["low"].generated is not None
    assert {name: columns[name].default for name in ("n", "t", "two", "bits", "one", "s", "fixed", "stamp", "tm")} == {
        "n": "7", "t": "TRUE", "two": "2", "bits": "'000101'", "one": "true", "s": "'{x}'", "fixed": "'\\x61620000'",
        "stamp": "CURRENT_TIMESTAMP", "tm": "'08:00:00'",
    }  # fmt: skip
    kinds = {table.name: table.kind for table in result.target.tables}
    assert [name for name, kind in kinds.items() if kind == "partitioned"] == ["h", "l", "r", "td", "tn"]
    assert {"tn_p0", "tn_null"} <= {table.name for table in result.target.tables}
    bounds = [t.partitioning.bound for t in result.target.tables if t.partitioning and t.partitioning.parent]
    assert "FOR VALUES FROM ('2020-01-01') TO ('2020-07-29')" in bounds


def test_a_key_without_case_stays_one_beside_the_plain_one(parts: Source, empty_15: str) -> None:
    apply(empty_15, parts.to("postgresql", "15"))
    with psycopg.connect(empty_15, autocommit=True) as connection:
        insert = "INSERT INTO p (code, u, bin, zero, body) VALUES (%s, %s, %s, now(), %s)"
        connection.execute(insert, ("a", "One", "x", "0123456789 a"))
        for row in (("A", "Two", "y", "b"), ("b", "ONE", "z", "c"), ("c", "Three", "w", "0123456789 b")):
            with pytest.raises(psycopg.errors.UniqueViolation):
                connection.execute(insert, row)
        connection.execute(insert, ("d", "Four", "X", "d"))
        connection.execute("INSERT INTO q VALUES ('a', 1)")
        with pytest.raises(psycopg.errors.CheckViolation):
            connection.execute("UPDATE p SET n = -1, big = -1")


def test_on_update_sets_the_column_unless_the_statement_does(empty_mariadb: str, empty_15: str) -> None:
    script = (
        "CREATE TABLE t (id int PRIMARY KEY, v int, m datetime NULL ON UPDATE current_timestamp(), z timestamp NULL"
    )
    source = mysql_source(empty_mariadb, script + " ON UPDATE current_timestamp());")
    apply(empty_15, source.to("postgresql", "15"))
    with psycopg.connect(empty_15, autocommit=True) as connection:
        connection.execute("INSERT INTO t (id, v) VALUES (1, 1), (2, 2), (3, 3)")
        connection.execute("UPDATE t SET v = 9 WHERE id = 1")
        connection.execute("UPDATE t SET v = 2 WHERE id = 2")
        connection.execute("UPDATE t SET v = 9, m = '2001-01-01' WHERE id = 3")
        rows = connection.execute("SELECT m IS NULL, m = '2001-01-01', z IS NULL FROM t ORDER BY id").fetchall()
    assert rows == [(False, False, False), (True, None, True), (False, True, False)]


def test_referencing_columns_take_the_type_of_what_they_refer_to(empty_mariadb: str) -> None:
    script = "INSERT INTO a VALUES (4000000000, NULL, NULL);"
    result = mysql_source(empty_mariadb, CYCLES + script).to("postgresql", "15")
    natives = {f"{t.name}.{c.name}": c.native for t in result.target.tables for c in t.columns}
    assert natives == {"a.id": "bigint", "a.b": "bigint", "a.self": "bigint", "b.id": "bigint", "b.a": "bigint"}


def test_enum_types_are_shared_by_equal_lists_and_numbering_goes_on(empty_mariadb: str, empty_15: str) -> None:
    source = mysql_source(
        empty_mariadb,
        "CREATE TABLE a (id int AUTO_INCREMENT PRIMARY KEY, on_ enum('y','n'), off_ enum('y','n'), c enum('r','g')) "
        "AUTO_INCREMENT = 41; CREATE TABLE b (c enum('r','g'), d enum('it''s'));",
    )
    result = source.to("postgresql", "15")
    assert diff(result.target, apply(empty_15, result)) == []
    assert [item.name for item in result.target.types] == ["enum_y_n", "c_enum", "b_d"]
    assert result.target.sequences[0].last_value == 40


def test_overrides_and_skips_are_followed(empty_mariadb: str) -> None:
    source = mysql_source(
        empty_mariadb,
        "CREATE TABLE a (b tinyint(1), c enum('x')); CREATE TABLE z (a int); CREATE VIEW v AS SELECT a FROM z;",
    )
    name = source.catalog.database
    overrides = Overrides(
        types={"tinyint(1)": "smallint", f"{name}.a.c": "text"}, names={f"{name}.a": "first"}, skip=[f"{name}.z"]
    )
    result = source.to("postgresql", "15", overrides)
    table = result.target.table("public.first")
    assert [column.native for column in table.columns] == ["smallint", "text"]
    assert [(item.object, item.kind) for item in result.omissions] == [(f"{name}.z", "table"), (f"{name}.v", "view")]
    with pytest.raises(UsageError, match="can't be moved into bytea"):
        source.to("postgresql", "15", Overrides(types={"tinyint(1)": "bytea"}))


def test_values_decide_between_types(empty_mariadb: str, postgresql_15: Server) -> None:
    source = mysql_source(
        empty_mariadb,
        "SET sql_mode = ''; CREATE TABLE t (b tinyint(1), i int unsigned, j int unsigned, g bigint unsigned, h time, "
        "d date NOT NULL, e enum('a')); INSERT INTO t VALUES (2, 4000000000, 5, 18446744073709551615, '30:00:00', "
        "'0000-00-00', 'wrong');",
    )
    result = source.to("postgresql", "15")
    table = result.target.table("public.t")
    assert [column.native for column in table.columns] == [
        "smallint", "bigint", "integer", "numeric(20,0)", "interval(0)", "date", "public.t_e",
    ]  # fmt: skip
    assert table.column("d").nullable
    assert [check.name for check in table.checks if not check.validated] == ["t_d_not_null"]
    assert result.target.types[0].labels == ["", "a"]
    reason = next(column.reason for column in result.tables[0].columns if column.source == "d")
    assert "1 of 1 values don't fit" in reason
    apply(postgresql_15.create_database(), result)
    kept = source.to("postgresql", "15", Overrides(settled=["zero_date", "zero_in_date"])).target.table("public.t")
    assert not kept.column("d").nullable and all(check.validated for check in kept.checks)


def test_references_to_rows_that_nobody_looked_at_are_not_validated(empty_mariadb: str) -> None:
    load_mysql(
        empty_mariadb,
        "CREATE TABLE a (id int PRIMARY KEY, d date NOT NULL); CREATE TABLE b (id int PRIMARY KEY, d date); "
        "CREATE TABLE c (a int REFERENCES a (id), b int REFERENCES b (id));",
    )

    def validated(look: Look, *settled: str) -> list[bool]:
        asked = Asked(home="public", overrides=Overrides(settled=list(settled)), look=look)
        found = conversion_of(source, "postgresql", "15", asked).target.table("public.c").foreign_keys
        return [key.validated for key in sorted(found, key=lambda key: key.columns)]

    with closing(open_database(empty_mariadb)) as source:
        assert validated(lambda source, tables: {}) == [False, True]
        assert validated(lambda source, tables: {}, "zero_date", "zero_in_date") == [True, True]
        assert validated(all_of) == [True, True]


def test_a_key_over_values_that_no_entry_of_an_index_holds_is_left_out_by_name(empty_mariadb: str) -> None:
    source = mysql_source(
        empty_mariadb,
        "CREATE TABLE t (id int PRIMARY KEY, k varchar(700) UNIQUE, h text UNIQUE, b varbinary(3000), p text, KEY (b),"
        " KEY (p(20))); INSERT INTO t VALUES (1, 'x', repeat('é', 1353), repeat('b', 2705), repeat('p', 9999))",
    )
    result = source.to("postgresql")
    named = {(one.object.rpartition(".")[2], one.kind) for one in result.omissions}
    assert named == {("h", "unique constraint"), ("b", "index")}
    [table] = result.target.tables
    assert [key.columns for key in table.uniques] == [["k"]] and len(table.indexes) == 2  # of p, and k without case
