"""Hazards in names and objects that any source may have: length, folding, code to be translated, emptiness."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from engines.catalog import Table, View
from engines.families import family
from skills.database_optimization_analyzer.indexes import NAME_BYTES
from skills.database_optimization_analyzer.probe import Found, Probe, duplicates
from skills.database_optimization_analyzer.rules_names import RESERVED


def _names(probe: Probe) -> Iterator[tuple[str, str]]:
    catalog = probe.catalog
    for table in catalog.tables:
        yield table.full_name, table.name
        yield from ((f"{table.full_name}.{column.name}", column.name) for column in table.columns)
        yield from ((f"{table.full_name}.{index.name}", index.name) for index in table.indexes)
    yield from ((view.full_name, view.name) for view in catalog.views)


def _relations(probe: Probe) -> Iterator[Table | View]:
    yield from probe.catalog.tables
    yield from probe.catalog.views


def too_long(probe: Probe) -> Iterator[Found]:
    """Names that PostgreSQL would cut at 63 bytes."""
    if family(probe.catalog.engine) == family(probe.target_engine or "") == "mysql":
        return
    for place, name in _names(probe):
        if len(name.encode()) > NAME_BYTES:
            yield Found(place, detail=f"{len(name.encode())} bytes")


def folding_collisions(probe: Probe) -> Iterator[Found]:
    """Names of one place that are equal in lower case."""
    relations: dict[str, list[str]] = defaultdict(list)
    for relation in _relations(probe):
        relations[relation.full_name.lower()].append(relation.full_name)
    for names in relations.values():
        if len(names) > 1:
            yield Found(names[0], detail=f"also {', '.join(names[1:])}")
    for table in probe.catalog.tables:
        columns: dict[str, list[str]] = defaultdict(list)
        for column in table.columns:
            columns[column.name.lower()].append(column.name)
        for names in columns.values():
            if len(names) > 1:
                yield Found(table.full_name, names[0], detail=f"also {', '.join(names[1:])}")


def reserved(probe: Probe) -> Iterator[Found]:
    """Names that the target takes for key words unless quoted."""
    for place, name in _names(probe):
        if name.lower() in RESERVED:
            yield Found(place, detail=name)


def views(probe: Probe) -> Iterator[Found]:
    """Views, each to be translated and tested."""
    return (Found(view.full_name, detail="materialized" if view.materialized else "") for view in probe.catalog.views)


def triggers(probe: Probe) -> Iterator[Found]:
    """Triggers, each to be translated: they must not fire while rows are loaded."""
    for relation in _relations(probe):
        for trigger in relation.triggers:
            events = " or ".join(trigger.events)
            yield Found(f"{relation.full_name}.{trigger.name}", detail=f"{trigger.timing} {events}".strip())


def generated(probe: Probe) -> Iterator[Found]:
    """Computed columns: the target computes them again, from an expression in its own dialect."""
    for table in probe.catalog.tables:
        for column in table.columns:
            if column.generated:
                kind = "stored" if column.generated.stored else "computed on read"
                yield Found(table.full_name, column.name, detail=f"{kind}: {column.generated.expression[:100]}")


def without_key(probe: Probe) -> Iterator[Found]:
    """Tables where nothing names a row, with the number of rows that repeat another."""
    for table in probe.tables:
        if table.primary_key is not None or any(table.uniques) or table.kind == "partitioned":
            continue
        count = duplicates(probe, table) if probe.small(table) else None
        repeated = (
            f"{count} rows repeat another" if count is not None else "too large to count repeated rows in passing"
        )
        yield Found(table.full_name, count=count, detail=repeated, severity="high" if count else None)


def empty_tables(probe: Probe) -> Iterator[Found]:
    """Tables without a row, as far as they were scanned."""
    for table in probe.tables:
        profile = probe.profiles.get(table.full_name)
        if profile is not None and profile.rows == 0:
            yield Found(table.full_name, count=0)
