"""A picture of the tokens: what each phase used of its limit."""

from __future__ import annotations

from markupsafe import Markup

from agent.report.facts import Facts
from agent.report.svg import Picture

WIDTH, LEFT, RIGHT = 500, 106, 116
ROW, TOP = 22, 8


def chart_budget(facts: Facts) -> Markup | None:
    """A bar per phase inside its limit; None where no model had a part."""
    part = facts.model_part
    if not part.spending:
        return None
    used = [
        (name, part.spending[name].estimated, limit) for name, limit in part.limits.items() if name in part.spending
    ]
    told = "; ".join(f"{name} {tokens:,} of {limit:,}" for name, tokens, limit in used)
    picture = Picture("budget", "Content tokens against their limits", told, WIDTH, TOP + ROW * len(used) + 4)
    most = max(limit for _, _, limit in used)
    for place, (name, tokens, limit) in enumerate(used):
        y = TOP + place * ROW
        room = (WIDTH - LEFT - RIGHT) * limit / most
        picture.text(0, y + 11, name, room=LEFT - 8)
        picture.rectangle(LEFT, y + 1, room, 12, "box", f"limit {limit:,}")
        picture.rectangle(LEFT, y + 1, room * min(tokens / limit, 1), 12, "bar", f"{name}: {tokens:,}")
        picture.text(WIDTH, y + 11, f"{tokens:,} of {limit:,}", "figure", anchor="end")
    return picture.markup()
