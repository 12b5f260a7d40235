"""JSON by value: what is equal gives equal bytes, what is no JSON says so."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transfer.canonical.json_text import NotJson, canonical


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"b": 1, "a": 2}', '{"a":2,"b":1}'),
        ('{"a": 1, "a": {"x": 2, "x": 3}}', '{"a":{"x":3}}'),
        (' [ ] ', "[]"),
        ("[1.0, 1.00, 1e0, 10E-1, 1]", "[1,1,1,1,1]"),
        ("[-0, -0.0, 0e9, 0.000]", "[0,0,0,0]"),
        ("[1e3, 1E-7, 0.10, 1.7976931348623157e308]", "[1000,0.0000001,0.1,17976931348623157" + "0" * 292 + "]"),
        ("12345678901234567890123456789.123456789", "12345678901234567890123456789.123456789"),
        ("0.1000000000000000055511151231257827", "0.1000000000000000055511151231257827"),
        ("1e999999999", "1e999999999"),
        ("1e-99999999999999999999", "1e-99999999999999999999"),
        ("0e99999999999999999999", "0"),
        ('"\\u0041\\/\\u00e9"', '"A/é"'),
        ('"\\ud83d\\ude00"', '"😀"'),
        ('"\\uD800x"', '"\\ud800x"'),
        ('"\\u0000\\u001f\\u0008\\f\\n\\r\\t\\"\\\\"', '"\\u0000\\u001f\\b\\f\\n\\r\\t\\"\\\\"'),
        ('{"\\ud83d\\ude00": 1, "\uffff": 2, "z": 3}', '{"z":3,"\uffff":2,"😀":1}'),
        ("[true, false, null]", "[true,false,null]"),
        ("9" * 5000, "9" * 5000),
    ],
)  # fmt: skip
def test_equal_values_have_one_text(text: str, expected: str) -> None:
    assert canonical(text.encode()).decode() == expected
    assert canonical(f"[{text}]".encode()).decode() == f"[{expected}]"


@pytest.mark.parametrize(
    "text",
    [b"", b" ", b"NaN", b"[Infinity]", b"[1,]", b'{"a" 1}', b"{a: 1}", b"'a'", b"1 2", b"01", b"+1", b"\xff", b'"\n"',
     b'"\\x"', b'"\\ud80"', b"[", b"{", b'{"a":1', b"nul", b"[" * 5000, b"[" * 5000 + b"}" * 5000, b"\xef\xbb\xbf1"],
)  # fmt: skip
def test_what_is_no_json_says_so(text: bytes) -> None:
    with pytest.raises(NotJson):
        canonical(text)


@pytest.mark.parametrize("deep", [10, 900, 5_000, 20_000])
def test_any_depth_is_read(deep: int) -> None:
    assert canonical(b"[" * deep + b" 1.50 " + b"]" * deep) == b"[" * deep + b"1.5" + b"]" * deep
    assert canonical(b'{"a": ' * deep + b"{}" + b"}" * deep) == b'{"a":' * deep + b"{}" + b"}" * deep


VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=12,
)


def written(value: Any, number: str) -> str:
    if isinstance(value, Decimal):
        return format(value, number)
    if isinstance(value, list):
        return "[ " + " , ".join(written(one, number) for one in value) + "]"
    if isinstance(value, dict):
        return "{" + ",\n".join(f"{json.dumps(key)} :{written(value[key], number)}" for key in reversed(value)) + "}"
    return json.dumps(value)


def plain(value: Any) -> Any:
    """Values as they compare: numbers by their digits."""
    if isinstance(value, list):
        return [plain(one) for one in value]
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items()}
    return ("number", Decimal(value)) if isinstance(value, int | Decimal) and not isinstance(value, bool) else value


@given(VALUES)
def test_the_text_is_the_value_and_the_same_however_it_is_spelled(value: Any) -> None:
    one, other = (canonical(written(value, number).encode()) for number in ("f", "e"))
    assert one == other == canonical(one)
    assert plain(json.loads(one, parse_float=Decimal)) == plain(value)
    assert b"\n" not in one and one == one.strip()
