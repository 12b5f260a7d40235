"""Traps of comparing databases as data: rows on every engine, one planted difference, the same said otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import Any, Literal

Row = str | Mapping[str, Any] | None  # SQL literals behind the key, or a document without its _id; None: no row
Rows = Mapping[int, Row]
Variant = Literal["base", "same", "differ"]

POSTGRESQL, MARIADB, SQLITE, MONGODB = ENGINES = ("postgresql", "mysql", "sqlite", "mongodb")
NAMES = {POSTGRESQL: "PostgreSQL", MARIADB: "MariaDB", SQLITE: "SQLite", MONGODB: "MongoDB"}
PAIRS = tuple(product(ENGINES, ENGINES))
VARIANTS: tuple[Variant, ...] = ("base", "same", "differ")
# engines that, beside themselves, are compared by type and bytes: there nothing can be said otherwise
BY_BYTES = (SQLITE, MONGODB)

WRITES = 21  # its rows catch up while they are compared
TITLES = {
    1: "padding of CHAR",
    2: "blanks at the end, PAD SPACE collations",
    3: "keys without regard to case and accents",
    4: "empty text and NULL",
    5: "digits of floats",
    6: "scale of decimals",
    7: "negative zero, infinity, NaN",
    8: "booleans that are numbers",
    9: "unsigned 64-bit integers",
    10: "dates and times: zones, DST, fractions, zero dates, 2038, long times",
    11: "JSON: order, duplicates, numbers, escapes",
    12: "bytes and their spelling",
    13: "bit strings",
    14: "enums and sets: index, label, order, invalid",
    15: "Unicode: normal forms, four bytes, NUL",
    16: "columns that run into each other, marks of NULL in data",
    17: "differences that cancel in sums and XOR",
    18: "tables without a key",
    19: "generated columns, sequences, constraints, triggers",
    20: "equal counts, different rows",
    21: "writes while comparing",
    22: "type affinity of SQLite",
    23: "first and last key by collation",
    24: "geometry: axis order, SRID",
    25: "cut long texts, limits of packets",
}


@dataclass(frozen=True)
class Found:
    """A difference that has to be found: kind, the key's canonical texts, columns."""

    kind: Literal["different", "missing", "extra"]
    key: tuple[str | None, ...]
    columns: tuple[str, ...] = ()


@dataclass(frozen=True)
class Held:
    """A trap's table on one engine: columns behind the key (none for documents) and rows by key.

    same and differ: rows that the target holds otherwise, over the base; with other columns where they are given.
    before: a statement that has to run first.
    """

    columns: str
    rows: Rows
    same: Rows = field(default_factory=dict)
    differ: Rows = field(default_factory=dict)
    same_columns: str | None = None
    differ_columns: str | None = None
    before: str = ""

    def of(self, variant: Variant) -> tuple[str, dict[int, str | Mapping[str, Any]]]:
        """Columns and rows of a variant; rows in another order than the base's, so that order means nothing."""
        if variant == "base":
            return self.columns, {key: row for key, row in self.rows.items() if row is not None}
        changed = self.same if variant == "same" else self.differ
        other = self.same_columns if variant == "same" else self.differ_columns
        rows = {**self.rows, **changed}
        return other or self.columns, {key: rows[key] for key in reversed(rows) if rows[key] is not None}  # type: ignore[misc]


@dataclass(frozen=True)
class Case:
    """A trap, or a part of it, on all engines where it can occur.

    keyed: the table has `id` as its key, else the columns say it themselves. apart: why a pair (`sqlite-mongodb`), or
    every pair with an engine (`mysql`), has no such cell; found: what the planted difference is; same: whether the
    equal half exists; table: its name on every engine.
    """

    trap: int
    name: str
    about: str
    sides: Mapping[str, Held]
    found: tuple[Found, ...]
    keyed: bool = True
    same: bool = True
    apart: Mapping[str, str] = field(default_factory=dict)

    @property
    def table(self) -> str:
        """The table's name, the same on every engine."""
        return f"t{self.trap:02d}_{self.name}"

    def reason(self, source: str, target: str) -> str | None:
        """Why it can't occur between these two; None: it can."""
        for key in (f"{source}-{target}", source, target):
            if key in self.apart:
                return self.apart[key]
        for engine in (source, target):
            if engine not in self.sides:
                raise KeyError(f"{self.table} says neither what {engine} holds nor why it can't")
        return None

    def equal_variant(self, source: str, target: str) -> Variant:
        """What the target holds in the equal half: the base itself where type and bytes count."""
        held = self.sides[target]
        otherwise = bool(held.same or held.same_columns) and self.trap != WRITES
        return "base" if source == target and source in BY_BYTES and otherwise else "same"

    def pairs(self) -> Iterator[tuple[str, str]]:
        """The pairs where it can occur."""
        return (pair for pair in PAIRS if self.reason(*pair) is None)


def texts(values: Mapping[int, str | None]) -> dict[int, str]:
    """Texts as SQL literals that every SQL engine reads alike (no backslashes in them)."""
    return {key: "NULL" if value is None else "'" + value.replace("'", "''") + "'" for key, value in values.items()}


def documents(name: str, values: Mapping[int, Any]) -> dict[int, dict[str, Any]]:
    """Values as documents of one field; None leaves it out, as a NULL that became a document."""
    return {key: {} if value is None else {name: value} for key, value in values.items()}


def different(*keys: int | str, columns: tuple[str, ...] = ("v",)) -> tuple[Found, ...]:
    """Rows that differ in these columns."""
    return tuple(Found("different", (str(key),), columns) for key in keys)
