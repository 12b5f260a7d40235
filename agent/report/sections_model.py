"""A model's part: its words for people, its proposals, what it was not allowed, and what it spent."""

from __future__ import annotations

import json
import re
from itertools import groupby
from typing import Any

from agent.grounding import LEGEND
from agent.phases import CHAT
from agent.report.facts import Facts
from agent.report.tables import table
from agent.report.words import counted, cut, listed, number
from agent.talk_model import Proposal, Refusal, TalkRecord

Section = dict[str, Any]
EMPHASIS = re.compile(r"(\*\*|__|`)(?=\S)(.+?)(?<=\S)\1")
HEADING = re.compile(r"^#{1,6}\s+")
BULLET = re.compile(r"^\s*(?:[-*•]|\d{1,2}[.)])\s+")
ENDED = {"done": "the model was done", "budget": "its budget was used up"}


def model(facts: Facts) -> Section | None:
    """Everything that a model said or tried; None where none had a part."""
    part = facts.model_part
    if not part.talks and not part.spending:
        return None
    return {
        "name": part.model,
        "legend": LEGEND,
        "talks": [_talk(talk) for talk in part.talks],
        "proposals": table("Proposal For Text:code Reason Verdict:mark Detail", part.proposals, _proposal, limit=100),
        "adopt": [
            {"title": f"To adopt {made.id}", "code": json.dumps(made.adopt, ensure_ascii=False)}
            for made in part.proposals
            if made.adopt is not None
        ],
        "refusals": table("Phase Tool:code Asked_with:code Answer:mark Why", part.refusals, _refusal, limit=200),
        "spending": table(
            "Phase Content:number Limit:number Billed:number From_cache:number Cost:number",
            part.spending.items(),
            lambda item: _spent(facts, item[0]),
        ),
        "cost": usd(part.cost_usd),
    }


def _talk(talk: TalkRecord) -> Section:
    return {
        "title": f"In the {talk.phase} phase",
        "blocks": blocks_of(talk.narrative),
        "unproved": listed([cut(figure, 40) for figure in talk.unproved], 12),
        "ended": f"Ended: {ENDED.get(talk.ended, talk.ended)}; {counted(len(talk.calls), 'tool call')}.",
    }


def blocks_of(narrative: str) -> list[Section]:
    """A narrative as paragraphs and lists, its markup taken off: whatever else is in it is shown as text."""
    lines = [line for line in narrative.splitlines() if line.strip()]
    return [
        {"bullets": bullets, "lines": [_plain_line(line) for line in group]}
        for bullets, group in groupby(lines, lambda line: BULLET.match(line) is not None)
    ]


def _plain_line(line: str) -> str:
    return EMPHASIS.sub(r"\2", HEADING.sub("", BULLET.sub("", line))).strip()


def _proposal(made: Proposal) -> list[str]:
    return [
        f"{made.id} {made.kind}",
        cut(made.subject, 80),
        made.proposal,
        cut(made.reason),
        made.verdict,
        cut(made.detail),
    ]


def _refusal(found: Refusal) -> list[str]:
    asked = json.dumps(found.arguments, ensure_ascii=False)
    return [found.phase, cut(found.tool, 80), cut(asked, 160), SAID[found.kind], cut(found.why)]


SAID = {"correct": "corrected", "give_up": "not possible", "person": "for a person"}


def _spent(facts: Facts, phase: str) -> list[str]:
    part = facts.model_part
    spent = part.spending[phase]
    return [
        "questions in the chat (the last one)" if phase == CHAT else phase,
        number(spent.estimated),
        number(part.limits[phase]),
        number(spent.billed),
        number(spent.cached),
        usd(spent.cost_usd),
    ]


def usd(value: float | None) -> str:
    """US dollars to the hundredth of a cent, or that the price is not known."""
    return "price not known" if value is None else f"{value:,.4f} USD"
