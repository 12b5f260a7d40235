"""The steps of each stage in words, from the facts of this migration."""

from __future__ import annotations

from skills.data_engineering_pipeline_designer.stage_plan import Plan

LARGEST_SHOWN = 3


def prepare_steps(plan: Plan) -> list[str]:
    """Before anything is made."""
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


def schema_steps(plan: Plan) -> list[str]:
    """Before the rows."""
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


def load_steps(plan: Plan) -> list[str]:
    """The rows."""
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


def post_data_steps(plan: Plan) -> list[str]:
    """After the rows."""
    return ["Build keys, indexes and constraints; set sequences; gather statistics."]


def sync_steps(plan: Plan) -> list[str]:
    """While changes are followed."""
    return [
        "Follow the source until the lag stays below a minute; go on until the switch.",
        "Gather statistics on the target; sequences are set at the cutover, they aren't replicated.",
    ]


def fence_steps(plan: Plan) -> list[str]:
    """The source is closed."""
    limit = plan.design.constraints.max_downtime_minutes
    return [
        f"Close the applications of {plan.source}; {limit:g} minutes of downtime are allowed from here.",
        "Take away the right to write and prove that a write is refused.",
    ]


def validate_steps(plan: Plan) -> list[str]:
    """The comparison."""
    steps = ["Compare the schemas of both sides."]
    if plan.depth.reconciliation == "full":
        steps.append(f"Compare every row of every table (level {plan.depth.level}).")
    else:
        steps.append("Compare the counts of every table and a sample of its rows.")
    if plan.depth.performance:
        steps.append("Run the workload on both sides and compare latencies.")
    return steps


def cutover_steps(plan: Plan) -> list[str]:
    """The switch."""
    steps = []
    if plan.sync:
        steps = [
            "Fence the source: take away the right to write, prove that a write is refused.",
            "Write a sentinel before the fence closes and wait until the target has it: lag 0.",
            "Set the sequences of the target to the last values of the source.",
        ]
    return [*steps, f"Point the applications to {plan.target} and run the smoke tests."]
