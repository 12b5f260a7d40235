"""Writes a plan's files: statements, the way back, checklists, exports; made to be put under version control."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from agent.plan import Plan
from engines.catalog import Catalog
from engines.families import family

if TYPE_CHECKING:
    from agent.orchestrator import Orchestrator

STATE = ("quarantine", "chunk", "step", "migration")
# What takes the program's own notes away; of a MongoDB target each line of the file is one command for runCommand.
STATE_DROPPED = {
    "postgresql": ["DROP SCHEMA IF EXISTS _dbmo CASCADE;"],
    "mysql": [f"DROP TABLE IF EXISTS `_dbmo_{name}`;" for name in STATE],
    "sqlite": [f'DROP TABLE IF EXISTS "_dbmo_{name}";' for name in STATE],
    "mongodb": [json.dumps({"drop": f"_dbmo.{name}"}) + ";" for name in STATE],
}


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
    keep("planning/omissions.json", [omission.model_dump(mode="json") for omission in plan.omissions])


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
    parts += STATE_DROPPED[family(plan.move.target_engine)]
    return "\n".join(part for part in parts if part) + "\n"
