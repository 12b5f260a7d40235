"""Triggers, routines and events of one engine as those of another: translated, or refused with the reason."""

from __future__ import annotations

import importlib

from conversion.procedural.context import Context
from conversion.procedural.languages import translator
from conversion.procedural.sql import Languages
from conversion.relational.direction import Procedural
from conversion.shapes import Shapes
from engines.catalog import Catalog, Table, View
from engines.families import family

# (family of the source, family of the target) -> module with convert_programs(context, result)
DIRECTIONS = {
    ("sqlite", "postgresql"): "conversion.procedural.sqlite_to_postgresql",
    ("sqlite", "mysql"): "conversion.procedural.sqlite_to_mysql",
    ("mysql", "postgresql"): "conversion.procedural.mysql_to_postgresql",
    ("mysql", "sqlite"): "conversion.procedural.mysql_to_sqlite",
    ("postgresql", "mysql"): "conversion.procedural.postgresql_to_mysql",
    ("postgresql", "sqlite"): "conversion.procedural.postgresql_to_sqlite",
}
# what a name that is a variable and a column means in the source
CONFLICT = {"mysql": "variable", "postgresql": "error", "sqlite": "column"}
EVENT = "{engine} has no events: use a scheduler, such as {hint}, that runs its statements"
HINTS = {"postgresql": "the extension pg_cron", "sqlite": "cron with the command line shell"}


def convert(
    source: Catalog,
    target_engine: str,
    target_version: str,
    shapes: Shapes,
    target: Catalog | None = None,
    schema: str = "public",
) -> Procedural:
    """What becomes of every trigger, routine and event of the source.

    shapes: tables and views as they are on the target; target: its catalog so far, from which types and keys of
    columns are known (without it, what needs them is refused); schema: where a source without schemas goes.
    """
    ends = family(source.engine), family(target_engine)
    result = Procedural()
    translate = translator(ends[0], target_engine, target_version)
    languages = Languages(ends[0], ends[1], translate, shapes, conflict=CONFLICT[ends[0]])
    tables = target.tables if target else []
    names = frozenset(column.name.lower() for table in tables for column in table.columns)
    context = Context(source, target, languages, schema, target_engine, target_version, column_names=names)
    importlib.import_module(DIRECTIONS[ends]).convert_programs(context, result)
    for event in source.events:
        if event.full_name not in result.events:
            reason = EVENT.format(engine=target_engine, hint=HINTS.get(ends[1], "cron"))
            result.refused.setdefault(event.full_name, ("event", reason))
    return result


def unaccounted(source: Catalog, result: Procedural) -> list[str]:
    """Triggers, routines and events of the source that are neither made nor refused; empty when all are."""
    owners: list[Table | View] = [*source.tables, *source.views]
    wanted = [f"{owner.full_name}.{trigger.name}" for owner in owners for trigger in owner.triggers]
    made = set(result.triggers) | set(result.refused)
    lost = [name for name in wanted if name not in made]
    lost += [item.full_name for item in source.routines if item.full_name not in {*result.routines, *result.refused}]
    return lost + [item.full_name for item in source.events if item.full_name not in {*result.events, *result.refused}]
