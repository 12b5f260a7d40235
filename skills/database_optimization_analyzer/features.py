"""Features of a source that a target has no counterpart for, as a table."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from engines.catalog import Catalog, Kind, Model
from skills.database_optimization_analyzer.breaking_changes import major


class Unsupported(Model):
    """A feature of the source without a counterpart on the target: where it is used, why, what to do."""

    feature: str
    objects: list[str]
    reason: str
    remedy: str


@dataclass(frozen=True)
class Feature:
    """source and target engines, below: only for target majors under it; uses lists the objects that need it."""

    name: str
    source: str
    target: str
    uses: Callable[[Catalog], Iterable[str]]
    reason: str
    remedy: str
    below: int | None = None


def _of_kind(kind: str) -> Callable[[Catalog], Iterable[str]]:
    return lambda catalog: [table.full_name for table in catalog.tables if table.kind == kind]


def _typed(*kinds: Kind) -> Callable[[Catalog], Iterable[str]]:
    return lambda catalog: [
        f"{table.full_name}.{column.name}"
        for table in catalog.tables
        for column in table.columns
        if column.type.kind in kinds
    ]


def _nulls_not_distinct(catalog: Catalog) -> Iterable[str]:
    keys = [table.full_name for table in catalog.tables for key in table.uniques if not key.nulls_distinct]
    return keys + [f"{t.full_name}.{i.name}" for t in catalog.tables for i in t.indexes if not i.nulls_distinct]


def _virtual_generated(catalog: Catalog) -> Iterable[str]:
    return [
        f"{table.full_name}.{column.name}"
        for table in catalog.tables
        for column in table.columns
        if column.generated and not column.generated.stored
    ]


ANY = "*"
FEATURES = (
    Feature(
        "virtual tables", "sqlite", ANY, _of_kind("virtual"),
        "their rows belong to a module that only SQLite has",
        "use the target's own full text search or spatial index, or leave them out by name",
    ),
    Feature(
        "routines", "postgresql", "sqlite", lambda c: [r.full_name for r in c.routines],
        "SQLite stores no functions or procedures", "move the logic to the application",
    ),
    Feature(
        "foreign tables", "postgresql", "sqlite", _of_kind("foreign"),
        "SQLite has no foreign data", "copy the rows as a table, or leave them out",
    ),
    Feature(
        "materialized views", "postgresql", "sqlite", lambda c: [v.full_name for v in c.views if v.materialized],
        "SQLite has none", "make it a view or a table that the application fills",
    ),
    Feature(
        "partitioning", "postgresql", "sqlite", _of_kind("partitioned"),
        "SQLite has none", "make one table of the parts",
    ),
    Feature(
        "exclusion constraints", "postgresql", "sqlite", lambda c: [t.full_name for t in c.tables if t.exclusions],
        "SQLite has none", "check it in the application or with a trigger",
    ),
    Feature(
        "row security", "postgresql", "sqlite", lambda c: [t.full_name for t in c.tables if t.row_security],
        "SQLite has no users", "check it in the application",
    ),
    Feature(
        "extensions", "postgresql", "sqlite", lambda c: [e.name for e in c.extensions if e.name != "plpgsql"],
        "they run in PostgreSQL only", "replace what uses them",
    ),
    Feature(
        "arrays, ranges, geometry and composite types", "postgresql", "sqlite",
        _typed(Kind.ARRAY, Kind.RANGE, Kind.GEOMETRY, Kind.COMPOSITE),
        "SQLite has no such types", "keep them as JSON or text",
    ),
    Feature(
        "NULLS NOT DISTINCT", "postgresql", "postgresql", _nulls_not_distinct,
        "PostgreSQL has it from 15 on", "check it with a unique index on an expression", 15,
    ),
    Feature(
        "generated columns computed on read", "postgresql", "postgresql", _virtual_generated,
        "PostgreSQL has them from 18 on", "store them", 18,
    ),
)  # fmt: skip


def unsupported(catalog: Catalog, engine: str | None, version: str | None) -> list[Unsupported]:
    """The features that this catalog uses and the target lacks; empty where no target is named."""
    found = []
    for feature in FEATURES:
        reaches = feature.target in (engine, ANY) and engine not in (
            None,
            catalog.engine if feature.target == ANY else None,
        )
        older = feature.below is None or ((major(version) or feature.below) < feature.below)
        if catalog.engine != feature.source or not reaches or not older:
            continue
        objects = list(feature.uses(catalog))
        if objects:
            found.append(
                Unsupported(feature=feature.name, objects=objects, reason=feature.reason, remedy=feature.remedy)
            )
    return found
