"""The words that open a talk: the fixed system prompt, and per phase what is asked and what is known so far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent.phases import ANALYZER, BUILDER, COMPARATOR, DESIGNER, VALIDATOR
from agent.typed_outputs import stored
from engines.connection import redact
from skills.digest import LIMITS, clean, fenced
from skills.registry import get_skill
from transfer.standing import SCANNED

if TYPE_CHECKING:
    from jinja2 import Environment

    from agent.grounding import Grounding
    from agent.orchestrator import Orchestrator
    from agent.toolboxes import Shelf
    from skills.digest import Digest


@dataclass(frozen=True)
class Known:
    """A skill whose digest a talk opens with: how long it may be, and what it looks at."""

    skill: str
    detail: str = "short"
    choice: Mapping[str, str] = field(default_factory=dict)


# What decides something in a phase; in a question the hazards stand last, right before it
BEFORE: dict[str, tuple[Known, ...]] = {
    "assessment": (),
    "planning": (Known(ANALYZER),),
    "execution": (Known(DESIGNER),),
    "validation": (Known(BUILDER),),
    "question": (
        Known(COMPARATOR),
        Known(DESIGNER),
        Known(BUILDER),
        Known(VALIDATOR),
        Known(ANALYZER, "normal", {"focus": "hazards"}),
    ),
}


COPY = "copy"  # handle of where a copy stands
OVER = ("done", SCANNED)
STANDING = ("running", "stage", "rows", "rows_expected", "rows_per_second", "seconds_left", "unknown_because", "paused")


@cache
def environment() -> Environment:
    """The templates; a name that is not filled is an error."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    import prompts

    loader = FileSystemLoader(Path(prompts.__file__).parent)
    return Environment(
        loader=loader, undefined=StrictUndefined, trim_blocks=True, keep_trailing_newline=True, autoescape=False
    )


@cache
def system_prompt() -> str:
    """The system prompt: the same text in every talk."""
    return environment().get_template("system.md.j2").render()


def phase_opening(run: Orchestrator, phase: str, shelf: Shelf, grounding: Grounding, **words: str) -> str:
    """What a talk opens with; the digests in it are on the shelf, for `more`, and given to the grounding."""
    before = []
    if phase == "question" and (copy := _copy(run)) is not None:
        grounding.give(COPY, copy)
        before.append(fenced(COPY, copy))
    for known in BEFORE[phase]:
        found = _digest(run, known, shelf)
        if found is not None:
            grounding.give(found.handle, found.data)
            before.append(found.text)
    text = (
        environment()
        .get_template(f"phases/{phase}.md.j2")
        .render(request=fenced("request", _request(run)), before=before, **words)
    )
    return redact(text.strip())


def _digest(run: Orchestrator, known: Known, shelf: Shelf) -> Digest | None:
    output = stored(run, known.skill)
    if output is None:
        return None
    skill = get_skill(known.skill)
    arguments = skill.tool_args.model_validate({"detail": known.detail, **known.choice})
    return shelf.digest(skill, output, arguments, LIMITS[known.detail])


def _copy(run: Orchestrator) -> dict[str, Any] | None:
    """Where a copy stands that runs or was cut off; None before and after it."""
    from agent.standing import last_standing

    found = last_standing(run.folder.path)
    if found is None or found["stage"] in OVER:
        return None
    return {name: clean(found[name]) for name in STANDING if found[name] not in (None, [], "")}


def _request(run: Orchestrator) -> dict[str, Any]:
    """The request's own facts, without references to databases."""
    request = run.request
    limits = request.constraints
    ends = {
        side: f"{database.engine_name} {database.version or ''}".strip()
        for side, database in (("source", request.source_database), ("target", request.target_database))
    }
    told = {
        "migration": run.folder.migration,
        **ends,
        "type": request.migration_type,
        "max_downtime_minutes": limits.max_downtime_minutes,
        "consistency": limits.data_consistency,
        "rollback_required": limits.rollback_required,
        "goals": list(limits.goals),
    }
    return {name: clean(value) for name, value in told.items() if value not in ("", [], None)}
