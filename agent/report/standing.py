"""The verdict: where the migration stands, in a sentence that comes first."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from agent.report.facts import Facts
from agent.report.words import bare, counted, listed

Tone = Literal["good", "bad", "open"]
NOT_BEGUN = {
    "assessment": "the source was not looked at yet.",
    "planning": "there is no plan yet.",
    "execution": "nothing was moved yet.",
    "validation": "source and target were not compared yet.",
}


@dataclass
class Verdict:
    """tone: good, bad, or open while something is still to come; word: the banner's; lines: what it rests on."""

    tone: Tone
    word: str
    headline: str
    lines: list[str] = field(default_factory=list)


def verdict(facts: Facts) -> Verdict:
    """The first of: stopped, proved or differing, moved, planned, assessed, nothing."""
    latest = facts.latest
    if latest is not None and latest.outcome in ("failed", "aborted"):
        return _stopped(facts)
    if latest is not None and latest.outcome == "running":
        return _cut_off(facts)
    if facts.validation is not None:
        return _proved(facts)
    if facts.execution is not None:
        return Verdict("open", "Moved", "All rows are in the target; they have not been compared yet.", _amount(facts))
    if facts.plan is not None:
        return _planned(facts)
    if facts.assessment is not None:
        return Verdict("open", "Assessed", "The source was looked at; nothing is decided and nothing was moved.")
    return Verdict("open", "Nothing ran", "The request is stored; nothing was looked at yet.")


def why_not(facts: Facts, phase: str) -> str:
    """Why a phase has no result: refused or failed with its code, cut off, or never begun."""
    state = facts.phases.get(phase)
    if state is not None and state.outcome in ("failed", "aborted"):
        return f"it stopped with {state.code}."
    if state is not None and state.outcome == "running":
        return "it was begun and never ended."
    if facts.declared and phase in ("execution", "validation"):
        return "the facts are declared and no source was reached."
    return NOT_BEGUN[phase]


def _stopped(facts: Facts) -> Verdict:
    latest = facts.latest
    assert latest is not None
    word = "Refused" if latest.outcome == "aborted" else "Stopped"
    what = latest.what or "A person stopped it."
    lines = [f"Stopped in the {latest.name}, code {latest.code}.", *_left(facts)]
    return Verdict("bad", word, what, lines)


def _cut_off(facts: Facts) -> Verdict:
    latest = facts.latest
    assert latest is not None
    headline = f"The {latest.name} was begun and has not ended; the same command goes on where it stopped."
    return Verdict("bad", "Interrupted", headline, _left(facts))


def _left(facts: Facts) -> list[str]:
    """What an unfinished execution has in the target, and what is safe."""
    if not facts.of_kind("execution started"):
        return ["Nothing was written to the target."]
    if facts.execution is not None:
        return _amount(facts)
    rows, chunks = sum(t.rows for t in facts.copied), sum(t.chunks for t in facts.copied)
    return [
        f"The journal knows of {counted(chunks, 'chunk')} with {counted(rows, 'row')} committed in the target; "
        "the target's own state decides when it goes on.",
        "The source was only read.",
    ]


def _amount(facts: Facts) -> list[str]:
    tables = facts.copied
    lines = [f"{counted(sum(t.rows for t in tables), 'row')} in {counted(len(tables), 'table')} were moved."]
    return lines + _aside(facts)


def _aside(facts: Facts) -> list[str]:
    if not facts.quarantined:
        return []
    withheld = sum(q["action"] == "row_withheld" for q in facts.quarantined)
    values = len(facts.quarantined) - withheld
    told = [counted(values, "value")] if values else []
    told += [counted(withheld, "whole row")] if withheld else []
    return [
        f"{' and '.join(told)} that the target can't hold as they are stand in the quarantine table with their keys: "
        "kept, not lost."
    ]


# levels that leave rows unseen: what may be said then
UNPROVED = {
    "counts": "The counts of {tables} agree ({rows}); the values were not compared.",
    "sample": "A sample of {tables} ({rows}) is equal; not every row was compared.",
}


def _proved(facts: Facts) -> Verdict:
    assert facts.validation is not None
    problems = _problems(facts)
    level = facts.validation["level"]
    compared = counted(facts.validation["rows_compared"], "row")
    tables = counted(len(facts.validation["tables"]), "table")
    if facts.validation["equal"] and not problems:
        if level in UNPROVED:
            return Verdict("open", "Moved", UNPROVED[level].format(tables=tables, rows=compared), _aside(facts))
        headline = f"Moved and proved: all {compared} of {tables} are equal on both sides."
        if facts.quarantined:
            headline = f"Moved and proved: {compared} of {tables} compared, nothing was lost."
        return Verdict("good", "Proved", headline, _aside(facts))
    if not facts.validation["equal"]:
        return Verdict("bad", "Differs", "Source and target differ.", [*problems, *_aside(facts)])
    headline = f"The rows are equal ({compared} of {tables}), but not everything else is as planned."
    return Verdict("bad", "Not accepted", headline, [*problems, *_aside(facts)])


def _problems(facts: Facts) -> list[str]:
    """What stands against acceptance, one sentence each."""
    assert facts.validation is not None
    found = []
    for entry in facts.validation["tables"]:
        if not entry["equal"]:
            kinds = [f"{entry[k]:,} {k}" for k in ("different", "missing", "extra") if entry[k]]
            problem = entry["problem"]["what"].rstrip(".") if entry["problem"] else "not all of it was compared"
            found.append(f"{bare(entry['name'])}: {', '.join(kinds) or problem}.")
    if facts.differences:
        objects = listed([d["object"] for d in facts.differences])
        found.append(f"The target's schema differs from the plan in {len(facts.differences):,} places: {objects}.")
    differing = [view["name"] for view in facts.views or [] if view["equal"] is False]
    if differing:
        found.append(f"Views give other rows: {listed([bare(name) for name in differing])}.")
    failed = [c for c in (facts.composed or {}).get("criteria", []) if c["result"] == "failed"]
    found += [f"Acceptance criterion {c['id']} failed: {c['evidence']}." for c in failed]
    return found


def _planned(facts: Facts) -> Verdict:
    plan = facts.plan
    assert plan is not None
    if plan.declared:
        return Verdict(
            "open",
            "Planned",
            f"Strategy {plan.strategy}, from declared facts; nothing can be executed without a reachable source.",
            ["No source was read: sizes and versions are what the request says."],
        )
    lines = [f"Plan {plan.hash[:12]}. Nothing was written to the target."]
    if plan.target.scratch:
        lines.append("The target is scratch: no approval is needed.")
    elif facts.approval:
        lines.append(f"Approved by {facts.approval['by']} at {facts.approval['at']}.")
    else:
        lines.append("It waits for an approval.")
    return Verdict("open", "Planned", f"Strategy {plan.strategy}; the plan is complete and was not executed.", lines)
