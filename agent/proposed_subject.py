"""What a proposed text may be for: a statement without a proven translation, or an object that would stay behind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from agent.overrides import OBJECTS, read_object, schemas
from agent.phases import TRANSLATOR
from agent.typed_outputs import needed
from conversion import drafts
from conversion.own_code import own_code
from engines.errors import UsageError
from skills.digest import clean
from skills.tool_args import item_of

if TYPE_CHECKING:
    from agent.orchestrator import Orchestrator
    from conversion.mapping import Omission
    from skills.query_translator.skill import Output as Translated
    from skills.schema_comparator.skill import Output as Compared

LONGEST = 4_000  # characters of a proposed text
DOUBTFUL = frozenset({"REFUTED", "UNSUPPORTED", "NOT_RUN"})
VIEWS = "view:"  # the translator names views so


@dataclass(frozen=True)
class Subject:
    """name: as an override names it; original: the source's text; omission: where it is an object left behind."""

    kind: Literal["query", "view", "object"]
    name: str
    original: str
    omission: Omission | None = None


@dataclass(frozen=True)
class Text:
    """A proposed text as it would be adopted; found: its statements, where it creates an object."""

    sql: str
    found: tuple[drafts.Draft, ...] = ()


def subject_of(run: Orchestrator, compared: Compared, identifier: str) -> Subject:
    """The subject of an id: s1, s2, ... in the translator's list, o1, o2, ... in the comparator's omissions.

    UsageError PROPOSAL_TOO_EARLY, ITEM_UNKNOWN, SUBJECT_UNFIT.
    """
    return _statement(run, identifier) if identifier.startswith("s") else _omission(compared, identifier)


def read_text(run: Orchestrator, compared: Compared, subject: Subject, sql: str) -> Text:
    """The text, of the right kind for its subject and harmless to run or create on scratch; DRAFT_INVALID."""
    engine = run.request.target_database.engine_name
    if len(sql) > LONGEST:
        raise UsageError(
            "DRAFT_INVALID", f"The text has {len(sql)} characters.", f"Write at most {LONGEST} characters."
        )
    if subject.omission is not None and subject.kind == "object":
        found = read_object(subject.omission, sql, engine, schemas(compared))
        return Text(";\n".join(draft.sql for draft in found), tuple(found))
    text = drafts.read_view(sql, engine) if subject.kind == "view" else drafts.read_query(sql, engine)
    drafts.pure_query(text, engine, own_code(compared.target_catalog))
    return Text(text)


def unfit(identifier: str, why: str) -> UsageError:
    """The error for a subject that no text can be proposed for."""
    return UsageError(
        "SUBJECT_UNFIT",
        f"A text for {identifier} can't be proposed: {clean(why)}.",
        "Choose a statement that is REFUTED, UNSUPPORTED or NOT_RUN, or an omission of a view, routine or trigger.",
    )


def _statement(run: Orchestrator, identifier: str) -> Subject:
    translated: Translated = needed(run, TRANSLATOR)
    made = item_of(translated.translations, identifier)
    if made.verdict not in DOUBTFUL:
        raise unfit(identifier, f"its translation is {made.verdict} already")
    try:
        drafts.read_query(made.source, run.request.source_database.engine_name)
    except UsageError:
        raise unfit(identifier, "it is no query, so it is never run and there is nothing to compare with") from None
    if made.name.startswith(VIEWS):
        return Subject("view", made.name.removeprefix(VIEWS), made.source)
    return Subject("query", made.name, made.source)


def _omission(compared: Compared, identifier: str) -> Subject:
    found = item_of(compared.omissions, identifier)
    if found.kind == "view":
        return Subject("view", found.object, found.original, found)
    if found.kind not in OBJECTS:
        raise unfit(identifier, f"a {found.kind} has no text that could stand in for it")
    return Subject("object", found.object, found.original, found)
