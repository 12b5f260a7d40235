"""Which row-level security policies go over to another PostgreSQL: never so that a reader sees more than before."""

from __future__ import annotations

from conversion.ddl_policies import EVERYBODY, policy_sql
from conversion.draft import Draft
from engines.catalog import Policy, Table
from engines.full_names import name_of

OF_ROLES = "it names roles ({roles}), which belong to a server: run it where they exist; until then they see no rows"
OF_OTHERS = "a restrictive policy of its table isn't carried over: alone this one would show more rows than before"
READS_GONE = "it reads {name}, which isn't carried over"
FORCED = (
    "FORCE ROW LEVEL SECURITY would hide rows from the owner who loads and proves them: run it after the last proof"
)


def carry_policies(draft: Draft, table: Table) -> None:
    """Keep the policies for everybody and the switch; what names roles becomes an omission with its statement.

    Row security stays on where policies stay behind: without a policy nobody but the owner sees a row, so a missing
    one is noticed and shows nothing. FORCE is an omission, because it would filter what the owner verifies.
    """
    reasons = {policy.name: reason for policy in table.policies if (reason := _reason(draft, policy)) is not None}
    opened = any(not policy.permissive and policy.name in reasons for policy in table.policies)
    kept = []
    for policy in table.policies:
        reason = reasons.get(policy.name, OF_OTHERS if opened else None)
        if reason is None:
            kept.append(policy)
        else:
            draft.omit(f"{table.full_name}.{policy.name}", "policy", reason, policy_sql(table, policy))
    if table.row_security and len(kept) < len(table.policies):
        draft.note(table.full_name, "row security is on, and some policies are left out: fewer rows are seen, not more")
    table.policies = kept
    if table.row_security_forced:
        draft.omit(table.full_name, "row security", FORCED, "FORCE ROW LEVEL SECURITY")
        table.row_security_forced = False


def _reason(draft: Draft, policy: Policy) -> str | None:
    roles = [role for role in policy.roles if role != EVERYBODY]
    if roles:
        return OF_ROLES.format(roles=", ".join(roles))
    text = f"{policy.using or ''} {policy.check or ''}"
    for item in draft.result.omissions:
        if item.kind in ("table", "foreign table", "view") and name_of(item.object) in text:
            return READS_GONE.format(name=item.object)
    return None
