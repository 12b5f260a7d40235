"""Assess a database: inventory, hazards in schema and data, anti-patterns, index advice, complexity and effort."""

from __future__ import annotations

from typing import Any

from pydantic import ConfigDict, Field

from engines.catalog import Catalog, Model
from engines.errors import UsageError
from engines.families import family
from engines.profile import TableProfile
from engines.protocols import Database
from skills.context import SkillContext
from skills.database_optimization_analyzer.breaking_changes import BreakingChange, between
from skills.database_optimization_analyzer.complexity import Complexity, declared, grade
from skills.database_optimization_analyzer.dependencies import Dependency, dependencies, groups_moved_together
from skills.database_optimization_analyzer.effort import Effort, estimate
from skills.database_optimization_analyzer.features import Unsupported, unsupported
from skills.database_optimization_analyzer.findings import Finding, find
from skills.database_optimization_analyzer.hazards import Hazard, NotChecked, detect, knows
from skills.database_optimization_analyzer.indexes import IndexAdvice, advise
from skills.database_optimization_analyzer.inventory import GIGABYTE, Inventory, take_inventory
from skills.database_optimization_analyzer.probe import Probe
from skills.database_optimization_analyzer.tool import ToolArgs, digest, sections
from skills.models import DatabaseRef
from skills.scanning import look, unseen

__all__ = ["Input", "Output", "ToolArgs", "digest", "run", "sections"]

SPECIFICATION_TYPES = {"postgresql", "mysql", "mongodb"}


class DatabaseFacts(DatabaseRef):
    """A database by reference (`url`) or by declared facts; further keys of a request are kept and not used."""

    model_config = ConfigDict(extra="allow", hide_input_in_errors=True)

    engine: str | None = None
    size_gb: float | None = Field(default=None, ge=0)
    table_count: int | None = Field(default=None, ge=0)
    schema_complexity: str | None = None


class Input(Model):
    """database: what to assess; target: where it is to go, for what changes on the way; workload: its statements.

    scan_max_rows: the values of tables with more rows aren't looked at (skills/scanning.py).
    """

    database: DatabaseFacts
    target: DatabaseFacts | None = None
    workload: list[str] = Field(default_factory=list)
    scan_max_rows: int | None = Field(default=None, ge=0)


class Output(Model):
    """The whole assessment; evidence says measured, catalog, declared, estimated or not_run per part."""

    inventory: Inventory
    complexity: Complexity
    hazards: list[Hazard] = Field(default_factory=list)
    not_checked: list[NotChecked] = Field(default_factory=list)
    findings: list[Finding] = Field(default_factory=list)
    indexes: list[IndexAdvice] = Field(default_factory=list)
    effort: Effort
    dependencies: list[Dependency] = Field(default_factory=list)
    groups: list[list[str]] = Field(default_factory=list)
    breaking_changes: list[BreakingChange] = Field(default_factory=list)
    unsupported_features: list[Unsupported] = Field(default_factory=list)
    privileges_missing: list[str] = Field(default_factory=list)
    workload_statements: int = 0
    evidence: dict[str, str] = Field(default_factory=dict)


def run(input: Input, context: SkillContext) -> Output:
    """Assess context.source, or, without one, the declared facts; UsageError for a url that nobody opened."""
    if context.source is None:
        if input.database.url is not None:
            raise UsageError(
                "SOURCE_NOT_OPEN",
                "The database to assess was given by its url, but no connection to it is open.",
                "Open it first, or give type and version alone for an assessment of declared facts.",
            )
        return _declared(input)
    return _measured(input, context, context.source)


