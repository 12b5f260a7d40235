"""The contract's plan and execution: what was decided, and with which statements and settings it is carried out."""

from __future__ import annotations

from agent.assembly.material import Material
from agent.contract_model import ExecutionPart, PlanPart, TimelinePart


def plan_part(material: Material) -> PlanPart:
    """What is going to be done; empty without a plan."""
    design, plan = material.designer, material.plan
    if design is None or plan is None:
        return PlanPart()
    material.note("/plan", "estimated", "predictions of data-engineering-pipeline-designer from its stated inputs")
    translated = material.translator or {}
    architecture = {
        "plan_hash": plan.hash,
        "strategy_by": plan.strategy_by,
        "adopted": [text.model_dump(mode="json") for text in plan.adopted],
        "stages": design["stages"],
        "alternatives": design["alternatives"],
        "gates": design["gates"],
        "validation_depth": design["validation_depth"],
        "tiers": design["tiers"],
        "predictions": design["timeline"]["inputs"],
        "unsupported": design["unsupported"],
        "warnings": design["warnings"],
        "translations": translated.get("verdicts"),
    }
    if material.translator:
        material.note("/plan/pipeline_architecture/translations", "measured", "verdicts of query-translator")
    return PlanPart(
        migration_strategy=design["strategy"],
        timeline=TimelinePart(
            phases=design["timeline"]["phases"],
            total_duration_hours=design["timeline"]["total_duration_hours"],
            downtime_minutes=design["timeline"]["downtime_minutes"],
        ),
        tools=design["tools"],
        pipeline_architecture=architecture,
        rollback_procedure=design["rollback"],
        success_criteria=design["success_criteria"],
    )


def execution_part(material: Material) -> ExecutionPart:
    """Statements, settings and, after the execution, its result; empty without a plan."""
    design, plan = material.designer, material.plan
    if design is None or plan is None:
        return ExecutionPart()
    material.note("/execution", "estimated", "settings that the designer derived from sizes")
    material.note("/execution/monitoring_config", "estimated", "thresholds of the designer's table of alerts")
    configuration = dict(design["data_migration_config"])
    if plan.move is not None:
        configuration |= {"parallel": plan.move.parallel, "chunk_rows": plan.move.chunk_rows}
    if material.builder is not None:
        configuration["result"] = {
            name: material.builder[name] for name in ("tables", "stages", "sequences", "resumed", "position")
        }
        configuration["result"]["quarantined"] = len(material.builder["quarantined"])
        material.note("/execution/data_migration_config/result", "measured", "chunk and step rows of the target")
    scripts = [f"{s.sql};" for s in plan.move.statements] if plan.move else None
    return ExecutionPart(
        schema_migration_scripts=scripts,
        data_migration_config=configuration,
        cutover_checklist=design["cutover_checklist"],
        monitoring_config=design["monitoring"],
    )
