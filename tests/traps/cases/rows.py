"""Traps of rows and tables: cancelling differences, duplicates, counts, generated values, SQLite's affinity."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.traps.model import (
    ENGINES,
    MARIADB,
    MONGODB,
    POSTGRESQL,
    SQLITE,
    Case,
    Found,
    Held,
    different,
    documents,
    texts,
)

INTEGERS = {POSTGRESQL: "bigint", MARIADB: "bigint", SQLITE: "INTEGER"}
HAS_KEY = "a collection always has a key"
NEEDS_SQLITE = "only SQLite's columns hold values of any type"


def numbers(
    rows: Mapping[int, tuple[int, ...] | None],
    names: tuple[str, ...],
    differ: Mapping[int, Any],
    same: Mapping[int, Any] = {},
) -> dict[str, Held]:
    """Columns of integers on all engines."""

    def sql(values: Mapping[int, tuple[int, ...] | None]) -> dict[int, str | None]:
        return {key: None if row is None else ", ".join(map(str, row)) for key, row in values.items()}

    def fields(values: Mapping[int, tuple[int, ...] | None]) -> dict[int, dict[str, int] | None]:
        return {key: None if row is None else dict(zip(names, row, strict=True)) for key, row in values.items()}

    found = {
        engine: Held(", ".join(f"{name} {kind}" for name in names), sql(rows), sql(same), sql(differ))
        for engine, kind in INTEGERS.items()
    }
    found[MONGODB] = Held("", fields(rows), fields(same), fields(differ))
    return found  # fmt: skip


SWAPPED = Case(
    17,
    "swapped",
    "values swapped between rows leave the sum of their column as it was, swapped columns that of their row",
    numbers(
        {1: (10, 20), 2: (20, 10), 3: (5, 7), 4: (1, 1), 5: (7, 7)}, ("a", "b"), {1: (20, 20), 2: (10, 10), 3: (7, 5)}
    ),
    (*different(1, 2, columns=("a",)), *different(3, columns=("a", "b"))),
)
ROTATED = Case(
    17,
    "rotated",
    "all values are there, under other keys",
    numbers({key: (key * 7,) for key in range(1, 9)}, ("a",), {1: (14,), 2: (21,), 3: (7,)}),
    different(1, 2, 3, columns=("a",)),
)

# PostgreSQL's hash of a bigint joins both halves by XOR
HALVES = Case(
    17,
    "halves",
    "numbers whose halves make the same hash: 1 and 2^32",
    numbers({1: (1,), 2: (5 << 32,), 3: (-1,), 4: (0,)}, ("a",), {1: (1 << 32,), 2: (5,), 3: (-(1 << 32) - 1,)}),
    different(1, 2, 3, columns=("a",)),
)

TRADED = Case(
    20,
    "traded",
    "as many rows on both sides, but not the same ones",
    numbers({key: (key,) for key in range(1, 31)}, ("a",), {7: None, 99: (7,), 1: None, -5: (1,)}),
    (Found("missing", ("7",)), Found("extra", ("99",)), Found("missing", ("1",)), Found("extra", ("-5",))),
)

# Row 3 is behind when the comparison begins and catches up while it runs (running.py); row 5 stays as it is.
WRITTEN = 3
BEHIND, CAUGHT_UP = -1, 30
WRITES = Case(
    21,
    "writes",
    "a row that the target gets while the comparison runs is no difference, one that stays another is",
    numbers({key: (key * 10,) for key in range(1, 21)}, ("v",), {WRITTEN: (BEHIND,), 5: (51,)}, {WRITTEN: (BEHIND,)}),
    different(5),
)

KEYLESS_ROWS = {1: "'x', 1", 2: "'x', 1", 3: "'y', 2", 4: "'z', 3", 5: "'z', 3", 6: "NULL, 4", 7: "NULL, 4"}


def keyless(differ: Mapping[int, str | None]) -> dict[str, Held]:
    """Tables without a key and with rows that are there twice; documents whose keys the server made."""
    found = {
        engine: Held(f"a {kind}, b int", KEYLESS_ROWS, {}, dict(differ))
        for engine, kind in ((POSTGRESQL, "text"), (MARIADB, "varchar(20)"), (SQLITE, "TEXT"))
    }
    found[MONGODB] = Held("", _fields(KEYLESS_ROWS), {}, _fields(differ))
    return found


def _fields(rows: Mapping[int, str | None]) -> dict[int, dict[str, Any] | None]:
    """`'x', 1` as {a: x, b: 1}; a NULL is a field that isn't there."""
    found: dict[int, dict[str, Any] | None] = {}
    for key, row in rows.items():
        if row is None:
            found[key] = None
            continue
        first, second = row.split(", ")
        found[key] = ({} if first == "NULL" else {"a": first.strip("'")}) | {"b": int(second)}
    return found


