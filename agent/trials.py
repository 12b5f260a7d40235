"""Tries statements of a person or a model on the scratch copies, and finds in the catalog what they made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from conversion.ddl_postgresql import PostgresqlWriter, definition
from conversion.drafts import Draft
from conversion.mapping import Statement
from engines.catalog import Catalog, Routine, Table, Trigger, View
from engines.errors import Aborted
from engines.families import family
from engines.mysql.quoting import quote_identifier as quote_mysql
from engines.protocols import Database
from engines.sqlite.quoting import quote_identifier

if TYPE_CHECKING:
    from agent.orchestrator import Orchestrator
    from skills.query_translator.skill import Pair
    from skills.schema_comparator.skill import Output as Compared

STAGE = "post_data"


@contextmanager
def trial(
    run: Orchestrator, source: Database, compared: Compared, extra: Sequence[Statement] = (), rows: int | None = None
) -> Iterator[Pair]:
    """The translator's scratch pair with extra statements after the schema; rows: of each table, None for its own."""
    from skills.query_translator.skill import SAMPLE_ROWS, Input, scratch_pair

    given = Input.model_validate(
        {
            "source": {"url": run.ends.source_url},
            "target": {"type": run.request.target_database.engine_name},
            "tables": [table.model_dump() for table in compared.tables],
            "schema_statements": [statement.model_dump() for statement in (*compared.statements, *extra)],
            "sample_rows": rows or SAMPLE_ROWS,
        }
    )
    with scratch_pair(given, run.context(source)) as pair:
        yield pair


def trial_statements(name: str, found: Sequence[Draft]) -> list[Statement]:
    """The drafts of one object as statements whose failures can be told apart."""
    return [
        Statement(id=f"given:{name}:{number}", sql=draft.sql, object=name, kind=draft.kind, stage=STAGE)
        for number, draft in enumerate(found, 1)
    ]


def planned(target: Catalog, scratch: Catalog, draft: Draft) -> Statement:
    """The plan's statement of what a draft made on scratch, with its way back; target then describes the object too.

    Raises Aborted OVERRIDE_REFUTED where scratch has no such new object, or several.
    """
    if draft.kind == "trigger":
        return _trigger(target, scratch, draft)
    known = {routine.full_name for routine in target.routines}
    made = [r for r in scratch.routines if r.full_name not in known and _is(r, draft)]
    if len(made) != 1:
        raise refuted(draft.name, f"the scratch target holds {len(made)} new routines of that name")
    target.routines.append(made[0])
    if family(target.engine) == "mysql":
        kind = "PROCEDURE" if made[0].kind == "procedure" else "FUNCTION"
        undo = f"DROP {kind} IF EXISTS {quote_mysql(made[0].name)}"
        name = made[0].full_name
        return Statement(id=f"routine:{name}", sql=draft.sql, undo=undo, object=name, kind="routine", stage=STAGE)
    return definition(made[0], STAGE).model_copy(update={"sql": draft.sql})


def refuted(name: str, why: str) -> Aborted:
    """The error for a person's text that does not hold."""
    return Aborted(
        "OVERRIDE_REFUTED",
        f"The text that options.overrides.translations gives for {name} does not hold: {why}.",
        "Correct it, or take it out of the request.",
        name=name,
    )


def _is(routine: Routine, draft: Draft) -> bool:
    return routine.name == draft.name and draft.schema in (None, routine.schema_name)


def _owners(catalog: Catalog) -> list[Table | View]:
    return [*catalog.tables, *catalog.views]


def _trigger(target: Catalog, scratch: Catalog, draft: Draft) -> Statement:
    owners = {owner.full_name: owner for owner in _owners(target)}
    made: list[tuple[Table | View, Trigger]] = []
    for owner in _owners(scratch):
        mine = owners.get(owner.full_name)
        if mine is not None and draft.name not in {trigger.name for trigger in mine.triggers}:
            made += [(mine, trigger) for trigger in owner.triggers if trigger.name == draft.name]
    if len(made) != 1:
        raise refuted(draft.name, f"the scratch target holds {len(made)} new triggers of that name")
    owner, trigger = made[0]
    owner.triggers.append(trigger)
    if target.engine == "postgresql":
        written = next(iter(PostgresqlWriter(target).trigger(owner, trigger)))
        return written.model_copy(update={"sql": draft.sql})
    name = f"{owner.full_name}:{trigger.name}"
    quote = quote_mysql if family(target.engine) == "mysql" else quote_identifier
    undo = f"DROP TRIGGER {quote(trigger.name)}"
    return Statement(id=f"trigger:{name}", sql=draft.sql, undo=undo, object=name, kind="trigger", stage=STAGE)
