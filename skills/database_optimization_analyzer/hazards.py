"""Looks for every hazard of the table in an open database."""

from __future__ import annotations

from pydantic import Field

from engines.catalog import Model
from engines.errors import DbmoError
from skills.database_optimization_analyzer.hazard_table import HAZARDS, HazardRule
from skills.database_optimization_analyzer.probe import Found, Probe

SEVERITIES = ("info", "low", "medium", "high", "blocking")


class Hazard(Model):
    """One hazard at one place; count of rows or objects, keys of the first as text, evidence measured or catalog."""

    id: str
    title: str
    severity: str
    object: str
    column: str | None = None
    count: int | None = None
    keys: list[str] = Field(default_factory=list)
    detail: str = ""
    remedy: str
    evidence: str = "measured"


class NotChecked(Model):
    """A hazard that could not be looked for, and why."""

    id: str
    reason: str


def detect(probe: Probe) -> tuple[list[Hazard], list[NotChecked]]:
    """Run every rule that applies; a rule whose query is refused is named with the reason, the rest goes on."""
    found: list[Hazard] = []
    unchecked: list[NotChecked] = []
    if not knows(probe.catalog.engine):
        unchecked.append(NotChecked(id="all", reason=f"No hazard is looked for in {probe.catalog.engine} yet."))
    across = probe.target_engine != probe.catalog.engine
    for rule in HAZARDS:
        if probe.catalog.engine not in rule.engines or (rule.across and not across):
            continue
        try:
            found += [_hazard(rule, place) for place in rule.detect(probe)]
        except DbmoError as error:
            unchecked.append(NotChecked(id=rule.id, reason=error.what))
    found.sort(key=lambda hazard: -SEVERITIES.index(hazard.severity))
    return found, unchecked


def knows(engine: str) -> bool:
    """True when at least one rule looks at databases of that engine."""
    return any(engine in rule.engines for rule in HAZARDS)


def _hazard(rule: HazardRule, place: Found) -> Hazard:
    return Hazard(
        id=rule.id,
        title=rule.title,
        severity=place.severity or rule.severity,
        object=place.object,
        column=place.column,
        count=place.count,
        keys=list(place.keys),
        detail=place.detail,
        remedy=rule.remedy,
        evidence="measured" if place.count is not None or place.keys else "catalog",
    )
