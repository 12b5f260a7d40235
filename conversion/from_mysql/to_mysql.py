"""MySQL and MariaDB to each other, or to another server of the same kind: everything in the server's own words."""

from __future__ import annotations

import re

from conversion.columns_of_targets import COMPUTED
from conversion.draft import Draft
from conversion.from_mysql.lower_names import lower_names, note_spellings
from conversion.from_mysql.to_mysql_table import INNODB, TableChange, engine_on
from conversion.lost_views import lost_views
from conversion.names import for_mysql
from conversion.procedural.flavours import unknown_word
from conversion.relational.rest import PRIVILEGES
from conversion.result import Conversion, Request
from conversion.to_mysql.flavour import Flavour
from conversion.to_mysql.limits import COLUMNS
from engines.catalog import Catalog, Event, Routine, Sequence, Table, Trigger, View
from engines.full_names import in_schema, parts

ACCOUNT = r"(?:`(?:[^`]|``)*`|[^\s@]+)(?:@(?:`(?:[^`]|``)*`|\S+))?"
DEFINER = re.compile(rf"^(\s*CREATE\s+)((?:OR\s+REPLACE\s+)?)DEFINER\s*=\s*{ACCOUNT}\s+", re.IGNORECASE)
VIEW_OPTIONS = frozenset({"algorithm", "security", "check_option"})
DEFINERS = "the makers (DEFINER) of views and stored code stay behind: whoever runs the script becomes their definer"


def convert_catalog(request: Request) -> Conversion:
    """The same catalog on the target, under the names of the source; what the target hasn't is named."""
    home = request.source.database if request.schema == "public" else request.schema
    changed = {"engine": request.engine, "version": request.version, "database": home, "settings": {}, "unread": []}
    copied = request.source.model_dump() | changed | {"privileges": [], "schemas": [home]}
    draft = Draft(request, Catalog.model_validate(copied), for_mysql(), home)
    target, flavour = draft.target, Flavour.of(request.engine, request.version)
    same = request.source.engine == request.engine
    target.tables = [table for table in target.tables if _carried(draft, table, flavour)]
    for table in target.tables:
        TableChange(draft, table, flavour, same).run()
    _sequences(draft, flavour)
    _views(draft)
    _stored_code(draft, flavour, same)
    lower_names(draft, home)
    _rename_home(draft, request.source.database, home)
    for part in request.source.unread:
        draft.omit(part.part, part.kind or part.part.split(" ", 1)[0], part.reason)
    if request.source.privileges:
        draft.omit(request.source.database, "privileges", PRIVILEGES)
    return draft.finish()


def _carried(draft: Draft, table: Table, flavour: Flavour) -> bool:
    reason = "left out on request" if draft.skipped(table.full_name) else None
    if reason is None and table.columns and all(column.generated for column in table.columns):
        reason = COMPUTED.format(name="MySQL")
    if reason is None and engine_on(table, flavour) == INNODB and len(table.columns) > COLUMNS:
        reason = f"it has {len(table.columns):,} columns, InnoDB holds {COLUMNS:,}"
    if reason is not None:
        draft.omit(table.full_name, "table", reason, table.definition)
        return False
    return table.kind != "sequence"


def _sequences(draft: Draft, flavour: Flavour) -> None:
    if flavour.has("sequences"):
        return
    for sequence in draft.target.sequences:
        draft.omit(sequence.full_name, "sequence", "MySQL has no sequences: a table of one row would have to count")
    draft.target.sequences = []


def _views(draft: Draft) -> None:
    """Views go over unless they were left out, are broken, or read something that isn't there."""
    views = draft.target.views
    for view in views:
        draft.adopt_view(view)
    reasons = {view.full_name: reason for view in views if (reason := _unmade(draft, view)) is not None}
    gone = (item.object for item in draft.result.omissions if item.kind == "table")
    reasons |= lost_views(draft, {*reasons, *gone})
    for view in views:
        if view.full_name in reasons:
            draft.omit(view.full_name, "view", reasons[view.full_name], view.definition)
        view.options = {name: value for name, value in view.options.items() if name in VIEW_OPTIONS}
    draft.target.views = [view for view in views if view.full_name not in reasons]


def _unmade(draft: Draft, view: View) -> str | None:
    """Why a view can't be made, whatever it reads."""
    if draft.skipped(view.full_name):
        return "left out on request"
    if view.broken and view.full_name not in draft.overrides.views:
        return f"the source itself can't read it: {view.broken}"
    if not view.definition:
        return "its query isn't shown to the source's user, who needs SHOW VIEW on it and SELECT on what it reads"
    return None


def _stored_code(draft: Draft, flavour: Flavour, same: bool) -> None:
    """Routines, triggers and events in the words of the source, made by whoever runs the script."""
    target = draft.target
    owners: list[Table | View] = [*target.tables, *target.views]
    for owner in owners:
        owner.triggers = [
            item for item in owner.triggers if _read(draft, item, f"{owner.full_name}.{item.name}", flavour)
        ]
    target.routines = [item for item in target.routines if _read(draft, item, item.full_name, flavour)]
    target.events = [item for item in target.events if _read(draft, item, item.full_name, flavour)]
    items = _named(target)
    note_spellings(draft, items)
    for _, item in items:
        item.definition = DEFINER.sub(r"\1\2", item.definition)
    if items or target.views:
        draft.note(draft.source.database, DEFINERS)
    if not same and items:
        engines = f"{draft.source.engine} to {flavour.engine}"
        draft.note(
            draft.source.database, f"stored code goes over word for word ({engines}): run it before relying on it"
        )


def _named(target: Catalog) -> list[tuple[str, Trigger | Routine | Event]]:
    """Stored code by full name."""
    code: list[tuple[str, Trigger | Routine | Event]] = [(item.full_name, item) for item in target.routines]
    code += [(item.full_name, item) for item in target.events]
    owners: list[Table | View] = [*target.tables, *target.views]
    return code + [(f"{owner.full_name}.{item.name}", item) for owner in owners for item in owner.triggers]


def _read(draft: Draft, item: Trigger | Routine | Event, name: str, flavour: Flavour) -> bool:
    """Whether the target's server reads the body; where it doesn't, the item is an omission."""
    reason = unknown_word(item.body or "", draft.source.engine, flavour.engine)
    if reason is not None:
        draft.omit(name, type(item).__name__.lower(), reason, item.definition)
    return reason is None


def _rename_home(draft: Draft, old: str, new: str) -> None:
    """Everything in the target's database, whatever the source's is called."""
    if old == new:
        return
    target = draft.target
    for mapping in draft.tables:
        mapping.target = in_schema(mapping.target, new)
    named: list[Table | View | Sequence | Routine | Event] = [*target.tables, *target.views, *target.sequences]
    for item in [*named, *target.routines, *target.events]:
        if item.schema_name == old:
            item.schema_name = new
    for table in target.tables:
        for key in table.foreign_keys:
            key.referenced_schema = new if key.referenced_schema == old else key.referenced_schema
    for view in target.views:
        view.depends_on = [in_schema(name, new) if parts(name)[0] == old else name for name in view.depends_on]
