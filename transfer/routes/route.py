"""A route: how the rows of one unit travel from the source's snapshot into a transaction of the target."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from engines.errors import EngineError
from engines.families import family
from engines.full_names import name_of
from transfer.chunks import Chunk
from transfer.moveplan import MovePlan
from transfer.quarantined import Quarantined
from transfer.units import Unit, columns_of

# Called with the bytes of each block before it is written: waits where a ceiling says so, raises INTERRUPTED.
Pace = Callable[[int], None]
Block = TypeVar("Block", bound=bytes | memoryview)

# (family of the source, family of the target) -> module with open_route(plan, unit, snapshot, writer) -> Route
ROUTES: dict[tuple[str, str], str] = {
    ("postgresql", "postgresql"): "transfer.routes.postgresql_to_postgresql",
    ("mysql", "postgresql"): "transfer.routes.mysql_to_postgresql",
    ("sqlite", "postgresql"): "transfer.routes.sqlite_to_postgresql",
    ("mongodb", "postgresql"): "transfer.routes.mongodb_to_relations",
    ("postgresql", "mysql"): "transfer.routes.postgresql_to_mysql",
    ("mysql", "mysql"): "transfer.routes.mysql_to_mysql",
    ("sqlite", "mysql"): "transfer.routes.sqlite_to_mysql",
    ("mongodb", "mysql"): "transfer.routes.mongodb_to_relations",
    ("postgresql", "sqlite"): "transfer.routes.rows_to_sqlite",
    ("mysql", "sqlite"): "transfer.routes.mysql_to_sqlite",
    ("sqlite", "sqlite"): "transfer.routes.rows_to_sqlite",
    ("mongodb", "sqlite"): "transfer.routes.mongodb_to_relations",
    ("postgresql", "mongodb"): "transfer.routes.relations_to_mongodb",
    ("mysql", "mongodb"): "transfer.routes.relations_to_mongodb",
    ("sqlite", "mongodb"): "transfer.routes.relations_to_mongodb",
    ("mongodb", "mongodb"): "transfer.routes.mongodb_to_mongodb",
}


@dataclass(frozen=True)
class Copied:
    """What copying a range did: rows in the target, bytes sent to it, what was set aside."""

    rows: int
    bytes: int
    quarantined: list[Quarantined] = field(default_factory=list)


class Route(Protocol):
    """Made once per worker and unit; copy() may be called for any range of it, again after an error."""

    def copy(self, chunk: Chunk, into: Any, pace: Pace) -> Copied:
        """Copy the rows of a range into an open transaction of the writer; nothing is committed here.

        An error leaves the snapshot usable for the next call where the engine allows it (recover()); the caller rolls
        the target back. Memory: a few blocks, whatever the range holds.
        """
        ...


def open_route(plan: MovePlan, unit: Unit, snapshot: Any, writer: Any) -> Route:
    """The route of a unit between the plan's engines; EngineError ROUTE_UNKNOWN where nobody wrote one."""
    pair = family(plan.source_engine), family(plan.target_engine)
    module = ROUTES.get(pair)
    if module is None:
        raise EngineError("ROUTE_UNKNOWN", f"Nothing moves {pair[0]} to {pair[1]}.", "Choose another target.")
    if pair[0] == "sqlite":
        for table, columns in columns_of(unit):
            snapshot.check_columns(name_of(table), columns)
    route: Route = importlib.import_module(module).open_route(plan, unit, snapshot, writer)
    return route


def paced(blocks: Iterable[Block], pace: Pace) -> Iterator[Block]:
    """The blocks, each told to the pace before it is given."""
    for block in blocks:
        pace(len(block))
        yield block
