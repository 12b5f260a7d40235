"""Approvals: a person's word, bound to one plan; nothing is executed without one unless the target is scratch."""

from __future__ import annotations

import secrets
from datetime import timedelta
from pathlib import Path
from typing import Any

from agent.clock import now_et, parse_moment
from agent.folder import Folder
from agent.plan import Plan
from engines.errors import Aborted
from engines.signing import load_key, public_key_text, signature_holds, signed

FILE = "approval.json"
ACTION = "execute"
VALID_HOURS = 72
FIELDS = frozenset({"migration", "action", "plan_hash", "by", "method", "at", "expires", "nonce"})


def approve_in_person(folder: Folder, plan: Plan, typed: str, by: str) -> dict[str, Any]:
    """Record the approval of a person who typed the migration's name; NAME_NOT_TYPED otherwise.

    With approver keys in the request only a signed file counts: APPROVER_KEY_NEEDED.
    """
    if folder.request.options.approvers:
        raise Aborted(
            "APPROVER_KEY_NEEDED",
            "The request names approvers, so an approval at the terminal does not count.",
            f"Let an approver run: dbmo approve {folder.path} --key KEY.pem",
        )
    if typed.strip() != plan.migration:
        raise Aborted("NAME_NOT_TYPED", "The name that was typed is another.", "Nothing was approved; try again.")
    return _store(folder, _statement(plan, by, "terminal"))


def approve_with_key(folder: Folder, plan: Plan, key_file: Path, by: str) -> dict[str, Any]:
    """Write an approval signed with an Ed25519 key (PEM)."""
    return _store(folder, signed(_statement(plan, by, "key"), load_key(key_file)))


def public_key_of(key_file: Path) -> str:
    """The public half of a key file as it stands in options.approvers."""
    return public_key_text(load_key(key_file))


def check_approval(folder: Folder, plan: Plan) -> dict[str, Any]:
    """The approval that lets this plan be executed; for a scratch target one that says so.

    APPROVAL_MISSING without one; APPROVAL_VOID for another plan, an expired one, or a signature that does not hold.
    """
    if plan.target.scratch:
        return {"action": ACTION, "plan_hash": plan.hash, "method": "scratch target", "by": "nobody (not needed)"}
    approval = folder.read_json(FILE)
    if approval is None:
        raise Aborted(
            "APPROVAL_MISSING",
            f"Plan {plan.hash[:12]} of {plan.migration} has not been approved.",
            f"Read {folder.path}/report.md, then: dbmo approve {folder.path}",
            plan_hash=plan.hash,
        )
    reason = _void(folder, plan, approval)
    if reason:
        raise Aborted(
            "APPROVAL_VOID", f"The approval does not hold: {reason}.", f"Approve again: dbmo approve {folder.path}"
        )
    return dict(approval)


def holding_approval(folder: Folder, plan: Plan) -> dict[str, Any] | None:
    """The approval of a person that holds for this plan now; None without one, or where none is needed."""
    if plan.target.scratch:
        return None
    try:
        return check_approval(folder, plan)
    except Aborted:
        return None


def approved_hash(folder: Folder) -> str | None:
    """The hash that the stored approval is for, whether or not it holds; None without one."""
    approval = folder.read_json(FILE)
    return str(approval["plan_hash"]) if isinstance(approval, dict) and "plan_hash" in approval else None


def _void(folder: Folder, plan: Plan, approval: dict[str, Any]) -> str | None:
    if not isinstance(approval, dict) or not approval.keys() >= FIELDS:
        return f"{FILE} is damaged"
    if approval["plan_hash"] != plan.hash:
        return "it is for another plan"
    if approval["migration"] != plan.migration or approval["action"] != ACTION:
        return "it is for something else"
    if not folder.journal.last("execution started") and parse_moment(approval["expires"]) < now_et():
        return f"it ended at {approval['expires']}"
    approvers = folder.request.options.approvers
    if approval["method"] == "terminal":
        if approvers:
            return "the request names approvers, and it is not signed by one"
        noted = [entry.body for entry in folder.journal.entries("approved")]
        return None if approval in noted else "the journal does not know it"
    if approval.get("public_key") not in approvers:
        return "the key that signed it is not among options.approvers"
    return None if signature_holds(approval) else "the signature is wrong"


def _statement(plan: Plan, by: str, method: str) -> dict[str, Any]:
    now = now_et()
    return {
        "migration": plan.migration,
        "action": ACTION,
        "plan_hash": plan.hash,
        "by": by,
        "method": method,
        "at": now.isoformat(),
        "expires": (now + timedelta(hours=VALID_HOURS)).isoformat(),
        "nonce": secrets.token_hex(16),
    }


def _store(folder: Folder, statement: dict[str, Any]) -> dict[str, Any]:
    folder.journal.append("approved", statement)
    folder.write_json(FILE, statement)
    return statement
