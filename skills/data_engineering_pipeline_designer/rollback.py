"""The way back, stage by stage, written from the facts of one migration."""

from __future__ import annotations

from engines.families import family
from engines.own_state import SCHEMA, notes
from skills.data_engineering_pipeline_designer.models import Stage
from skills.data_engineering_pipeline_designer.stage_plan import Plan

# What undoes a stage; {source} and {target} are the databases as people say them, {schema} the target's schema.
UNDO = {
    "prepare": "Nothing was written. Remove the migration's folder if the migration is given up.",
    "schema": "Run the undo of each statement in reverse order; they stand beside the statements in the plan.",
    "fence": "Give the right to write back on {source} and open the applications. Nothing is lost.",
    "load": "Drop what was made in {schema} and {state}. {source} was only read.",
    "post_data": "As for load: keys, indexes and sequences go with their tables.",
    "sync": "Drop the subscription on the target, then the slot and the publication on {source}: an abandoned slot "
    "keeps log files until the disk is full. Then as for load.",
    "validate": "Nothing was written. A difference sends the work back to load for the tables named.",
}

# Where the program's own notes stand on each family of engines; undoing them ends every resuming.
STATE = {
    "postgresql": f"this migration's notes in the schema {SCHEMA}",
    "mysql": f"this migration's notes in the tables {', '.join(notes('mysql'))}",
    "sqlite": f"this migration's notes in the tables {', '.join(notes('sqlite'))}",
    "mongodb": f"this migration's notes in the collections {', '.join(notes('mongodb'))}",
}
UNDO_WITH_SYNC = {"schema": "Drop what pg_dump's script made in {schema}; drop the publication on {source}."}


def write_rollback(plan: Plan, stages: list[Stage]) -> str:
    """The rollback procedure as Markdown."""
    design = plan.design
    schema = f"schema {design.target.schema_name}" if design.target.schema_name else "the target's schemas"
    state = STATE.get(family(design.target.engine), STATE["sqlite"])
    lines = [
        f"# Rollback of {design.name}: {plan.source} to {plan.target}",
        "",
        _duty(plan),
        "",
        "## Before the cutover",
        "",
        f"{plan.source} stays the leading system; going back costs no data.",
        "",
    ]
    for stage in stages:
        if stage.name in UNDO:
            words = {**UNDO, **(UNDO_WITH_SYNC if plan.sync else {})}[stage.name]
            undo = words.format(source=plan.source, target=plan.target, schema=schema, state=state)
            lines.append(f"- **{stage.name}**: {undo}")
    lines += ["", "## After the cutover: cutback", "", *_cutback(plan), "", "## Point of no return", ""]
    lines.append(
        f"Until finalize is approved, {plan.source} is kept as it was at the fence. Finalize removes it; from then on "
        "the way back is a restore from the backup."
    )
    return "\n".join(lines) + "\n"


def _duty(plan: Plan) -> str:
    if plan.design.target.scratch:
        return "The target may be lost: dropping it is the whole way back."
    if not plan.design.constraints.rollback_required:
        return "The request doesn't require a way back; it is kept all the same until finalize."
    if plan.design.rehearsal_waived:
        return "A way back is required; its rehearsal was waived by a person (see the contract's waivers)."
    return "A way back is required, and execution starts only after it was rehearsed for this plan's hash."


def _cutback(plan: Plan) -> list[str]:
    minutes = plan.prediction.switch_downtime
    steps = [
        f"1. Stop writes to {plan.target} (fence it, prove that a write is refused).",
        f"2. Give the right to write back on {plan.source}.",
        f"3. Point the connection strings (or the DNS name) back to {plan.source} and empty the pools.",
        "4. Run the smoke tests on the source.",
        "",
        f"Predicted: {minutes:g} minutes (estimated, see timeline.inputs).",
        "",
    ]
    if plan.sync:
        lost = (
            "Writes that reached the target after the cutover are in the source only if a reverse stream was set up "
            "and has drained; without one, read them from the target before step 3 and decide what becomes of them."
        )
    else:
        lost = (
            "There is no reverse stream: writes that reached the target after the cutover are not in the source. "
            "Read them from the target before step 3 and decide what becomes of them."
        )
    return [*steps, lost]
