"""Which form two columns are compared in, how far they may differ, and which aren't compared."""

from __future__ import annotations

from pathlib import Path

import pytest

from engines.columns import Kind, LogicalType
from engines.mysql.types import logical_type as of_mysql
from engines.postgresql.introspect.logical_types import BUILT_IN
from engines.sqlite.types import logical_type as of_sqlite
from transfer.canonical import forms
from transfer.canonical.choose import COUNTED, RULES, compared_column
from transfer.canonical.columns import ComparedColumn, Form, Held, Uncompared

PAGE = Path(__file__).parents[3] / "docs" / "canonical-form.md"
UTC = "the side without a time zone is read as UTC"


def postgresql(native: str) -> LogicalType:
    name, _, inside = native.removesuffix("[]").removesuffix(")").partition("(")
    found = BUILT_IN.get(name) or LogicalType(kind=Kind.ENUM if name == "public.mood" else Kind.OTHER, name=name)
    numbers = [int(number) for number in inside.split(",") if number]
    if found.kind is Kind.DECIMAL and numbers:
        found = found.model_copy(update={"precision": numbers[0], "scale": numbers[1]})
    elif numbers:
        found = found.model_copy(update={"precision": numbers[0], "length": numbers[0]})
    return LogicalType(kind=Kind.ARRAY, element=found) if native.endswith("[]") else found


TYPES = {"postgresql": postgresql, "mysql": of_mysql, "sqlite": of_sqlite}


def chosen(source: str, target: str) -> ComparedColumn | Uncompared:
    """The column for `engine:type` on both sides."""
    sides = []
    for side in (source, target):
        engine, _, native = side.partition(":")
        type_ = LogicalType(kind=Kind.DYNAMIC) if engine == "mongodb" else TYPES[engine](native)
        sides.append(Held(name="c", native=native, type=type_))
    return compared_column("c", sides[0], sides[1], (source.partition(":")[0], target.partition(":")[0]))


@pytest.mark.parametrize(
    ("source", "target", "form"),
    [
        ("mysql:tinyint(1)", "postgresql:bool", Form.NUMBER),
        ("mysql:bit(1)", "postgresql:bool", Form.NUMBER),
        ("mysql:bit(12)", "postgresql:varbit", Form.BITS),
        ("mysql:bit(12)", "postgresql:bytea", Form.BYTES),
        ("mysql:bit(12)", "postgresql:int8", Form.NUMBER),
        ("mysql:bigint(20) unsigned", "postgresql:numeric", Form.NUMBER),
        ("mysql:float", "postgresql:float4", Form.NUMBER),
        ("mysql:double", "postgresql:float8", Form.NUMBER),
        ("mysql:double", "postgresql:numeric", Form.NUMBER),
        ("mysql:datetime(6)", "postgresql:timestamp", Form.TIMESTAMP),
        ("mysql:timestamp", "postgresql:timestamptz", Form.TIMESTAMP),
        ("mysql:date", "postgresql:date", Form.DATE),
        ("mysql:time", "postgresql:interval", Form.INTERVAL),
        ("mysql:time(6)", "postgresql:time", Form.TIME),
        ("mysql:year(4)", "postgresql:int2", Form.NUMBER),
        ("mysql:enum('a','b')", "postgresql:text", Form.TEXT),
        ("mysql:enum('a','b')", "postgresql:public.mood", Form.TEXT),
        ("mysql:set('a','b')", "postgresql:text", Form.SET),
        ("mysql:set('a','b')", "postgresql:text[]", Form.SET),
        ("mysql:char(36)", "postgresql:uuid", Form.UUID),
        ("mysql:binary(16)", "postgresql:uuid", Form.UUID),
        ("mysql:uuid", "postgresql:uuid", Form.UUID),
        ("mysql:json", "postgresql:jsonb", Form.JSON),
        ("mysql:longtext", "postgresql:jsonb", Form.JSON),
        ("postgresql:int4[]", "mysql:json", Form.JSON),
        ("mysql:blob", "postgresql:bytea", Form.BYTES),
        ("mysql:varbinary(20)", "postgresql:text", Form.BYTES),
        ("mysql:varchar(20)", "postgresql:bpchar(20)", Form.CHAR),
        ("mysql:varchar(20)", "postgresql:varchar(20)", Form.TEXT),
        ("mysql:inet6", "postgresql:inet", Form.TEXT),
        ("mysql:varchar(43)", "postgresql:inet", Form.TEXT),
        ("mysql:point", "postgresql:point", Form.POINT),
        ("mysql:polygon", "postgresql:geometry", Form.GEOMETRY),
        ("mysql:polygon", "mysql:polygon", Form.GEOMETRY),
        ("postgresql:jsonb", "postgresql:jsonb", Form.JSON),
        ("postgresql:json", "postgresql:jsonb", Form.JSON),
        ("postgresql:numeric", "postgresql:numeric", Form.NUMBER),
        ("postgresql:tsvector", "postgresql:tsvector", Form.NATIVE),
        ("postgresql:int4[]", "postgresql:int4[]", Form.NATIVE),
        ("postgresql:int4[]", "postgresql:int8[]", Form.JSON),
        ("postgresql:point", "postgresql:point", Form.NATIVE),
        ("postgresql:timetz", "postgresql:timetz", Form.TIMETZ),
        ("postgresql:inet", "postgresql:text", Form.TEXT),
        ("sqlite:", "postgresql:int4", Form.NUMBER),
        ("sqlite:INTEGER", "postgresql:bool", Form.NUMBER),
        ("sqlite:TEXT", "postgresql:timestamptz", Form.TIMESTAMP),
        ("sqlite:INTEGER", "postgresql:timestamp", Form.TIMESTAMP),
        ("sqlite:REAL", "postgresql:date", Form.DATE),
        ("sqlite:TEXT", "postgresql:timetz", Form.TIMETZ),
        ("sqlite:BLOB", "mysql:json", Form.JSON),
        ("sqlite:NUMERIC", "postgresql:text", Form.NUMBER),
        ("sqlite:CHAR(3)", "postgresql:text", Form.TEXT),
        ("sqlite:CHAR(3)", "postgresql:bpchar(3)", Form.CHAR),
        ("sqlite:TEXT", "postgresql:point", Form.TEXT),
        ("sqlite:TEXT", "postgresql:interval", Form.TEXT),
        ("sqlite:INTEGER", "mysql:bit(8)", Form.NUMBER),
        ("sqlite:whatever", "sqlite:INTEGER", Form.DYNAMIC),
        ("mongodb:x", "mongodb:x", Form.BSON),
        ("mongodb:x", "postgresql:numeric", Form.NUMBER),
        ("postgresql:timestamptz", "mongodb:x", Form.TIMESTAMP),
    ],
)
def test_forms(source: str, target: str, form: Form) -> None:
    found = chosen(source, target)
    assert isinstance(found, ComparedColumn), found
    assert found.form is form
    back = chosen(target, source)
    assert isinstance(back, ComparedColumn)
    assert back.form is form


