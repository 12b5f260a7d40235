"""Plots with logarithmic axes as an SVG file that stands alone and is read on light and dark pages."""

from __future__ import annotations

import math
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT, GAP = 340, 260, 60
LEFT, RIGHT, TOP, BOTTOM = 52, 40, 40, 44
COLOURS = ("#2f6fb0", "#c2571a", "#3c8c4a")
INK, RULE = "#777777", "#bbbbbb"


@dataclass(frozen=True)
class Series:
    """A named line through points (x, y), both above 0."""

    name: str
    points: list[tuple[float, float]]


def plot(title: str, panels: list[tuple[str, str, list[Series]]]) -> str:
    """Panels of (what x is, what y is, lines) beside each other, one legend."""
    width = len(panels) * (LEFT + WIDTH) + (len(panels) - 1) * GAP + RIGHT
    height = TOP + HEIGHT + BOTTOM
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
        f' font-family="sans-serif" font-size="12" fill="{INK}" role="img"><title>{escape(title)}</title>'
    ]
    for number, series in enumerate(panels[0][2]):
        parts.append(_legend(LEFT + number * 200, number, series.name))
    for number, (x_name, y_name, lines) in enumerate(panels):
        parts += _panel(LEFT + number * (LEFT + WIDTH + GAP), x_name, y_name, lines)
    return "\n".join([*parts, "</svg>\n"])


def _legend(x: float, number: int, name: str) -> str:
    return f'<circle cx="{x}" cy="14" r="4" fill="{COLOURS[number]}"/><text x="{x + 9}" y="18">{escape(name)}</text>'


def _panel(left: float, x_name: str, y_name: str, lines: list[Series]) -> list[str]:
    points = [point for series in lines for point in series.points]
    across, up = _decades([x for x, _ in points]), _decades([y for _, y in points])

    def place(x: float, y: float) -> tuple[float, float]:
        right = left + WIDTH * (math.log10(x) - across[0]) / (across[1] - across[0])
        return right, TOP + HEIGHT * (1 - (math.log10(y) - up[0]) / (up[1] - up[0]))

    parts = []
    for power in range(across[0], across[1] + 1):
        x, _ = place(10.0**power, 10.0 ** up[0])
        parts.append(_rule(x, TOP, x, TOP + HEIGHT))
        parts.append(f'<text x="{x:.1f}" y="{TOP + HEIGHT + 16}" text-anchor="middle">{10**power:,}</text>')
    for power in range(up[0], up[1] + 1):
        _, y = place(10.0 ** across[0], 10.0**power)
        parts.append(_rule(left, y, left + WIDTH, y))
        parts.append(f'<text x="{left - 6}" y="{y + 4:.1f}" text-anchor="end">{10.0**power:g}</text>')
    parts.append(f'<text x="{left + WIDTH / 2}" y="{TOP + HEIGHT + 36}" text-anchor="middle">{escape(x_name)}</text>')
    parts.append(f'<text x="{left}" y="{TOP - 8}" text-anchor="middle">{escape(y_name)}</text>')
    for number, series in enumerate(lines):
        parts += _line(COLOURS[number], [place(x, y) for x, y in series.points], series)
    return parts


def _line(colour: str, places: list[tuple[float, float]], series: Series) -> list[str]:
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    dots = [
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{colour}"><title>{series.name}: {value:.3g}</title></circle>'
        for (x, y), (_, value) in zip(places, series.points, strict=True)
    ]
    return [f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>', *dots]


def _rule(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{RULE}" stroke-width="0.5"/>'


def _decades(values: list[float]) -> tuple[int, int]:
    """The powers of ten around all of them, at least one apart."""
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    return low, max(high, low + 1)
