"""Hours of people's work, estimated from counts of objects by a visible table of units."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import Field

from engines.catalog import Model


@dataclass(frozen=True)
class Unit:
    """Hours per object of a class, and what the hours are for."""

    kind: str
    hours: float
    work: str


# The units are this product's own starting values, not measured on finished migrations.
UNITS = (
    Unit("project", 8, "plan, rehearse, approve, cut over and sign off, once"),
    Unit("tables", 0.05, "read the proposed types and keys"),
    Unit("views", 0.5, "review the translation and its test"),
    Unit("materialized_views", 0.75, "review the translation and decide when it is refreshed"),
    Unit("routines", 4, "rewrite or port, with a test"),
    Unit("triggers", 2, "rewrite for the target's language, with a test"),
    Unit("types", 0.25, "review"),
    Unit("extensions", 2, "find the counterpart on the target"),
    Unit("partitioned_tables", 1, "choose keys and bounds on the target"),
    Unit("foreign_tables", 2, "set up the server and user mapping again"),
    Unit("virtual_tables", 4, "replace by what the target offers"),
    Unit("hazards_medium", 0.25, "decide what becomes of the values"),
    Unit("hazards_high", 1, "repair or map the values, with the owner of the data"),
    Unit("hazards_blocking", 4, "remove the obstacle before the migration"),
    Unit("gigabytes", 0.02, "watch the load and its checks"),
)
SENTENCE = (
    "An estimate: counted objects times the units shown here, which are starting values and no measurement; "
    "replace the units by your own figures where you have them."
)


class EffortLine(Model):
    """One class of objects: how many, hours each, hours."""

    kind: str
    count: float
    hours_each: float
    hours: float
    work: str


class Effort(Model):
    """Hours in all with the lines they come from; hours is None where nothing was counted."""

    hours: float | None
    lines: list[EffortLine] = Field(default_factory=list)
    note: str = SENTENCE
    evidence: str = "estimated"


def estimate(counts: dict[str, float]) -> Effort:
    """Hours for counts per kind (keys of UNITS; `project` is always one)."""
    lines = []
    for unit in UNITS:
        count = 1 if unit.kind == "project" else counts.get(unit.kind, 0)
        if count:
            hours = round(count * unit.hours, 2)
            lines.append(EffortLine(kind=unit.kind, count=count, hours_each=unit.hours, hours=hours, work=unit.work))
    return Effort(hours=round(sum(line.hours for line in lines), 1), lines=lines)
