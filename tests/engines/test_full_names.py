"""Full names come apart into what they were made of, whatever is in them."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.full_names import column_name, column_parts, in_schema, parts, qualified
from tests.test_docs import FLOORS, ROOT

NAMES = st.text('a".\n %', max_size=6) | st.text(max_size=4)


@pytest.mark.parametrize(
    ("schema", "name", "full"),
    [
        ("public", "orders", "public.orders"),
        ("main", "a.b", "main.a.b"),
        ("a.b", "c", '"a.b".c'),
        ("a", "b.c", "a.b.c"),
        ('say "x"', "t", '"say ""x""".t'),
        ("with space\n%", '"q"', 'with space\n%."q"'),
        ("", "t", ".t"),
    ],
)
def test_a_schema_with_dots_is_quoted(schema: str, name: str, full: str) -> None:
    assert qualified(schema, name) == full
    assert parts(full) == (schema, name)


@given(NAMES, NAMES)
def test_every_pair_has_a_full_name_of_its_own(schema: str, name: str) -> None:
    assert parts(qualified(schema, name)) == (schema, name)


@given(NAMES, NAMES, NAMES)
def test_a_column_is_found_behind_any_table(schema: str, name: str, column: str) -> None:
    table = qualified(schema, name)
    assert column_parts(column_name(table, column)) == (table, column)


def test_nobody_else_makes_full_names() -> None:
    made = re.compile(r'f"\{[a-z_.]*(?:schema|schema_name|nspname)\}\.\{')
    paths = [path for floor in FLOORS for path in (ROOT / floor).rglob("*.py")]
    assert [str(path) for path in paths if made.search(path.read_text())] == []


def test_an_object_goes_to_another_schema() -> None:
    assert in_schema('"a.b".c.d', "e.f") == '"e.f".c.d'
