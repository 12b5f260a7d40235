"""The repair after a comparison: shown first, done when its hash was approved, compared once more."""

from __future__ import annotations

from collections.abc import Callable

from engines.catalog import Catalog
from engines.errors import Aborted, UsageError
from skills.context import Progress, SkillContext
from skills.data_migration_validator.comparison import Comparison
from skills.data_migration_validator.model import Input
from transfer.quarantined import Quarantined
from transfer.repair.model import RepairPlan, RepairResult
from transfer.repair.planning import plan_repair
from transfer.repair.run import repair


def mend(
    input: Input, context: SkillContext, comparison: Comparison, target: Catalog
) -> tuple[RepairPlan, RepairResult | None]:
    """What a repair would do; what it did, where the input approves exactly that.

    REPAIR_CHANGED (a safety rule) when another repair was approved; GRANT_MISSING without the leave to write.
    """
    tables, results = comparison.pairing.tables, comparison.of_tables
    aside = _by_table(comparison.aside)
    key = comparison.options.key
    assert key is not None and input.target.url is not None
    plan = plan_repair(comparison.source, comparison.target, tables, results, comparison.findings, key, target, aside)
    if input.approve is None:
        return plan, None
    if input.approve != plan.hash:
        raise Aborted(
            "REPAIR_CHANGED",
            f"What is to be repaired now is plan {plan.hash[:12]}, not {input.approve[:12]}.",
            "Look at the repair again without an approval, then approve what it shows.",
            hash=plan.hash,
        )
    if context.grant is None:
        raise UsageError(
            "GRANT_MISSING",
            "The repair was approved, but nothing lets this call write to the target.",
            "Repair with dbmo compare --repair --approve HASH, or dbmo validate DIR --repair --approve HASH.",
        )
    done = repair(
        plan,
        comparison.source,
        input.target.url,
        context.grant,
        tables,
        results,
        comparison.findings,
        key,
        target,
        input.deletes,
        aside,
        _reporter(context),
        context.cancelled,
        reader=comparison.target,
    )
    return plan, done


def _by_table(aside: list[tuple[str, Quarantined]]) -> dict[str, list[Quarantined]]:
    found: dict[str, list[Quarantined]] = {}
    for table, entry in aside:
        found.setdefault(table, []).append(entry)
    return found


def _reporter(context: SkillContext) -> Callable[[int], None]:
    return lambda rows: context.progress(Progress("repair", "rows", rows, None))
