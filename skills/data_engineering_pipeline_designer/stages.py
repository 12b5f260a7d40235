"""The stages of a migration in order, with steps made from the facts of this one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from engines.families import family
from skills.data_engineering_pipeline_designer.models import (
    Evidence,
    Input,
    Stage,
    Strategy,
    Tier,
    ValidationDepth,
)
from skills.data_engineering_pipeline_designer.timeline import FIXED_MINUTES, Prediction
from transfer.routes.route import ROUTES

LARGEST_SHOWN = 3
READABLE = frozenset(name for pair in ROUTES for name in pair)  # families that dbmo reads and compares


def moved_by_us(source: str, target: str) -> bool:
    """Whether dbmo moves rows between these engines itself."""
    return (family(source), family(target)) in ROUTES


@dataclass(frozen=True)
class Plan:
    """What has been decided before the stages are written; sync: changes are carried along until the switch."""

    design: Input
    strategy: Strategy
    sync: bool
    depth: ValidationDepth
    prediction: Prediction

    @property
    def source(self) -> str:
        """The source as people say it."""
        return named(self.design.source.engine, self.design.source.version, self.design.source.host)

    @property
    def target(self) -> str:
        """The target as people say it."""
        return named(self.design.target.engine, self.design.target.version, self.design.target.platform)

    @property
    def downtime_minutes(self) -> float:
        """Predicted minutes during which the database is out of reach; of a trickle: of its largest slice."""
        if self.strategy == "continuous-replication":
            return 0.0
        if self.sync:
            return self.prediction.switch_downtime
        if self.strategy == "trickle":
            return self.prediction.slice_downtime
        return self.prediction.big_bang_downtime

    @property
    def write_pause_minutes(self) -> float:
        """Predicted minutes during which writes wait while reads go on."""
        return self.prediction.write_pause if self.strategy == "continuous-replication" else 0.0


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


def named(engine: str, version: str, place: str | None) -> str:
    """engine version, and where it is."""
    return f"{engine} {version}" + (f" ({place})" if place else "")


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


def _prepare_steps(plan: Plan) -> list[str]:
    steps = [
        f"Check rights and free space on {plan.source} and {plan.target}.",
        "Check that the target holds none of the objects that are about to be made.",
    ]
    if not plan.design.target.scratch:
        steps.append("Run the declared check of the backup; rehearse the rollback.")
    if plan.sync and plan.design.source.engine == "postgresql":
        steps += [
            "Set wal_level = logical on the source, and allow one more slot and sender than are in use.",
            "Give every table without a primary key a replica identity.",
        ]
    return steps


def _schema_steps(plan: Plan) -> list[str]:
    count = plan.design.assessment.schema_statements
    told = f"{count} statements" if count is not None else "the statements"
    if plan.sync and plan.design.source.engine == plan.design.target.engine == "postgresql":
        major = plan.design.target.version.split(".", maxsplit=1)[0]
        return [
            f"pg_dump {major} --schema-only from the source, restored into {plan.target}.",
            "Create a publication for all tables on the source.",
            "From here to the cutover no DDL on the source: it isn't replicated.",
        ]
    return [f"Run {told} of the stage pre_data on {plan.target}, in dependency order; each has its undo."]


def _load_steps(plan: Plan) -> list[str]:
    facts = plan.design.assessment
    volume = f"{facts.size_gb:g} GB"
    if facts.table_count is not None:
        volume += f" in {facts.table_count} tables"
    steps = [f"Copy {volume}, chunk by chunk; a chunk and its state are committed together."]
    if plan.sync:
        steps = [f"Create a subscription on the target; it copies {volume} and then follows the source."]
    if plan.strategy == "trickle":
        steps.append("Move one slice (a tenant, a table, or a range of at most 50 GB) at a time and prove it.")
    largest = sorted(facts.tables, key=lambda table: (-(table.bytes or 0), table.name))[:LARGEST_SHOWN]
    if largest:
        steps.append(f"Largest first: {', '.join(table.name for table in largest)}.")
    return steps


def _post_data_steps(plan: Plan) -> list[str]:
    return ["Build keys, indexes and constraints; set sequences; gather statistics."]


def _sync_steps(plan: Plan) -> list[str]:
    return [
        "Follow the source until the lag stays below a minute; go on until the switch.",
        "Gather statistics on the target; sequences are set at the cutover, they aren't replicated.",
    ]


def _load_minutes(plan: Plan) -> float:
    """With a change stream the indexes are there before the rows, and the load pays for them."""
    return round(plan.prediction.load + (plan.prediction.post_data if plan.sync else 0.0), 2)


def _fence_steps(plan: Plan) -> list[str]:
    limit = plan.design.constraints.max_downtime_minutes
    return [
        f"Close the applications of {plan.source}; {limit:g} minutes of downtime are allowed from here.",
        "Take away the right to write and prove that a write is refused.",
    ]


def _validate_steps(plan: Plan) -> list[str]:
    steps = ["Compare the schemas of both sides."]
    if plan.depth.reconciliation == "full":
        steps.append(f"Compare every row of every table (level {plan.depth.level}).")
    else:
        steps.append("Compare the counts of every table and a sample of its rows.")
    if plan.depth.performance:
        steps.append("Run the workload on both sides and compare latencies.")
    return steps


def _cutover_steps(plan: Plan) -> list[str]:
    steps = []
    if plan.sync:
        steps = [
            "Fence the source: take away the right to write, prove that a write is refused.",
            "Write a sentinel before the fence closes and wait until the target has it: lag 0.",
            "Set the sequences of the target to the last values of the source.",
        ]
    return [*steps, f"Point the applications to {plan.target} and run the smoke tests."]


STAGES = (
    StageRow("prepare", lambda p: True, _reader, lambda p: FIXED_MINUTES["prepare"], lambda p: False, _prepare_steps),
    StageRow("schema", lambda p: True, _us, lambda p: p.prediction.schema, lambda p: False, _schema_steps),
    StageRow("fence", _closed_copy, _people, lambda p: FIXED_MINUTES["fence"], lambda p: True, _fence_steps),
    StageRow("load", lambda p: True, _us, _load_minutes, _closed_copy, _load_steps),
    StageRow(
        "post_data",
        lambda p: not p.sync,
        _us,
        lambda p: p.prediction.post_data,
        _closed_copy,
        _post_data_steps,
    ),
    StageRow(
        "sync",
        lambda p: p.sync,
        _us,
        lambda p: p.prediction.catch_up,
        lambda p: False,
        _sync_steps,
    ),
    StageRow("validate", lambda p: True, _reader, lambda p: p.prediction.validate, _closed_copy, _validate_steps),
    StageRow(
        "cutover",
        lambda p: True,
        _people,
        _cutover_minutes,
        lambda p: p.strategy != "continuous-replication",
        _cutover_steps,
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
