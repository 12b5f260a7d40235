"""Two spellings of one MySQL schema don't differ; what does is seen once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from conversion import normal_form
from conversion.diff import diff
from conversion.normal_types import type_form
from engines.catalog import Catalog, Column
from engines.mysql.types import logical_type
from engines.registry import open_database
from tests.servers import MysqlServer, load_mysql

BASE = """
CREATE TABLE p (id int(11) NOT NULL AUTO_INCREMENT, code varchar(20) NOT NULL DEFAULT '', n decimal(5,2) DEFAULT 0.50,
    kind enum('a','it''s') DEFAULT 'a', made datetime NOT NULL DEFAULT current_timestamp(),
    seen timestamp NULL DEFAULT NULL ON UPDATE current_timestamp(), doc json, flag tinyint(1) NOT NULL DEFAULT 0,
    twice int GENERATED ALWAYS AS (n * 2) VIRTUAL, PRIMARY KEY (id), UNIQUE KEY code (code),
    CONSTRAINT positive CHECK (n > 0 AND kind <> 'b')) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
CREATE TABLE c (id int PRIMARY KEY, p_id int, q_id int, CONSTRAINT c_p FOREIGN KEY (p_id) REFERENCES p (id)) ;
CREATE VIEW v AS SELECT id, code FROM p WHERE n > 1;
CREATE TRIGGER t BEFORE INSERT ON c FOR EACH ROW SET NEW.q_id = NEW.p_id;
CREATE PROCEDURE r(a int) SELECT a + 1;
"""
# the same in other words: widths, aliases, an explicit index for the reference, quotes, parentheses, another maker
SAME = [
    ("int(11)", "INTEGER"),
    ("DEFAULT 0.50", "DEFAULT '0.5'"),
    ("current_timestamp()", "NOW()"),
    ("json", "longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin CHECK (json_valid(doc))"),
    ("tinyint(1)", "boolean"),
    ("decimal(5,2)", "numeric(5,2)"),
    ("CHECK (n > 0 AND kind <> 'b')", "CHECK ((`n` > 0) and (`kind` != 'b'))"),
    ("CONSTRAINT c_p", "KEY lookup (p_id, q_id), CONSTRAINT c_p"),
    ("REFERENCES p (id)", "REFERENCES p (id) ON DELETE NO ACTION ON UPDATE RESTRICT"),
    ("CREATE TRIGGER", "CREATE DEFINER=`somebody`@`localhost` TRIGGER"),
    ("seen timestamp NULL DEFAULT NULL", "seen timestamp(0) NULL"),
    ("CHARSET=utf8mb4", "COLLATE=utf8mb4_general_ci"),
    ("PRIMARY KEY (id),", "PRIMARY KEY USING BTREE (id),"),
    ("n * 2", "(`N` * 2)"),
]  # fmt: skip
# change (each upon those before it), object without its database, kind, loses data
CHANGES = [
    ("ALTER TABLE c DROP FOREIGN KEY c_p", "c.c_p", "foreign key", False),
    ("ALTER TABLE p MODIFY n decimal(4,2) DEFAULT 0.50", "p.n", "type", True),
    ("ALTER TABLE p MODIFY id int unsigned NOT NULL AUTO_INCREMENT", "p.id", "type", True),
    ("ALTER TABLE p MODIFY kind enum('a') DEFAULT 'a'", "p.kind", "type", True),
    ("ALTER TABLE p MODIFY kind enum('a','it''s','c') DEFAULT 'a'", "p.kind", "type", False),
    ("ALTER TABLE p MODIFY code varchar(20) NOT NULL DEFAULT 'x'", "p.code", "default", False),
    ("ALTER TABLE p MODIFY code varchar(20) CHARACTER SET latin1 NOT NULL DEFAULT ''", "p.code", "collation", True),
    ("ALTER TABLE p MODIFY seen timestamp NULL DEFAULT NULL", "p.seen", "on update", False),
    ("ALTER TABLE p MODIFY id int NOT NULL", "p.id", "identity", False),
    ("ALTER TABLE p MODIFY made datetime NULL DEFAULT current_timestamp()", "p.made", "nullability", False),
    ("ALTER TABLE p MODIFY flag tinyint NOT NULL DEFAULT 0", "p.flag", "type", False),
    ("ALTER TABLE p DROP CONSTRAINT positive", "p.positive", "check", False),
    ("ALTER TABLE c ADD UNIQUE KEY chosen (q_id)", "c.chosen", "unique constraint", False),
    ("ALTER TABLE p DROP KEY code, ADD KEY code (code)", "p.code", "unique constraint", False),
    ("ALTER TABLE c ADD KEY wide (q_id, p_id)", "c.wide", "index", False),
    ("ALTER TABLE c ADD COLUMN more int INVISIBLE", "c.more", "column", True),
    ("ALTER TABLE c COMMENT 'x'", "c", "table comment", False),
    ("ALTER TABLE c DROP KEY chosen; ALTER TABLE c PARTITION BY HASH (id) PARTITIONS 2", "c", "partitioning", False),
    ("ALTER TABLE c ENGINE=MyISAM", "c", "table option engine", False),
    ("CREATE OR REPLACE VIEW v AS SELECT id, code FROM p WHERE n > 2", "v", "view", False),
    ("CREATE OR REPLACE TRIGGER t BEFORE INSERT ON c FOR EACH ROW SET NEW.q_id = 1", "c.t", "trigger", False),
    ("DROP PROCEDURE r", "r(IN `a` int(11))", "routine", False),
    ("CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO DELETE FROM c", "e", "event", False),
]  # fmt: skip


def read(url: str) -> Catalog:
    database = open_database(url)
    try:
        return database.catalog()
    finally:
        database.close()


@pytest.fixture(scope="session")
def base(mariadb: MysqlServer) -> Iterator[Catalog]:
    url = mariadb.create_database()
    load_mysql(url, BASE)
    yield read(url)


def test_other_words_for_the_same_schema_are_no_difference(base: Catalog, empty_mariadb: str) -> None:
    text = BASE
    for one, other in SAME:
        assert one in text, one
        text = text.replace(one, other)
    load_mysql(empty_mariadb, text)
    found = diff(base, read(empty_mariadb))
    assert [(item.object.partition(".")[2], item.kind) for item in found] == [("c.lookup", "index")]


def test_each_change_is_seen_and_weighed(base: Catalog, empty_mariadb: str) -> None:
    load_mysql(empty_mariadb, BASE)
    for change, name, kind, loses in CHANGES:
        load_mysql(empty_mariadb, change)
        found = [item for item in diff(base, read(empty_mariadb)) if item.kind == kind]
        seen = [(item.object.partition(".")[2], item.data_loss) for item in found]
        assert (name, loses) in seen, (change, seen)


def test_names_that_a_server_made_up_are_no_difference(base: Catalog, mariadb: MysqlServer) -> None:
    reference = "CONSTRAINT c_p FOREIGN KEY"
    for text, expected in [
        (BASE.replace(reference, "FOREIGN KEY"), []),
        (BASE.replace(reference, "CONSTRAINT other FOREIGN KEY"), [("c.c_p", "name")]),
        (BASE.replace("CONSTRAINT positive CHECK", "CHECK"), []),
    ]:
        url = mariadb.create_database()
        load_mysql(url, text)
        found = diff(base, read(url))
        assert [(item.object.partition(".")[2], item.kind) for item in found] == expected
        assert diff(base, read(url), names=False) == []


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("int(11)", "int", True), ("bigint(20) unsigned", "bigint unsigned", True), ("tinyint(4)", "tinyint", True),
        ("tinyint(1)", "tinyint", False), ("int(5) unsigned zerofill", "int(6) unsigned zerofill", False),
        ("int(10) zerofill", "int(10) unsigned zerofill", True), ("year(4)", "year", True),
        ("decimal(10,0)", "numeric", True), ("decimal(8)", "decimal(8,0)", True), ("datetime(0)", "datetime", True),
        ("double precision", "double", True), ("char", "char(1)", True), ("enum('a','b')", "ENUM('a', 'b')", True),
        ("enum('a','b')", "enum('b','a')", False), ("varchar(10)", "varchar(11)", False),
        ("int", "int unsigned", False),
    ],
)  # fmt: skip
def test_types_in_normal_form(one: str, other: str, same: bool) -> None:
    forms = [type_form(Column(name="c", position=1, native=n, type=logical_type(n)), "mysql") for n in (one, other)]
    assert (forms[0] == forms[1]) is same


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("(`a` > 0)", "A > 0"), ("current_timestamp()", "CURRENT_TIMESTAMP"), ("now(6)", "current_timestamp(6)"),
        ("_utf8mb4'x'", "'x'"), ("`a` in (_utf8mb4'x',_utf8mb4'y')", "a IN ('x', 'y')"), ("lcase(a)", "LOWER(`a`)"),
        ("cast(`a` as char charset utf8mb4)", "CAST(a AS CHAR)"), ("`a` <> 1", "a != 1"), ("a && b", "`a` and `b`"),
    ],
)  # fmt: skip
def test_expressions_in_normal_form(one: str, other: str) -> None:
    assert normal_form.expression(one, "mysql") == normal_form.expression(other, "mysql")
