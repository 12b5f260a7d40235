"""Which objects a person's SQL in the request is for; what it names must be there, and it must be of the right kind."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from agent.assess import workload_statements
from conversion import drafts
from conversion.mapping import Omission
from engines.catalog import View
from engines.errors import UsageError
from engines.protocols import Database

if TYPE_CHECKING:
    from agent.orchestrator import Orchestrator
    from skills.schema_comparator.skill import Output as Compared

ROUTINES = frozenset({"routine", "function", "procedure"})
OBJECTS = ROUTINES | {"trigger"}  # kinds of omissions that a statement of the target can stand in for


@dataclass(frozen=True)
class Chosen:
    """A person's SQL: queries of views by the source's name, texts of the workload by name, objects by omission."""

    views: dict[str, str] = field(default_factory=dict)
    queries: dict[str, str] = field(default_factory=dict)
    objects: dict[str, list[drafts.Draft]] = field(default_factory=dict)


def plain_views(source: Database) -> dict[str, View]:
    """The source's views that are no materialized ones, by full name."""
    return {view.full_name: view for view in source.catalog().views if not view.materialized}


def given_views(run: Orchestrator, source: Database) -> dict[str, str]:
    """The queries that the request gives for views; DRAFT_INVALID."""
    engine = run.request.target_database.engine_name
    views = plain_views(source)
    return {name: drafts.read_view(sql, engine) for name, sql in _given(run).items() if name in views}


def sort_out(run: Orchestrator, source: Database, compared: Compared) -> Chosen:
    """All that the request gives; OVERRIDE_UNKNOWN for a name that nothing has, DRAFT_INVALID for an unfit text."""
    engine = run.request.target_database.engine_name
    chosen = Chosen(views=given_views(run, source))
    left = {name: sql for name, sql in _given(run).items() if name not in chosen.views}
    if not left:
        return chosen
    omitted = {item.object: item for item in compared.omissions if item.kind in OBJECTS}
    workload = {statement.name for statement in workload_statements(run)}
    for name, sql in left.items():
        if name in workload:
            chosen.queries[name] = drafts.read_query(sql, engine)
        elif name in omitted:
            chosen.objects[name] = read_object(omitted[name], sql, engine, schemas(compared))
        else:
            raise unknown(name, [*plain_views(source), *workload, *omitted])
    return chosen


def read_object(omission: Omission, sql: str, engine: str, known: list[str]) -> list[drafts.Draft]:
    """The statements that stand in for a routine or trigger; known: schemas of the plan."""
    read = drafts.read_routine if omission.kind in ROUTINES else drafts.read_trigger
    return read(sql, engine, known)


def schemas(compared: Compared) -> list[str]:
    """The schemas that the target will have."""
    return list(compared.target_catalog.schemas) if compared.target_catalog is not None else []


def unknown(name: str, known: list[str]) -> UsageError:
    """The error for a name that is no statement, view, routine or trigger of this migration."""
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]}?" if near else "`dbmo plan` lists what stays behind and what was translated."
    return UsageError(
        "OVERRIDE_UNKNOWN",
        f"options.overrides.translations names {name}, which is no view, no statement of the workload and no routine "
        "or trigger that stays behind.",
        f"Correct the name: {hint}",
        name=name,
    )


def _given(run: Orchestrator) -> Mapping[str, str]:
    return run.request.options.overrides.translations or {}
