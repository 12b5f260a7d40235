"""Where a migration stands: phases from the journal, chunks and steps from the target."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agent.approval import approved_hash
from agent.validate import passed
from engines.errors import DbmoError
from engines.protocols import Database

if TYPE_CHECKING:
    from agent.orchestrator import Orchestrator

CHUNKS = {
    "postgresql": "SELECT table_name, count(*), count(*) FILTER (WHERE done), coalesce(sum(rows), 0), "
    "coalesce(sum(bytes), 0) FROM _dbmo.chunk WHERE migration = %s GROUP BY 1 ORDER BY 1",
    "sqlite": "SELECT table_name, count(*), sum(done), coalesce(sum(rows), 0), coalesce(sum(bytes), 0) "
    "FROM _dbmo_chunk WHERE migration = ? GROUP BY 1 ORDER BY 1",
}
STATE = {
    "postgresql": "SELECT status, epoch, journal_head FROM _dbmo.migration WHERE id = %s",
    "sqlite": "SELECT status, epoch, journal_head FROM _dbmo_migration WHERE id = ?",
}


def status_of(run: Orchestrator) -> dict[str, Any]:
    """Phases with outcome, plan hash and approval, and the target's own progress where it can be reached."""
    phases = dict.fromkeys(("assessment", "planning", "execution", "validation"), "not_run")
    for entry in run.folder.journal.entries("phase"):
        phases[entry.body["name"]] = entry.body["outcome"]
    if phases["validation"] == "done" and not passed(run):
        phases["validation"] = "differences found"
    plan = run.plan
    return {
        "migration": run.folder.migration,
        "phases": phases,
        "plan": plan.hash if plan else None,
        "strategy": plan.strategy if plan else None,
        "approved": bool(plan and (plan.target.scratch or approved_hash(run.folder) == plan.hash)),
        "target": _target(run) if run.folder.journal.last("execution started") else None,
        "next": _next(run, phases),
    }


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
    found = target.query(STATE[target.engine], (migration,))
    if not found:
        return {"reached": True, "status": "not begun", "tables": []}
    status, epoch, head = found[0]
    names = ("name", "chunks", "done", "rows", "bytes")
    tables = [
        dict(zip(names, (row[0], *map(int, row[1:])), strict=True))
        for row in target.query(CHUNKS[target.engine], (migration,))
    ]
    return {"reached": True, "status": status, "epoch": epoch, "journal_head": head, "tables": tables}


def _next(run: Orchestrator, phases: dict[str, str]) -> str:
    folder = run.folder.path
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
    lines += [f"{name:<10} {outcome}" for name, outcome in found["phases"].items()]
    target = found["target"]
    if target and target["reached"] and target.get("tables"):
        done, chunks = (sum(table[key] for table in target["tables"]) for key in ("done", "chunks"))
        rows = sum(table["rows"] for table in target["tables"])
        lines.append(f"target     {done} of {chunks} chunks, {rows:,} rows committed")
    elif target and not target["reached"]:
        lines.append(f"target     not reached: {target['reason']}")
    return "\n".join([*lines, f"next       {found['next']}", ""])
