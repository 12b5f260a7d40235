"""Traps of keys that are texts: case, accents, blanks, order by collation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tests.traps.model import MARIADB, MONGODB, POSTGRESQL, SQLITE, Case, Found, Held, texts

WORDS = ["apple", "Banana", "cherry", "_x", "9", "Zoo", "zebra", "Äpfel", "éa", "~", "b-c", "bc", "b c", "%", "ß"]
WORDS += [f"{'kK'[n % 2]}ey {n}" for n in range(60)]


def keyed_by_text(words: list[str], columns: Mapping[str, tuple[str, str]]) -> dict[str, Held]:
    """Tables whose key is a word; columns: engine -> type of the key in the base and on the target."""
    rows = dict(enumerate(words))
    literals = texts(rows)
    literals = {number: f"{text}, {number}" for number, text in literals.items()}
    found: dict[str, Held] = {
        engine: Held(
            f"word {base} PRIMARY KEY, n int",
            literals,
            same_columns=f"word {other} PRIMARY KEY, n int",
            differ_columns=f"word {other} PRIMARY KEY, n int",
        )
        for engine, (base, other) in columns.items()
    }
    found[MONGODB] = Held("", {number: {"_id": word, "n": number} for number, word in rows.items()})
    return found


def rooms(sides: dict[str, Held], columns: Mapping[str, str]) -> dict[str, Held]:
    """The same tables with keys of another type in the planted half."""
    return {
        engine: replace(held, differ_columns=f"word {columns[engine]} PRIMARY KEY, n int")
        if engine in columns
        else held
        for engine, held in sides.items()
    }


def changed(sides: dict[str, Held], words: Mapping[int, str | None]) -> dict[str, Held]:
    """The same tables with other words, or without them, in the planted half."""
    found = {}
    for engine, held in sides.items():
        differ: dict[int, Any] = {}
        for number, word in words.items():
            if word is None:
                differ[number] = None
            elif engine == MONGODB:
                differ[number] = {"_id": word, "n": number}
            else:
                differ[number] = f"{texts({number: word})[number]}, {number}"
        found[engine] = replace(held, differ=differ)
    return found


CASELESS = {
    POSTGRESQL: ("text", 'text COLLATE "C"'),
    MARIADB: ("varchar(100) COLLATE utf8mb4_general_ci", "varchar(100) COLLATE utf8mb4_bin"),
    SQLITE: ("TEXT", "TEXT COLLATE NOCASE"),
}
CASE_KEYS = Case(
    3,
    "case_keys",
    "'apple' and 'Apple' are one key to a collation without case, and two rows all the same",
    changed(keyed_by_text(WORDS, CASELESS), {0: "Apple", 7: "äpfel"}),
    (
        Found("missing", ("apple",)),
        Found("extra", ("Apple",)),
        Found("missing", ("Äpfel",)),
        Found("extra", ("äpfel",)),
    ),
    keyed=False,
)

# twins live in keys that tell them apart; the planted half has a key that doesn't, so one of them had to go
ROOM_FOR_ONE = {MARIADB: "varchar(100) COLLATE utf8mb4_general_ci", SQLITE: "TEXT COLLATE NOCASE"}
TWINS = Case(
    3,
    "twin_keys",
    "two rows whose keys differ in case only, where the target's collation had room for one",
    rooms(
        changed(
            keyed_by_text(
                ["a", "A", "é", "e", "x", "x "],
                {
                    POSTGRESQL: ("text", "varchar(100)"),
                    MARIADB: ("varchar(100) COLLATE utf8mb4_nopad_bin", "varchar(100) COLLATE utf8mb4_nopad_bin"),
                    SQLITE: ("TEXT", "TEXT"),
                },
            ),
            {1: None, 2: None, 5: None},
        ),
        ROOM_FOR_ONE,
    ),
    (Found("missing", ("A",)), Found("missing", ("é",)), Found("missing", ("x ",))),
    keyed=False,
)

EXTREMES = ["0", "A", "Z", "_", "a", "m", "z", "\u00c9", "\u00e9", "~", "\uffee", "\U0001f600"]
ENDS = Case(
    23,
    "ends",
    "the least and the greatest key are others in every collation; those at either end are lost",
    changed(
        keyed_by_text(
            EXTREMES,
            {
                POSTGRESQL: ("text", 'varchar(50) COLLATE "C"'),
                MARIADB: ("varchar(50) COLLATE utf8mb4_bin", "varchar(50) COLLATE utf8mb4_bin"),
                SQLITE: ("TEXT", "VARCHAR(50)"),
            },
        ),
        {0: None, 3: None, 6: None, 11: None},
    ),
    tuple(Found("missing", (EXTREMES[number],)) for number in (0, 3, 6, 11)),
    keyed=False,
)

CASES = [CASE_KEYS, TWINS, ENDS]
