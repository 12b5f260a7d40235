"""The stages of a migration in order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from engines.families import family
from skills.data_engineering_pipeline_designer.models import (
    Evidence,
    Stage,
    Tier,
)
from skills.data_engineering_pipeline_designer.stage_plan import READABLE, Plan, moved_by_us
from skills.data_engineering_pipeline_designer.stage_steps import (
    cutover_steps,
    fence_steps,
    load_steps,
    post_data_steps,
    prepare_steps,
    schema_steps,
    sync_steps,
    validate_steps,
)
from skills.data_engineering_pipeline_designer.timeline import FIXED_MINUTES


@dataclass(frozen=True)
class StageRow:
    """A stage: when it is there, who does it, how long, whether the database is closed, what is done.

    closed: the database is out of reach in it, given that no changes are carried along.
    """

    name: str
    present: Callable[[Plan], bool]
    by: Callable[[Plan], Literal["dbmo", "operator"]]
    minutes: Callable[[Plan], float | None]
    closed: Callable[[Plan], bool]
    steps: Callable[[Plan], list[str]]


def write_stages(plan: Plan, tiers: dict[str, Tier]) -> list[Stage]:
    """The stages that this plan has."""
    return [_stage(row, plan, tiers) for row in STAGES if row.present(plan)]


def _stage(row: StageRow, plan: Plan, tiers: dict[str, Tier]) -> Stage:
    minutes = row.minutes(plan)
    evidence: Evidence = plan.prediction.evidence if minutes is not None else "not_run"
    detail = "predicted from timeline.inputs" if minutes is not None else "as long as people want"
    tier = tiers["validation"] if row.name == "validate" else tiers["execution"]
    return Stage(
        name=row.name,
        tier=tier,
        by=row.by(plan),
        duration_minutes=minutes,
        downtime=row.closed(plan),
        evidence=evidence,
        detail=detail,
        steps=row.steps(plan),
    )


def _us(plan: Plan) -> Literal["dbmo", "operator"]:
    ours = moved_by_us(plan.design.source.engine, plan.design.target.engine) and not plan.sync
    return "dbmo" if ours else "operator"


def _people(plan: Plan) -> Literal["dbmo", "operator"]:
    return "operator"


def _closed_copy(plan: Plan) -> bool:
    return not plan.sync and plan.strategy != "trickle"


def _reader(plan: Plan) -> Literal["dbmo", "operator"]:
    engines = {family(plan.design.source.engine), family(plan.design.target.engine)}
    return "dbmo" if engines <= READABLE else "operator"


def _cutover_minutes(plan: Plan) -> float:
    names = ("fence", "drain", "switch", "check") if plan.sync else ("switch", "check")
    return sum(FIXED_MINUTES[name] for name in names)


def _load_minutes(plan: Plan) -> float:
    """With a change stream the indexes are there before the rows, and the load pays for them."""
    return round(plan.prediction.load + (plan.prediction.post_data if plan.sync else 0.0), 2)


STAGES = (
    StageRow("prepare", lambda p: True, _reader, lambda p: FIXED_MINUTES["prepare"], lambda p: False, prepare_steps),
    StageRow("schema", lambda p: True, _us, lambda p: p.prediction.schema, lambda p: False, schema_steps),
    StageRow("fence", _closed_copy, _people, lambda p: FIXED_MINUTES["fence"], lambda p: True, fence_steps),
    StageRow("load", lambda p: True, _us, _load_minutes, _closed_copy, load_steps),
    StageRow(
        "post_data",
        lambda p: not p.sync,
        _us,
        lambda p: p.prediction.post_data,
        _closed_copy,
        post_data_steps,
    ),
    StageRow(
        "sync",
        lambda p: p.sync,
        _us,
        lambda p: p.prediction.catch_up,
        lambda p: False,
        sync_steps,
    ),
    StageRow("validate", lambda p: True, _reader, lambda p: p.prediction.validate, _closed_copy, validate_steps),
    StageRow(
        "cutover",
        lambda p: True,
        _people,
        _cutover_minutes,
        lambda p: p.strategy != "continuous-replication",
        cutover_steps,
    ),
    StageRow(
        "observe",
        lambda p: True,
        _people,
        lambda p: None,
        lambda p: False,
        lambda p: [f"Watch the alerts; keep {p.source} as it is until finalize is approved."],
    ),
)
