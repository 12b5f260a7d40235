"""What a person should hear of a copy at once: entries of the journal that tell of something lost or repeated."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

NAMED = 5  # tables

Body = Mapping[str, Any]


def told(kind: str, body: Body) -> list[str]:
    """The sentences for an entry of that kind; none for what a person finds in the journal when looking for it."""
    words = WORDS.get(kind)
    return words(body) if words is not None else []


def _again(body: Body) -> list[str]:
    return [f"{body['what']} It is tried again. [{body['code']}]"]


def _lane(body: Body) -> list[str]:
    return [f"{body.get('lane', 'another lane')} not added: {body.get('what') or body.get('why')}"]


def _resumed(body: Body) -> list[str]:
    if "kept" not in body:
        return []  # of a pause, which the standing tells
    why = f" ({body['why']})" if body.get("why") else ""
    again = f", {len(body['again'])} to be copied again" if body.get("again") else ""
    whole = list((body.get("whole") or {}).items())
    more = [f"{len(whole) - NAMED} more tables are copied again whole"] if len(whole) > NAMED else []
    return [
        f"going on: {body['kept']} chunks kept{why}{again}",
        *(f"{table} is copied again whole: {reason}" for table, reason in whole[:NAMED]),
        *more,
    ]


WORDS: dict[str, Callable[[Body], list[str]]] = {
    "tried again": _again,
    "lane not added": _lane,
    "resumed": _resumed,
    "older run ended": lambda body: [f"An older run held tables of the target: {body['sessions']} sessions ended."],
    "moment lost": lambda body: [f"The source's snapshot was lost, a new moment is taken: {body['why']}"],
    "commits lost": lambda body: [f"The target crashed and lost commits: {body['pending']} chunks are copied again."],
    "source not copied": lambda body: [f"The source's file is read itself, its writers wait meanwhile: {body['why']}"],
    "long snapshot": lambda body: [f"A long copy weighs on the source: {body['reason']}."],
    "tuning refused": lambda body: [f"{body['what']} What held before holds on. [{body['code']}]"],
}
