"""What no table or view carries: sequences, types, extensions, rights, policies, and what could not be read."""

from __future__ import annotations

from conversion.ddl_policies import policy_sql
from conversion.draft import Draft
from conversion.relational.direction import Direction
from conversion.relational.plan import prefixed
from conversion.shapes import Untranslatable
from engines.catalog import Sequence

PRIVILEGES = "rights belong to the accounts of a server and are not carried over"
TYPE = "the target has no such types: columns of it have its values under a type of their own"
EXTENSION = "the target has no extensions"
POLICY = "the target has no row-level security: without it every reader sees every row"


def omit_the_rest(draft: Draft, direction: Direction) -> None:
    """Name each with its reason; sequences that the target can keep go over."""
    source = draft.source
    for sequence in source.sequences:
        if not sequence.identity and not draft.numbered & {sequence.owned_by, sequence.full_name}:
            _sequence(draft, direction, sequence)
    for item in source.types:
        draft.omit(item.full_name, "type", TYPE, item.definition)
    for extension in source.extensions:
        draft.omit(extension.name, "extension", EXTENSION, f"version {extension.version}")
    for table in source.tables:
        if table.row_security:
            draft.omit(table.full_name, "row security", POLICY)
        for policy in table.policies:
            draft.omit(f"{table.full_name}.{policy.name}", "policy", POLICY, policy_sql(table, policy))
    if source.privileges:
        text = "\n".join(
            f"{item.grantee}: {', '.join(item.privileges)} on {item.kind} {item.object}" for item in source.privileges
        )
        draft.omit(source.database, "privileges", PRIVILEGES, text)
    for part in source.unread:
        draft.omit(part.part, part.kind or part.part.split(" ", 1)[0], part.reason)


def _sequence(draft: Draft, direction: Direction, sequence: Sequence) -> None:
    try:
        made = direction.sequence(sequence.model_copy(deep=True))
    except Untranslatable as error:
        text = f"INCREMENT BY {sequence.increment} START WITH {sequence.start}"
        draft.omit(sequence.full_name, "sequence", error.reason, text)
        return
    wanted = prefixed(direction, draft.source, sequence.schema_name, sequence.name)
    made.name = draft.table_name(sequence.full_name, wanted)
    made.schema_name = draft.schema
    made.owned_by = None
    if not direction.abilities.comments:
        made.comment = None
    draft.target.sequences.append(made)
