"""A scan of a whole table in pieces along an integer key, so that somebody is told how far it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Any, TypeVar

from engines.columns import Kind

if TYPE_CHECKING:
    from engines.catalog import Table

PIECE_ROWS = 200_000  # about half a second of a scan
MOST_PIECES = 1_000
SMALLEST, LARGEST = (
    frozenset({"minimum"}),
    frozenset({"maximum", "max_length", "max_bytes", "text_bytes", "blob_bytes"}),
)

Told = Callable[[int], None]  # rows of the table that were looked at so far
Piece = tuple[int | None, int | None]  # above this key, up to that one; None: open
Name = TypeVar("Name")


def silent(rows: int) -> None:
    """Tells nobody."""


def piece_key(table: Table) -> str | None:
    """The column of a primary key that is one integer."""
    key = table.primary_key.columns if table.primary_key is not None else []
    return key[0] if len(key) == 1 and table.column(key[0]).type.kind is Kind.INTEGER else None


def pieces(low: int | None, high: int | None, rows: int | None) -> list[Piece]:
    """Ranges that hold every key once; low and high: of the keys (None: no rows), rows: about how many there are."""
    if low is None or high is None:
        return [(None, None)]
    span = high - low + 1
    count = min(-(-min(span if rows is None else rows, span) // PIECE_ROWS), MOST_PIECES)
    return list(pairwise([None, *(low + span * number // count for number in range(1, count)), None]))


def condition(name: str, piece: Piece) -> str:
    """SQL of the keys of a piece, with WHERE before it; name: the quoted column."""
    above, until = piece
    terms = [f"{name} > {above}"] if above is not None else []
    terms += [f"{name} <= {until}"] if until is not None else []
    return f" WHERE {' AND '.join(terms)}" if terms else ""


def merged(parts: Iterable[Mapping[Name, Any]], measure: Callable[[Name], str]) -> dict[Name, Any]:
    """What the aggregates of all pieces give for the table: the smallest, the largest, else the sum.

    measure: which of SMALLEST and LARGEST a name is, if one. An aggregate of no value is None, as the server has it.
    Values of several classes (SQLite) are in its order: numbers, texts, bytes.
    """
    found: dict[Name, Any] = {}
    for part in parts:
        for name, value in part.items():
            if found.get(name) is None:
                found[name] = value
            elif value is not None:
                both, kind = (found[name], value), measure(name)
                choose = min if kind in SMALLEST else max if kind in LARGEST else None
                found[name] = sum(both) if choose is None else choose(both, key=_ordered)
    return found


def _ordered(value: Any) -> tuple[int, Any]:
    return (2 if isinstance(value, bytes) else 1 if isinstance(value, str) else 0), value
