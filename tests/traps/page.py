"""`python -m tests.traps.page > docs/validation-traps.md`: the page of all traps, from the data that the tests run."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from tests.traps.cases import CASES
from tests.traps.cases.schemas import SCHEMA_CASES, SchemaCase
from tests.traps.model import ENGINES, NAMES, PAIRS, TITLES, Case

LETTERS = dict(zip(ENGINES, ("P", "M", "S", "D"), strict=True))
COLUMNS = [f"{LETTERS[source]}{LETTERS[target]}" for source, target in PAIRS]
HEAD = f"| trap | {' | '.join(COLUMNS)} |\n{'|-' * (len(COLUMNS) + 1)}|"

Part = Case | SchemaCase
PARTS: list[Part] = [*CASES, *SCHEMA_CASES]

INTRODUCTION = """# Traps of comparing databases

What a comparison falls for, planted on every pair of engines where it can occur (`tests/traps`). Every cell has two halves: a difference that must be found, at its key and in its column, and the same rows written otherwise, which must give no alarm. Tables are paired as for anybody who names two live databases; nothing is said about them. The databases of the targets have settings that nobody expects (DateStyle German, extra_float_digits -15, a time zone of Nepal, NO_BACKSLASH_ESCAPES, max_allowed_packet of 1 MB, ...): none of it may be seen.

`make score` runs all cells and prints them; `python -m benchmarks.score traps` these alone; `pytest tests/traps` holds them. This page is written from the same data. MariaDB 10.11, PostgreSQL 18 and 15, SQLite, and MongoDB's protocol served by an emulator unless a real server is given ([engines.md](engines.md)); MySQL 8 was not tested live.

## Cells
Source first, target behind it: P PostgreSQL, M MariaDB, S SQLite, D MongoDB. The number of parts that can occur there; `-`: none, for the reasons below.
"""  # noqa: E501


def page() -> str:
    """The whole page."""
    return "\n".join(
        [
            INTRODUCTION,
            HEAD,
            *(_line(number) for number in TITLES),
            "",
            "## Parts",
            "`*`: the difference alone, since the target can't hold what would be equal.",
            "",
            "| trap | part | what is planted | pairs |\n|-|-|-|-|",
            *_parts(),
            "",
            "## What can't occur",
            "| part | pairs | reason |\n|-|-|-|",
            *_apart(),
            "",
        ]
    )


def parts_of(number: int) -> list[Part]:
    """The parts of a trap."""
    return [part for part in PARTS if part.trap == number]


def title(number: int) -> str:
    """Number and name of a trap."""
    return f"{number} {TITLES[number]}"


def _line(number: int) -> str:
    counts = [sum(part.reason(*pair) is None for part in parts_of(number)) for pair in PAIRS]
    return f"| {title(number)} | {' | '.join(str(count or '-') for count in counts)} |"


def _parts() -> Iterator[str]:
    for number in TITLES:
        for part in parts_of(number):
            mark = "" if part.same else " *"
            yield f"| {number} | `{part.name}`{mark} | {part.about} | {len(list(part.pairs()))} |"


def _apart() -> Iterator[str]:
    """A line per part and reason; pairs as letters, an engine's name where it is all of its pairs."""
    for number in TITLES:
        for part in parts_of(number):
            reasons: dict[str, list[tuple[str, str]]] = {}
            for pair in PAIRS:
                reason = part.reason(*pair)
                if reason is not None:
                    reasons.setdefault(reason, []).append(pair)
            for reason, pairs in reasons.items():
                yield f"| {number} `{part.name}` | {_pairs(pairs)} | {reason} |"


def _pairs(pairs: list[tuple[str, str]]) -> str:
    left = list(pairs)
    words = []
    for engine in ENGINES:
        own = [pair for pair in PAIRS if engine in pair]
        if set(own) <= set(pairs):
            words.append(f"every pair with {NAMES[engine]}")
            left = [pair for pair in left if pair not in own]
    words += [f"{LETTERS[source]}{LETTERS[target]}" for source, target in left]
    return ", ".join(words)


if __name__ == "__main__":
    sys.stdout.write(page())
