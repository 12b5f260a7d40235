"""Names, literals, types and references as MySQL writes them; defaults as trees on every engine."""

from __future__ import annotations

from typing import Any

import pytest

from engines.catalog import Column, Kind, LogicalType
from engines.errors import UsageError
from engines.expression_tree import default_tree
from engines.mysql.database import MysqlDatabase
from engines.mysql.defaults import default_of
from engines.mysql.literals import quoted_list, unquoted
from engines.mysql.names import account, tables_named, unqualified
from engines.mysql.quoting import quote_identifier, quote_literal, quote_name
from engines.mysql.server import Server
from engines.mysql.types import logical_type
from engines.mysql.url import arguments

HARD = [
    "it's",
    'a"b',
    "a`b",
    "back\\slash\\",
    "per%cent %s",
    "new\nline\r\x1a",
    "a.b",
    "é漢",
    "-- x",
    "/*! x */",
    "\u200b",
    "\u00a0",
]


@pytest.mark.parametrize("text", [*HARD, "", "\0", "😀", "' OR 1=1", "\\'"])
def test_a_literal_is_the_text(empty_mariadb: str, text: str) -> None:
    database = MysqlDatabase(empty_mariadb, "test")
    assert database.query(f"SELECT {quote_literal(text)}") == [(text,)]
    assert unquoted(quote_literal(text)) == text
    database.close()


@pytest.mark.parametrize("name", [*HARD, "x" * 64, "select"])
def test_a_quoted_name_is_the_name(empty_mariadb: str, name: str) -> None:
    database = MysqlDatabase(empty_mariadb, "test")
    assert database.query(f"SELECT {quote_identifier(name)}.* FROM (SELECT 1) AS {quote_identifier(name)}") == [(1,)]
    database.close()


@pytest.mark.parametrize("name", ["", "a\0b", "a ", "a\n", "😀"])
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="can't be a MySQL name"):
        quote_name("x", name)


@pytest.mark.parametrize(
    ("text", "labels"),
    [(r"'a','it''s','b,c','\\','\'',''", ["a", "it's", "b,c", "\\", "'", ""]), (r"'new\nline'", ["new\nline"])],
)
def test_a_list_of_labels(text: str, labels: list[str]) -> None:
    assert quoted_list(text) == labels


@pytest.mark.parametrize(
    ("native", "expected"),
    [
        ("int", LogicalType(kind=Kind.INTEGER, bits=32)),
        ("BIGINT(20) UNSIGNED", LogicalType(kind=Kind.INTEGER, bits=64, unsigned=True)),
        ("decimal(10,2) unsigned zerofill", LogicalType(kind=Kind.DECIMAL, precision=10, scale=2, unsigned=True)),
        ("double precision", LogicalType(kind=Kind.FLOAT, bits=64)),
        ("float(7,3)", LogicalType(kind=Kind.FLOAT, bits=32, precision=7, scale=3)),
        ("float(53)", LogicalType(kind=Kind.FLOAT, bits=64)),
        ("char", LogicalType(kind=Kind.CHAR, length=1)),
        ("varchar(20)", LogicalType(kind=Kind.TEXT, length=20)),
        ("text /*M!100301 COMPRESSED*/", LogicalType(kind=Kind.TEXT, name="text")),
        ("timestamp(6)", LogicalType(kind=Kind.TIMESTAMP, precision=6, with_zone=True)),
        ("geomcollection", LogicalType(kind=Kind.GEOMETRY, name="geomcollection")),
        ("vector(3)", LogicalType(kind=Kind.OTHER, name="vector", length=3)),
        ("set('a)','(b')", LogicalType(kind=Kind.SET, labels=["a)", "(b"])),
    ],
)
def test_a_type(native: str, expected: LogicalType) -> None:
    assert logical_type(native) == expected


@pytest.mark.parametrize(
    ("text", "engine", "version", "number"),
    [
        ("10.11.19-MariaDB-0+deb12u1", "mariadb", "10.11.19", (10, 11, 19)),
        ("5.5.5-10.6.12-MariaDB-log", "mariadb", "10.6.12", (10, 6, 12)),
        ("8.0.36", "mysql", "8.0.36", (8, 0, 36)),
        ("8.4.3-cluster", "mysql", "8.4.3", (8, 4, 3)),
    ],
)
def test_a_version(text: str, engine: str, version: str, number: tuple[int, ...]) -> None:
    server = Server.of(text)
    assert (server.engine, server.version, server.number, server.supported) == (engine, version, number, True)
    assert not Server.of("5.7.44-log").supported


