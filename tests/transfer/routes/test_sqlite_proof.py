"""Blocks that SQLite wrote: taken as they are, to be escaped, or to be read row by row."""

import sqlite3
from contextlib import closing
from typing import Any

import pytest

from tests.moving import mapping
from transfer.routes.sqlite_fast import fast
from transfer.routes.sqlite_to_postgresql_proof import Unproved, ValueColumn, proved

ESCAPES, VALUES = Unproved.ESCAPES, Unproved.VALUES
# block, rows, nulls, bytes -> what it is
UNESCAPED = [
    (b"1\ta\n2\tb", 2, 0, 0, b"1\ta\n2\tb"),
    ("1\té".encode(), 1, 0, 0, "1\té".encode()),
    (b"1\t\xff\n2\t\xff", 2, 2, 0, b"1\t\\N\n2\t\\N"),
    (b"1\t\xfe00FF", 1, 0, 1, b"1\t\\\\x00FF"),
    (b"1\ta\tb", 1, 0, 0, ESCAPES),
    (b"1\ta\nb", 1, 0, 0, ESCAPES),
    (b"1\ta\rb", 1, 0, 0, ESCAPES),
    (b"1\t\\N", 1, 0, 0, ESCAPES),
    (b"1\ta\0b", 1, 0, 0, VALUES),
    (b"1\ta\xffb", 1, 0, 0, VALUES),  # a text with the byte that marks a NULL
    (b"1\t\xff\n2\t\xff", 2, 1, 0, VALUES),  # one of them is a text
    (b"1\t\xfe", 1, 0, 0, VALUES),
    (b"1\t\xc3(", 1, 0, 0, VALUES),
    (b"1\tabc", 1, 1, 0, VALUES),  # a NULL that left no mark
]


@pytest.mark.parametrize(("block", "rows", "nulls", "marks", "expected"), UNESCAPED)
def test_a_block_is_proved_or_not(block: bytes, rows: int, nulls: int, marks: int, expected: Any) -> None:
    assert proved(block, rows, 1, nulls, marks, escaped=False) == expected


def test_of_escaped_texts_only_the_counts_are_proved() -> None:
    assert proved(rb"1\ta" + b"\t" + rb"\\", 1, 1, 0, 0, escaped=True) == rb"1\ta" + b"\t" + rb"\\"
    assert proved(b"1\ta\tb", 1, 1, 0, 0, escaped=True) is VALUES


NUMBERS = [
    ("double", "double precision", [0.1, -0.0, 1e-300, 3, None], ["0.1", "-0.0", "1e-300", "3", r"\N"]),
    ("double", "double precision", [float("inf"), 2**53], ["inf", "9007199254740992"]),
    ("double", "double precision", [2**53 + 1], None),
    ("double", "double precision", [b"1"], None),
    ("numeric", "numeric", [0.30000000000000004, 10**18], ["0.30000000000000004", "1000000000000000000"]),
    ("numeric", "numeric", [float("inf")], None),
    ("numeric", "numeric(6,2)", [1234.25, 12.0, 9999, -9999], ["1234.25", "12.0", "9999", "-9999"]),
    ("numeric", "numeric(6,2)", [0.125], None),
    ("numeric", "numeric(6,2)", [10000], None),
    ("numeric", "numeric(6,2)", [1e-5], None),
    ("numeric", "numeric(3,0)", [5.0], ["5.0"]),
    ("numeric", "numeric(3,0)", [5.5], None),
]


@pytest.mark.parametrize(("route", "target", "values", "expected"), NUMBERS)
def test_numbers_are_written_with_every_digit_or_left_to_the_exact_path(
    route: str, target: str, values: list[Any], expected: Any
) -> None:
    column = mapping("t", [("n", target, route)], required=()).columns[0]
    assert ValueColumn(column).encode([values]) == expected


def test_a_null_where_there_must_be_a_value_goes_the_exact_path() -> None:
    column = mapping("t", [("n", "numeric", "numeric")], required=("n",)).columns[0]
    assert ValueColumn(column).encode([[1, None]]) is None


MOMENTS = [
    ("timestamp", "datetime(6)", "2024-02-29 01:02:03.123456", 1),
    ("timestamp", "datetime(6)", "2024-02-29 01:02:03", 1),
    ("timestamp", "datetime(6)", "2024-02-29T01:02:03.5", 0),
    ("timestamp", "datetime(6)", "2023-02-29 01:02:03.5", 0),
    ("timestamp", "datetime(6)", "2024-02-29 01:02:03.1234567", 0),
    ("timestamp", "datetime", "2024-02-29 01:02:03.5", 0),
    ("time", "time(6)", "01:02:03.25", 1),
    ("time", "time(6)", "24:00:00.5", 0),
]


@pytest.mark.parametrize(("route", "target", "text", "expected"), MOMENTS)
def test_moments_that_sqlite_itself_writes_for_mysql(route: str, target: str, text: str, expected: int) -> None:
    guard = fast(mapping("t", [("v", target, route)]).columns[0]).guard
    with closing(sqlite3.connect(":memory:")) as connection:
        found = connection.execute(f"SELECT {guard.replace('{c}', 'v')} FROM (SELECT ? AS v)", (text,)).fetchone()
    assert found == (expected,)
