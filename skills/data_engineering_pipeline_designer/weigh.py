"""A strategy held against the constraints: what it contradicts and what it would cost, whoever thought of it."""

from __future__ import annotations

from engines.errors import Aborted
from skills.data_engineering_pipeline_designer.decision_matrix import INFRASTRUCTURE, STRATEGY_NEEDS, Facts
from skills.data_engineering_pipeline_designer.models import Input, Strategy, Weighed
from skills.data_engineering_pipeline_designer.stage_plan import Plan
from skills.data_engineering_pipeline_designer.stages import write_stages
from skills.data_engineering_pipeline_designer.strategy import by_table, choose_depth, choose_tiers, gather, told
from skills.data_engineering_pipeline_designer.timeline import Prediction, lay_out, predict


def outline(input: Input, facts: Facts, prediction: Prediction, strategy: Strategy) -> Plan:
    """What stages and timeline of a strategy are written from."""
    depth, _ = choose_depth(facts, input.validation_level)
    return Plan(input, strategy, facts.both_replicate and strategy != "big-bang", depth, prediction)


def weigh(input: Input, strategy: Strategy) -> Weighed:
    """The strategy's trade-off. One that the table gives contradicts nothing: its warnings say what it exceeds."""
    prediction = predict(input)
    facts = gather(input, prediction.big_bang_downtime)
    plan = outline(input, facts, prediction, strategy)
    tiers, _ = choose_tiers(facts)
    laid = lay_out(write_stages(plan, tiers), prediction, plan.downtime_minutes, plan.write_pause_minutes)
    by_rules = by_table(facts).strategy == strategy
    return Weighed(
        strategy=strategy,
        contradictions=[] if by_rules else contradictions(facts, strategy, plan.downtime_minutes),
        by_rules=by_rules,
        downtime_minutes=plan.downtime_minutes,
        write_pause_minutes=plan.write_pause_minutes,
        total_duration_hours=laid.total_duration_hours,
        infrastructure=INFRASTRUCTURE[strategy],
        sync=plan.sync,
    )


def contradictions(facts: Facts, strategy: Strategy, downtime: float) -> list[str]:
    """What the strategy needs and does not have, half a sentence each; downtime: its own, in minutes."""
    return [
        f"{strategy} needs that {need.must.format(downtime=downtime)}, but {told(need.reads, facts)}"
        for need in STRATEGY_NEEDS
        if need.strategy == strategy and not need.holds(facts, downtime)
    ]


def check_choice(input: Input, strategy: Strategy) -> None:
    """Raise Aborted OVERRIDE_CONTRADICTS for a person's choice that can't be done within the constraints."""
    found = weigh(input, strategy).contradictions
    if found:
        raise Aborted(
            "OVERRIDE_CONTRADICTS",
            f"options.overrides.strategy contradicts the constraints: {'; '.join(found)}.",
            "Take the override out of the request, or change the constraint that it names.",
            strategy=strategy,
            contradictions=found,
        )
