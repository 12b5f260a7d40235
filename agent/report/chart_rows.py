"""A picture of the rows per table, with the part that stands in quarantine."""

from __future__ import annotations

from markupsafe import Markup

from agent.report.facts import CopiedTable, Facts
from agent.report.svg import Picture
from agent.report.words import bare, counted

WIDTH, LEFT, RIGHT = 500, 158, 116
ROW, TOP, LARGEST = 20, 8, 30
LEAST = 2.5  # a part of a bar that is there is never invisible


def chart_rows(facts: Facts) -> Markup | None:
    """Bars of the largest tables, the rest as one; None where nothing was moved."""
    tables = sorted((t for t in facts.copied if t.rows or t.quarantined), key=lambda t: (-t.rows, t.name))
    if not tables:
        return None
    shown = [(bare(t.name), t.rows, t.quarantined) for t in tables[:LARGEST]]
    rest = tables[LARGEST:]
    if rest:
        shown.append((f"{len(rest):,} more tables", sum(t.rows for t in rest), sum(t.quarantined for t in rest)))
    widest = max(rows for _, rows, _ in shown) or 1
    picture = Picture("rows", "Rows per table", _told(tables), WIDTH, TOP + ROW * len(shown) + 6)
    space = WIDTH - LEFT - RIGHT
    for place, (name, rows, aside) in enumerate(shown):
        y = TOP + place * ROW
        width = max(space * rows / widest, LEAST)
        picture.text(0, y + 11, name, room=LEFT - 10)
        picture.rectangle(LEFT, y + 1, width, 12, "bar", f"{name}: {counted(rows, 'row')}")
        label = f"{rows:,}"
        if aside:
            part = max(width * min(aside / max(rows, 1), 1), LEAST)
            picture.rectangle(LEFT + width, y + 1, part, 12, "warn", f"{aside:,} set aside")
            label += f", {aside:,} aside"
        picture.text(WIDTH, y + 11, label, "figure", anchor="end")
    return picture.markup()


def _told(tables: list[CopiedTable]) -> str:
    aside = sum(t.quarantined for t in tables)
    rows = sum(t.rows for t in tables)
    return f"{counted(rows, 'row')} in {counted(len(tables), 'table')}, {counted(aside, 'value')} or rows set aside."
