"""Where a migration stands: phases from the journal, rows from the target, rates from the process that copies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agent.approval import approved_hash
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

SCHEMA_VERSION = 1
PHASES = ("assessment", "planning", "execution", "validation")


def status_of(run: Orchestrator) -> dict[str, Any]:
    """Phases with outcome and what ended them, plan and approval, the target's own progress, the standing."""
    phases, failures = phases_of(run.folder)
    phases = dict.fromkeys(PHASES, "not_run") | phases
    if phases["validation"] == "done" and not passed(run):
        phases["validation"] = "differences found"
    plan = run.plan
    return {
        "schema_version": SCHEMA_VERSION,
        "migration": run.folder.migration,
        "phases": phases,
        "failures": failures,
        "plan": plan.hash if plan else None,
        "strategy": plan.strategy if plan else None,
        "approved": bool(plan and (plan.target.scratch or approved_hash(run.folder) == plan.hash)),
        "target": _target(run) if run.folder.journal.last("execution started") else None,
        "progress": last_standing(run.folder.path),
        "next": _next(run, phases),
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
        return {"reached": True, "status": "not begun", "tables": []}
    kept = {name: found[name] for name in ("status", "epoch", "journal_head")}
    return {"reached": True, **kept, "tables": noted.tables(target, migration)}


def _next(run: Orchestrator, phases: dict[str, str]) -> str:
    folder = run.folder.path
    if "running" in phases.values():
        return f"wait for what runs; dbmo tune {folder} changes the load of a copy"
    if phases["validation"] == "done":
        return f"read {folder}/report.html"
    if phases["validation"] == "differences found":
        return f"read what differs in {folder}/report.html, mend it, then dbmo validate {folder}"
    if phases["execution"] == "done":
        return f"dbmo validate {folder}"
    if phases["execution"] != "not_run":
        return f"dbmo execute {folder}"
    plan = run.plan
    if plan is None:
        return f"dbmo plan {folder}"
    if plan.declared:
        return "give the source's url in the request"
    return f"dbmo approve {folder}" if not plan.target.scratch else f"dbmo execute {folder}"


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
    elif target and not target["reached"]:
        lines.append(f"target     not reached: {target['reason']}")
    if found["progress"] and found["progress"]["running"] and found["progress"]["stage"] != "done":
        rehearsing = "rehearsal, " if found["progress"]["migration"] != found["migration"] else ""
        lines.append(f"running    {rehearsing}{standing_text(found['progress'])}")
        lines += [f"paused     {reason}" for reason in found["progress"]["paused"]]
    return "\n".join([*lines, f"next       {found['next']}", ""])


def _why(failure: dict[str, str] | None) -> str:
    return f": {plain(failure['what'])} [{failure['code']}]" if failure else ""
