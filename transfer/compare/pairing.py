"""Which table and column of the source is compared with which of the target."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from engines.catalog import Catalog
from engines.model import Model
from transfer.canonical.columns import ComparedTable


class Unpaired(Model):
    """A table that only one side has, or that can't be compared, and why."""

    name: str
    side: Literal["source", "target"]
    reason: str


class Pairing(Model):
    """Tables to compare, and those that have no other side."""

    tables: list[ComparedTable]
    unpaired: list[Unpaired] = Field(default_factory=list)


def pair_catalogs(source: Catalog, target: Catalog, names: dict[str, str] | None = None) -> Pairing:
    """Pair two live catalogs by name; names: target names of source tables that are called otherwise there."""
    raise NotImplementedError
