"""A picture of the workload: each query's median before and after, on a scale of powers of ten."""

from __future__ import annotations

import math

from markupsafe import Markup

from agent.report.facts import Facts
from agent.report.svg import Picture
from agent.report.words import milliseconds, percent

WIDTH, LEFT, RIGHT = 500, 148, 70
ROW, TOP, LARGEST = 24, 50, 40


def chart_workload(facts: Facts) -> Markup | None:
    """A line per query from its time on the source to its time on the target; None where nothing was measured."""
    measured = (facts.composed or {}).get("performance") or {}
    queries = [q for q in measured.get("queries", []) if q["before"] and q["after"]]
    if not queries:
        return None
    queries = sorted(queries, key=lambda q: -q["before"]["median_ms"])[:LARGEST]
    times = [max(q[side]["median_ms"], 0.001) for q in queries for side in ("before", "after")]
    low, high = math.floor(math.log10(min(times))), math.ceil(math.log10(max(times)))
    high = max(high, low + 1)
    told = "; ".join(f"{q['name']} {q['before']['median_ms']} to {q['after']['median_ms']} ms" for q in queries)
    picture = Picture("workload", "Median time per query before and after", told, WIDTH, TOP + ROW * len(queries) + 8)
    _frame(picture, low, high, len(queries))
    for place, query in enumerate(queries):
        _query(picture, query, TOP + place * ROW, low, high)
    return picture.markup()


def _x(value: float, low: int, high: int) -> float:
    share = (math.log10(max(value, 0.001)) - low) / (high - low)
    return LEFT + (WIDTH - LEFT - RIGHT) * share


def _frame(picture: Picture, low: int, high: int, count: int) -> None:
    picture.dot(LEFT + 5, 11, 4.5, "before")
    picture.text(LEFT + 15, 15, "source", "quiet")
    picture.dot(LEFT + 75, 11, 4.5, "after")
    picture.text(LEFT + 85, 15, "target", "quiet")
    for power in range(low, high + 1):
        x = _x(10.0**power, low, high)
        picture.line(x, TOP - 8, x, TOP + ROW * count)
        label = f"{10.0**power:g}" + (" ms" if power == high else "")
        picture.text(x, TOP - 13, label, "quiet", anchor="middle")


def _query(picture: Picture, query: dict[str, object], y: float, low: int, high: int) -> None:
    before, after = query["before"]["median_ms"], query["after"]["median_ms"]  # type: ignore[index]
    one, other = _x(before, low, high), _x(after, low, high)
    picture.text(0, y + 12, str(query["name"]), room=LEFT - 10)
    picture.line(one, y + 8, other, y + 8, "faster" if after <= before else "slower")
    picture.dot(one, y + 8, 4.5, "before", f"source {milliseconds(before)} ms")
    picture.dot(other, y + 8, 4.5, "after", f"target {milliseconds(after)} ms")
    picture.text(WIDTH, y + 12, percent(query["improvement_percent"]), "figure", anchor="end")  # type: ignore[arg-type]
