"""Values that targets can't hold, by pair of engines, and what `convert` stores of them."""

from __future__ import annotations

from tests.transfer.routes.policies import Case

LONG_JSON = r"CONCAT('\"\\u0000', REPEAT('x', 1100000), '\"')"
LATIN = "v varchar(9) CHARACTER SET latin1"
PACKET = 1 << 20  # bytes of a row, and of a document, that servers are said to take
LARGE = (1 << 25) + 1  # bytes that a table without rowid isn't read with
FROM_MYSQL = [
    Case("nul_in_text", "varchar(9)", "'a\\0b'", None, "ab"),
    Case("nul_in_text", "longtext", r"'\"a\\u0000b\"'", "jsonb", '"ab"'),
    Case("invalid_encoding", "varchar(9) CHARACTER SET cp1250", "x'81'", None, "?"),
    Case("invalid_encoding", "longtext", r"'\"\\ud800\"'", "jsonb", '"\ufffd"'),
    Case("zero_date", "date", "'0000-00-00'", None, "-infinity"),
    Case("zero_date", "date NOT NULL", "'0000-00-00'", null=False, stored="-infinity"),
    Case("partial_date", "datetime", "'2020-05-00 01:00:00'", None, "2020-05-01 01:00:00"),
    Case("date_range", "date", "'2021-02-31'", None, "2021-02-28"),
    Case("time_range", "time", "'25:10:00'", "time without time zone", "01:10:00"),
    Case("out_of_range", "int", "40000", "smallint", "32767"),
    Case("not_boolean", "tinyint(1)", "2", "boolean", "true"),
    Case("too_long", "varchar(9)", "'abcdef'", "character varying(3)", "abc"),
    Case("malformed", "varchar(9)", "'nope'", "uuid"),
    Case("malformed", "longtext", "'[1e400000]'", "jsonb"),
    Case("wide_row", "longtext", LONG_JSON, "jsonb"),
    Case("wrong_class", "int NOT NULL", "1", null=False, later="v int NULL"),
]
FROM_SQLITE = [
    Case("nul_in_text", "TEXT", "a\0b", None, "ab", "x"),
    Case("nul_in_text", "JSON", '{"a": "x\\u0000y"}', "jsonb", '{"a": "xy"}', "[1]"),
    Case("invalid_encoding", "TEXT", b"a\xff", None, "a\ufffd", "x"),
    Case("invalid_encoding", "JSON", '"\\ud800"', "jsonb", '"\ufffd"', "[1]"),
    Case("zero_date", "DATE", "0000-00-00", good="2020-01-01"),
    Case("partial_date", "DATE", "2020-05-00", good="2020-01-01"),
    Case("date_range", "DATE", "2023-02-30", good="2020-01-01"),
    Case("time_range", "TIMESTAMPTZ", "2024-02-29 01:02:03+16:00", good="2024-02-29 01:02:03+01:00"),
    Case("not_finite", "DECIMAL(9,2)", float("inf"), good=1),
    Case("out_of_range", "INTEGER", 40000, "smallint", good=1),
    Case("not_boolean", "BOOLEAN", 2, "boolean", good=1),
    Case("too_long", "VARCHAR(9)", "abcdef", "character varying(3)", good="abc"),
    Case("malformed", "DATE", "soon", good="2020-01-01"),
    Case("wrong_class", "INTEGER", "text", good=1),
    Case("wide_row", "JSON", f'"{"x" * (1 << 24)}"', "jsonb", good="[1]"),
]
SQLITE_TO_MYSQL = [
    Case("invalid_encoding", "TEXT", b"a\xff", None, "a\ufffd", "x"),
    Case("zero_date", "DATE", "0000-00-00", good="2020-01-01"),
    Case("partial_date", "DATE", "2020-05-00", good="2020-01-01"),
    Case("date_range", "DATE", "0999-12-31", "date", good="2020-01-01"),
    Case("not_finite", "REAL", float("inf"), "double", good=1.5),
    Case("out_of_range", "INTEGER", 40000, "smallint", good=1),
    Case("too_long", "VARCHAR(9)", "abcdef", "varchar(3)", good="abc"),
    Case("malformed", "DATE", "soon", "date", good="2020-01-01"),
    Case("wrong_class", "INTEGER", "text", "int", good=1),
    Case("wide_row", "BLOB", bytes(LARGE), "longblob", good=b"x"),
]
POSTGRESQL_TO_MYSQL = [
    Case("invalid_encoding", "text", "'é☃'", "varchar(9)", "é?", there=LATIN),
    Case("not_finite", "numeric(9,2)", "'NaN'"),
    Case("date_range", "date", "'infinity'"),
    Case("date_range", "timestamp NOT NULL", "'0999-12-31'", null=False),
    Case("time_range", "time", "'01:02:03.5'", "time"),
    Case("out_of_range", "bigint", "3000000000", "int"),
    Case("too_long", "text", "'abcdef'", "varchar(3)"),
    Case("malformed", "int[]", "'[0:1]={1,2}'"),
]
POSTGRESQL_TO_OLDER = [
    Case("date_range", "interval", "'infinity'"),
    Case("not_finite", "numeric", "'Infinity'"),
]
POSTGRESQL_TO_SQLITE = [
    Case("not_finite", "numeric(9,0)", "'NaN'"),
    Case("malformed", "int[]", "'[0:1]={1,2}'"),
]
MYSQL_TO_MYSQL = [
    Case("invalid_encoding", "varchar(9) CHARACTER SET utf8mb4", "'é☃'", None, "é?", there=LATIN),
    Case("malformed", "enum('a','b') NOT NULL", "''", null=False),
    Case("too_long", "varchar(9)", "'abcdef'", there="v varchar(3)"),
    Case("out_of_range", "int", "40000", there="v smallint"),
]
MYSQL_TO_SQLITE = [
    Case("invalid_encoding", "varchar(9) CHARACTER SET cp1250", "x'81'", None, "?"),
    Case("out_of_range", "bigint unsigned", "18446744073709551615", "INTEGER"),
    Case("not_boolean", "tinyint(1)", "2"),
    Case("malformed", "enum('a','b')", "''"),
    Case("malformed", "enum('a','b') NOT NULL", "''", null=False),
]
POSTGRESQL_TO_MONGODB = [
    Case("wide_row", "text", "repeat('x', 1100000)", null=False),
    Case("malformed", "int[]", "'[0:1]={1,2}'", None, "no row", kept=True),
]
MYSQL_TO_MONGODB = [
    Case("wide_row", "longtext", "REPEAT('x', 1100000)", null=False),
    Case("invalid_encoding", "varchar(9) CHARACTER SET cp1250", "x'81'", None, "no row", kept=True),
]
SQLITE_TO_MONGODB = [
    Case("wide_row", "TEXT", "x" * 1_100_000, None, None, "x", null=False),
    Case("invalid_encoding", "TEXT", b"a\xff", None, "no row", "x", kept=True),
]
SQLITE_TO_SQLITE = [Case("wide_row", "BLOB", bytes(LARGE), None, None, b"x")]

MONGODB_TO_MYSQL = [Case("wide_row", "", "x" * PACKET, null=False)]

PAIRS: dict[str, list[Case]] = {
    "mysql-postgresql": FROM_MYSQL,
    "sqlite-postgresql": FROM_SQLITE,
    "postgresql-postgresql": POSTGRESQL_TO_OLDER,
    "postgresql-mysql": POSTGRESQL_TO_MYSQL,
    "sqlite-mysql": SQLITE_TO_MYSQL,
    "mysql-mysql": MYSQL_TO_MYSQL,
    "postgresql-sqlite": POSTGRESQL_TO_SQLITE,
    "mysql-sqlite": MYSQL_TO_SQLITE,
    "sqlite-sqlite": SQLITE_TO_SQLITE,
    "postgresql-mongodb": POSTGRESQL_TO_MONGODB,
    "mysql-mongodb": MYSQL_TO_MONGODB,
    "sqlite-mongodb": SQLITE_TO_MONGODB,
    "mongodb-mysql": MONGODB_TO_MYSQL,
}
