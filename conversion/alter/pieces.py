"""The objects of a catalog one by one: under which statement they are made, and the form that tells a change."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from conversion import forms
from engines.catalog import Catalog, Table, View
from engines.full_names import qualified

Owner = Table | View


@dataclass(frozen=True)
class Piece:
    """One object. key: the same in both catalogs for the same object; statements: ids of those that make it.

    owner: the table or view it belongs to, as its own catalog has it; owner_key: that one's full name as wanted.
    """

    key: str
    kind: str
    statements: tuple[str, ...]
    item: Any
    form: forms.Form = ()
    owner: Owner | None = None
    owner_key: str = ""
    name: str = ""


@dataclass
class Pieces:
    """The objects of a catalog by key."""

    by_key: dict[str, Piece] = field(default_factory=dict)

    def of_kind(self, *kinds: str) -> list[Piece]:
        """Those of some kinds, in the catalog's order."""
        return [piece for piece in self.by_key.values() if piece.kind in kinds]


def pieces(own: Catalog, seen: Catalog, engine: str) -> Pieces:
    """The objects of a catalog; seen: the same catalog with everything under the names it is to have."""
    found = Pieces()
    for piece in (*_database(own, engine), *_relations(own, seen, engine)):
        found.by_key[piece.key] = piece
    return found


def _database(catalog: Catalog, engine: str) -> Iterator[Piece]:
    for schema in catalog.schemas:
        yield _piece("schema", schema, schema)
    for extension in catalog.extensions:
        yield _piece("extension", extension.name, extension)
    for event in catalog.events:
        yield _piece("event", event.full_name, event, forms.event_form(event))
    for sequence in catalog.sequences:
        if not sequence.identity:
            yield _piece("sequence", sequence.full_name, sequence, forms.sequence_form(sequence))
    for item in catalog.types:
        yield _piece("type", item.full_name, item, forms.user_type_form(item))
    for routine in catalog.routines:
        form = forms.routine_form(routine, engine)
        found = _piece("routine", routine.full_name, routine, form)
        if engine == "mysql":  # one of a kind and name, whatever its parameters
            found = replace(found, key=f"routine:{routine.kind}:{routine.schema_name}.{routine.name.lower()}")
        yield found


def _piece(kind: str, name: str, item: Any, form: forms.Form = ()) -> Piece:
    key = f"{kind}:{name}"
    return Piece(key, kind, (key,), item, form, name=name)


def _relations(own: Catalog, seen: Catalog, engine: str) -> Iterator[Piece]:
    for table, as_wanted in zip(own.tables, seen.tables, strict=True):
        key, statement = f"table:{as_wanted.full_name}", f"table:{table.full_name}"
        made = (statement, f"column_options:{table.full_name}")
        yield Piece(key, "table", made, table, owner_key=as_wanted.full_name, name=table.full_name)
        yield from _parts(table, as_wanted, engine)
    for view, wanted in zip(own.views, seen.views, strict=True):
        form = forms.view_form(wanted, engine)
        yield Piece(
            f"view:{view.full_name}", "view", (f"view:{view.full_name}",), view, form, name=view.full_name
        )  # fmt: skip
        yield from _indexes(view, wanted, engine)
        yield from _triggers(view, wanted, engine)
    for sequence, wanted_sequence in zip(own.sequences, seen.sequences, strict=True):
        if sequence.owned_by and not sequence.identity:
            name = sequence.full_name
            form = (wanted_sequence.owned_by,)
            yield Piece(f"owned:{name}", "owned", (f"owned:{name}",), sequence, form, name=name)


def _parts(table: Table, seen: Table, engine: str) -> Iterator[Piece]:
    if table.primary_key is not None and seen.primary_key is not None:
        key = seen.primary_key
        yield _part(table, seen, "pk", key.name or "", key, forms.key_form(key, engine), whole=True)
    for key in seen.uniques:
        yield _part(table, seen, "unique", key.name or "", key, forms.key_form(key, engine))
    for exclusion in seen.exclusions:
        yield _part(table, seen, "exclusion", exclusion.name, exclusion, forms.exclusion_form(exclusion))
    for check in seen.checks:
        yield _part(table, seen, "check", check.name or "", check, forms.check_form(check, engine))
    for reference in seen.foreign_keys:
        yield _part(table, seen, "fk", reference.name or "", reference, forms.foreign_key_form(reference, engine))
    yield from _indexes(table, seen, engine)
    yield from _triggers(table, seen, engine)
    for policy in seen.policies:
        yield _part(table, seen, "policy", policy.name, policy, forms.policy_form(policy, engine))
    if table.row_security:
        yield _part(table, seen, "row_security", "", None, (), whole=True)
    if table.row_security_forced:
        yield _part(table, seen, "row_security_forced", "", None, (), whole=True)
    if table.partitioning is not None and table.partitioning.parent and seen.partitioning is not None:
        form = (seen.partitioning.parent, seen.partitioning.bound)
        yield _part(table, seen, "partition", table.full_name, seen.partitioning, form, whole=True)
    if table.replica_identity in ("FULL", "NOTHING"):
        yield _part(table, seen, "replica_identity", "", table.replica_identity, (table.replica_identity,), whole=True)


def _part(table: Table, seen: Table, kind: str, name: str, item: Any, form: forms.Form, whole: bool = False) -> Piece:
    tail = "" if whole else f":{name}"
    statement = f"{kind}:{table.full_name}{tail}"
    return Piece(f"{kind}:{seen.full_name}{tail}", kind, (statement,), item, form, table, seen.full_name, name)


def _indexes(owner: Owner, seen: Owner, engine: str) -> Iterator[Piece]:
    for index in seen.indexes:
        name = qualified(owner.schema_name, index.name)
        if engine == "mysql":  # where an index is the table's own
            name = f"{owner.full_name}:{index.name}"
        form = (seen.full_name, *forms.index_form(index, engine))
        yield Piece(f"index:{name}", "index", (f"index:{name}",), index, form, owner, seen.full_name, index.name)


def _triggers(owner: Owner, seen: Owner, engine: str) -> Iterator[Piece]:
    for trigger in seen.triggers:
        ids = (f"trigger:{owner.full_name}:{trigger.name}", f"trigger_state:{owner.full_name}:{trigger.name}")
        key = f"trigger:{seen.full_name}:{trigger.name}"
        yield Piece(
            key, "trigger", ids, trigger, forms.trigger_form(trigger, engine), owner, seen.full_name, trigger.name
        )
