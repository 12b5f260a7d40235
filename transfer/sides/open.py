"""Opens a side of a comparison from its reference."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from importlib import import_module
from typing import Any, cast

from engines.connection import parse
from engines.postgresql.money import check_money, columns_of_money
from transfer.canonical.columns import ComparedTable, Role
from transfer.sides.side import Side

# family of the engine -> module with open_side(reference, role)
SIDES = {name: f"transfer.sides.{name}" for name in ("postgresql", "mysql", "sqlite", "mongodb")}


def open_side(url: str, role: Role, join: str | None = None) -> Side:
    """A side at a fresh consistent moment; UsageError for a reference that can't be read, EngineError else.

    join: the token of another process's snapshot, at whose moment the side reads (PostgreSQL and SQLite).
    """
    reference = parse(url)
    opened = import_module(SIDES[reference.engine]).open_side
    return cast(Side, opened(reference, role) if join is None else opened(reference, role, join))


@contextmanager
def open_sides(source: str, target: str, stands_in: bool = False) -> Iterator[tuple[Side, Side]]:
    """Both sides at fresh moments, agreed on money, and closed afterwards."""
    with closing(open_side(source, "source")) as here, closing(open_side(target, "target")) as there:
        agree_on_money(here, there, stands_in)
        yield here, there


def agree_on_money(source: Side, target: Side, stands_in: bool = False) -> None:
    """Two databases of PostgreSQL whose numbers mean the same amounts show money in one text.

    Their own have the sign of each one's currency. stands_in: the target stands for another database, so that numbers
    are all that it can show.
    """
    if source.engine == target.engine == "postgresql":
        snapshots: list[Any] = [cast(Any, side).snapshot for side in (source, target)]
        if stands_in or snapshots[0].money_digits == snapshots[1].money_digits:
            for snapshot in snapshots:
                snapshot.read_stored()


def check_amounts(source: Side, target: Side, table: ComparedTable) -> None:
    """Aborted MONEY_DIFFERS where a table holds money on both sides, whose numbers mean other amounts on the other."""
    if source.engine == target.engine == "postgresql":
        here, there = (cast(Any, side).snapshot for side in (source, target))
        if here.money_digits != there.money_digits and columns_of_money(there.query, [table.place("target")]):
            check_money(here.query, here.money_digits, there.money_digits, [table.place("source")])
