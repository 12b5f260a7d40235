"""Reads what a migration set aside, without writing to the target."""

from __future__ import annotations

from contextlib import closing

from engines.registry import open_database
from transfer.noted import set_aside
from transfer.quarantined import Quarantined


def quarantined_on(url: str, migration: str) -> list[tuple[str, Quarantined]]:
    """Source table and entry of everything the migration set aside; empty where it never ran."""
    with closing(open_database(url)) as database:
        return set_aside(database, migration)
