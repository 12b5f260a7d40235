"""How many columns a table of a target has at most and at least: what can't be made is named in the plan."""

from __future__ import annotations

from engines.catalog import Table

# https://www.postgresql.org/docs/current/limits.html, https://www.sqlite.org/limits.html (SQLITE_MAX_COLUMN)
MOST = {"postgresql": ("PostgreSQL", 1600), "sqlite": ("SQLite", 2000)}
COMPUTED = "all its columns are computed, and nothing of its rows can be written into a table of {name}"
NEEDS_ONE = frozenset({"sqlite"})  # PostgreSQL has tables without columns


def unmakeable(engine: str, table: Table) -> str | None:
    """Why the target, postgresql or sqlite, can't have a table of so many columns; None where it can."""
    name, most = MOST[engine]
    count = len(table.columns)
    if count > most:
        return f"it has {count:,} columns, {name} holds {most:,}"
    if not count and engine in NEEDS_ONE:
        return f"it has no columns, and {name}'s tables have at least one"
    if count and all(column.generated for column in table.columns):
        return COMPUTED.format(name=name)
    return None
