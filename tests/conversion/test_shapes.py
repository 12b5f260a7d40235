"""What expressions refer to is found under the source's names, twins included, and called as the target calls it."""

from __future__ import annotations

import pytest

from conversion.rewrite_postgresql import query
from conversion.shapes import ColumnShape, Shapes, TableShape, column_keys
from engines.catalog import Kind


def shape(name: str, **columns: str) -> TableShape:
    """A table of the target; columns: names of the source and what they are called there."""
    keys = column_keys(columns)
    return TableShape("", name, {keys[own]: ColumnShape(there, Kind.INTEGER) for own, there in columns.items()})


@pytest.mark.parametrize(("wanted", "found"), [("id", "id"), ("Id", "Id_2"), ("ID", "id"), ("X", "x"), ("y", None)])
def test_columns_that_differ_in_case_alone_stay_apart(wanted: str, found: str | None) -> None:
    column = shape("t", id="id", Id="Id_2", x="x").find(wanted)
    assert (column.name if column else None) == found


@pytest.mark.parametrize(
    ("wanted", "found"), [("public.t", "t_2"), ("public.T", "T"), ("public.one", "one"), ("public.ONE", "one")]
)
def test_tables_that_differ_in_case_alone_stay_apart(wanted: str, found: str) -> None:
    shapes = Shapes([("public.T", shape("T")), ("public.t", shape("t_2")), ("public.One", shape("one"))])
    made = shapes.find(*reversed(wanted.split(".")))
    assert made is not None and made.name == found


def test_a_view_reads_renamed_twins() -> None:
    shapes = Shapes([("public.T", shape("T", id="id")), ("public.t", shape("t_2", id="id", Id="Id_2"))])
    assert query('SELECT t.id, t."Id" FROM public.t', shapes) == ('SELECT "t"."id", "t"."Id_2" FROM "t_2" AS "t"')
