"""What becomes of single values that are of several kinds at once: the strictest policy of them decides."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from conversion.mapping import ColumnMapping
from engines.errors import Aborted
from tests.moving import mapping
from transfer.moveplan import Policy, Unholdable
from transfer.routes import mysql_values, sqlite_values
from transfer.routes.policy import Judge, Refused

Convert = Callable[[ColumnMapping, bytes], bytes]
Policies = Mapping[Unholdable, Policy]


def of_mysql(column: ColumnMapping, value: bytes) -> bytes:
    return mysql_values.converter(column)(value)


def of_sqlite(column: ColumnMapping, value: bytes) -> bytes:
    return sqlite_values.converter(column.route, column.target_type)("text", value)


def settled(convert: Convert, route: str, target: str, value: bytes, policies: Policies) -> tuple[Any, str, str]:
    """What is stored instead of a refused value; action and reason as they are written down."""
    table = mapping("t", [("v", target, route)])
    column = table.columns[0].model_copy(update={"source_type": "varchar(20)"})
    judge = Judge(table, policies)
    with pytest.raises(Refused) as refused:
        convert(column, value)
    stored = judge.settle(column, refused.value, "[1]", "{}", {"class": "text"})
    return stored, judge.found[0].action, judge.found[0].reason


ESCAPES = rb'{"a": "\u0000", "b": "\ud800"}'
LONG, NUL = "text longer than 5 characters", "NUL in text"
CONVERTED: list[tuple[Convert, str, str, bytes, Policies, tuple[Any, str, str]]] = [
    (of_mysql, "text", "character varying(5)", b"abc\0defgh", {}, (None, "null", LONG)),
    (of_mysql, "text", "character varying(5)", b"abc\0defgh", {"too_long": "convert"}, (b"abcde", "converted", NUL)),
    (of_mysql, "text", "character varying(5)", b"abc\0de", {}, (b"abcde", "converted", NUL)),
    (of_mysql, "date", "date", b"2020-05-00\0", {}, (None, "null", "date with a zero in it")),
    (of_mysql, "date", "date", b"2020-05-00\0", {"partial_date": "convert"}, (b"2020-05-01", "converted", NUL)),
    (of_sqlite, "json", "jsonb", ESCAPES, {}, (rb'{"a": "", "b": "\ufffd"}', "converted", "U+0000 in JSON")),
    (of_sqlite, "text", "text", b"a\xff\0", {"nul_in_text": "quarantine"}, (None, "null", NUL)),
]


@pytest.mark.parametrize(("convert", "route", "target", "value", "policies", "expected"), CONVERTED)
def test_the_strictest_policy_of_a_values_kinds_decides(
    convert: Convert, route: str, target: str, value: bytes, policies: Policies, expected: tuple[Any, str, str]
) -> None:
    assert settled(convert, route, target, value, policies) == expected


@pytest.mark.parametrize(
    ("convert", "route", "target", "value", "kind"),
    [
        (of_sqlite, "json", "jsonb", ESCAPES, "invalid_encoding"),
        (of_sqlite, "text", "character varying(5)", b"abcdef\0", "nul_in_text"),
        (of_mysql, "text", "character varying(5)", b"abcdef\0", "too_long"),
    ],
)
def test_one_kind_whose_policy_is_to_stop_ends_the_copy(
    convert: Convert, route: str, target: str, value: bytes, kind: Unholdable
) -> None:
    with pytest.raises(Aborted, match="VALUE_NOT_HOLDABLE") as stopped:
        settled(convert, route, target, value, {kind: "stop"})
    assert f"options.policies.{kind}" in stopped.value.remedy
