from dataclasses import replace

import pytest

from conversion.from_mysql import defaults_postgresql, types_postgresql, types_sqlite
from conversion.relational.choice import ColumnFacts
from conversion.shapes import Untranslatable
from engines.catalog import Catalog, Column, Identity, Table
from engines.mysql.types import logical_type
from engines.profile import ColumnProfile

EMPTY = ColumnProfile(column="c")


def ints(low: int, high: int) -> ColumnProfile:
    return ColumnProfile(column="c", classes={"value": 3}, minimum=low, maximum=high)


def forms(**found: int) -> ColumnProfile:
    return ColumnProfile(column="c", classes={"value": 3}, forms=found)


def facts(
    native: str, profile: ColumnProfile | None = None, default: str | None = None, numbered: int | None = None
) -> ColumnFacts:
    identity = Identity(next_value=numbered) if numbered else None
    column = Column(
        name="c", position=1, native=native, type=logical_type(native), default=default, identity=identity,
        collation="utf8mb4_general_ci",
    )  # fmt: skip
    table = Table(schema_name="d", name="t", columns=[column])
    return ColumnFacts(Catalog(engine="mariadb", version="10.11", database="d"), table, column, profile)


@pytest.mark.parametrize(
    ("native", "profile", "expected"),
    [
        ("tinyint(1)", None, "boolean"), ("tinyint(1)", EMPTY, "boolean"), ("tinyint(1)", ints(0, 1), "boolean"),
        ("tinyint(1)", ints(0, 2), "smallint"), ("tinyint(4)", ints(0, 1), "smallint"),
        ("tinyint(3) unsigned", None, "smallint"), ("smallint(6)", None, "smallint"),
        ("smallint(5) unsigned", None, "integer"), ("smallint(5) unsigned", ints(0, 9), "smallint"),
        ("smallint(5) unsigned", ints(0, 40_000), "integer"), ("mediumint(8) unsigned", None, "integer"),
        ("int(11)", None, "integer"), ("int(10) unsigned", None, "bigint"), ("int(10) unsigned", EMPTY, "integer"),
        ("int(10) unsigned", ints(0, 2**31 - 1), "integer"), ("int(10) unsigned", ints(0, 2**31), "bigint"),
        ("bigint(20)", None, "bigint"), ("bigint(20) unsigned", None, "numeric(20,0)"),
        ("bigint(20) unsigned", ints(0, 5), "bigint"), ("bigint(20) unsigned", ints(0, 2**63), "numeric(20,0)"),
        ("decimal(10,2)", None, "numeric(10,2)"), ("float", None, "real"),
        ("double unsigned", None, "double precision"),
        ("bit(1)", None, "boolean"), ("bit(9)", None, "bit(9)"), ("char(3)", None, "character(3)"),
        ("varchar(255)", None, "character varying(255)"), ("tinytext", None, "text"), ("longtext", None, "text"),
        ("binary(16)", None, "bytea"), ("varbinary(9)", None, "bytea"), ("mediumblob", None, "bytea"),
        ("date", None, "date"), ("datetime", None, "timestamp(0) without time zone"),
        ("datetime(6)", None, "timestamp(6) without time zone"), ("timestamp(3)", None, "timestamp(3) with time zone"),
        ("time", None, "interval(0)"), ("time", EMPTY, "time(0) without time zone"),
        ("time(2)", forms(over_24h=1), "interval(2)"), ("year(4)", None, "smallint"), ("json", None, "jsonb"),
        ("enum('" + "x" * 64 + "')", None, "text"), ("set('a','b')", None, "text[]"), ("point", None, "bytea"),
        ("uuid", None, "uuid"), ("inet6", None, "inet"),
    ],
)  # fmt: skip
def test_a_type_holds_what_the_source_has(native: str, profile: ColumnProfile | None, expected: str) -> None:
    choice = types_postgresql.choose(facts(native, profile))
    assert choice.native == expected
    assert choice.reason.startswith(native)


@pytest.mark.parametrize(
    ("native", "expected", "on_sqlite"),
    [("tinyint(1)", "smallint", "INTEGER"), ("int(10) unsigned", "bigint", "INTEGER"), ("time", "interval(0)", "TEXT")],
)
def test_a_type_holds_what_a_scan_left_out(native: str, expected: str, on_sqlite: str) -> None:
    unscanned = replace(facts(native), unscanned=True)
    assert types_postgresql.choose(unscanned).native == expected
    assert types_sqlite.choose(unscanned).native == on_sqlite


