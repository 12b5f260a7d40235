"""The statements that make a catalog on MySQL and MariaDB."""

import pytest

from conversion.to_mysql.ddl import statements
from conversion.to_mysql.ddl_parts import column_sql, default_sql
from conversion.to_mysql.flavour import Flavour
from engines.catalog import (
    Catalog,
    Check,
    Column,
    ForeignKey,
    Generated,
    Identity,
    Index,
    IndexKey,
    Key,
    Kind,
    LogicalType,
    Part,
    Partitioning,
    Sequence,
    Table,
    Trigger,
    View,
)
from engines.mysql.types import logical_type

MARIADB = Flavour.of("mariadb", "10.11.19-MariaDB-0+deb12u1")
MYSQL = Flavour.of("mysql", "8.4.3")
PLAIN = Table(schema_name="db", name="t", columns=[])


def column(name: str, native: str, **more: object) -> Column:
    return Column.model_validate({"name": name, "position": 1, "native": native, "type": logical_type(native)} | more)


def made(*tables: Table, engine: str = "mariadb", **more: object) -> list[str]:
    catalog = Catalog.model_validate(
        {"engine": engine, "version": "10.11.19" if engine == "mariadb" else "8.4.3", "database": "db"}
        | {"tables": list(tables)}
        | more
    )
    return [statement.sql for statement in statements(catalog)]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (column("a`b", "int(11)", nullable=False), "`a``b` int(11) NOT NULL"),
        (column("a", "timestamp"), "`a` timestamp NULL"),
        (column("a", "datetime(3)", default="current_timestamp(3)", on_update="current_timestamp(3)"),
         "`a` datetime(3) DEFAULT current_timestamp(3) ON UPDATE current_timestamp(3)"),
        (column("a", "int", default="0", comment="it's \\ %s"), "`a` int DEFAULT 0 COMMENT 'it''s \\\\ %s'"),
        (column("a", "varchar(3)", charset="latin1", collation="latin1_swedish_ci"),
         "`a` varchar(3) CHARACTER SET latin1 COLLATE latin1_swedish_ci"),
        (column("a", "int", generated=Generated(expression="b + 1", stored=False), invisible=True),
         "`a` int GENERATED ALWAYS AS (b + 1) VIRTUAL INVISIBLE"),
        (column("a", "bigint", nullable=False, identity=Identity()), "`a` bigint NOT NULL AUTO_INCREMENT"),
        (column("a", "timestamp(6)", generated=Generated(expression="ROW START", stored=True)),
         "`a` timestamp(6) GENERATED ALWAYS AS ROW START"),
    ],
)  # fmt: skip
def test_columns(given: Column, expected: str) -> None:
    assert column_sql(given, PLAIN, MARIADB) == expected


@pytest.mark.parametrize(
    ("default", "native", "mariadb", "mysql"),
    [
        ("'x'", "longtext", "'x'", "('x')"),
        ("'it''s (x'", "varchar(9)", "'it''s (x'", "'it''s (x'"),
        ("uuid()", "char(36)", "(uuid())", "(uuid())"),
        ("(a) + (b)", "int", "((a) + (b))", "((a) + (b))"),
        ("(1 + 2)", "int", "(1 + 2)", "(1 + 2)"),
        ("current_timestamp()", "datetime", "current_timestamp()", "current_timestamp()"),
        ("current_timestamp()", "date", "(current_timestamp())", "(current_timestamp())"),
        ("b'101'", "bit(3)", "b'101'", "b'101'"),
        ("-1.5e3", "double", "-1.5e3", "-1.5e3"),
        ("NULL", "longtext", "NULL", "NULL"),
    ],
)
def test_defaults_stand_in_parentheses_where_the_server_wants_them(
    default: str, native: str, mariadb: str, mysql: str
) -> None:
    assert (default_sql(default, native, MARIADB), default_sql(default, native, MYSQL)) == (mariadb, mysql)


