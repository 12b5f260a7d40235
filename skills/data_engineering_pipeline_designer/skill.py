"""The skill: from an assessment and its constraints to a design; deterministic, without a connection or a model."""

from __future__ import annotations

from typing import Any

from skills.context import SkillContext
from skills.data_engineering_pipeline_designer.airflow import PATH, write_dag
from skills.data_engineering_pipeline_designer.decision_matrix import Facts
from skills.data_engineering_pipeline_designer.gates import write_checklist, write_criteria, write_gates
from skills.data_engineering_pipeline_designer.models import Decision, Input, Output, Strategy
from skills.data_engineering_pipeline_designer.monitoring import write_monitoring
from skills.data_engineering_pipeline_designer.rollback import write_rollback
from skills.data_engineering_pipeline_designer.stage_plan import Plan
from skills.data_engineering_pipeline_designer.stages import write_stages
from skills.data_engineering_pipeline_designer.strategy import (
    choose_depth,
    choose_strategy,
    choose_tiers,
    follow_person,
    gather,
    list_alternatives,
)
from skills.data_engineering_pipeline_designer.timeline import GIGABYTE, lay_out, predict
from skills.data_engineering_pipeline_designer.tool import ToolArgs, digest, sections
from skills.data_engineering_pipeline_designer.tools import NO_STREAM, Pair, choose_tools
from skills.data_engineering_pipeline_designer.weigh import check_choice, outline

__all__ = ["Input", "Output", "ToolArgs", "digest", "run", "sections"]

CHUNK_BYTES = 64_000_000  # what a lost chunk costs to copy again
CHUNK_ROWS = (10_000, 1_000_000)
DEFAULT_CHUNK_ROWS = 100_000
DEFAULT_PARALLEL = 2


def run(input: Input, context: SkillContext) -> Output:
    """Design a migration; nothing is read but the input.

    Raises Aborted CONTRADICTORY_CONSTRAINTS (no strategy fits), OVERRIDE_CONTRADICTS (the chosen one doesn't) or
    UNSUPPORTED_ENGINE (no tool for the pair).
    """
    prediction = predict(input)
    facts = gather(input, prediction.big_bang_downtime)
    strategy, strategy_decisions = _strategy(input, facts)
    depth, depth_decisions = choose_depth(facts, input.validation_level)
    tiers, tier_decisions = choose_tiers(facts)
    plan = outline(input, facts, prediction, strategy)
    sync = plan.sync
    tools, tool_decisions = choose_tools(Pair(input.source, input.target, input.migration_type, sync))
    stages = write_stages(plan, tiers)
    context.journal("design", {"strategy": strategy, "sync": sync})
    return Output(
        strategy=strategy,
        alternatives=list_alternatives(facts, strategy, input.strategy is not None),
        decisions=[*strategy_decisions, *tool_decisions, *depth_decisions, *tier_decisions],
        tools=tools,
        stages=stages,
        timeline=lay_out(stages, prediction, plan.downtime_minutes, plan.write_pause_minutes),
        rollback=write_rollback(plan, stages),
        gates=write_gates(plan),
        success_criteria=write_criteria(plan),
        cutover_checklist=write_checklist(plan),
        validation_depth=depth,
        tiers=tiers,
        monitoring=write_monitoring(plan),
        data_migration_config=_configuration(plan),
        warnings=_warnings(plan),
        unsupported=sorted({tool.unsupported for tool in tools if tool.unsupported} | ({NO_STREAM} if sync else set())),
        exports={PATH: write_dag(plan)},
    )


def _strategy(input: Input, facts: Facts) -> tuple[Strategy, list[Decision]]:
    """A person's choice where there is one, else the table's."""
    if input.strategy is None:
        return choose_strategy(facts)
    check_choice(input, input.strategy)
    return input.strategy, follow_person(facts, input.strategy)


def _configuration(plan: Plan) -> dict[str, Any]:
    design, facts = plan.design, plan.design.assessment
    order = sorted(facts.tables, key=lambda table: (-(table.bytes or 0), table.name))
    return {
        "strategy": plan.strategy,
        "sync": plan.sync,
        "parallel": design.parallel or DEFAULT_PARALLEL,
        "chunk_rows": design.chunk_rows or _chunk_rows(design),
        "validation_level": plan.depth.level,
        "table_order": [table.name for table in order],
        "not_chunked": [table.name for table in order if not table.chunked],
        "policies": dict(sorted(design.policies.items())),
        "target_schema": design.target.schema_name,
    }


def _chunk_rows(design: Input) -> int:
    facts = design.assessment
    if not facts.rows or not facts.size_gb:
        return DEFAULT_CHUNK_ROWS
    row_bytes = facts.size_gb * GIGABYTE / facts.rows
    low, high = CHUNK_ROWS
    return int(min(max(CHUNK_BYTES / row_bytes, low), high))


def _warnings(plan: Plan) -> list[str]:
    facts, limits = plan.design.assessment, plan.design.constraints
    found: list[str] = []
    if plan.downtime_minutes > limits.max_downtime_minutes:
        found.append(
            f"The predicted downtime of {plan.downtime_minutes:g} minutes is above the allowed "
            f"{limits.max_downtime_minutes:g}: {plan.source} has to be closed while it is copied."
        )
    if plan.strategy == "trickle":
        found.append("The downtime is that of the largest slice; every slice has its own.")
    if plan.strategy == "continuous-replication":
        found.append(f"Writes wait for about {plan.write_pause_minutes:g} minutes at the switch; reads go on.")
    if facts.declared:
        found.append("Sizes and versions were declared, no source was read: nothing after the plan rests on them.")
    if facts.table_count is None:
        found.append("The number of tables isn't known; the assessment stays at tier T1.")
    return found
