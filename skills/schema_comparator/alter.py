"""The migration script of a comparison, with the choices that the request's overrides hold."""

from __future__ import annotations

from collections.abc import Iterator

from conversion.alter.model import Choices, Migration
from conversion.alter.plan import PLANNERS, migration
from conversion.result import Overrides
from engines.catalog import Catalog
from engines.families import family
from engines.full_names import qualified


def migration_between(found: Catalog, wanted: Catalog, overrides: Overrides, names: bool) -> Migration | None:
    """The script that makes what was found like what is wanted; None for an engine that has no scripts (MongoDB).

    names: constraints and indexes are to have the wanted names (not where wanted was converted from another engine).
    """
    if family(found.engine) not in PLANNERS:
        return None
    chosen = choices(wanted, overrides) if names else Choices(fills=overrides.fills)
    there = {*_names(found)}
    done = {before for before, after in chosen.renames.items() if before not in there and after in there}
    chosen.renames = {before: after for before, after in chosen.renames.items() if before not in done}
    return migration(found, wanted, chosen, names)


def _names(catalog: Catalog) -> Iterator[str]:
    for table in catalog.tables:
        yield table.full_name
        yield from (f"{table.full_name}.{column.name}" for column in table.columns)


def choices(wanted: Catalog, overrides: Overrides) -> Choices:
    """names: what the target calls a table or column of the source; an empty name says that it is no rename."""
    chosen = Choices(fills=overrides.fills)
    tables = {table.full_name: table for table in wanted.tables}
    there = {}
    for name, table in tables.items():
        home = qualified(table.schema_name, "")
        there[name] = home + (overrides.names.get(name) or table.name).removeprefix(home)
    for key, name in overrides.names.items():
        owner = max((full for full in tables if key.startswith(f"{full}.")), key=len, default=None)
        if not name:
            chosen.separate.append(key)
        elif key in tables:
            chosen.renames[there[key]] = key
        elif owner is not None:
            chosen.renames[f"{there[owner]}.{_last(name, there[owner])}"] = key
    return chosen


def _last(name: str, owner: str) -> str:
    """The name without its owner, where it was given with it."""
    return name.removeprefix(f"{owner}.")
