"""Scans the source's values for a conversion, with the skills' progress."""

from __future__ import annotations

from collections.abc import Callable

from conversion import source_values
from engines.catalog import Catalog
from engines.profile import TableProfile
from engines.protocols import Database
from skills.context import Progress


def scanned(
    catalog: Catalog, source: Database, target_engine: str, progress: Callable[[Progress], None]
) -> dict[str, TableProfile]:
    """One scan per table, by its full name; none where the declared types say all that the direction asks."""
    return source_values.scanned(catalog, source, target_engine, looked(progress))


def looked(progress: Callable[[Progress], None]) -> source_values.Looked:
    """Reports a table that was looked at as progress."""
    return lambda table, number, tables: progress(Progress("profile", table, number, tables))
