"""Verifies everything a migration left: chain, artifacts, plan, contract, and the head kept in the target."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from agent.contract import validate_contract
from agent.status import progress_of
from agent.target_checks import begun_under
from engines.errors import DbmoError

if TYPE_CHECKING:
    from agent.orchestrator import Orchestrator


def audit(run: Orchestrator) -> dict[str, list[str]]:
    """Sentences of what holds and of what does not."""
    verified: list[str] = []
    problems: list[str] = []

    def check(what: str, found: list[str]) -> None:
        problems.extend(found)
        if not found:
            verified.append(what)

    folder = run.folder
    broken = folder.journal.problems()
    if broken:
        return {"verified": [], "problems": [*broken, "The rest rests on the journal and was not looked at."]}
    entries = sum(1 for _ in folder.journal.entries())
    check(f"journal: {entries} entries, the chain is whole, head {folder.journal.head[:12]}", [])
    check(f"artifacts: {len(folder.artifact_hashes())} files are as they were written", folder.artifact_problems())
    check("plan: its hash is the one in the journal", _plan(run))
    check("contract: valid, every figure has its evidence", _contract(run))
    if folder.journal.last("execution started") is not None:
        check("target: the journal's head that it keeps stands in the chain", _target(run))
    else:
        check("target: it knows nothing of this migration yet, or can't be asked", _untouched(run))
    return {"verified": verified, "problems": problems}


def _plan(run: Orchestrator) -> list[str]:
    noted = run.folder.journal.last("plan")
    plan = run.plan
    if plan is None or noted is None:
        return (
            [] if plan is None and noted is None else ["plan.json and the journal disagree on whether there is a plan."]
        )
    if plan.hash != noted.body["hash"]:
        return [f"plan.json has hash {plan.hash[:12]}, the journal says {noted.body['hash'][:12]}."]
    return []


def _contract(run: Orchestrator) -> list[str]:
    data = run.folder.read_json("contract.json")
    if data is None:
        return ["contract.json is missing."]
    noted = run.folder.journal.last("contract")
    found = [f"contract.json {problem}." for problem in validate_contract(data)]
    if noted is None or noted.body["sha256"] != content_hash(data):
        found.append("contract.json is not the one that the journal knows; `dbmo report` writes it again.")
    return found


def _untouched(run: Orchestrator) -> list[str]:
    """A journal cut off before the execution does not agree with a target that holds it."""
    if run.ends.target_is_embedded and not (run.folder.path / "server").exists():
        return []
    try:
        with run.ends.target() as target:
            begun = target is not None and begun_under(target, run.folder.migration) is not None
    except DbmoError:  # before the execution a target need not be there
        return []
    return ["The target holds this migration, the journal does not know of its execution."] if begun else []


def content_hash(data: object) -> str:
    """sha256 of JSON data, whatever its layout."""
    import hashlib

    return hashlib.sha256(json.dumps(data, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _target(run: Orchestrator) -> list[str]:
    try:
        with run.ends.target() as target:
            if target is None:
                return ["The target is not there."]
            found = progress_of(target, run.folder.migration)
    except DbmoError as error:
        return [f"The target could not be asked: {error.what}"]
    if "journal_head" not in found:
        return ["The target does not know this migration."]
    if not run.folder.journal.has(found["journal_head"]):
        return ["The head that the target keeps does not stand in this journal."]
    return []
