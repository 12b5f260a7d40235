"""The level schema: how the target's schema differs from what the source asks for, and what movers forget."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from pydantic import Field

from conversion.live import Asked, Compared, compare_live
from conversion.mapping import Omission
from conversion.result import Overrides
from conversion.source_values import Look, all_of
from engines.catalog import Catalog
from engines.families import family
from engines.model import Model
from engines.protocols import Database
from transfer.canonical.columns import ComparedTable
from transfer.compare.pairing import pair_catalogs
from transfer.compare.schema_findings import SchemaFinding, forgotten, left_out, of_difference

__all__ = ["KindCount", "SchemaComparison", "SchemaFinding", "compare_schemas", "schema_comparison"]

# Where names without a schema go, when no table says it.
HOME = {"postgresql": "public", "sqlite": "main"}
SEVERITIES = ("critical", "high", "medium", "low")


class KindCount(Model):
    """How many objects of a kind there are; expected: on the target, after what a conversion leaves behind."""

    kind: str
    source: int
    expected: int
    target: int


class SchemaComparison(Model):
    """findings: what differs between what the source asks for and what the target has, and what movers forget.

    omissions: what can't be carried over from the source's engine to the target's, and why; counts: of kinds of which
    a side has any; converted: the engines differ, so that the source's schema was converted first.
    """

    findings: list[SchemaFinding] = Field(default_factory=list)
    omissions: list[Omission] = Field(default_factory=list)
    counts: list[KindCount] = Field(default_factory=list)
    converted: bool = False


def compare_schemas(
    source: Database, target: Database, tables: Sequence[ComparedTable] | None = None
) -> list[SchemaFinding]:
    """What differs, the worst first; tables: which table is which, by name unless given."""
    return schema_comparison(source, target, tables).findings


def schema_comparison(
    source: Database,
    target: Database,
    tables: Sequence[ComparedTable] | None = None,
    scan: bool = False,
    look: Look = all_of,
) -> SchemaComparison:
    """Compare the schemas of two live databases.

    scan: look at the source's rows, so that types are expected that fit them; else the declared types decide. Errors:
    UsageError UNSUPPORTED_DIRECTION where no conversion leads from one engine to the other.
    """
    ends = source.catalog(), target.catalog()
    pairs = pair_catalogs(*ends).tables if tables is None else tables
    asked = Asked(home=_home(ends[1], pairs), overrides=_overrides(pairs), scan=scan, look=look)
    compared = compare_live(source, target, asked)
    findings = [
        of_difference(difference, None if compared.alike else family(ends[1].engine))
        for difference in compared.differences
    ]
    findings += left_out(compared.omissions, ends[1])
    findings += forgotten(source, target, pairs)
    return SchemaComparison(
        findings=sorted(findings, key=lambda one: (SEVERITIES.index(one.severity), one.object, one.kind)),
        omissions=compared.omissions,
        counts=_counts(ends[0], compared, ends[1]),
        converted=not compared.alike,
    )


def _home(target: Catalog, pairs: Sequence[ComparedTable]) -> str:
    """Where the source's tables went: the schema of most of them."""
    if family(target.engine) in ("mysql", "mongodb"):
        return target.database
    used = Counter(table.place("target")[0] for table in pairs)
    return used.most_common(1)[0][0] if used else HOME[target.engine]


def _overrides(pairs: Sequence[ComparedTable]) -> Overrides:
    """The names that tables and columns have on the target, so that a mover's own spelling is no difference."""
    names = {}
    for table in pairs:
        here, there = table.place("source")[1], table.place("target")[1]
        if here != there:
            names[table.source] = there
        for column in table.columns:
            if column.source.name != column.target.name:
                names[f"{table.source}.{column.source.name}"] = column.target.name
    return Overrides(names=names)


def _counts(source: Catalog, compared: Compared, target: Catalog) -> list[KindCount]:
    found = [Counter(dict(_objects(catalog))) for catalog in (source, compared.wanted, target)]
    kinds = dict.fromkeys(kind for counts in found for kind in counts)
    rows = [KindCount(kind=k, source=found[0][k], expected=found[1][k], target=found[2][k]) for k in kinds]
    return [row for row in rows if row.source or row.expected or row.target]


def _objects(catalog: Catalog) -> Iterator[tuple[str, int]]:
    tables = catalog.tables
    yield "table", len(tables)
    yield "column", sum(len(table.columns) for table in tables)
    yield "primary key", len([table for table in tables if table.primary_key is not None])
    yield "unique constraint", sum(len(table.uniques) for table in tables)
    yield "index", sum(len(table.indexes) for table in tables)
    yield "foreign key", sum(len(table.foreign_keys) for table in tables)
    yield "check", sum(len(table.checks) for table in tables)
    yield "not null", sum(not column.nullable for table in tables for column in table.columns)
    yield "default", sum(column.default is not None for table in tables for column in table.columns)
    yield "trigger", sum(len(table.triggers) for table in tables) + sum(len(view.triggers) for view in catalog.views)
    yield "view", sum(not view.materialized for view in catalog.views)
    yield "materialized view", sum(view.materialized for view in catalog.views)
    yield "routine", len(catalog.routines)
    yield "sequence", len(catalog.sequences)
    yield "type", len(catalog.types)
    yield "event", len(catalog.events)
    yield "extension", len(catalog.extensions)
    yield "collection", len(catalog.collections)
