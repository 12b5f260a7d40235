"""Reads what a migration set aside, without writing to the target."""

from __future__ import annotations

from engines.registry import open_database
from transfer.quarantined import Quarantined

COLUMNS = "table_name, locator, column_name, row_key, reason, action, original"
QUERIES = {
    "postgresql": (
        "SELECT pg_catalog.to_regclass('_dbmo.quarantine') IS NOT NULL",
        f"SELECT {COLUMNS} FROM _dbmo.quarantine WHERE migration = %s ORDER BY 1, 2, 3",
    ),
    "sqlite": (
        "SELECT count(*) FROM sqlite_master WHERE name = '_dbmo_quarantine'",
        f"SELECT {COLUMNS} FROM _dbmo_quarantine WHERE migration = ? ORDER BY 1, 2, 3",
    ),
}


def quarantined_on(url: str, migration: str) -> list[tuple[str, Quarantined]]:
    """Source table and entry of everything the migration set aside; empty where it never ran."""
    database = open_database(url)
    try:
        there, entries = QUERIES[database.engine]
        if not database.query(there)[0][0]:
            return []
        return [(row[0], Quarantined(*row[1:])) for row in database.query(entries, (migration,))]
    finally:
        database.close()
