"""Names that this program needs in a target for its notes: a plan that would give one of them away is refused."""

from __future__ import annotations

from collections.abc import Iterator

from conversion.result import Conversion
from engines.catalog import Catalog, Routine, Sequence, Table, UserType, View
from engines.errors import Aborted
from engines.own_state import SCHEMA, is_kept

SHOWN = 5


def check_names(result: Conversion) -> None:
    """Aborted NAME_KEPT where something of the source would be called as the notes of a migration in the target are."""
    taken = list(_taken(result.target))
    if not taken:
        return
    origins = {table.target: table.source for table in result.tables}
    origins |= {one.collection: one.table for one in result.collections}
    origins |= {table.table: one.source for one in result.documents for table in one.tables}
    told = [f"{origins.get(name, name)} ({name})" for name in taken]
    more = f" and {len(told) - SHOWN} more" if len(told) > SHOWN else ""
    raise Aborted(
        "NAME_KEPT",
        f"In the target these would have names that this program keeps for its notes: {', '.join(told[:SHOWN])}{more}.",
        "Give them others in the source (or choose another target_schema), then run the same command again.",
        objects=[origins.get(name, name) for name in taken],
    )


def _taken(target: Catalog) -> Iterator[str]:
    """Full names of relations and routines, names of collections, of SQLite indexes too: they share one space there."""
    relations: list[Table | View | Sequence] = [*target.tables, *target.views, *target.sequences]
    if target.engine == "postgresql":
        others: list[UserType | Routine] = [*target.types, *target.routines]
        yield from (one.full_name for one in (*relations, *others) if one.schema_name == SCHEMA)
        return
    yield from (one.full_name for one in relations if is_kept(one.name, target.engine))
    yield from (one.name for one in target.collections if is_kept(one.name, target.engine))
    if target.engine == "sqlite":
        for table in target.tables:
            yield from (f"{table.full_name}.{index.name}" for index in table.indexes if is_kept(index.name, "sqlite"))