@pytest.mark.parametrize(
    ("source", "target", "digits", "tolerance"),
    [
        ("mysql:datetime(3)", "postgresql:timestamp", None, None),
        ("mysql:datetime(6)", "postgresql:timestamp(3)", 3, "to 3 digits of a second, the target holds no more"),
        ("postgresql:timestamp", "mysql:datetime", 0, "to 0 digits of a second, the target holds no more"),
        ("mysql:datetime(6)", "postgresql:timestamptz", None, UTC),
        ("postgresql:timestamptz", "mysql:timestamp(6)", None, None),
        ("postgresql:timetz", "mysql:time(6)", None, UTC),
        ("postgresql:numeric(10,4)", "mysql:decimal(10,2)", 2, "to 2 decimals, the target holds no more"),
        ("postgresql:numeric(10,2)", "mysql:decimal(10,4)", None, None),
        ("postgresql:float8", "mysql:decimal(10,2)", 2, "to 2 decimals, the target holds no more"),
        ("postgresql:numeric", "mysql:int(11)", None, None),
        ("postgresql:float8", "mysql:float", None, "as 32-bit floats"),
        ("mysql:float", "postgresql:numeric(10,2)", 2, "as 32-bit floats, to 2 decimals, the target holds no more"),
        ("mysql:date", "postgresql:timestamp", None, "a date is its midnight"),
        ("postgresql:text", "mysql:int(11)", None, "text is read as a number"),
        ("mysql:year(4)", "postgresql:date", None, "January 1st stands for its year"),
        ("sqlite:TEXT", "postgresql:timestamp", 6, "to 6 digits of a second, the target holds no more"),
        (
            "sqlite:INTEGER",
            "mysql:date",
            None,
            COUNTED,
        ),
        ("mysql:varchar(3)", "postgresql:bpchar(3)", None, "blanks at the end don't count"),
        ("mysql:char(3)", "postgresql:bpchar(3)", None, None),
        ("mysql:set('a')", "postgresql:text", None, "labels in any order"),
        (
            "postgresql:timestamp",
            "mongodb:x",
            None,
            COUNTED,
        ),
        ("postgresql:money", "postgresql:numeric", None, None),
    ],
)
def test_what_is_said_of_values_that_are_not_held_exactly(
    source: str, target: str, digits: int | None, tolerance: str | None
) -> None:
    found = chosen(source, target)
    assert isinstance(found, ComparedColumn), found
    assert (found.digits, found.tolerance) == (digits, tolerance)


@pytest.mark.parametrize(
    ("source", "target", "reason"),
    [
        ("mysql:datetime", "postgresql:int8", "which unit of time"),
        ("mysql:date", "postgresql:int4", "which day it counts from"),
        ("mysql:enum('a')", "postgresql:int4", "which label"),
        ("mysql:time", "postgresql:timestamp", "no moment"),
        ("mysql:polygon", "postgresql:text", "many spellings"),
        ("mysql:polygon", "postgresql:polygon", "no well-known binary"),
        ("mysql:binary(8)", "postgresql:uuid", "nothing says"),
        ("mysql:inet6", "postgresql:bytea", "nothing says"),
        ("sqlite:TEXT", "mysql:polygon", "many spellings"),
    ],
)
def test_what_has_no_form_is_named_with_its_reason(source: str, target: str, reason: str) -> None:
    for pair in ((source, target), (target, source)):
        found = chosen(*pair)
        assert isinstance(found, Uncompared), found
        assert reason in found.reason


def test_every_form_has_its_row() -> None:
    assert set(forms.FORMS) == set(Form)
    assert {found.form for found in RULES if found.form} <= set(Form)
    assert not [form for form in Form if form is not Form.BSON and not forms.rendered_here(form)]


@pytest.mark.parametrize("table", [forms.forms_table, forms.matrix])
def test_the_page_shows_the_tables_of_the_code(table: object) -> None:
    assert callable(table)
    assert table() in PAGE.read_text()
