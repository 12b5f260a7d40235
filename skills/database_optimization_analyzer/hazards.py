"""Looks for every hazard of the table in an open database."""

from __future__ import annotations

from pydantic import Field

from engines.catalog import Model
from engines.errors import DbmoError
from engines.families import family
from skills.database_optimization_analyzer.hazard_rule import HazardRule
from skills.database_optimization_analyzer.hazard_table import HAZARDS
from skills.database_optimization_analyzer.hazard_table_documents import DOCUMENTS, UNSEEN_IN_DOCUMENTS
from skills.database_optimization_analyzer.hazard_table_mysql import MYSQL, UNSEEN_IN_MYSQL
from skills.database_optimization_analyzer.probe import Found, Probe

RULES = (*HAZARDS, *MYSQL, *DOCUMENTS)
# family of the source -> hazards that nobody looks for before the copy, and why
UNSEEN = {"mysql": UNSEEN_IN_MYSQL, "mongodb": UNSEEN_IN_DOCUMENTS}
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
    own = family(probe.catalog.engine)
    if not knows(own):
        unchecked.append(NotChecked(id="all", reason=f"No hazard is looked for in {probe.catalog.engine} yet."))
    across = probe.target_engine is None or family(probe.target_engine) != own
    if across:
        unchecked += [NotChecked(id=identifier, reason=why) for identifier, why in UNSEEN.get(own, {}).items()]
    for rule in RULES:
        if own not in rule.engines or (rule.across and not across):
            continue
        try:
            found += [_hazard(rule, place) for place in rule.detect(probe)]
        except DbmoError as error:
            unchecked.append(NotChecked(id=rule.id, reason=error.what))
    found.sort(key=lambda hazard: -SEVERITIES.index(hazard.severity))
    return found, unchecked


def knows(engine: str) -> bool:
    """True when at least one rule looks at databases of that engine."""
    return any(family(engine) in rule.engines for rule in RULES)


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
