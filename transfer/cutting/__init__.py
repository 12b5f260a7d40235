"""How units are cut into chunks: one module per family of the source, by `cutter(engine)`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib import import_module
from typing import Any, Protocol

from engines.families import family
from transfer.chunks import Chunk
from transfer.cutting.steps import Size
from transfer.moveplan import ChunkKey, MovePlan
from transfer.state.protocol import Cut
from transfer.units import Unit

__all__ = ["Cutter", "Size", "cutter"]


class Cutter(Protocol):
    """A module that cuts the units of a family of engines.

    Any literal is a valid bound as long as the server compares it in one total order: ranges then hold every row once,
    whether or not a row has that key.
    """

    def sizes(self, snapshot: Any, names: Sequence[str]) -> dict[str, Size]:
        """What the engine's own statistics say of units, in one query; a unit it knows nothing of may be missing."""
        ...

    def cut(self, snapshot: Any, unit: Unit, plan: MovePlan, start: Cut | None, size: Size) -> Iterator[Chunk]:
        """Chunks in the order of the key, the first at once, the last open above; start: go on behind earlier ones.

        One query of the snapshot per step at most, none while the caller holds the iterator.
        """
        ...

    def condition(self, key: ChunkKey, chunk: Chunk) -> Any:
        """What finds the rows of a range: SQL for WHERE with literals that an index serves, "" for all rows."""
        ...

    def order(self, key: ChunkKey) -> Any:
        """What reads in the order of the key: columns for ORDER BY, "" where there is none."""
        ...


def cutter(engine: str) -> Cutter:
    """The cutter of an engine's family."""
    module: Any = import_module(f"transfer.cutting.{family(engine)}")
    found: Cutter = module
    return found
