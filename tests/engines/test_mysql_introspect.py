"""A schema with one of everything comes back from MariaDB (and MySQL 8, where there is one) as it was made."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engines.catalog import (
    Catalog,
    Check,
    Event,
    Exclusion,
    Index,
    IndexKey,
    Key,
    Kind,
    LogicalType,
    Parameter,
    Routine,
    Trigger,
    View,
)
from engines.mysql.database import MysqlDatabase
from tests.servers import MysqlServer, load_mysql

RICH = Path(__file__).parent / "mysql_rich.sql"
ODD = "odd.`\"'%s\\\nname"
OF_MARIADB = """
CREATE TABLE period (id int, s date, e date, PERIOD FOR app (s, e), UNIQUE KEY never (id, app WITHOUT OVERLAPS));
CREATE TABLE history (a int, x int INVISIBLE DEFAULT 5, y text COMPRESSED) WITH SYSTEM VERSIONING;
CREATE TABLE types (u uuid, i inet6, face enum('x','😀'), smile varchar(9) DEFAULT '😀', KEY unused (u) IGNORED,
    long_text text, UNIQUE KEY hashed (long_text));
CREATE TABLE own (a int CHECK (a > 1), b json, c longtext CHECK (json_valid(c)));
CREATE SEQUENCE numbers START 5 INCREMENT 2 MAXVALUE 99 CYCLE NOCACHE;
SELECT nextval(numbers);
CREATE VIEW faces AS SELECT '😀' AS face, own.smile FROM types own;
DELIMITER //
CREATE FUNCTION laugh() RETURNS varchar(9) RETURN '😀'//
CREATE AGGREGATE FUNCTION total(x int) RETURNS int BEGIN
    DECLARE s int DEFAULT 0; DECLARE CONTINUE HANDLER FOR NOT FOUND RETURN s;
    LOOP FETCH GROUP NEXT ROW; SET s = s + x; END LOOP; END//
