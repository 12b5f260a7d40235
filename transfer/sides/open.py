"""Opens a side of a comparison from its reference."""

from __future__ import annotations

from importlib import import_module
from typing import cast

from engines.connection import parse
from transfer.canonical.columns import Role
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
