"""What is stored in a migration's folder, read without the machinery that made it, so that it is there at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agent.phases import ANALYZER, PHASES, artifact_of
from engines.errors import UsageError
from engines.full_names import name_of, qualified

if TYPE_CHECKING:
    from agent.folder import Folder

CATALOG = "assessment/source-catalog.json"
PAST = {"assessment": "assessed", "planning": "planned", "execution": "executed", "validation": "validated"}


def tables_of(folder: Folder) -> dict[str, dict[str, Any]]:
    """The source's tables by `schema.name`, in the catalog's order; empty before the assessment."""
    catalog = folder.read_artifact(CATALOG) or {}
    return {qualified(table["schema_name"], table["name"]): table for table in catalog.get("tables", [])}


def table_named(folder: Folder, words: str) -> str:
    """The full name of the table a person means: with or without its schema, in any case; UsageError TABLE_UNKNOWN."""
    names = list(tables_of(folder))
    if not names:
        raise UsageError("NOT_ASSESSED", "No table is known yet.", "Assess the source first.")
    wanted = words.strip().casefold()
    wanted = wanted if "." in wanted else wanted.strip('"')
    found = [name for name in names if wanted in (name.casefold(), name_of(name).casefold())]
    if len(found) == 1:
        return found[0]
    near = found or [name for name in names if wanted in name.casefold()]
    raise UsageError(
        "TABLE_UNKNOWN",
        f"{'Several tables are' if found else 'No table is'} named {words}.",
        f"Perhaps: {', '.join(near[:8])}." if near else "/tables lists them.",
    )


def output_of(folder: Folder, skill: str) -> dict[str, Any] | None:
    """A skill's stored output."""
    found: dict[str, Any] | None = folder.read_artifact(artifact_of(skill))
    return found


def assessment_of(folder: Folder) -> dict[str, Any]:
    """The analyzer's output; UsageError NOT_ASSESSED."""
    found = output_of(folder, ANALYZER)
    if found is None:
        raise UsageError("NOT_ASSESSED", "The source has not been assessed yet.", "Assess it first.")
    return found


def plan_of(folder: Folder) -> dict[str, Any]:
    """The stored plan as plain data; UsageError NO_PLAN."""
    plan: dict[str, Any] | None = folder.read_json("plan.json")
    if plan is None:
        raise UsageError("NO_PLAN", "This migration has no plan yet.", f"Run: dbmo plan {folder.path}")
    return plan


def outcomes(folder: Folder) -> dict[str, str]:
    """The last outcome of every phase; `not_run` before its first."""
    found = dict.fromkeys(PHASES, "not_run")
    for entry in folder.journal.entries("phase"):
        found[entry.body["name"]] = entry.body["outcome"]
    return found


def plan_hash(folder: Folder) -> str | None:
    """The hash of the plan that was made last; None where its file is gone."""
    noted = folder.journal.last("plan")
    return str(noted.body["hash"]) if noted is not None and (folder.path / "plan.json").is_file() else None


def standing(folder: Folder) -> str:
    """Where the migration stands, in a few words."""
    found = outcomes(folder)
    ran = [(name, outcome) for name, outcome in found.items() if outcome != "not_run"]
    if not ran:
        return "nothing done yet"
    name, outcome = ran[-1]
    told = PAST[name] if outcome == "done" else f"{name} {outcome}"
    if found["execution"] == "not_run" and plan_hash(folder):
        told += f", {_approval(folder)}"
    return told


def _approval(folder: Folder) -> str:
    target = (folder.read_json("plan.json") or {}).get("target", {})
    if target.get("scratch"):
        return "no approval needed (scratch target)"
    approval = folder.read_json("approval.json")
    held = isinstance(approval, dict) and approval.get("plan_hash") == plan_hash(folder)
    return "approved" if held else "not approved"
