"""Scripts for MariaDB: one ALTER TABLE per table, and algorithms that the server accepts."""

from __future__ import annotations

import pytest

from conversion.alter.model import Choices, Migration
from conversion.alter.mysql.facts import FACTS, ORDER, way
from conversion.alter.plan import migration
from tests.conversion.alter.applying import Engine, check_both_ways, left, read
from tests.mysql_servers import MysqlServer

BEFORE = [
    "CREATE TABLE parent (id int(11) NOT NULL AUTO_INCREMENT, code varchar(10) NOT NULL, PRIMARY KEY (id), "
    "UNIQUE KEY code (code)) COMMENT='old'",
    """CREATE TABLE child (id int unsigned NOT NULL, parent_id int, mood enum('sad','glad') DEFAULT 'sad' COMMENT 'how',
       name varchar(40) CHARACTER SET latin1, price decimal(10,2),
       touched timestamp NOT NULL DEFAULT current_timestamp() ON UPDATE current_timestamp(),
       twice int GENERATED ALWAYS AS (price * 2) VIRTUAL, old_note text,
       positive int CHECK (positive > 0), PRIMARY KEY (id), KEY named (name(10)),
       CONSTRAINT child_parent FOREIGN KEY (parent_id) REFERENCES parent (id)) ENGINE=InnoDB ROW_FORMAT=COMPACT""",
    "CREATE TABLE parts (id int NOT NULL) PARTITION BY RANGE (id) (PARTITION a VALUES LESS THAN (10))",
    "CREATE VIEW names AS SELECT id, name FROM child",
    "CREATE TRIGGER child_before BEFORE INSERT ON child FOR EACH ROW BEGIN SET NEW.price = 1; END",
    "CREATE PROCEDURE work() BEGIN SELECT 1; END",
    "CREATE TABLE gone (id int)",
]
AFTER = [
    "CREATE TABLE parent (id bigint NOT NULL AUTO_INCREMENT, code varchar(20) NOT NULL, PRIMARY KEY (id), "
    "UNIQUE KEY code_too (code)) COMMENT='new'",
    """CREATE TABLE child (id int unsigned NOT NULL, stamp date NOT NULL, parent_id bigint,
       mood enum('sad','glad','so-so') DEFAULT 'so-so' COMMENT 'how', name varchar(60) CHARACTER SET utf8mb4, price
       decimal(12,2), touched timestamp NOT NULL DEFAULT current_timestamp() ON UPDATE current_timestamp(),
       twice int GENERATED ALWAYS AS (price * 3) VIRTUAL, positive int CHECK (positive > 0), number int NOT NULL,
       PRIMARY KEY (id), UNIQUE KEY numbered (number), KEY named (name(20)),
       CONSTRAINT child_parent FOREIGN KEY (parent_id) REFERENCES parent (id) ON DELETE SET NULL) ENGINE=InnoDB""",
    "CREATE TABLE parts (id int NOT NULL) PARTITION BY RANGE (id) (PARTITION a VALUES LESS THAN (10), "
    "PARTITION b VALUES LESS THAN (20))",
    "CREATE VIEW names AS SELECT id, name, price FROM child",
    "CREATE TRIGGER child_before BEFORE INSERT ON child FOR EACH ROW BEGIN SET NEW.price = 2; END",
    "CREATE PROCEDURE work() BEGIN SELECT 2; END",
    "CREATE TABLE coming (id int PRIMARY KEY, parent_id bigint, FOREIGN KEY (parent_id) REFERENCES parent (id))",
]


@pytest.fixture(scope="module")
def engine(mariadb: MysqlServer) -> Engine:
    return Engine("mysql", mariadb.create_database)


@pytest.fixture(scope="module")
def rich(engine: Engine) -> Migration:
    return check_both_ways(engine, BEFORE, AFTER)


def test_a_schema_of_every_kind_becomes_another_and_back(rich: Migration) -> None:
    assert rich.remaining == []
    assert not rich.atomic
    assert rich.notes[-1].text.startswith("every statement commits by itself")


def test_the_changes_of_a_table_are_one_statement_and_each_is_listed(rich: Migration) -> None:
    [step] = [step for step in rich.steps if step.sql.startswith("ALTER TABLE `child` DROP INDEX")]
    assert "column old_note goes" in step.changes
    assert "column mood: enum('sad','glad') -> enum('sad','glad','so-so')" in step.changes
    assert step.destructive
    assert step.rewrite
    assert step.online is not None
    assert step.online.tool == "gh-ost or pt-online-schema-change"


def test_what_goes_goes_last(rich: Migration) -> None:
    assert rich.steps[-1].sql == "DROP TABLE `gone`"


# a change of the table of facts -> ALTER TABLE's words for it
CHANGES = {
    "add column": "ADD COLUMN z int",
    "add column in between": "ADD COLUMN z int AFTER a",
    "drop column": "DROP COLUMN b",
    "rename column": "CHANGE COLUMN c d int",
    "move column": "MODIFY COLUMN c int FIRST",
    "default": "ALTER COLUMN c SET DEFAULT 5",
    "longer text": "MODIFY COLUMN b varchar(20)",
    "more labels": "MODIFY COLUMN e enum('x','y','z')",
    "not null": "MODIFY COLUMN c int NOT NULL",
    "type": "MODIFY COLUMN c bigint",
    "add index": "ADD KEY k (c)",
    "drop index": "DROP INDEX i",
    "add fulltext index": "ADD FULLTEXT KEY f (b)",
    "drop primary key": "DROP PRIMARY KEY",
    "table comment": "COMMENT='x'",
    "storage option": "ROW_FORMAT=COMPACT",
}


@pytest.mark.parametrize("change", CHANGES)
def test_the_server_takes_the_algorithm_that_the_table_says(change: str, engine: Engine, table_url: str) -> None:
    found = way([change], "mariadb", (10, 11))
    with engine.session(table_url) as run:
        run("SET SESSION sql_mode = 'STRICT_ALL_TABLES'")
        run("DROP TABLE IF EXISTS t")
        run("CREATE TABLE t (a int PRIMARY KEY, b varchar(10), c int, e enum('x','y'), KEY i (c))")
        run(f"ALTER TABLE t {CHANGES[change]}, ALGORITHM={found.algorithm}, LOCK={found.lock}")


@pytest.fixture(scope="module")
def table_url(engine: Engine) -> str:
    return engine.new()


def test_every_fact_names_an_algorithm_and_a_lock() -> None:
    for change in FACTS:
        assert way([change], "mysql", (8, 4)).algorithm in ORDER


def test_a_confirmed_rename_keeps_the_column_and_its_index(engine: Engine) -> None:
    url, wanted_url = engine.new(), engine.new()
    engine.load(url, ["CREATE TABLE t (id int PRIMARY KEY, a int, KEY i (a))"])
    engine.load(wanted_url, ["CREATE TABLE t (id int PRIMARY KEY, wholly_other int, KEY i (wholly_other))"])
    there, wanted = read(url), read(wanted_url)
    column = f"{there.tables[0].full_name}.a"
    script = migration(there, wanted, Choices(renames={column: "wholly_other"}))
    assert [step.sql for step in script.steps] == ["ALTER TABLE `t` CHANGE COLUMN `a` `wholly_other` int(11)"]
    engine.run(url, script)
    assert left(wanted, read(url)) == []
