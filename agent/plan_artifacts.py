"""Writes a plan's files: statements, the way back, checklists, exports; made to be put under version control."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from agent.plan import Plan
from agent.undo_notes import undo_notes
from conversion.mapping import Omission
from engines.catalog import Catalog

if TYPE_CHECKING:
    from agent.orchestrator import Orchestrator


def write_artifacts(run: Orchestrator, plan: Plan, design: Any, target: Catalog | None) -> None:
    """Everything a person reads or runs beside the plan."""
    keep = run.folder.artifact
    keep("planning/rollback.md", design.rollback)
    keep("planning/cutover-checklist.md", _list("Cutover", design.cutover_checklist))
    keep("planning/monitoring.json", design.monitoring)
    for path, text in design.exports.items():
        keep(f"planning/{path}", text)
    if plan.move is None or target is None:
        return
    keep("planning/target-catalog.json", target.model_dump(mode="json", exclude_defaults=True))
    for stage in ("pre_data", "post_data"):
        keep(f"planning/schema/{stage}.sql", _script(plan, stage))
    keep("planning/rollback.sql", _undo_script(plan))
    keep_omissions(run, plan.omissions)


def keep_omissions(run: Orchestrator, omissions: Iterable[Omission]) -> None:
    """Everything that stays behind, each with its own text and the reason."""
    run.folder.artifact("planning/omissions.json", [omission.model_dump(mode="json") for omission in omissions])


def _list(title: str, items: list[str]) -> str:
    return "\n".join([f"# {title}", "", *(f"- [ ] {item}" for item in items), ""])


def _script(plan: Plan, stage: str) -> str:
    assert plan.move is not None
    parts = [f"-- {plan.migration}: {stage}, plan {plan.hash[:12]}"]
    parts += [f"-- {s.id}\n{s.sql};" for s in plan.move.statements if s.stage == stage]
    return "\n\n".join(parts) + "\n"


def _undo_script(plan: Plan) -> str:
    assert plan.move is not None
    parts = [f"-- {plan.migration}: takes back all that plan {plan.hash[:12]} creates; the source is not touched"]
    parts += [f"{s.undo};" for s in reversed(plan.move.statements) if s.undo]
    parts += undo_notes(plan.move.target_engine, plan.migration)
    return "\n".join(part for part in parts if part) + "\n"
