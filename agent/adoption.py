"""Puts a person's SQL into the draft of a plan: tried on scratch, labelled, and stopped where it does not hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent.overrides import ROUTINES, Chosen
from agent.plan import Adopted
from agent.trials import planned, refuted, trial, trial_statements
from conversion.fingerprint import fingerprint
from engines.protocols import Database

if TYPE_CHECKING:
    from agent.orchestrator import Orchestrator
    from agent.plan_draft import Draft
    from skills.query_translator.models import Translation
    from skills.query_translator.skill import Output as Translated
    from skills.query_translator.skill import Pair
    from skills.schema_comparator.skill import Output as Compared

ROWS = 1  # objects are only created: rows would say nothing
CREATED = "it was created on the scratch target; what it does was not compared"


def adopt(
    run: Orchestrator, source: Database, compared: Compared, translated: Translated, chosen: Chosen, draft: Draft
) -> None:
    """Complete the draft by what a person chose; OVERRIDE_REFUTED for what does not hold on scratch."""
    verdicts = {made.name: made for made in translated.translations}
    for name in chosen.queries:
        draft.adopted.append(_judged(name, "query", verdicts[name]))
    for name in chosen.views:
        if name not in draft.views:
            raise refuted(name, next((o.reason for o in draft.omissions if o.object == name), "it is not carried over"))
        draft.adopted.append(_judged(name, "view", verdicts[f"view:{name}"]))
    if chosen.views or chosen.objects:
        extra = [s for name, found in chosen.objects.items() for s in trial_statements(name, found)]
        with trial(run, source, compared, extra, ROWS) as pair:
            _take_views(draft, chosen, pair)
            _take_objects(draft, chosen, pair)
        draft.target_fingerprint = fingerprint(draft.target_catalog)
    if draft.adopted:
        told = [item.model_dump(include={"name", "kind", "verdict"}) for item in draft.adopted]
        run.folder.journal.append("overrides", {"translations": told})


def _judged(name: str, kind: str, made: Translation) -> Adopted:
    if made.verdict == "REFUTED":
        raise refuted(name, made.detail)
    given = {"name": name, "kind": kind, "sql": made.target, "verdict": made.verdict, "detail": made.detail}
    return Adopted.model_validate(given)


def _take_views(draft: Draft, chosen: Chosen, pair: Pair) -> None:
    """Describe the views as the server prints them, because its words are what the target is compared with."""
    printed = {view.full_name: view for view in pair.target.catalog().views}
    targets = {draft.views[name] for name in chosen.views if name in draft.views}
    views = draft.target_catalog.views
    draft.target_catalog.views = [printed.get(v.full_name, v) if v.full_name in targets else v for v in views]


def _take_objects(draft: Draft, chosen: Chosen, pair: Pair) -> None:
    """Add what was created to statements and catalog; it is left out no longer."""
    if chosen.objects:
        draft.target_catalog = draft.target_catalog.model_copy(deep=True)
    for name, found in chosen.objects.items():
        for statement in trial_statements(name, found):
            if statement.id in pair.failures:
                raise refuted(name, pair.failures[statement.id])
        draft.statements += [planned(draft.target_catalog, pair.target.catalog(), item) for item in found]
        omission = next(o for o in draft.omissions if o.object == name)
        draft.omissions.remove(omission)
        kind = "routine" if omission.kind in ROUTINES else "trigger"
        sql = ";\n".join(item.sql for item in found)
        given = {"name": name, "kind": kind, "sql": sql, "verdict": "NOT_RUN", "detail": CREATED}
        draft.adopted.append(Adopted.model_validate(given))
