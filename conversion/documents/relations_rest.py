"""What collections have no place for: each object of the source that is left becomes an omission or a note."""

from __future__ import annotations

from conversion.documents.relations_draft import DocumentDraft
from engines.catalog import Table

NO_CODE = "MongoDB runs no code of a database: the application or a change stream has to do this"
NO_DEFAULTS = "MongoDB has no defaults: the application has to give them"
NO_SEQUENCES = "MongoDB has no sequences: the application has to number, or takes ObjectIds"
COMPUTED = "the values of today are copied into a plain field; the application has to compute new ones"
PARTS = "a collection has no partitions; sharding is decided when the cluster is set up"


def omit_rest(draft: DocumentDraft) -> None:
    """Go through everything that tables, keys, checks and views aren't."""
    for table in draft.tables.values():
        _of_table(draft, table)
    source = draft.request.source
    for view in source.views:
        for trigger in view.triggers:
            draft.omit(f"{view.full_name}.{trigger.name}", "trigger", NO_CODE, trigger.definition)
        for index in view.indexes:
            draft.omit(f"{view.full_name}.{index.name}", "index", "its view isn't carried over", index.definition)
    for routine in source.routines:
        draft.omit(routine.full_name, "routine", NO_CODE, routine.definition)
    for event in source.events:
        draft.omit(event.full_name, "event", NO_CODE, event.definition)
    _types(draft)
    for sequence in source.sequences:
        draft.omit(sequence.full_name, "sequence", f"{NO_SEQUENCES}; it counts by {sequence.increment}")
    for extension in source.extensions:
        draft.omit(extension.name, "extension", "extensions belong to PostgreSQL")
    if source.privileges:
        granted = f"{len(source.privileges)} grants; rights are given to roles of MongoDB by hand"
        draft.omit(source.database, "privileges", granted)
    for part in source.unread:
        draft.omit(part.part, part.kind or "unread", f"it could not be read: {part.reason}")


def _of_table(draft: DocumentDraft, table: Table) -> None:
    name = table.full_name
    for trigger in table.triggers:
        draft.omit(f"{name}.{trigger.name}", "trigger", NO_CODE, trigger.definition)
    for exclusion in table.exclusions:
        reason = "MongoDB compares no two documents but for equality"
        draft.omit(f"{name}.{exclusion.name}", "exclusion", reason, exclusion.definition)
    for policy in table.policies:
        draft.omit(f"{name}.{policy.name}", "policy", "MongoDB has no rights on single documents", policy.using)
    if table.row_security and not table.policies:
        draft.omit(name, "row security", "MongoDB has no rights on single documents")
    if table.partitioning is not None:
        draft.omit(name, "partitioning", PARTS, f"{table.partitioning.strategy} ({table.partitioning.key})")
    if table.inherits:
        draft.note(name, f"it inherits from {', '.join(table.inherits)}; its rows are its own collection's")
    _of_columns(draft, table)


def _of_columns(draft: DocumentDraft, table: Table) -> None:
    defaults: list[str] = []
    for column in table.columns:
        full_name = f"{table.full_name}.{column.name}"
        if column.generated is not None:
            draft.omit(full_name, "generated column", COMPUTED, column.generated.expression)
        if column.default is not None:
            defaults.append(f"{column.name} = {column.default}")
        if column.on_update is not None:
            defaults.append(f"{column.name} on update = {column.on_update}")
        if column.identity is not None:
            draft.omit(full_name, "identity", NO_SEQUENCES)
    if defaults:
        draft.omit(table.full_name, "default", NO_DEFAULTS, "\n".join(defaults))


def _types(draft: DocumentDraft) -> None:
    """Enums live on in validators; what else a type says isn't carried over."""
    used = {(column.type.element or column.type).name for table in draft.tables.values() for column in table.columns}
    for found in draft.request.source.types:
        if found.kind == "enum" and found.full_name in used:
            draft.note(found.full_name, "its labels stand in the validators of the fields that have it")
        else:
            reason = "nothing uses it" if found.full_name not in used else "MongoDB has no types of users"
            draft.omit(found.full_name, "type", reason, found.definition)
