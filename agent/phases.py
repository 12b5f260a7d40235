"""The phases: the skills that must run in each, and what the specification allows them to cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

PhaseName = Literal["assessment", "planning", "execution", "validation"]

ANALYZER = "database-optimization-analyzer"
COMPARATOR = "schema-comparator"
TRANSLATOR = "query-translator"
DESIGNER = "data-engineering-pipeline-designer"
BUILDER = "etl-pipeline-builder"
VALIDATOR = "data-migration-validator"
COMPOSER = "testing-strategy-composer"

CHAT = "chat"  # under this name questions beside the phases are charged
CHAT_TOKENS = 3_000  # content of one question (design, "Token budgets")


@dataclass(frozen=True)
class Phase:
    """A phase of the specification; tokens: its budget (specification, "Quality Gates")."""

    name: PhaseName
    skills: tuple[str, ...]
    tokens: int


PHASES: dict[str, Phase] = {
    phase.name: phase
    for phase in (
        Phase("assessment", (ANALYZER,), 3_000),
        Phase("planning", (COMPARATOR, TRANSLATOR, DESIGNER), 4_000),
        Phase("execution", (BUILDER,), 3_000),
        Phase("validation", (VALIDATOR, COMPOSER), 2_000),
    )
}


def artifact_of(skill: str) -> str:
    """Where a skill's whole output is kept below artifacts/."""
    phase = next(phase.name for phase in PHASES.values() if skill in phase.skills)
    return f"{phase}/{skill}.json"