def _measured(input: Input, context: SkillContext, source: Database) -> Output:
    catalog = source.catalog()
    engine, version = _target(input, context)
    profiles = _profiles(catalog, source, context, engine, input.scan_max_rows)
    probe = Probe(source, catalog, profiles, context.target, engine, version)
    inventory = take_inventory(source, catalog, profiles)
    hazards, not_checked = detect(probe)
    not_checked += [NotChecked(id="values", reason=reason) for reason in unseen(source, catalog, input.scan_max_rows)]
    counts = _weighed(inventory, hazards)
    changes = between(catalog.version, version, catalog) if catalog.engine == engine == "postgresql" else []
    return Output(
        inventory=inventory,
        complexity=grade(counts),
        hazards=hazards,
        not_checked=not_checked,
        findings=find(catalog),
        indexes=advise(catalog),
        effort=estimate(counts),
        dependencies=dependencies(catalog),
        groups=[group for group in groups_moved_together(catalog) if len(group) > 1],
        breaking_changes=changes,
        unsupported_features=unsupported(catalog, engine, version),
        privileges_missing=source.privileges_missing(),
        workload_statements=len(input.workload),
        evidence={
            "inventory": "catalog",
            "hazards": "measured" if knows(probe.catalog.engine) else "not_run",
            "findings": "catalog",
            "indexes": "catalog",
            "complexity": "estimated",
            "effort": "estimated",
            "breaking_changes": "catalog" if changes else "not_run",
        },
    )


def _profiles(
    catalog: Catalog, source: Database, context: SkillContext, target: str | None, most: int | None
) -> dict[str, TableProfile]:
    """Scans of the tables of an engine whose columns don't say what their values are.

    MySQL's say it to MySQL; for other targets its tables are scanned once, for the conversion as well.
    """
    own = family(catalog.engine)
    if own not in ("sqlite", "mysql") or (own == "mysql" and family(target or "mysql") == "mysql"):
        return {}
    tables = [table for table in catalog.tables if table.kind not in ("virtual", "shadow", "foreign")]
    return look(context, "assess", most)(source, tables)


def _target(input: Input, context: SkillContext) -> tuple[str | None, str | None]:
    if context.target is not None:
        return context.target.engine, context.target.version
    if input.target is None:
        return None, None
    return input.target.engine or input.target.type, input.target.version


def _weighed(inventory: Inventory, hazards: list[Hazard]) -> dict[str, float]:
    counts: dict[str, float] = dict(inventory.counts)
    counts["gigabytes"] = (inventory.size_bytes or 0) / GIGABYTE
    for severity in ("medium", "high", "blocking"):
        counts[f"hazards_{severity}"] = sum(hazard.severity == severity for hazard in hazards)
    return counts


def _declared(input: Input) -> Output:
    facts = input.database
    kind = facts.type or facts.engine
    if kind is None or facts.version is None:
        raise UsageError(
            "INPUT_INCOMPLETE",
            "The database has neither a url nor a type and a version.",
            "Give a url, or type and version.",
        )
    given: dict[str, Any] = {"version": facts.version, "size_gb": facts.size_gb, "table_count": facts.table_count}
    inventory = Inventory(
        type=kind if kind in SPECIFICATION_TYPES else "mysql" if kind == "mariadb" else "other",
        engine=facts.engine or kind,
        version=facts.version,
        size_gb=facts.size_gb,
        size_bytes=None if facts.size_gb is None else round(facts.size_gb * GIGABYTE),
        table_count=facts.table_count,
        evidence={name: "not_run" if value is None else "declared" for name, value in given.items()}
        | {"counts": "not_run", "rows_total": "not_run"},
    )
    target = input.target
    same = target is not None and "postgresql" == kind == (target.engine or target.type)
    changes = between(facts.version, target.version, None) if target is not None and same else []
    complexity = declared(facts.schema_complexity, facts.table_count)
    counts: dict[str, float] = {"gigabytes": facts.size_gb or 0, "tables": facts.table_count or 0}
    effort = estimate(counts)
    return Output(
        inventory=inventory,
        complexity=complexity,
        effort=effort,
        breaking_changes=changes,
        workload_statements=len(input.workload),
        evidence={"inventory": "declared", "hazards": "not_run", "findings": "not_run", "indexes": "not_run"}
        | {"complexity": "declared" if complexity.level else "not_run", "effort": "estimated"}
        | {"breaking_changes": "declared" if changes else "not_run"},
    )
