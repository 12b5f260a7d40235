"""Keys that are spelled otherwise on the other side: padded, scaled, at another precision, of several columns."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from bson.binary import Binary
from bson.decimal128 import Decimal128

from tests.traps.model import MARIADB, MONGODB, POSTGRESQL, SQLITE, Case, Found, Held

BY_TYPE = "keys of documents count by type and bytes"
ONE_COLUMN = "a document's key of several parts is one value"


def keyed(types: Mapping[str, tuple[str, str]], spelled: Mapping[str, tuple[list[str], list[str]]]) -> dict[str, Held]:
    """Tables of a key and a number; types: base and target's; spelled: the keys there, in the base and on the target.

    The planted half lacks the first row, and has another number in the second.
    """
    found = {}
    for engine, (base, target) in types.items():
        here, there = spelled[engine]
        same = {number: f"{key}, {number}" for number, key in enumerate(there)}
        found[engine] = Held(
            f"k {base} PRIMARY KEY, n int",
            {number: f"{key}, {number}" for number, key in enumerate(here)},
            same,
            {**same, 0: None, 1: f"{there[1]}, 100"},
            same_columns=f"k {target} PRIMARY KEY, n int",
            differ_columns=f"k {target} PRIMARY KEY, n int",
        )
    return found


def collection(keys: list[Any]) -> dict[str, Held]:
    """The same as documents."""
    rows = {number: {"_id": key, "n": number} for number, key in enumerate(keys)}
    return {MONGODB: Held("", rows, {}, {0: None, 1: {"_id": keys[1], "n": 100}})}


def twice(keys: list[str]) -> tuple[list[str], list[str]]:
    """The same spelling on both sides."""
    return keys, keys


def lost(first: str, second: str) -> tuple[Found, ...]:
    """What is planted: the first row is missing, the second differs."""
    return Found("missing", (first,)), Found("different", (second,), ("n",))


DECIMALS = ["1.50", "2.00", "-3.25", "0.00"]
DECIMAL_KEYS = Case(
    6,
    "decimal_keys",
    "1.5 and 1.50 are one key",
    keyed(
        {POSTGRESQL: ("numeric(10,2)", "numeric"), MARIADB: ("decimal(10,2)", "decimal(12,4)")},
        {POSTGRESQL: (DECIMALS, ["1.5", "2", "-3.25", "0"]), MARIADB: twice(DECIMALS)},
    )
    | collection([Decimal128(text) for text in DECIMALS]),
    lost("1.5", "2"),
    keyed=False,
    apart={SQLITE: "SQLite has no decimals: a key of text is a text", "mongodb-mongodb": BY_TYPE},
)

CODES = ["'ab'", "'cd'", "'e'", "'f g'"]
CHAR_KEYS = Case(
    1,
    "char_keys",
    "keys that one engine pads and the other does not",
    keyed(
        {
            POSTGRESQL: ("char(6)", "varchar(6)"),
            MARIADB: ("char(6)", "varchar(6) COLLATE utf8mb4_bin"),
            SQLITE: ("CHAR(6)", "CHAR(8)"),
        },
        {engine: twice(CODES) for engine in (POSTGRESQL, MARIADB, SQLITE)},
    ),
    lost("ab", "cd"),
    keyed=False,
    apart={
        MONGODB: "documents have no padded text",
        "sqlite-sqlite": "SQLite never pads",
    },
)

MOMENTS = ["'2024-01-01 00:00:00'", "'2024-03-31 02:30:00.5'", "'2038-01-19 03:14:08'"]
MOMENT_KEYS = Case(
    10,
    "moment_keys",
    "moments as keys, at another precision and with a zone",
    keyed(
        {
            POSTGRESQL: ("timestamp", "timestamptz"),
            MARIADB: ("datetime(6)", "datetime(3)"),
            SQLITE: ("DATETIME", "TIMESTAMP"),
        },
        {
            POSTGRESQL: (MOMENTS, [f"{text[:-1]}+00'" for text in MOMENTS]),
            MARIADB: twice(MOMENTS),
            SQLITE: twice(MOMENTS),
        },
    )
    | collection([datetime.fromisoformat(text.strip("'")).replace(tzinfo=UTC) for text in MOMENTS]),
    lost("2024-01-01 00:00:00", "2024-03-31 02:30:00.5"),
    keyed=False,
    apart={"mongodb-mongodb": BY_TYPE},
)

BYTES = ["00ff", "27", "", "0a5c"]
BYTES_KEYS = Case(
    12,
    "bytes_keys",
    "bytes as keys",
    keyed(
        {POSTGRESQL: ("bytea", "bytea"), MARIADB: ("varbinary(20)", "varbinary(40)"), SQLITE: ("BLOB", "BLOB")},
        {
            POSTGRESQL: twice([f"'\\x{text}'" for text in BYTES]),
            MARIADB: twice([f"x'{text}'" for text in BYTES]),
            SQLITE: twice([f"x'{text}'" for text in BYTES]),
        },
    )
    | collection([Binary(bytes.fromhex(text)) for text in BYTES]),
    lost("00ff", "27"),
    keyed=False,
    apart={"mongodb-mongodb": BY_TYPE},
)

# rows whose two key columns join to the same text
PARTS = [("ab", "c"), ("a", "bc"), ("", "abc"), ("abc", ""), ("1:a", "2:b"), ("1", ":a2:b"), ("n", "")]
PART_LITERALS = [f"'{first}', '{second}'" for first, second in PARTS]


def _several(kind: str, target: str) -> Held:
    rows = {number: f"{key}, {number}" for number, key in enumerate(PART_LITERALS)}
    columns = "a {0}, b {0}, n int, PRIMARY KEY (a, b)"
    return Held(
        columns.format(kind), rows, {}, {0: None, 4: f"{PART_LITERALS[4]}, 100"},
        same_columns=columns.format(target), differ_columns=columns.format(target),
    )  # fmt: skip


SEVERAL = Case(
    16,
    "joined_keys",
    "keys of two columns that join to the same text",
    {
        POSTGRESQL: _several("text", "varchar(20)"),
        MARIADB: _several("varchar(20)", "varchar(20) COLLATE utf8mb4_bin"),
        SQLITE: _several("TEXT", "VARCHAR(20)"),
    },
    (Found("missing", ("ab", "c")), Found("different", ("1:a", "2:b"), ("n",))),
    keyed=False,
    apart={MONGODB: ONE_COLUMN},
)

NULL_KEYS = Case(
    4,
    "null_keys",
    "a key that is NULL, which only SQLite takes",
    {SQLITE: Held("k TEXT PRIMARY KEY, n int", {0: "NULL, 1", 1: "'', 2", 2: "'x', 3"}, {}, {0: "NULL, 7", 1: None})},
    (Found("different", (None,), ("n",)), Found("missing", ("",))),
    keyed=False,
    apart=dict.fromkeys((POSTGRESQL, MARIADB, MONGODB), "no NULL in a key there"),
)

CASES = [DECIMAL_KEYS, CHAR_KEYS, MOMENT_KEYS, BYTES_KEYS, SEVERAL, NULL_KEYS]