"""


def read(url: str) -> Catalog:
    database = MysqlDatabase(url, "test")
    try:
        return database.catalog()
    finally:
        database.close()


@pytest.fixture(scope="module", params=["mariadb", "mysql_8"])
def rich(request: pytest.FixtureRequest) -> Iterator[Catalog]:
    server: MysqlServer = request.getfixturevalue(request.param)
    server.run("DROP DATABASE IF EXISTS test_schema")
    url = server.create_database("test_schema")
    load_mysql(url, RICH)
    yield read(url)


@pytest.fixture(scope="module")
def own(mariadb: MysqlServer) -> Catalog:
    mariadb.run("DROP DATABASE IF EXISTS own")
    url = mariadb.create_database("own")
    load_mysql(url, OF_MARIADB)
    return read(url)


def view(catalog: Catalog, name: str) -> View:
    return next(found for found in catalog.views if found.name == name)


def routine(catalog: Catalog, name: str) -> Routine:
    return next(found for found in catalog.routines if found.name == name)


def indexes(catalog: Catalog, table: str) -> dict[str, Index]:
    return {index.name: index for index in catalog.table(f"{catalog.database}.{table}").indexes}


def test_it_says_what_the_database_is(rich: Catalog) -> None:
    assert rich.engine in ("mariadb", "mysql")
    assert rich.version.count(".") == 2
    assert (rich.encoding, rich.schemas) == ("utf8mb4", ["test_schema"])
    assert rich.settings["lower_case_table_names"] in ("0", "1", "2")
    assert rich.unread == []


def test_every_table_is_there(rich: Catalog) -> None:
    assert [table.name for table in rich.tables] == [
        "Twin", "counted", "customer", "hashed", "kept", "listed", ODD, "region", "twin", "visit"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        ("id", LogicalType(kind=Kind.INTEGER, bits=32, unsigned=True)),
        ("tiny", LogicalType(kind=Kind.INTEGER, bits=8)),
        ("medium", LogicalType(kind=Kind.INTEGER, bits=24, unsigned=True)),
        ("padded", LogicalType(kind=Kind.INTEGER, bits=32, unsigned=True)),
        ("amount", LogicalType(kind=Kind.DECIMAL, precision=12, scale=3, unsigned=True)),
        ("plain", LogicalType(kind=Kind.DECIMAL, precision=10, scale=0)),
        ("ratio", LogicalType(kind=Kind.FLOAT, bits=32)),
        ("flags", LogicalType(kind=Kind.BIT, length=5)),
        ("name", LogicalType(kind=Kind.TEXT, length=40)),
        ("code", LogicalType(kind=Kind.CHAR, length=3)),
        ("note", LogicalType(kind=Kind.TEXT, name="text")),
        ("story", LogicalType(kind=Kind.TEXT, name="longtext")),
        ("raw", LogicalType(kind=Kind.BINARY, length=16, name="binary")),
        ("picture", LogicalType(kind=Kind.BINARY, name="mediumblob")),
        ("mood", LogicalType(kind=Kind.ENUM, labels=["happy", 'it\'s, "so"', "back\\slash", ""])),
        ("tags", LogicalType(kind=Kind.SET, labels=["a", "b c"])),
        ("opens", LogicalType(kind=Kind.TIME, precision=2)),
        ("since", LogicalType(kind=Kind.TIMESTAMP, precision=3)),
        ("seen", LogicalType(kind=Kind.TIMESTAMP, precision=0, with_zone=True)),
        ("vintage", LogicalType(kind=Kind.YEAR)),
        ("doc", LogicalType(kind=Kind.JSON, name="json")),
    ],
)
def test_a_column_has_its_type(rich: Catalog, column: str, expected: LogicalType) -> None:
    assert rich.table("test_schema.customer").column(column).type == expected


@pytest.mark.parametrize(
    ("column", "default"),
    [
        ("tiny", "1"),
        ("small", "-5"),
        ("big", "18446744073709551615"),
        ("amount", "1.500"),
        ("flags", "b'101'"),
        ("name", r"'it''s \\ 100%\n'"),
        ("said", "'NULL'"),
        ("none", None),
        ("empty", "''"),
        ("computed", r"concat('a','b\'c')"),
        ("bytes", "x'00ff27'"),
        ("mood", "'it''s, \"so\"'"),
        ("tags", "'a,b c'"),
        ("born", "'1970-01-01'"),
        ("since", "current_timestamp(3)"),
        ("seen", None),
    ],
)
def test_a_default_is_an_expression(rich: Catalog, column: str, default: str | None) -> None:
    if rich.engine == "mysql" and column == "computed":
        pytest.skip("MySQL names the character set of each literal")
    assert rich.table("test_schema.customer").column(column).default == default


def test_a_column_has_its_character_set_whether_own_or_the_tables(rich: Catalog) -> None:
    customer = rich.table("test_schema.customer")
    assert (customer.column("name").charset, customer.column("name").collation) == ("latin1", "latin1_bin")
    assert (customer.column("note").charset, customer.column("note").collation) == (
        "utf8mb4", customer.options["collation"]
    )  # fmt: skip
    assert customer.column("id").collation is None


def test_a_column_keeps_identity_comment_on_update_and_expression(rich: Catalog) -> None:
    customer = rich.table("test_schema.customer")
    identity = customer.column("id").identity
    assert identity is not None and identity.next_value == 20
    assert (customer.column("id").comment, customer.comment) == ("the number", 'who "buys"')
    assert customer.column("since").on_update == "current_timestamp(3)"
    doubled, shout = customer.column("doubled").generated, customer.column("shout").generated
    assert doubled is not None and doubled.stored and doubled.expression.strip("()") == "`small` * 2"
    assert shout is not None and not shout.stored and "'!\\''" in shout.expression
    assert customer.options["key_block_size"] == "8" and customer.options["row_format"] == "COMPRESSED"


def test_keys_and_indexes(rich: Catalog) -> None:
    customer = rich.table("test_schema.customer")
    assert customer.primary_key == Key(columns=["id"])
    assert customer.uniques == [Key(name="one_name", columns=["name", "code"], comment="both")]
    found = indexes(rich, "customer")
    assert found["short_note"] == Index(name="short_note", unique=True, keys=[IndexKey(column="note", prefix=20)])
    assert found["down"].keys == [IndexKey(column="small", descending=True), IndexKey(column="medium")]
    assert (found["words"].method, found["places"].method) == ("fulltext", "spatial")
    visit = rich.table("test_schema.visit")
    assert visit.primary_key == Key(columns=["text_key", "at"], prefixes={"text_key": 10})


def test_foreign_keys_and_checks(rich: Catalog) -> None:
    silent = "RESTRICT" if rich.engine == "mariadb" else "NO ACTION"
    keys = {key.name: key for table in rich.tables for key in table.foreign_keys}
    assert (keys["up"].on_delete, keys["up"].on_update) == ("SET NULL", "CASCADE")
    assert (keys["who"].on_delete, keys["who"].referenced_columns) == (silent, ["id"])
    assert (keys["whence"].columns, keys["whence"].on_delete) == (["a", "b"], "CASCADE")
    [check] = rich.table("test_schema.customer").checks
    assert check.name == "positive" and check.expression.endswith(r"'a\'b\\'" + ")" * check.expression.count("(("))


def test_partitions(rich: Catalog) -> None:
    counted, listed, hashed = (
        rich.table(f"test_schema.{name}").partitioning for name in ("counted", "listed", "hashed")
    )
    assert counted is not None and listed is not None and hashed is not None
    assert (counted.strategy, counted.key, counted.sub_strategy) == ("RANGE", "year(`d`)", "HASH")
    assert [(part.name, part.bound) for part in counted.parts] == [
        ("old", "VALUES LESS THAN (2000)"), ("rest", "VALUES LESS THAN MAXVALUE")
    ]  # fmt: skip
    assert (len(counted.parts[0].parts), counted.parts[0].comment) == (2, "before")
    assert [part.bound for part in listed.parts] == ["VALUES IN ('a','b')", "VALUES IN (NULL)"]
    assert (hashed.strategy, len(hashed.parts)) == ("LINEAR KEY", 3)


def test_names_may_hold_anything(rich: Catalog) -> None:
    odd = rich.table(f"test_schema.{ODD}")
    assert [column.name for column in odd.columns] == ["select", "a.b`c"]
    assert [key.name for key in odd.uniques] == ["k`.%"]
    assert [(check.name, check.expression.strip("()")) for check in odd.checks] == [("c'\"", "`a.b``c` > 1")]


def test_views_name_their_tables_without_the_database(rich: Catalog) -> None:
    active = view(rich, "active")
    assert "test_schema" not in active.definition.replace("test_schema.\\'", "")
    assert active.columns == ["id", "name"]
    assert active.depends_on == ["test_schema.customer", "test_schema.visit"]
    assert view(rich, "checked").options["security"] == "INVOKER"
    assert view(rich, "updatable").options["check_option"] == "LOCAL"


def test_a_view_on_a_missing_table_says_so(rich: Catalog) -> None:
    broken = view(rich, "broken")
    assert broken.broken is not None and "invalid" in broken.broken
    assert broken.depends_on == ["test_schema.gone"] and broken.definition
    assert [found.name for found in rich.views if found.broken] == ["broken"]


def test_triggers_come_in_the_order_in_which_they_fire(rich: Catalog) -> None:
    triggers = rich.table("test_schema.region").triggers
    assert [(t.name, t.timing, t.events, t.order) for t in triggers] == [
        ("orphaned", "AFTER", ["DELETE"], 1), ("sooner", "BEFORE", ["INSERT"], 1), ("later", "BEFORE", ["INSERT"], 2)
    ]  # fmt: skip
    assert triggers[0].options["definer"] == "nobody such@%"
    assert triggers[2].body == "BEGIN SET NEW.a = NEW.a + 1; END"


def test_routines(rich: Catalog) -> None:
    twice, fill = routine(rich, "twice"), routine(rich, "fill")
    assert (twice.kind, twice.volatility, twice.comment) == ("function", "immutable", 'doubles; "it\'s"')
    assert twice.body == "RETURN concat(n * 2, t)" and twice.returns is not None
    assert twice.parameters[1] == Parameter(name="t", native="varchar(5) CHARSET latin1")
    assert [(p.name, p.mode) for p in fill.parameters] == [("a", "IN"), ("b", "OUT"), ("c", "INOUT")]
    assert (fill.volatility, fill.options["security"]) == ("volatile", "INVOKER")
    assert fill.body is not None and "-- a comment; with a semicolon\n" in fill.body


def test_events(rich: Catalog) -> None:
    nightly, once = rich.events
    assert (nightly.schedule, nightly.enabled, nightly.comment) == (
        "EVERY 1 DAY STARTS '2030-01-01 00:00:00'", False, "tidy"
    )  # fmt: skip
    assert (once.schedule, once.enabled, once.body) == ("AT '2031-05-06 07:08:09'", True, "DELETE FROM kept")


def test_definitions_make_the_same_again(rich: Catalog, request: pytest.FixtureRequest) -> None:
    server: MysqlServer = request.getfixturevalue("mariadb" if rich.engine == "mariadb" else "mysql_8")
    url = server.create_database()
    load_mysql(url, "CREATE TABLE region (id int, a int, b int); CREATE TABLE kept (a int)")
    code: list[Trigger | Routine | Event] = [*rich.table("test_schema.region").triggers, *rich.routines, *rich.events]
    load_mysql(url, "DELIMITER $$$\n" + "$$$\n".join(item.definition for item in code))
    again = read(url)
    made: list[Trigger | Routine | Event] = [
        *again.table(f"{again.database}.region").triggers,
        *again.routines,
        *again.events,
    ]
    assert [item.definition for item in made] == [item.definition for item in code]


def test_mariadb_json_is_told_from_a_check(own: Catalog) -> None:
    table = own.table("own.own")
    assert [column.native for column in table.columns] == ["int(11)", "json", "longtext"]
    assert table.checks == [Check(expression="`a` > 1"), Check(expression="json_valid(`c`)")]


def test_mariadb_types_and_indexes(own: Catalog) -> None:
    types = own.table("own.types")
    assert types.column("u").type == LogicalType(kind=Kind.UUID)
    assert types.column("i").type == LogicalType(kind=Kind.NETWORK, name="inet6")
    assert not indexes(own, "types")["unused"].visible
    assert [key.name for key in types.uniques] == ["hashed"]
    history = own.table("own.history")
    assert history.column("x").invisible and history.column("y").options == {"compressed": "1"}
    assert history.column("y").native == "text"


def test_a_mariadb_sequence_has_its_state(own: Catalog) -> None:
    [sequence] = own.sequences
    assert (sequence.start, sequence.increment, sequence.maximum, sequence.cycle) == (5, 2, 99, True)
    assert (sequence.last_value, sequence.is_called, sequence.cache) == (7, False, 1)


def test_characters_that_the_catalog_loses_are_found_or_named(own: Catalog) -> None:
    assert own.table("own.types").column("smile").default == "'😀'"
    assert view(own, "faces").definition.startswith("select '😀' AS `face`,`own`.`smile` AS `smile` from `types` `own`")
    assert routine(own, "laugh").body == "RETURN '😀'"
    assert "labels of own.types.face" in {unread.part for unread in own.unread}


def test_what_the_model_does_not_describe_is_named(own: Catalog) -> None:
    parts = {unread.part: unread.kind for unread in own.unread}
    assert parts["history of own.history"] == "system versioning"
    assert parts["period of own.period"] == "period"
    assert own.table("own.period").exclusions == [
        Exclusion(name="never", definition="UNIQUE KEY `never` (`id`,`app` WITHOUT OVERLAPS)")
    ]
    assert routine(own, "total").kind == "aggregate"
