"""Traps of JSON: order of keys, keys twice, numbers, escapes, null."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bson.decimal128 import Decimal128

from tests.traps.model import MARIADB, MONGODB, POSTGRESQL, SQLITE, Case, Held, different, documents, texts

JSON = {
    1: '{"a": 1, "bb": [1, 2]}',
    2: '{"n": 1.0}',
    3: '{"s": "caf\u00e9 / \\"quoted\\""}',
    4: '{"x": {"y": null, "z": true}}',
    5: "[]",
    6: '{"e": 100}',
}
# keys in another order, other spellings of numbers and characters, blanks
OTHERWISE = {
    1: '{"bb":[1,2],"a":1}',
    2: '{"n": 1}',
    3: '{"s":"caf\\u00e9 \\/ \\u0022quoted\\""}',
    4: '{ "x" : {"z":true,"y":null} }',
    6: '{"e": 1e2}',
}
CHANGED = {1: '{"a": 1, "bb": [2, 1]}', 4: '{"x": {"z": true}}', 6: '{"e": "100"}'}
BSON: dict[int, Any] = {
    1: {"a": 1, "bb": [1, 2]},
    2: {"n": 1.0},
    3: {"s": 'caf\u00e9 / "quoted"'},
    4: {"x": {"y": None, "z": True}},
    5: [],
    6: {"e": 100},
}
BSON_OTHERWISE: dict[int, Any] = {1: {"bb": [1, 2], "a": 1}, 2: {"n": 1}, 4: {"x": {"z": True, "y": None}}}
BSON_CHANGED: dict[int, Any] = {1: {"a": 1, "bb": [2, 1]}, 4: {"x": {"z": True}}, 6: {"e": "100"}}


def _escaped(rows: Mapping[int, str]) -> dict[int, str]:
    """Literals for MariaDB, where a backslash escapes."""
    return texts({key: text.replace("\\", "\\\\") for key, text in rows.items()})


JSON_VALUES = Case(
    11,
    "json",
    "keys in any order, numbers and characters in any spelling; the order of an array counts",
    {
        POSTGRESQL: Held("v jsonb", texts(JSON), texts(OTHERWISE), texts(CHANGED), same_columns="v json"),
        MARIADB: Held("v json", _escaped(JSON), _escaped(OTHERWISE), _escaped(CHANGED)),
        SQLITE: Held("v JSON", texts(JSON), texts(OTHERWISE), texts(CHANGED)),
        MONGODB: Held(
            "", documents("v", BSON), documents("v", BSON_OTHERWISE), documents("v", BSON_CHANGED)
        ),
    },
    different(1, 4, 6),
)  # fmt: skip

TWICE = {1: '{"a": 1, "a": 2}', 2: '{"a": {"b": 1, "b": 3}}'}
ONCE = {1: '{"a": 2}', 2: '{"a": {"b": 3}}'}
FIRST = {1: '{"a": 1}'}
JSON_TWICE = Case(
    11,
    "json_twice",
    "of a key that is there twice the last one counts",
    {
        POSTGRESQL: Held("v json", texts(TWICE), texts(ONCE), texts(FIRST), same_columns="v jsonb"),
        MARIADB: Held("v json", _escaped(TWICE), _escaped(ONCE), _escaped(FIRST)),
        SQLITE: Held("v JSON", texts(TWICE), texts(ONCE), texts(FIRST)),
    },
    different(1),
    apart={MONGODB: "a document holds a key once"},
)

DIGITS = {1: '{"n": 12345678901234567890123}', 2: '{"n": 0.1000000000000000055}', 3: '{"n": 1}'}
OTHER_DIGITS = {1: '{"n": 12345678901234567890124}', 2: '{"n": 0.1}'}


def _decimals(rows: Mapping[int, str]) -> dict[int, dict[str, Any]]:
    return documents("v", {key: {"n": Decimal128(text[6:-1])} for key, text in rows.items()})


JSON_DIGITS = Case(
    11,
    "json_digits",
    "numbers of JSON with more digits than a double has",
    {
        POSTGRESQL: Held("v jsonb", texts(DIGITS), {}, texts(OTHER_DIGITS), same_columns="v json"),
        MARIADB: Held("v json", texts(DIGITS), {}, texts(OTHER_DIGITS)),
        SQLITE: Held("v JSON", texts(DIGITS), {}, texts(OTHER_DIGITS)),
        MONGODB: Held("", _decimals(DIGITS), {}, _decimals(OTHER_DIGITS)),
    },
    different(1, 2),
)

NUMBERS = {1: '{"n": 1e400}', 2: '{"n": -0}', 3: '{"n": 1E2}', 4: '{"n": 0.10}'}
SAME_NUMBERS = {1: '{"n": 10e399}', 2: '{"n": 0}', 3: '{"n": 100.00}', 4: '{"n": 1e-1}'}
OTHER_NUMBERS = {1: '{"n": 1e401}', 3: '{"n": 10}', 4: '{"n": "0.1"}'}
JSON_NUMBERS = Case(
    11,
    "json_numbers",
    "numbers of JSON that no double holds, or that are spelled otherwise; JSON in a column of text",
    {
        POSTGRESQL: Held("v jsonb", texts(NUMBERS), texts(SAME_NUMBERS), texts(OTHER_NUMBERS), same_columns="v text"),
        MARIADB: Held("v json", texts(NUMBERS), texts(SAME_NUMBERS), texts(OTHER_NUMBERS)),
        SQLITE: Held("v JSON", texts(NUMBERS), texts(SAME_NUMBERS), texts(OTHER_NUMBERS), same_columns="v TEXT"),
    },
    different(1, 3, 4),
    apart={MONGODB: "a document's numbers are doubles or decimals of 34 digits"},
)

NESTED = {1: "[[1], 2]", 2: "[1]", 3: '{"a": [], "b": 1}'}
FLAT = {1: "[[1, 2]]", 2: "[-1]", 3: '{"a": [1], "b": []}'}
NESTED_BSON: dict[int, Any] = {1: [[1], 2], 2: [1], 3: {"a": [], "b": 1}}
FLAT_BSON: dict[int, Any] = {1: [[1, 2]], 2: [-1], 3: {"a": [1], "b": []}}
NESTING = Case(
    11,
    "json_nesting",
    "brackets and signs that PostgreSQL's hash of jsonb does not see",
    {
        POSTGRESQL: Held("v jsonb", texts(NESTED), {}, texts(FLAT)),
        MARIADB: Held("v json", texts(NESTED), {}, texts(FLAT)),
        SQLITE: Held("v JSON", texts(NESTED), {}, texts(FLAT)),
        MONGODB: Held("", documents("v", NESTED_BSON), {}, documents("v", FLAT_BSON)),
    },
    different(1, 2, 3),
)

NULLS = {1: "null", 2: None, 3: "{}"}
JSON_NULL = Case(
    11,
    "json_null",
    "JSON's null is a value, SQL's NULL is none",
    {
        POSTGRESQL: Held("v jsonb", texts(NULLS), {}, texts({1: None, 2: "null"})),
        MARIADB: Held("v json", texts(NULLS), {}, texts({1: None, 2: "null"})),
        SQLITE: Held("v JSON", texts(NULLS), {}, texts({1: None, 2: "null"})),
        MONGODB: Held("", {1: {"v": None}, 2: {}, 3: {"v": {}}}, {}, {1: {}, 2: {"v": None}}),
    },
    different(1, 2),
)

CASES = [JSON_VALUES, JSON_TWICE, JSON_DIGITS, JSON_NUMBERS, NESTING, JSON_NULL]
