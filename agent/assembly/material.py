"""What the contract is made from: the outputs of the skills, the plan, and where every figure came from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agent.contract_model import EvidenceEntry, EvidenceSource
from agent.phases import ANALYZER, BUILDER, COMPARATOR, COMPOSER, DESIGNER, TRANSLATOR, VALIDATOR

if TYPE_CHECKING:
    from agent.orchestrator import Orchestrator

Output = dict[str, Any] | None


class Material:
    """Outputs as they are stored, None where a skill did not run; evidence grows while the parts are made."""

    def __init__(self, run: Orchestrator) -> None:
        self.run = run
        self.analyzer = run.output(ANALYZER)
        self.comparator = run.output(COMPARATOR)
        self.designer = run.output(DESIGNER)
        self.translator = run.output(TRANSLATOR)
        self.builder = run.output(BUILDER)
        self.validator = run.output(VALIDATOR)
        self.composer = run.output(COMPOSER)
        self.plan = run.plan
        self.evidence: dict[str, EvidenceEntry] = {}

    def note(self, pointer: str, source: EvidenceSource, detail: str) -> None:
        """Say where everything below a pointer came from."""
        self.evidence[pointer] = EvidenceEntry(source=source, detail=detail)
