"""The contract from skill outputs, journal and plan: a model's words stand in its audit and nowhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent.assembly.assessment import assessment_part
from agent.assembly.audit import audit_part
from agent.assembly.material import Material
from agent.assembly.planning import execution_part, plan_part
from agent.assembly.proof import validation_part
from agent.contract_model import Contract

if TYPE_CHECKING:
    from agent.model_part import ModelPart
    from agent.orchestrator import Orchestrator


def assemble(run: Orchestrator, part: ModelPart) -> Contract:
    """The contract of what is stored, but for its documentation; parts that did not run are null."""
    material = Material(run)
    contract = Contract(
        assessment=assessment_part(material),
        plan=plan_part(material),
        execution=execution_part(material),
        validation=validation_part(material),
        audit=audit_part(material, part),
    )
    contract.audit.evidence = material.evidence
    return contract
