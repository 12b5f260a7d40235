"""Where a migration stands: phases from the journal, rows from the target, rates from the process that copies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agent.approval import holding_approval
from agent.live import standing_text
from agent.report.words import plain
from agent.standing import at_work, last_standing
from agent.validate import passed
from engines.errors import DbmoError
from engines.protocols import Database
from transfer import noted

if TYPE_CHECKING:
    from agent.folder import Folder
    from agent.orchestrator import Orchestrator
    from agent.plan import Plan

SCHEMA_VERSION = 1
PHASES = ("assessment", "planning", "execution", "validation")
NOT_BEGUN = "not begun"  # or taken back since
WITHOUT_APPROVAL = ("APPROVAL_MISSING", "APPROVAL_VOID")
OTHERWISE_PLANNED = ("SOURCE_SCHEMA_CHANGED", "PLAN_EDITED", "SOURCE_IS_ANOTHER", "TARGET_IS_ANOTHER")


def status_of(run: Orchestrator) -> dict[str, Any]:
    """Phases with outcome and what ended them, plan and approval, the target's own progress, the standing."""
    phases, failures = phases_of(run.folder)
    phases = dict.fromkeys(PHASES, "not_run") | phases
    if phases["validation"] == "done" and _executed_since(run.folder):
        phases["validation"] = "outdated"
    elif phases["validation"] == "done" and not passed(run):
        phases["validation"] = "differences found"
    plan = run.plan
    begun = run.folder.journal.last("execution started") is not None
    approved = plan is not None and _approved(run.folder, plan)
    if approved and not begun and failures.get("execution", {}).get("code") in WITHOUT_APPROVAL:
        phases["execution"] = "not_run"  # a person gave what was missing
        del failures["execution"]
    return {
        "schema_version": SCHEMA_VERSION,
        "migration": run.folder.migration,
        "phases": phases,
        "failures": failures,
        "plan": plan.hash if plan else None,
        "strategy": plan.strategy if plan else None,
        "approved": approved,
        "target": _target(run) if begun else None,
        "progress": last_standing(run.folder.path),
        "next": _next(run, phases, failures),
    }


def phases_of(folder: Folder) -> tuple[dict[str, str], dict[str, dict[str, str]]]:
    """Outcome of each phase that began, `interrupted` where its process is gone; code and sentence of what failed."""
    working = at_work(folder.path)
    last = {entry.body["name"]: entry.body for entry in folder.journal.entries("phase")}
    outcomes = {
        name: "interrupted" if body["outcome"] == "running" and not working else str(body["outcome"])
        for name, body in last.items()
    }
    failures = {
        name: {"code": body["code"], "what": body.get("what", "You stopped the command.")}
        for name, body in last.items()
        if "code" in body
    }
    return outcomes, failures


def _executed_since(folder: Folder) -> bool:
    """Whether the target was written to again after it was compared."""
    names = [entry.body["name"] for entry in folder.journal.entries("phase")]
    return "execution" in names[len(names) - names[::-1].index("validation") :]


def _target(run: Orchestrator) -> dict[str, Any]:
    try:
        with run.ends.target() as target:
            if target is None:
                return {"reached": False, "reason": "the target is not there"}
            return progress_of(target, run.folder.migration)
    except DbmoError as error:
        return {"reached": False, "reason": error.what}


def progress_of(target: Database, migration: str) -> dict[str, Any]:
    """Status, epoch and per table the chunks, rows and bytes that are committed."""
    found = noted.begun(target, migration)
    if found is None:
        return {"reached": True, "status": NOT_BEGUN, "tables": []}
    kept = {name: found[name] for name in ("status", "epoch", "journal_head")}
    return {"reached": True, **kept, "tables": noted.tables(target, migration)}


def _next(run: Orchestrator, phases: dict[str, str], failures: dict[str, dict[str, str]]) -> str:
    folder = run.folder.path
    if "running" in phases.values():
        return f"wait for what runs; dbmo tune {folder} changes the load of a copy"
    if phases["validation"] == "done":
        return f"read {folder}/report.html"
    if phases["validation"] == "differences found":
        return f"read what differs in {folder}/report.html, mend it, then dbmo validate {folder}"
    if phases["execution"] == "done":
        return f"dbmo validate {folder}"
    if run.folder.journal.last("execution started") is not None:
        return f"dbmo execute {folder}"
    plan = run.plan
    if phases["planning"] == "aborted":
        return f"mend what stopped the planning, then dbmo plan {folder}, or dbmo run with the changed request"
    if plan is None or failures.get("execution", {}).get("code") in OTHERWISE_PLANNED:
        return f"dbmo plan {folder}"
    if plan.declared:
        return "give the source's url in the request"
    return f"dbmo execute {folder}" if _approved(run.folder, plan) else f"dbmo approve {folder}"


def _approved(folder: Folder, plan: Plan) -> bool:
    """Whether this plan may be executed: its target may be lost, or an approval of it holds."""
    return plan.target.scratch or holding_approval(folder, plan) is not None


def status_text(found: dict[str, Any]) -> str:
    """The same for people."""
    lines = [f"migration  {found['migration']}", f"strategy   {found['strategy'] or '-'}"]
    lines.append(f"plan       {(found['plan'] or '-')[:12]} ({'approved' if found['approved'] else 'not approved'})")
    lines += [f"{name:<10} {outcome}{_why(found['failures'].get(name))}" for name, outcome in found["phases"].items()]
    target = found["target"]
    if target and target["reached"] and target.get("tables"):
        done, chunks = (sum(table[key] for table in target["tables"]) for key in ("done", "chunks"))
        rows = sum(table["rows"] for table in target["tables"])
        lines.append(f"target     {done} of {chunks} chunks, {rows:,} rows committed")
    elif target and target.get("status") == NOT_BEGUN:
        lines.append("target     holds nothing of this migration")
    elif target and not target["reached"]:
        lines.append(f"target     not reached: {target['reason']}")
    if found["progress"] and found["progress"]["running"] and found["progress"]["stage"] != "done":
        rehearsing = "rehearsal, " if found["progress"]["migration"] != found["migration"] else ""
        lines.append(f"running    {rehearsing}{standing_text(found['progress'])}")
        lines += [f"paused     {reason}" for reason in found["progress"]["paused"]]
    return "\n".join([*lines, f"next       {found['next']}", ""])


def _why(failure: dict[str, str] | None) -> str:
    return f": {plain(failure['what'])} [{failure['code']}]" if failure else ""
