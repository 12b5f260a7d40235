"""What must hold before each stage, when the migration counts as a success, and the list for the cutover."""

from __future__ import annotations

from skills.data_engineering_pipeline_designer.models import Gate
from skills.data_engineering_pipeline_designer.stage_plan import Plan


def write_gates(plan: Plan) -> list[Gate]:
    """The gates in the order in which they are met; those of a target that may be lost are fewer."""
    design, limits = plan.design, plan.design.constraints
    gates = [
        _gate("source-rights", "prepare", f"{plan.source} can be read whole", "SOURCE_RIGHTS_MISSING"),
        _gate("target-empty", "schema", f"{plan.target} holds none of the objects to be made", "TARGET_NOT_EMPTY"),
    ]
    if not design.target.scratch:
        gates += _production_gates(plan)
    gates.append(
        Gate(
            id="downtime-fits",
            before="cutover" if plan.sync else "load" if plan.strategy == "trickle" else "fence",
            requirement=f"{_downtime(plan)} fit into {limits.max_downtime_minutes:g} minutes",
            holds=plan.downtime_minutes <= limits.max_downtime_minutes,
            error_code="CONTRADICTORY_CONSTRAINTS",
        )
    )
    if plan.sync:
        gates.append(_gate("lag-zero", "cutover", "the sentinel has arrived in the target", "LAG_NOT_ZERO"))
    proof = "every row of every table" if plan.depth.reconciliation == "full" else "counts and the sample"
    gates.append(_gate("validation-equal", "cutover", f"{proof} equal on both sides", "VALIDATION_DIFFERS"))
    return gates


def _production_gates(plan: Plan) -> list[Gate]:
    design = plan.design
    backup = "a person waived the verified backup" if design.backup_waived else "the declared backup check passes"
    rehearsal = (
        "a person waived the rehearsal of the rollback"
        if design.rehearsal_waived
        else f"the rollback of this plan was rehearsed on a copy of {plan.target}"
    )
    return [
        _gate("backup-verified", "schema", backup, "BACKUP_NOT_VERIFIED"),
        _gate("rollback-rehearsed", "schema", rehearsal, "ROLLBACK_NOT_REHEARSED"),
        _gate("approved", "schema", f"a person approved the hash of the plan of {design.name}", "APPROVAL_MISSING"),
    ]


def _gate(name: str, before: str, requirement: str, code: str) -> Gate:
    return Gate(id=name, before=before, requirement=requirement, error_code=code)


def _downtime(plan: Plan) -> str:
    return f"{plan.downtime_minutes:g} predicted minutes of downtime"


def write_criteria(plan: Plan) -> list[str]:
    """What is true when the migration succeeded, each with its measure."""
    facts, limits = plan.design.assessment, plan.design.constraints
    tables = f"all {facts.table_count} tables" if facts.table_count is not None else "every table"
    found = [
        "Schema: the diff of source and target shows nothing but the accepted omissions.",
        f"Counts: {tables} hold as many rows in the target as in the source, quarantined rows counted.",
    ]
    if plan.depth.reconciliation == "full":
        found.append(f"Rows: the validator at level {plan.depth.level} finds 0 differing, missing or extra rows.")
    else:
        found.append("Rows: the validator finds 0 differences in its sample.")
    if limits.max_downtime_minutes == 0:
        found.append("Downtime: reads never fail; writes wait only while the source is fenced.")
    else:
        found.append(f"Downtime: at most {limits.max_downtime_minutes:g} minutes from fence to the first write.")
    if plan.sync:
        found.append("Sync: lag 0 at the sentinel, before the applications are moved.")
    if plan.depth.performance:
        found.append("Performance: no statement of the workload is slower than before beyond the noise measured.")
    if limits.rollback_required:
        found.append("Way back: the rollback was rehearsed, and its time is below the allowed downtime.")
    if facts.hazards:
        total = sum(facts.hazards.values())
        found.append(f"Hazards: each of the {total} found has a remedy applied, a quarantine or a waiver.")
    return found


def write_checklist(plan: Plan) -> list[str]:
    """The cutover, step by step, in the words of this migration."""
    limits = plan.design.constraints
    first = [gate for gate in write_gates(plan) if gate.before == "cutover" and gate.id != "lag-zero"]
    steps = [f"Gate {gate.id}: {gate.requirement}." for gate in first]
    if not plan.sync and plan.strategy != "trickle":
        steps.append(f"{plan.source} was fenced before the copy and is still closed to writes.")
    elif not plan.sync:
        steps.append(f"Every slice has been moved and proved; {plan.source} takes no writes for any of them.")
    else:
        steps += [
            f"Stop writes to {plan.source}: take the right away, prove that a write is refused.",
            "Gate lag-zero: wait until the sentinel has arrived in the target.",
            "Set the target's sequences to the source's last values.",
        ]
    steps.append(f"Point the applications to {plan.target} and empty their connection pools and caches.")
    steps.append("Run the smoke tests, then open the target to all writes.")
    if limits.rollback_required:
        steps.append(f"Decide within {max(limits.max_downtime_minutes, 5):g} minutes: stay, or cut back to the source.")
    steps.append(f"Keep {plan.source} unchanged until finalize is approved.")
    return steps