def test_an_enum_that_a_scan_left_out_takes_the_empty_text_of_wrong_labels() -> None:
    long = "x" * 64
    enum, text = (replace(facts(f"enum('{label}')"), unscanned=True) for label in ("a", long))
    assert types_postgresql.choose(enum).labels == ("", "a")
    assert types_postgresql.choose(text).checks == (f"{{column}} IN ('', '{long}')",)
    assert types_sqlite.choose(enum).checks == ("{column} IN ('', 'a')",)


def test_numbered_columns_leave_room_to_grow() -> None:
    natives = [
        types_postgresql.choose(facts("int(10) unsigned", ints(1, 9), numbered=following)).native
        for following in (10, 2**30 + 5)
    ]
    assert natives == ["integer", "bigint"]


@pytest.mark.parametrize(
    ("native", "default", "expected"),
    [
        ("int(11)", "0", "0"), ("int(11)", "'7'", "7"), ("int(11)", "-1", "-1"), ("tinyint(1)", "1", "TRUE"),
        ("varchar(9)", "'it''s'", "'it''s'"), ("varchar(9)", "''", "''"), ("varchar(9)", "_utf8mb4'x'", "'x'"),
        ("decimal(5,2)", "0.00", "0.00"), ("datetime", "current_timestamp()", "LOCALTIMESTAMP"),
        ("timestamp", "current_timestamp()", "CURRENT_TIMESTAMP"),
        ("datetime", "'2000-01-01'", "'2000-01-01 00:00:00'"),
        ("timestamp", "'2000-01-01 00:00:01'", "'2000-01-01 00:00:01+00'"), ("date", "curdate()", "CURRENT_DATE"),
        ("enum('a','B')", "'b'", "'B'"), ("set('a','b c')", "'a,b c'", "'{a,\"b c\"}'"), ("bit(4)", "b'10'", "'0010'"),
        ("json", "json_array()", "'[]'"), ("json", "'{\"bb\": 1, \"a\":2}'", "'{\"a\": 2, \"bb\": 1}'"),
        ("varbinary(4)", "'ab'", "'\\x6162'"), ("varchar(36)", "uuid()", "CAST(gen_random_uuid() AS TEXT)"),
        ("int(11)", "1 + 1", "1 + 1"), ("int(11)", "NULL", None), ("year(4)", "2001", "2001"),
    ],
)  # fmt: skip
def test_defaults_are_spelled_for_the_type(native: str, default: str, expected: str | None) -> None:
    column = facts(native, EMPTY, default)
    found = defaults_postgresql.convert_default(column, types_postgresql.choose(column))
    assert (found or "").lower() == (expected or "").lower()


@pytest.mark.parametrize(
    ("native", "default", "reason"),
    [
        ("datetime", "'0000-00-00 00:00:00'", "exists in no calendar"),
        ("date", "'2000-00-01'", "exists in no calendar"),
        ("enum('a')", "'b'", "no value of"), ("varchar(36)", "soundex('x')", "no counterpart"),
    ],
)  # fmt: skip
def test_a_default_without_counterpart_is_named(native: str, default: str, reason: str) -> None:
    column = facts(native, EMPTY, default)
    with pytest.raises(Untranslatable) as error:
        defaults_postgresql.convert_default(column, types_postgresql.choose(column))
    assert reason in error.value.reason


@pytest.mark.parametrize(
    ("native", "profile", "expected"),
    [
        ("tinyint(1)", None, ("BOOLEAN", "boolean")), ("int(10) unsigned", None, ("INTEGER", "integer")),
        ("bigint(20) unsigned", None, ("TEXT", "numeric")), ("bigint(20) unsigned", ints(0, 9), ("INTEGER", "integer")),
        ("decimal(18,0)", None, ("INTEGER", "integer")), ("decimal(10,2)", None, ("TEXT", "numeric")),
        ("float", None, ("REAL", "double")), ("bit(1)", None, ("BOOLEAN", "bit_boolean")),
        ("bit(64)", None, ("BLOB", "bit")), ("varchar(9)", None, ("TEXT", "text")), ("blob", None, ("BLOB", "bytea")),
        ("datetime", None, ("TEXT", "timestamp")), ("timestamp", None, ("TEXT", "timestamptz")),
        ("time", None, ("TEXT", "time")), ("enum('a')", None, ("TEXT", "enum")), ("json", None, ("TEXT", "json")),
        ("point", None, ("BLOB", "wkb")),
    ],
)  # fmt: skip
def test_sqlite_types_are_exact(native: str, profile: ColumnProfile | None, expected: tuple[str, str]) -> None:
    choice = types_sqlite.choose(facts(native, profile))
    assert (choice.native, choice.route) == expected
