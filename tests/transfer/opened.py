"""Two live databases paired by their catalogs, with both sides open."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any

from engines.catalog import Catalog
from engines.registry import open_database
from transfer.canonical.columns import ComparedTable
from transfer.compare.pairing import pair_catalogs
from transfer.sides.open import open_side


@dataclass(frozen=True)
class Opened:
    """Tables by the last part of their name, and the sides."""

    tables: dict[str, ComparedTable]
    source: Any
    target: Any


def _catalog(url: str) -> Catalog:
    with closing(open_database(url)) as database:
        return database.catalog()


@contextmanager
def opened(source: str, target: str) -> Iterator[Opened]:
    """Both sides at a fresh moment, closed at the end."""
    pairing = pair_catalogs(_catalog(source), _catalog(target), {})
    sides = open_side(source, "source"), open_side(target, "target")
    try:
        yield Opened({table.name.rpartition(".")[2]: table for table in pairing.tables}, *sides)
    finally:
        for side in sides:
            side.close()