def test_the_order_is_tables_keys_references_code() -> None:
    parent = Table(schema_name="db", name="p", columns=[column("id", "int", nullable=False)])
    parent.primary_key = Key(columns=["id"])
    child = Table(schema_name="db", name="c", columns=[column("p", "int"), column("n", "varchar(9)")])
    child.uniques = [Key(name="u", columns=["n"])]
    child.indexes = [Index(name="i", keys=[IndexKey(column="n", prefix=3, descending=True)], comment="why")]
    child.checks = [Check(name="k", expression="p > 0")]
    child.foreign_keys = [
        ForeignKey(name="f", columns=["p"], referenced_schema="db", referenced_table="p", referenced_columns=["id"],
                   on_delete="SET NULL")
    ]  # fmt: skip
    child.triggers = [Trigger(name="g", definition="CREATE TRIGGER g BEFORE INSERT ON c FOR EACH ROW SET NEW.p = 1")]
    views = [
        View(schema_name="db", name="a", definition="SELECT n FROM b", depends_on=["db.b"]),
        View(schema_name="db", name="b", definition="SELECT n FROM c", options={"security": "invoker"}),
    ]
    assert made(child, parent, views=views) == [
        "CREATE TABLE `p` (\n    `id` int NOT NULL,\n    PRIMARY KEY (`id`)\n)",
        "CREATE TABLE `c` (\n    `p` int,\n    `n` varchar(9),\n    CONSTRAINT `k` CHECK (p > 0)\n)",
        "ALTER TABLE `c` ADD UNIQUE KEY `u` (`n`)",
        "ALTER TABLE `c` ADD KEY `i` (`n`(3) DESC) COMMENT 'why'",
        "ALTER TABLE `c` ADD CONSTRAINT `f` FOREIGN KEY (`p`) REFERENCES `p` (`id`) "
        "ON UPDATE NO ACTION ON DELETE SET NULL",
        "CREATE SQL SECURITY INVOKER VIEW `b` AS\nSELECT n FROM c",
        "CREATE VIEW `a` AS\nSELECT n FROM b",
        "CREATE TRIGGER g BEFORE INSERT ON c FOR EACH ROW SET NEW.p = 1",
    ]


def test_auto_increment_brings_its_key_into_create_table() -> None:
    table = Table(schema_name="db", name="t", columns=[column("n", "int", identity=Identity(), nullable=False)])
    table.indexes = [Index(name="x", keys=[IndexKey(column="n")])]
    assert made(table) == ["CREATE TABLE `t` (\n    `n` int NOT NULL AUTO_INCREMENT,\n    KEY `x` (`n`)\n)"]


def test_options_and_partitions() -> None:
    table = Table(schema_name="db", name="t", columns=[column("n", "int")], comment="it's")
    table.options = {"engine": "InnoDB", "charset": "utf8mb4", "collation": "utf8mb4_bin", "row_format": "x; DROP"}
    parts = [Part(name="a", bound="VALUES LESS THAN (10)"), Part(name="b", bound="VALUES LESS THAN MAXVALUE")]
    table.partitioning = Partitioning(strategy="RANGE", key="`n`", parts=parts)
    assert made(table) == [
        "CREATE TABLE `t` (\n    `n` int\n) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='it''s' "
        "PARTITION BY RANGE (`n`) (PARTITION `a` VALUES LESS THAN (10), PARTITION `b` VALUES LESS THAN MAXVALUE)"
    ]


def test_each_server_hides_indexes_and_spells_reference_systems_its_own_way() -> None:
    place = column("g", "point", nullable=False)
    place.type = LogicalType(kind=Kind.GEOMETRY, name="point", srid=4326)
    table = Table(schema_name="db", name="t", columns=[place, column("n", "int")])
    table.indexes = [Index(name="i", keys=[IndexKey(column="n")], visible=False)]
    assert "`g` point REF_SYSTEM_ID=4326" in made(table)[0] and made(table)[1].endswith("IGNORED")
    on_mysql = made(table, engine="mysql")
    assert "`g` point SRID 4326" in on_mysql[0] and on_mysql[1].endswith("INVISIBLE")


def test_sequences_and_checks_that_arent_enforced() -> None:
    table = Table(schema_name="db", name="t", columns=[column("n", "int")])
    table.checks = [Check(name="c", expression="n > 0", enforced=False)]
    sequence = Sequence(schema_name="db", name="s", start=5, increment=2, minimum=1, maximum=100, cycle=True)
    found = made(table, sequences=[sequence])
    assert found[0] == "CREATE SEQUENCE `s` START WITH 5 MINVALUE 1 MAXVALUE 100 INCREMENT BY 2 CACHE 1 CYCLE"
    assert "CONSTRAINT `c` CHECK (n > 0) NOT ENFORCED" in found[1]
