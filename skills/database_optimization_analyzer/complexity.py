"""How hard a schema is to move: a score from a visible table of weights, and the level it gives."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import Field

from engines.catalog import Model


@dataclass(frozen=True)
class Weight:
    """Points per object of a kind, and the most points the kind can bring."""

    kind: str
    points: float
    most: float


# Weights are this product's own judgement: what conversion tools do by themselves weighs little, code weighs most.
WEIGHTS = (
    Weight("tables", 0.3, 30),
    Weight("foreign_keys", 0.1, 10),
    Weight("checks", 0.1, 5),
    Weight("views", 1, 15),
    Weight("materialized_views", 1.5, 15),
    Weight("routines", 3, 40),
    Weight("triggers", 2, 30),
    Weight("types", 0.5, 5),
    Weight("extensions", 2, 10),
    Weight("partitioned_tables", 2, 20),
    Weight("foreign_tables", 3, 15),
    Weight("virtual_tables", 3, 15),
    Weight("exclusions", 2, 10),
    Weight("generated_columns", 0.5, 5),
    Weight("hazards_blocking", 5, 20),
    Weight("hazards_high", 1, 20),
    Weight("gigabytes", 0.02, 20),
)
MEDIUM_FROM = 15.0
HIGH_FROM = 50.0
HIGH_OVER_TABLES = 100  # the specification, Phase tier selection: "schema complexity high (>100 tables)"


class Part(Model):
    """One line of the score: how many, points each, points given."""

    kind: str
    count: float
    points_each: float
    points: float


class Complexity(Model):
    """low, medium or high with the score's parts; level is None where the facts are not there."""

    level: str | None
    score: float | None
    parts: list[Part] = Field(default_factory=list)
    thresholds: dict[str, float] = Field(
        default_factory=lambda: {"medium": MEDIUM_FROM, "high": HIGH_FROM, "high_over_tables": HIGH_OVER_TABLES}
    )
    reason: str = ""


def grade(counts: dict[str, float]) -> Complexity:
    """Score counts per kind (keys of WEIGHTS; a missing one is 0)."""
    parts = []
    for weight in WEIGHTS:
        count = counts.get(weight.kind, 0)
        if count:
            points = round(min(weight.most, count * weight.points), 2)
            parts.append(Part(kind=weight.kind, count=count, points_each=weight.points, points=points))
    score = round(sum(part.points for part in parts), 2)
    if counts.get("tables", 0) > HIGH_OVER_TABLES:
        return Complexity(level="high", score=score, parts=parts, reason=f"more than {HIGH_OVER_TABLES} tables")
    level = "high" if score >= HIGH_FROM else "medium" if score >= MEDIUM_FROM else "low"
    return Complexity(level=level, score=score, parts=parts, reason=f"score {score:g}")


def declared(level: str | None, tables: int | None) -> Complexity:
    """The complexity of a database that nobody read: what the request says, or nothing."""
    if level in ("low", "medium", "high"):
        return Complexity(level=level, score=None, reason="declared in the request")
    if tables is not None:
        graded = grade({"tables": tables})
        return graded.model_copy(update={"reason": f"{graded.reason}, from the declared number of tables alone"})
    return Complexity(level=None, score=None, reason="the database was not read and nothing was declared")
