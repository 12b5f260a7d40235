from typing import Any

import pytest

from conversion.declared import Facts, affinity
from conversion.type_overrides import overridden, spelled
from conversion.types_sqlite_postgresql import choose
from engines.catalog import Column, Identity
from engines.errors import UsageError
from engines.profile import ColumnProfile
from engines.sqlite.types import logical_type


def facts(
    declared: str, classes: dict[str, int] | None = None, forms: dict[str, int] | None = None, **more: Any
) -> Facts:
    column = Column(name="c", position=1, native=declared, type=logical_type(declared))
    return Facts(column, ColumnProfile(column="c", classes=classes or {}, forms=forms or {}, **more))


def integers(count: int = 100) -> dict[str, int]:
    return {"integer": count}


def texts(count: int = 100) -> dict[str, int]:
    return {"text": count}


TIMESTAMP = "timestamp(6) without time zone"
TIMESTAMPTZ = "timestamp(6) with time zone"
RULES: list[tuple[Facts, str, str]] = [
    (facts("INTEGER", integers()), "integer", "integer"),
    (facts("INTEGER", integers(), minimum=-(2**30) + 1, maximum=9), "integer", "integer"),
    (facts("INTEGER", integers(), minimum=0, maximum=2**30), "bigint", "integer"),
    (facts("SMALLINT", integers(), minimum=0, maximum=99), "smallint", "integer"),
    (facts("SMALLINT", integers(), minimum=0, maximum=2**14), "integer", "integer"),
    (facts("INTEGER UNSIGNED", integers(), minimum=0, maximum=2**31), "bigint", "integer"),
    (facts("CHAR(2)", texts(), max_length=2), "character varying(2)", "text"),
    (facts("BIGINT", integers(), minimum=0, maximum=1), "bigint", "integer"),
    (facts("VARBINARY(32)"), "bytea", "bytea"),
    (facts("INT(11)", {"integer": 96, "text": 4}), "integer", "integer"),
    (facts("INTEGER", {"integer": 90, "text": 10}), "text", "text_any"),
    (facts("INTEGER", {"integer": 90, "text": 10}, {"numeric_text": 1}), "jsonb", "jsonb_any"),
    (facts("INTEGER", {"integer": 90, "real": 10}), "numeric", "numeric"),
    (facts("INTEGER", {"real": 10}), "double precision", "double"),
    (facts("BOOLEAN", integers(), {"boolean": 100}), "boolean", "boolean"),
    (facts("BOOLEAN", integers(), {"boolean": 99}), "bigint", "integer"),
    (facts("BOOL"), "boolean", "boolean"),
    (facts("DATE", texts(), {"iso_date": 95}), "date", "date"),
    (facts("DATE", texts(), {"iso_date": 94}), "text", "text"),
    (facts("DATE", texts(), {"iso_timestamp": 60, "iso_date": 40}), TIMESTAMP, "timestamp"),
    (facts("DATETIME", texts(), {"iso_timestamp": 75, "iso_timestamp_fraction": 25}), TIMESTAMP, "timestamp"),
    (facts("TIMESTAMP", texts(), {"iso_timestamp_zone": 100}), TIMESTAMPTZ, "timestamptz"),
    (facts("DATETIME", texts(), {"iso_timestamp_zone": 50, "iso_timestamp": 50}), "text", "text"),
    (facts("DATETIME", integers(), {"epoch_seconds": 100}), TIMESTAMP, "epoch_seconds"),
    (facts("DATETIME", integers(), {"epoch_milliseconds": 100}), TIMESTAMP, "epoch_milliseconds"),
    (facts("DATETIME", {"real": 9}, {"julian_day": 9}), "double precision", "double"),
    (facts("DATETIME", {"text": 5, "integer": 5}, {"iso_timestamp": 5, "epoch_seconds": 5}), "text", "text_any"),
    (facts("DATETIME"), TIMESTAMP, "timestamp"),
    (facts("TIMESTAMPTZ"), TIMESTAMPTZ, "timestamptz"),
    (facts("TIME", texts(), {"iso_time": 100}), "time(6) without time zone", "time"),
    (facts("TIME", texts(), {"iso_time": 99}), "text", "text"),
    (facts("TEXT", texts(), {"iso_timestamp": 100}), "text", "text"),
    (facts("DECIMAL(10,2)", {"real": 9, "integer": 1}, {"scale_2": 10, "precision_ok": 10}), "numeric(10,2)",
     "numeric"),
    (facts("DECIMAL(10,2)", {"real": 10}, {"scale_2": 9, "precision_ok": 10}), "numeric", "numeric"),
    (facts("DECIMAL(5)", integers(), {"scale_0": 100, "precision_ok": 99}), "numeric", "numeric"),
    (facts("DECIMAL(2,5)"), "numeric", "numeric"),
    (facts("NUMERIC", {"real": 10}), "numeric", "numeric"),
    (facts("NUMERIC", {"real": 5, "text": 5}), "text", "text_any"),
    (facts("DOUBLE PRECISION", {"real": 10}), "double precision", "double"),
    (facts("FLOAT"), "double precision", "double"),
    (facts("VARCHAR(20)", texts(), max_length=20), "character varying(20)", "text"),
    (facts("VARCHAR(20)", texts(), max_length=21), "text", "text"),
    (facts("CHAR(2)", texts(), max_length=2), "character varying(2)", "text"),
    (facts("VARCHAR(0)"), "text", "text"),
    (facts("VARCHAR(99999999)"), "text", "text"),
    (facts("CLOB"), "text", "text"),
    (facts("TEXT", {"text": 99, "blob": 1}), "text", "text"),
    (facts("TEXT", {"text": 9, "blob": 1}), "jsonb", "jsonb_any"),
    (facts("UUID", texts(), {"uuid_lower": 100}), "uuid", "uuid"),
    (facts("UUID", texts(), {"uuid_lower": 99, "uuid_any": 100}), "text", "text"),
    (facts("JSON", texts(), {"json": 100}), "json", "json"),
    (facts("JSON", texts(), {"json": 99}), "text", "text"),
    (facts("BLOB", {"blob": 10}), "bytea", "bytea"),
    (facts("BLOB", {"blob": 9, "text": 1}), "bytea", "bytea_any"),
    (facts("BLOB"), "bytea", "bytea"),
    (facts("", {"integer": 1, "real": 1}), "numeric", "numeric"),
    (facts("", {"integer": 1, "text": 1}), "text", "text_any"),
    (facts("", {"integer": 1, "text": 1}, {"numeric_text": 1}), "jsonb", "jsonb_any"),
    (facts("", {"integer": 1, "blob": 1}), "jsonb", "jsonb_any"),
    (facts("", {"null": 5}), "text", "text_any"),
    (facts("WIDGET", texts()), "text", "text"),
]  # fmt: skip