# MySQL manual, The INFORMATION_SCHEMA COLUMNS Table; not tried on a live server
@pytest.mark.parametrize(
    ("text", "native", "marks", "expected"),
    [
        ("0", "int", "", "0"),
        ("1.50", "decimal(5,2)", "", "1.50"),
        ("0", "varchar(5)", "", "'0'"),
        ("it's", "varchar(5)", "", "'it''s'"),
        ("", "varchar(5)", "", "''"),
        ("NULL", "varchar(5)", "", "'NULL'"),
        ("b'101'", "bit(3)", "", "b'101'"),
        ("0x00FF", "varbinary(5)", "", "x'00ff'"),
        ("CURRENT_TIMESTAMP(3)", "datetime(3)", "DEFAULT_GENERATED", "current_timestamp(3)"),
        ("0000-00-00 00:00:00", "timestamp", "", "'0000-00-00 00:00:00'"),
        (r"concat(_utf8mb4\'a\',1)", "varchar(5)", "DEFAULT_GENERATED", "concat('a',1)"),
        (r"concat(\'x_utf8mb4\',\'b\')", "varchar(9)", "DEFAULT_GENERATED", "concat('x_utf8mb4','b')"),
        (r"concat(_utf8mb4\'é\',_binary\'a\')", "text", "DEFAULT_GENERATED", "concat(_utf8mb4'é',_binary'a')"),
        (None, "int", "", None),
    ],
)
def test_a_default_of_mysql(text: str | None, native: str, marks: str, expected: str | None) -> None:
    assert default_of(Server("mysql", "8.0.36"), text, logical_type(native), marks) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("select `d`.`t`.`a` AS `a` from `d`.`t`", "select `t`.`a` AS `a` from `t`"),
        ("select '`d`.`t`' AS `x`,'\\'`d`.' from `d`.`t`", "select '`d`.`t`' AS `x`,'\\'`d`.' from `t`"),
        ("select `e`.`t`.`a` from `e`.`t`", "select `e`.`t`.`a` from `e`.`t`"),
        ("select `d`.`a` AS `a` from `d`.`t` `d`", None),
        ("select `d`.`d`.`a` AS `a` from `d`.`d`", None),
    ],
)  # fmt: skip
def test_a_query_without_its_database(text: str, expected: str | None) -> None:
    assert unqualified(text, "d") == expected


def test_what_a_query_reads() -> None:
    text = "select `d`.`t`.`a`,`x`.`b`,'`d`.`no`' from (`d`.`t` join `e``e`.`u` `x`)"
    assert tables_named(text, "d", frozenset({"e`e"})) == ["d.t", "e`e.u"]
    assert [account(name) for name in ("a@b@%", "role")] == ["`a@b`@`%`", "`role`"]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("mysql://u:p%40w@h:33/d%2F1", {"user": "u", "password": b"p@w", "host": "h", "port": 33, "database": "d/1"}),
        ("mariadb://u@h/d", {"port": 3306, "password": b"", "connect_timeout": 10}),
        ("mysql://u@/d?unix_socket=/run/s&connect-timeout=3", {"unix_socket": "/run/s", "connect_timeout": 3}),
        ("mysql://u@h/d?ssl-mode=disabled", {"ssl_disabled": True}),
        ("mysql://u@h/d?ssl_ca=/ca.pem", {"ssl_ca": "/ca.pem", "ssl_verify_cert": True}),
        ("mysql://u@h/d?ssl-mode=VERIFY_IDENTITY", {"ssl_verify_identity": True}),
    ],
)
def test_a_reference(url: str, expected: dict[str, Any]) -> None:
    assert {name: arguments(url).get(name) for name in expected} == expected


@pytest.mark.parametrize(
    "url", ["mysql://u@h:x/d", "mysql://u@h/d?a=b", "mysql://u@h/d?connect_timeout=x", "mysql://[/d"]
)
def test_a_reference_that_is_wrong(url: str) -> None:
    with pytest.raises(UsageError) as caught:
        arguments(url)
    assert caught.value.code == "URL_INVALID"


@pytest.mark.parametrize(
    ("engine", "default", "kind"),
    [
        ("postgresql", "'a'::character varying", "cast"),
        ("postgresql", "nextval('s'::regclass)", "anonymous"),
        ("mysql", "current_timestamp(3)", "currenttimestamp"),
        ("mariadb", r"concat('a','b\'c')", "concat"),
        ("mariadb", "b'101'", "bitstring"),
        ("sqlite", "(1 + 2)", "paren"),
        ("sqlite", "a'", None),
        ("mysql", None, None),
    ],
)
def test_a_default_as_a_tree(engine: str, default: str | None, kind: str | None) -> None:
    column = Column(name="a", position=1, native="x", type=LogicalType(kind=Kind.TEXT), default=default)
    tree = default_tree(column, engine)
    assert (tree.key if tree else None) == kind
    assert tree is None or default_tree(column, engine) is not tree
