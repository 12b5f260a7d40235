"""Pictures of time: the stages one after the other, measured and predicted."""

from __future__ import annotations

from markupsafe import Markup

from agent.report.facts import Facts
from agent.report.sections_plan import SAME_WORK
from agent.report.stretches import Stretch
from agent.report.svg import Picture
from agent.report.words import about, duration

WIDTH, LEFT, RIGHT = 500, 106, 136
ROW, TOP = 26, 34
LAST = 24
SAID = {
    "pre_data": "tables", "copy": "copy of rows", "post_data": "keys, indexes", "compare": "comparison",
    "measure": "views, workload",
}  # fmt: skip


def chart_time(facts: Facts) -> Markup | None:
    """Measured stages where something ran after the plan, else the predicted ones; None without a plan."""
    if facts.design is None:
        return None
    measured = [stretch for stretch in facts.stretches if stretch.seconds > 0]
    if any(stretch.name == "copy" for stretch in measured):
        return _measured(measured[-LAST:], _predictions(facts))
    return _predicted(facts)


def _predictions(facts: Facts) -> dict[str, float]:
    """Seconds predicted, under the first measured stage of the same work."""
    found = {}
    for stage in (facts.design or {}).get("stages", []):
        if stage["duration_minutes"] is not None and stage["name"] in SAME_WORK:
            found[SAME_WORK[stage["name"]][0]] = stage["duration_minutes"] * 60
    return found


def _measured(stretches: list[Stretch], predicted: dict[str, float]) -> Markup:
    total = sum(stretch.seconds for stretch in stretches)
    space = WIDTH - LEFT - RIGHT
    told = "; ".join(f"{_name(s)} {duration(s.seconds)}" for s in stretches)
    picture = Picture("time", "Stages, measured and predicted", told, WIDTH, TOP + ROW * len(stretches) + 6)
    _legend(picture, ("bar", "measured"), ("ghost", "predicted"))
    start = 0.0
    seen: set[str] = set()
    for row, stretch in enumerate(stretches):
        y = TOP + row * ROW
        x = LEFT + space * start / total
        picture.text(0, y + 13, _name(stretch), room=LEFT - 8)
        width = max(space * stretch.seconds / total, 1.5)
        style = "bar" if stretch.ended else "bar cut"
        picture.rectangle(x, y + 3, width, 11, style, f"{_name(stretch)}: {duration(stretch.seconds)}")
        label = duration(stretch.seconds)
        if stretch.name in predicted and stretch.name not in seen:
            seen.add(stretch.name)
            wanted = space * predicted[stretch.name] / total
            limit = LEFT + space - x
            picture.rectangle(x, y + 15, max(min(wanted, limit), 1.5), 4, "ghost")
            label += f" ({about(predicted[stretch.name])})"
        picture.text(WIDTH, y + 13, label, "figure", anchor="end")
        start += stretch.seconds
    return picture.markup()


def _name(stretch: Stretch) -> str:
    name = SAID.get(stretch.name, stretch.name.replace("_", " "))
    return name if stretch.run == 1 else f"{name}, run {stretch.run}"


def _predicted(facts: Facts) -> Markup:
    assert facts.design is not None
    phases = facts.design["timeline"]["phases"]
    ends = [p["start_minutes"] + (p["duration_minutes"] or 0) for p in phases]
    total = max([*ends, 1e-9])
    space = WIDTH - LEFT - RIGHT
    told = "; ".join(f"{p['name']} {_minutes(p['duration_minutes'])}" for p in phases)
    picture = Picture("time", "Stages, predicted", told, WIDTH, TOP + ROW * len(phases) + 6)
    _legend(picture, ("ghost", "predicted"), ("warn", "predicted, database out of reach"))
    for row, phase in enumerate(phases):
        y = TOP + row * ROW
        picture.text(0, y + 13, phase["name"].replace("_", " "), room=LEFT - 8)
        minutes = phase["duration_minutes"]
        if minutes is not None:
            x = LEFT + space * phase["start_minutes"] / total
            style = "warn" if phase["downtime"] else "ghost"
            picture.rectangle(x, y + 4, max(space * minutes / total, 1.5), 11, style)
        picture.text(WIDTH, y + 13, _minutes(minutes), "figure", anchor="end")
    return picture.markup()


def _minutes(minutes: float | None) -> str:
    return "as long as wanted" if minutes is None else about(minutes * 60)


def _legend(picture: Picture, *entries: tuple[str, str]) -> None:
    x = float(LEFT)
    for style, words in entries:
        picture.rectangle(x, 6, 14, 9, style)
        picture.text(x + 20, 15, words, "quiet")
        x += 46 + len(words) * 7