# kind and key are those of a row without a key: its values are not looked at here (cells of test_traps do that)
DUPLICATES = Case(
    18,
    "duplicates",
    "rows that are there twice: one twin lost, another row three times",
    keyless({1: None, 8: "'z', 3"}),
    (Found("missing", ("x", "1")), Found("extra", ("z", "3"))),
    keyed=False,
    apart={f"{MONGODB}-{target}": HAS_KEY for target in ENGINES},
)
PAIRS_LOST = Case(
    18,
    "pairs_lost",
    "both of two equal rows are lost, which XOR does not see",
    keyless({4: None, 5: None, 6: None, 7: None}),
    (Found("missing", ("z", "3")), Found("missing", (None, "4"))),
    keyed=False,
    apart={f"{MONGODB}-{target}": HAS_KEY for target in ENGINES},
)

DOUBLED = {key: f"{key}" for key in range(1, 6)}
GENERATED = Case(
    19,
    "generated",
    "a generated column that became a plain one and is stale",
    {
        POSTGRESQL: Held(
            "a int, v int GENERATED ALWAYS AS (a * 2) STORED", {key: f"{key}, DEFAULT" for key in DOUBLED}, {},
            {key: f"{key}, {key * 2 + (key == 3)}" for key in DOUBLED}, differ_columns="a int, v int",
        ),
        MARIADB: Held(
            "a int, v int GENERATED ALWAYS AS (a * 2) VIRTUAL", {key: f"{key}, DEFAULT" for key in DOUBLED}, {},
            {key: f"{key}, {key * 2 + (key == 3)}" for key in DOUBLED}, differ_columns="a int, v int",
            same_columns="a int, v int GENERATED ALWAYS AS (a * 2) PERSISTENT",
        ),
        SQLITE: Held(
            "a INTEGER, v INTEGER", {key: f"{key}, {key * 2}" for key in DOUBLED}, DOUBLED,
            {key: f"{key}, {key * 2 + (key == 3)}" for key in DOUBLED},
            same_columns="a INTEGER, v INTEGER GENERATED ALWAYS AS (a * 2) VIRTUAL",
        ),
        MONGODB: Held(
            "", {key: {"a": key, "v": key * 2} for key in DOUBLED}, {}, {3: {"a": 3, "v": 7}}
        ),
    },
    different(3),
)  # fmt: skip


def beside_sqlite(
    name: str,
    about: str,
    sqlite: Held,
    others: Mapping[str, Held],
    found: tuple[Found, ...],
) -> Case:
    """A trap of SQLite's affinity: every pair in which SQLite is one side."""
    apart = {f"{a}-{b}": NEEDS_SQLITE for a in others for b in others}
    return Case(22, name, about, {SQLITE: sqlite, **others}, found, apart=apart)


NUMERALS = {1: "1", 2: "2", 3: "3", 4: "NULL"}
NUMBERS_AS_TEXT = beside_sqlite(
    "numerals",
    "numbers in a column without a type, some of them as text; a text that is no number",
    Held("v INTEGER", NUMERALS, {1: "'1'", 2: "2.0"}, {1: "'one'", 2: "2.5"}),
    {
        POSTGRESQL: Held("v bigint", NUMERALS, {}, {1: "7", 2: "8"}),
        MARIADB: Held("v bigint", NUMERALS, {}, {1: "7", 2: "8"}),
        MONGODB: Held("", documents("v", {1: 1, 2: 2, 3: 3, 4: None}), {}, documents("v", {1: 7, 2: 8})),
    },
    different(1, 2),
)

WORDS = {1: "abcdef", 2: "ab", 3: "42"}
LENGTHS = beside_sqlite(
    "lengths",
    "a declared length that SQLite does not keep; a text cut by who does",
    Held("v VARCHAR(3)", texts(WORDS), {}, texts({1: "abc"})),
    {
        POSTGRESQL: Held("v text", texts(WORDS), {}, texts({1: "abc"}), differ_columns="v varchar(3)"),
        MARIADB: Held("v varchar(20)", texts(WORDS), {}, texts({1: "abc"}), differ_columns="v varchar(3)"),
        MONGODB: Held("", documents("v", WORDS), {}, documents("v", {1: "abc"})),
    },
    different(1),
)

TRUTHS = beside_sqlite(
    "truths",
    "booleans as 1 and 0; a 2 is none",
    Held("v BOOLEAN", {1: "1", 2: "0", 3: "NULL"}, {}, {1: "0", 2: "2"}),
    {
        POSTGRESQL: Held("v boolean", {1: "true", 2: "false", 3: "NULL"}, {}, {1: "false", 2: "true"}),
        MARIADB: Held("v tinyint(1)", {1: "1", 2: "0", 3: "NULL"}, {}, {1: "0", 2: "1"}),
        MONGODB: Held(
            "", documents("v", {1: True, 2: False, 3: None}), {}, documents("v", {1: False, 2: True})
        ),
    },
    different(1, 2),
)  # fmt: skip

CASES = [
    SWAPPED, ROTATED, HALVES, TRADED, WRITES, DUPLICATES, PAIRS_LOST, GENERATED, NUMBERS_AS_TEXT, LENGTHS, TRUTHS,
]  # fmt: skip
