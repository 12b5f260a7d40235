"""Reads the decision tables for one set of facts."""

from __future__ import annotations

from engines.errors import Aborted
from skills.data_engineering_pipeline_designer.decision_matrix import (
    REPLICATION,
    STRATEGY_ROWS,
    TIER_ROWS,
    VALIDATION_ROWS,
    Facts,
    Row,
    StrategyRow,
)
from skills.data_engineering_pipeline_designer.models import (
    Alternative,
    Decision,
    Endpoint,
    Input,
    Strategy,
    Tier,
    ValidationDepth,
)

PERSON = "person"  # stands as the rule where a person's choice decides
STRATEGIES: tuple[Strategy, ...] = ("big-bang", "blue-green", "continuous-replication", "trickle")


def can_replicate(endpoint: Endpoint) -> bool:
    """Whether changes of this side can be carried along: as said, else as the engine offers it."""
    return endpoint.engine in REPLICATION if endpoint.replicates is None else endpoint.replicates


def gather(design: Input, predicted_downtime: float) -> Facts:
    """The facts that the rows look at."""
    limits = design.constraints
    return Facts(
        source=design.source.engine,
        target=design.target.engine,
        migration_type=design.migration_type,
        size_gb=design.assessment.size_gb,
        table_count=design.assessment.table_count,
        max_downtime_minutes=limits.max_downtime_minutes,
        predicted_downtime=predicted_downtime,
        both_replicate=can_replicate(design.source) and can_replicate(design.target),
        dual_infrastructure=limits.dual_infrastructure,
        multi_tenant=limits.multi_tenant,
        data_consistency=limits.data_consistency,
        criticality=limits.criticality,
        domain=limits.domain,
        goals=tuple(limits.goals),
        workload_given=design.workload_given,
    )


def choose_strategy(facts: Facts) -> tuple[Strategy, list[Decision]]:
    """The strategy of the first row that holds, and every row as a decision.

    Raises Aborted CONTRADICTORY_CONSTRAINTS with the facts of the row that aborts.
    """
    chosen = by_table(facts)
    if chosen.strategy is None:
        raise Aborted(
            "CONTRADICTORY_CONSTRAINTS",
            f"The constraints contradict each other: {chosen.when} ({told(chosen.reads, facts)}).",
            "Allow more downtime, a second system for a while, or a source that can replicate.",
            rule=chosen.id,
            pair=chosen.id.split("-", 1)[1],
            inputs=facts.values(chosen.reads),
        )
    return chosen.strategy, [_strategy_decision(row, facts, chosen) for row in STRATEGY_ROWS]


def by_table(facts: Facts) -> StrategyRow:
    """The first row that holds."""
    return next(row for row in STRATEGY_ROWS if row.holds(facts))


def follow_person(facts: Facts, strategy: Strategy) -> list[Decision]:
    """The decisions where a person chose: that choice, and every row as one that did not decide."""
    rule = by_table(facts)
    given = f"{rule.id} gives {rule.outcome}" if rule.strategy != strategy else f"{rule.id} gives the same"
    choice = Decision(
        rule=PERSON,
        table="strategy",
        fired=True,
        outcome=strategy,
        because=f"a person chose it in the request; {given}",
        inputs={"strategy": strategy},
        citation="request, options.overrides.strategy",
    )
    return [choice, *(_set_aside(_decision(row, facts, "strategy"), row is rule) for row in STRATEGY_ROWS)]


def _set_aside(decision: Decision, first: bool) -> Decision:
    if not decision.fired:
        return decision
    because = f"{decision.because}; it would decide, but a person chose" if first else "holds too, but a person chose"
    return decision.model_copy(update={"fired": False, "outcome": "", "because": because})


def list_alternatives(facts: Facts, chosen: Strategy, by_person: bool = False) -> list[Alternative]:
    """Every other strategy, possible where one of its rows holds too, with the reason."""
    before = "a person chose another" if by_person else "an earlier row decides"
    found: list[Alternative] = []
    for strategy in STRATEGIES:
        if strategy == chosen:
            continue
        rows = [row for row in STRATEGY_ROWS if row.strategy == strategy]
        fitting = next((row for row in rows if row.holds(facts)), None)
        row = fitting or rows[-1]
        because = (
            f"{row.id} holds too, but {before}"
            if fitting
            else f"it needs that {row.when}; here {told(row.reads, facts)}"
        )
        found.append(Alternative(strategy=strategy, possible=fitting is not None, because=because))
    return found


def choose_depth(facts: Facts, asked: str | None) -> tuple[ValidationDepth, list[Decision]]:
    """How far validation goes; a level that was asked for counts where it isn't weaker than the table's."""
    fired = [row for row in VALIDATION_ROWS if row.holds(facts)]
    outcomes = {row.outcome for row in fired}
    full = "full reconciliation" in outcomes
    level = asked if asked in {"checksums", "rows", "stream"} else ("rows" if full else "sample")
    depth = ValidationDepth.model_validate(
        {
            "schema_comparison": "schema comparison" in outcomes,
            "reconciliation": "full" if level != "sample" else "sample",
            "level": level,
            "performance": "performance comparison" in outcomes,
            "rules": [row.id for row in fired],
        }
    )
    return depth, [_decision(row, facts, "validation depth") for row in VALIDATION_ROWS]


def choose_tiers(facts: Facts) -> tuple[dict[str, Tier], list[Decision]]:
    """The tier of each phase."""
    tiers = {row.phase: row.tier for row in TIER_ROWS if row.holds(facts)}
    return tiers, [_decision(row, facts, "tiers") for row in TIER_ROWS]


def _strategy_decision(row: StrategyRow, facts: Facts, chosen: StrategyRow) -> Decision:
    decision = _decision(row, facts, "strategy")
    if row is chosen or not decision.fired:
        return decision
    because = f"holds too, but {chosen.id} stands before it"
    return decision.model_copy(update={"fired": False, "outcome": "", "because": because})


def _decision(row: Row, facts: Facts, table: str) -> Decision:
    holds = row.holds(facts)
    values = told(row.reads, facts)
    return Decision(
        rule=row.id,
        table=table,
        fired=holds,
        outcome=row.outcome if holds else "",
        because=f"{row.when}{f': {values}' if values else ''}" if holds else f"not true that {row.when}: {values}",
        inputs=facts.values(row.reads),
        citation=row.citation,
    )


def told(reads: tuple[str, ...], facts: Facts) -> str:
    """The named facts as people say them."""
    return ", ".join(f"{name} is {_plain(value)}" for name, value in facts.values(reads).items())


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, list):
        return ", ".join(str(item) for item in value) or "none"
    return "unknown" if value is None else str(value)
