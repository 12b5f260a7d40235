"""All that both reports show, as plain data and finished pictures."""

from __future__ import annotations

from dataclasses import asdict, dataclass, is_dataclass
from typing import Any

from agent.follow_ups import post_migration_tasks
from agent.lessons import lessons_learned
from agent.report import sections_model, sections_moved, sections_plan, sections_proof
from agent.report.facts import Facts
from agent.report.standing import verdict, why_not
from agent.report.words import duration, number, percent, size

ENGINES = {"postgresql": "PostgreSQL", "sqlite": "SQLite", "mysql": "MySQL", "mariadb": "MariaDB", "mongodb": "MongoDB"}
SECTIONS = {
    "inventory": sections_plan.inventory,
    "moved": sections_moved.moved,
    "hazards": sections_moved.hazards,
    "quarantine": sections_moved.quarantine,
    "schema": sections_moved.schema,
    "translations": sections_plan.translations,
    "timeline": sections_plan.timeline,
    "strategy": sections_plan.strategy,
    "validation": sections_proof.validation,
    "differences": sections_proof.differences,
    "views": sections_proof.views,
    "workload": sections_proof.workload,
    "criteria": sections_proof.criteria,
    "model": sections_model.model,
    "audit": sections_proof.audit,
}
# What a phase that has no result leaves unsaid.
UNSAID = (
    ("assessment", "assessment", "hazards, sizes, effort"),
    ("planning", "plan", "strategy, schema, translations, timeline"),
    ("execution", "execution", "rows moved, quarantine, measured times"),
    ("validation", "validation", "comparison of rows, schema, views, workload"),
)


@dataclass
class Tile:
    """A figure at the top of the report."""

    label: str
    value: str
    note: str = ""


def build_view(facts: Facts) -> dict[str, Any]:
    """The data of a report: sections are None where there is nothing to tell, `not_run` says why."""
    return {
        "title": f"Migration {facts.migration}",
        "migration": facts.migration,
        "now": facts.now,
        "source": _side(facts, source=True),
        "target": _side(facts, source=False),
        "verdict": asdict(verdict(facts)),
        "tiles": [asdict(tile) for tile in _tiles(facts)],
        "not_run": _not_run(facts),
        "lessons": lessons_learned(facts),
        "tasks": post_migration_tasks(facts),
        **{name: _data(make(facts)) for name, make in SECTIONS.items()},
    }


def _data(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, dict):
        return {name: _data(inner) for name, inner in value.items()}
    return [_data(inner) for inner in value] if isinstance(value, list) else value


def _side(facts: Facts, source: bool) -> str:
    asked = facts.request.source_database if source else facts.request.target_database
    side = (facts.plan.source if source else facts.plan.target) if facts.plan else None
    found = facts.assessment["inventory"]["version"] if facts.assessment and source else None
    version = (side.version if side else None) or found or asked.version or ""
    place = (side.reference if side else None) or asked.host or asked.platform or ""
    engine = side.engine if side else asked.engine_name  # a mysql: url may lead to MariaDB
    name = ENGINES.get(engine, engine)
    return f"{name} {version}".strip() + (f" · {place.removeprefix('sqlite:///')}" if place else "")


def _not_run(facts: Facts) -> list[list[str]]:
    results = {
        "assessment": facts.assessment,
        "planning": facts.plan,
        "execution": facts.execution,
        "validation": facts.validation,
    }
    return [[label, unsaid, why_not(facts, phase)] for phase, label, unsaid in UNSAID if results[phase] is None]


def _tiles(facts: Facts) -> list[Tile]:
    tiles = []
    if facts.copied:
        tiles.append(Tile("Rows moved", number(sum(t.rows for t in facts.copied)), f"{len(facts.copied)} tables"))
    elif facts.assessment:
        found = facts.assessment["inventory"]
        told = "declared" if "declared" in found["evidence"].values() else "source"
        if found["rows_total"] is not None:
            tiles.append(Tile("Rows", number(found["rows_total"]), f"{found['table_count']} tables, {told}"))
        tiles.append(Tile("Size", size(found["size_bytes"]), told))
    if facts.validation:
        level = {"counts": "counts only"}.get(facts.validation["level"], "every value")
        tiles.append(Tile("Rows compared", number(facts.validation["rows_compared"]), level))
    if facts.execution:
        tiles.append(Tile("Set aside", number(len(facts.quarantined)), "kept, with keys"))
        stages = sum(s.seconds for s in facts.stretches if s.name in ("pre_data", "copy", "post_data"))
        copying = sum(s.seconds for s in facts.stretches if s.name == "copy")
        tiles.append(Tile("Schema and copy", duration(stages), f"{duration(copying)} of it copying"))
    elif facts.design:
        tiles.append(Tile("Downtime", duration(facts.design["timeline"]["downtime_minutes"] * 60), "predicted"))
    improvement = ((facts.composed or {}).get("performance") or {}).get("improvement_percent")
    if improvement is not None:
        tiles.append(Tile("Workload", percent(improvement), "faster" if improvement >= 0 else "slower"))
    elif facts.assessment and not facts.execution:
        hours = facts.assessment["effort"]["hours"]
        if hours is not None:
            tiles.append(Tile("Effort", f"{hours:g} h", "estimated"))
    return tiles
