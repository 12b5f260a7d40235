"""Views that read what isn't carried over, straight or by way of other views."""

from __future__ import annotations

from collections.abc import Iterable

from conversion.draft import Draft
from engines.own_state import full_notes

LOST = "it reads {names}, which isn't carried over"


def lost_views(draft: Draft, gone: Iterable[str]) -> dict[str, str]:
    """The reasons of such views among the target's, by full name; gone: full names of what stays behind.

    The notes of an earlier migration always do. A view whose query a person gave reads what that names.
    """
    behind = {*gone, *full_notes(draft.source.engine, draft.source.schemas)}
    waiting = {
        view.full_name: set(view.depends_on)
        for view in draft.target.views
        if view.full_name not in behind and view.full_name not in draft.overrides.views
    }
    found: dict[str, str] = {}
    more = {name: sorted(reads & behind) for name, reads in waiting.items() if reads & behind}
    while more:
        found |= {name: LOST.format(names=", ".join(lost)) for name, lost in more.items()}
        behind |= more.keys()
        waiting = {name: reads for name, reads in waiting.items() if name not in more}
        more = {name: sorted(reads & behind) for name, reads in waiting.items() if reads & behind}
    return found
