"""A model's ideas: checked, tried on scratch, labelled and stored; none has an effect until a person adopts it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

from agent.overrides import plain_views
from agent.phases import COMPARATOR
from agent.proposed_strategy import weigh_proposal
from agent.proposed_subject import Subject, Text, read_text, subject_of, unfit
from agent.proposed_text import Label, label_object, label_query
from agent.talk_model import Proposal
from agent.typed_outputs import needed
from engines.errors import UsageError
from skills.digest import clean

if TYPE_CHECKING:
    from agent.orchestrator import Orchestrator
    from skills.schema_comparator.skill import Output as Compared

FILE = "proposals.json"
MOST = 10  # proposals of one migration
REASON = 400  # characters of a reason


def propose_strategy(run: Orchestrator, strategy: str, reason: str, phase: str = "planning") -> Proposal:
    """Hold another strategy against the constraints: FITS or CONTRADICTS, with its trade-off.

    UsageError STRATEGY_UNKNOWN, PROPOSAL_TOO_EARLY (nothing was assessed), PROPOSALS_FULL.
    """
    from skills.data_engineering_pipeline_designer.models import Strategy

    names = get_args(Strategy)
    if strategy not in names:
        raise UsageError("STRATEGY_UNKNOWN", "There is no such strategy.", f"Strategies: {', '.join(names)}.")
    known = _known(run, "strategy", "strategy", strategy)
    if known is not None:
        return known
    verdict, detail = weigh_proposal(run, strategy)
    adopt = {"strategy": strategy} if verdict == "FITS" else None
    told = {"phase": phase, "kind": "strategy", "subject": "strategy", "proposal": strategy, "reason": reason}
    return _keep(run, told, Label(verdict, detail), adopt)


def propose_translation(run: Orchestrator, identifier: str, sql: str, reason: str, phase: str = "planning") -> Proposal:
    """Try a text for a statement (s1, s2, ... of the translator) or an omission (o1, ... of the comparator) on scratch.

    The verdict is the translator's; a routine or trigger that could be created is NOT_RUN. UsageError
    PROPOSAL_TOO_EARLY, ITEM_UNKNOWN, SUBJECT_UNFIT, DRAFT_INVALID, PROPOSALS_FULL; NO_SCRATCH without a source.
    """
    compared: Compared = needed(run, COMPARATOR)
    subject = subject_of(run, compared, identifier)
    text = read_text(run, compared, subject, sql)
    kind = "routine" if subject.kind == "object" else "translation"
    known = _known(run, kind, subject.name, text.sql)
    if known is not None:
        return known
    label = _tried(run, compared, subject, text, identifier)
    adopt = {"translations": {subject.name: text.sql}} if label.verdict != "REFUTED" else None
    told = {"phase": phase, "kind": kind, "subject": subject.name, "proposal": text.sql, "reason": reason}
    return _keep(run, told, label, adopt)


def proposals(run: Orchestrator) -> list[Proposal]:
    """Those of this migration, in the order in which they came."""
    return [Proposal.model_validate(entry) for entry in run.folder.read_artifact(FILE) or []]


def _tried(run: Orchestrator, compared: Compared, subject: Subject, text: Text, identifier: str) -> Label:
    with run.ends.source() as source:
        if source is None:
            raise UsageError("NO_SCRATCH", "There is no source to make scratch copies of.", "Give the source's url.")
        if subject.kind == "object":
            return label_object(run, source, compared, subject.name, text.found)
        if subject.kind == "view":
            view = plain_views(source).get(subject.name)
            if view is None:
                raise unfit(identifier, "a materialized view has no counterpart")
            return label_query(run, source, compared, view.definition, text.sql)
        return label_query(run, source, compared, subject.original, text.sql)


def _known(run: Orchestrator, kind: str, subject: str, text: str) -> Proposal | None:
    """The same proposal, made before; PROPOSALS_FULL where there is none and no room for another."""
    found = proposals(run)
    for made in found:
        if (made.kind, made.subject, made.proposal) == (kind, subject, text):
            return made
    if len(found) >= MOST:
        raise UsageError(
            "PROPOSALS_FULL", f"This migration has {MOST} proposals already.", "Go on without another one."
        )
    return None


def _keep(run: Orchestrator, told: dict[str, str], label: Label, adopt: dict[str, Any] | None) -> Proposal:
    known = proposals(run)
    judged = {"verdict": label.verdict, "detail": label.detail, "adopt": adopt}
    cleaned = {"id": f"p{len(known) + 1}", **told, "reason": clean(told["reason"], REASON)}
    made = Proposal.model_validate({**cleaned, **judged})
    run.folder.artifact(FILE, [entry.model_dump(mode="json") for entry in (*known, made)])
    run.folder.journal.append("proposal", made.model_dump(include={"id", "phase", "kind", "subject", "verdict"}))
    return made
