"""The script that makes one database's schema like another, for every engine that has one."""

from __future__ import annotations

import importlib
from typing import Any

from conversion.alter.changes import changes
from conversion.alter.model import Choices, Migration
from conversion.alter.renaming import Renames, at_home, twins
from conversion.forms import FOLDING
from conversion.renames import Rename
from conversion.renames import renames as candidates
from conversion.result import Note
from conversion.sides import Sides
from engines.catalog import Catalog
from engines.errors import UsageError
from engines.families import family

# family -> module with planned(changes, choices) -> Migration
PLANNERS = {
    "postgresql": "conversion.alter.postgresql.plan",
    "sqlite": "conversion.alter.sqlite.plan",
    "mysql": "conversion.alter.mysql.plan",
}


def migration(a: Catalog, b: Catalog, choices: Choices | None = None, names: bool = True) -> Migration:
    """The script from a (what is there) to b (what is wanted), with its way back.

    names=False: constraints and indexes keep the names they have where they differ in nothing else (for a b that was
    converted from another engine). Renames of tables and columns are those of choices, and those that are clear
    (conversion/renames.py); others are candidates, and the script drops and adds.
    UsageError where the catalogs are of different engines, or no script can be written for the engine, or a rename in
    choices names something that isn't there.
    """
    chosen = choices or Choices()
    if family(a.engine) != family(b.engine) or family(a.engine) not in PLANNERS:
        raise UsageError(
            "NO_SCRIPT",
            f"There is no migration script from {a.engine} to {b.engine}.",
            "Compare with what the source would become on the target's engine; scripts exist for "
            f"{', '.join(sorted(PLANNERS))}.",
        )
    engine = family(a.engine)
    if engine == "mysql":
        b = at_home(b, a.database)
    possible = candidates(a, b)
    proposed = {item.source: item.target for item in possible if item.proposed and _free(item, chosen)}
    forward = _renames(a, b, proposed | chosen.renames)
    if engine in FOLDING:
        twins(a, b, forward, Sides(a, b).blind)
    back = Renames(
        {after: before for before, after in forward.tables.items()},
        {(forward.table(table), after): before for (table, before), after in forward.columns.items()},
    )
    planner: Any = importlib.import_module(PLANNERS[engine])
    found: Migration = planner.planned(changes(a, b, forward, engine, names), chosen)
    reverse: Migration = planner.planned(changes(b, a, back, engine, names), Choices())
    found.reverse = reverse.steps
    found.candidates = [item for item in possible if item.source not in proposed and _free(item, chosen)]
    found.notes += [
        Note(object=item.source, text=f"renamed to {item.target}: {'; '.join(item.evidence)}")
        for item in possible
        if item.source in proposed
    ]
    return found


def _free(item: Rename, chosen: Choices) -> bool:
    """True where nobody decided about either end."""
    decided = {*chosen.renames, *chosen.renames.values(), *chosen.separate}
    return not {item.source, item.target} & decided


def _renames(a: Catalog, b: Catalog, wanted: dict[str, str]) -> Renames:
    """The renames by what they name; a column's new name may be given alone or with its table."""
    tables = {table.full_name: table for table in a.tables}
    there = {table.full_name: table for table in b.tables}
    found = Renames({}, {})
    for before, after in wanted.items():
        if before in tables:
            if after not in there:
                raise _unknown(before, after)
            found.tables[before] = after
    for before, after in wanted.items():
        owner = next((name for name, table in tables.items() if _column(table.full_name, before, table)), None)
        if before in tables:
            continue
        if owner is None or found.table(owner) not in there:
            raise _unknown(before, after)
        name = after.removeprefix(f"{found.table(owner)}.")
        if all(column.name != name for column in there[found.table(owner)].columns):
            raise _unknown(before, after)
        found.columns[owner, before[len(owner) + 1 :]] = name
    return found


def _column(owner: str, name: str, table: Any) -> bool:
    return name.startswith(f"{owner}.") and any(column.name == name[len(owner) + 1 :] for column in table.columns)


def _unknown(before: str, after: str) -> UsageError:
    return UsageError(
        "RENAME_UNKNOWN",
        f"The rename from {before} to {after} names a table or column that one of the two schemas doesn't have.",
        "Give the full name there is (schema.table or schema.table.column) and the one wanted.",
    )