@pytest.mark.parametrize(("found", "native", "route"), RULES)
def test_declaration_and_values_choose_the_type(found: Facts, native: str, route: str) -> None:
    choice = choose(found)
    assert (choice.native, choice.route) == (native, route)
    assert choice.reason


@pytest.mark.parametrize(("largest", "native"), [(1, "integer"), (2**30, "bigint")])
def test_the_rowid_is_as_wide_as_its_values_need_with_half_of_the_range_to_spare(largest: int, native: str) -> None:
    column = Column(name="id", position=1, native="INTEGER", type=logical_type("INTEGER"), identity=Identity())
    assert choose(Facts(column, ColumnProfile(column="id", maximum=largest))).native == native


def test_values_that_go_to_quarantine_are_counted_in_the_reason() -> None:
    assert "3 of 100 values" in choose(facts("INTEGER", {"integer": 97, "text": 3})).reason
    assert "2 texts hold a NUL" in choose(facts("TEXT", texts(), {"nul": 2})).reason


def test_narrower_integers_are_offered_only_where_the_range_fits() -> None:
    assert choose(facts("INTEGER", integers(), minimum=-5, maximum=300)).alternatives[-1] == "smallint"
    assert "integer" not in choose(facts("INTEGER", integers(), minimum=0, maximum=2**40)).alternatives


@pytest.mark.parametrize(
    ("found", "wanted", "native", "route"),
    [
        (facts("INTEGER", integers()), "int4", "integer", "integer"),
        (facts("INT", integers(), {"epoch_seconds": 100}), "timestamp(3)", "timestamp(3) without time zone",
         "epoch_seconds"),
        (facts("TEXT", texts(), {"iso_timestamp": 100}), "timestamptz", "timestamp with time zone", "timestamptz"),
        (facts("JSON", texts(), {"json": 100}), "jsonb", "jsonb", "json"),
        (facts("", {"integer": 1, "text": 1}), "jsonb", "jsonb", "jsonb_any"),
        (facts("DATETIME", {"real": 3}, {"julian_day": 3}), "timestamp", "timestamp without time zone", "julian_day"),
    ],
)  # fmt: skip
def test_a_person_may_ask_for_another_type(found: Facts, wanted: str, native: str, route: str) -> None:
    choice = overridden(found, choose(found), wanted)
    assert (choice.native, choice.route) == (native, route)


def test_a_type_without_a_route_is_refused_by_name() -> None:
    found = facts("TEXT", texts())
    with pytest.raises(UsageError, match="TYPE_WITHOUT_ROUTE"):
        overridden(found, choose(found), "tsvector")


@pytest.mark.parametrize(
    ("short", "long"),
    [
        ("varchar(3)", "character varying(3)"), ("numeric( 10, 2 )", "numeric(10,2)"), ("numeric(5)", "numeric(5,0)"),
        ("timestamptz(3)", "timestamp(3) with time zone"),
    ],
)  # fmt: skip
def test_types_are_spelled_as_the_server_does(short: str, long: str) -> None:
    assert spelled(short) == long


@pytest.mark.parametrize(
    ("declared", "expected"),
    [
        ("CHARINT", "INTEGER"),
        ("FLOATING POINT", "INTEGER"),
        ("VARCHAR(9)", "TEXT"),
        ("", "BLOB"),
        ("STRING", "NUMERIC"),
    ],
)
def test_affinity_follows_the_order_of_sqlites_rules(declared: str, expected: str) -> None:
    assert affinity(declared) == expected
