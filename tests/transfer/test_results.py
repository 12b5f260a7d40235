"""Result sets of two engines: which are the same values and which are not."""

import math
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from transfer.results import compare_results

NOON = datetime(2024, 1, 31, 12)
TEXT = "6b1c9d8e-0000-4000-8000-00000000000a"


def equal(left: list[Any], right: list[Any], order: list[int] | None = None) -> bool:
    return compare_results((["a"], [(v,) for v in left]), (["a"], [(v,) for v in right]), order).equal


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (1, Decimal("1.00")),
        (1, 1.0),
        (1, True),
        (0.1 + 0.2, 0.3),
        (0.1, Decimal("0.1")),
        (math.inf, math.inf),
        (math.nan, math.nan),
        (math.nan, Decimal("NaN")),
        (None, None),
        (b"\x00", memoryview(b"\x00")),
        ("2024-01-31 12:00:00", NOON),
        ("2024-01-31T12:00:00", NOON),
        ("2024-01-31", date(2024, 1, 31)),
        ("2024-01-31 13:00:00+01:00", NOON.replace(tzinfo=UTC)),
        (datetime(2024, 1, 31, 13, tzinfo=timezone(timedelta(hours=1))), NOON.replace(tzinfo=UTC)),
        (1706702400, NOON),
        (1706702400000, NOON),
        (2460341.0, NOON),
        (TEXT.upper(), UUID(TEXT)),
        ('{"b": 1, "a": [2]}', {"a": [2], "b": 1}),
    ],
)
def test_same_value_of_two_engines_is_equal(left: Any, right: Any) -> None:
    assert equal([left], [right])
    assert equal([right], [left])
    assert equal([left], [right], [0])


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (1, 2),
        (1, "1"),
        (1.0, 1.0000001),
        (2**63, 2**63 - 1),
        (Decimal("0.1"), Decimal("0.10000000000000001")),
        (None, 0),
        (None, ""),
        ("a", "a "),
        ("a", "A"),
        (b"a", "a"),
        ("2024-01-31", "2024-01-31 00:00:00"),
        ("2024-01-31 12:00:01", NOON),
        (math.inf, -math.inf),
        (math.nan, None),
        ('{"a": 1}', {"a": 2}),
    ],
)
def test_other_value_is_a_difference(left: Any, right: Any) -> None:
    assert not equal([left], [right])
    assert not equal([right], [left])
    assert not equal([left], [right], [0])


def test_bag_has_no_order_but_counts() -> None:
    assert equal([1, 2, 2], [2, 1, 2])
    assert not equal([1, 2, 2], [1, 1, 2])
    assert not equal([1, 2], [1, 2, 2])


def test_floats_in_a_bag_find_their_partners() -> None:
    assert equal([0.3, 5.0, None], [None, 5.0, 0.1 + 0.2])


def test_order_counts_where_it_was_asked_for() -> None:
    assert not equal([1, 2], [2, 1], [0])


def test_rows_with_equal_keys_may_change_places() -> None:
    left, right = [(1, "a"), (1, "b")], [(1, "b"), (1, "a")]
    found = compare_results((["k", "v"], list(left)), (["k", "v"], list(right)), [0])
    assert found.equal
    assert found.notes == ["rows with equal ORDER BY keys come in another order"]
    assert not compare_results((["k", "v"], list(left)), (["k", "v"], list(right)), []).equal


def test_first_differing_row_is_shown() -> None:
    found = compare_results((["a", "b"], [(1, "x"), (2, None)]), (["a", "b"], [(1, "x"), (2, "y")]), [0])
    assert found.difference is not None
    assert (found.difference.row, found.difference.source, found.difference.target) == (2, ["2", "NULL"], ["2", "'y'"])


def test_extra_row_is_shown() -> None:
    found = compare_results((["a"], [(1,)]), (["a"], [(1,), (2,)]))
    assert found.difference is not None
    assert (found.difference.source, found.difference.target) == (None, ["2"])


def test_other_number_of_columns_differs() -> None:
    assert not compare_results((["a"], []), (["a", "b"], [])).equal


def test_other_column_name_is_a_note() -> None:
    found = compare_results((["a"], []), (["b"], []))
    assert found.equal
    assert found.notes == ["column a is named b on the target"]


def test_numbers_read_as_time_are_said() -> None:
    found = compare_results((["a"], [(1706702400,)]), (["a"], [(NOON,)]))
    assert found.notes == ["column 1: numbers on one side are read as epoch or julian time"]
