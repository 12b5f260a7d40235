"""A picture of which tables refer to which: referenced tables on the left, those that refer to them on the right."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

from markupsafe import Markup

from agent.report.decisions import Decisions
from agent.report.facts import Facts
from agent.report.svg import Picture
from agent.report.words import bare
from engines.catalog import Catalog

MOST = 40
BOX, HEIGHT = 150, 24
GAP_X, GAP_Y, MARGIN = 60, 12, 2
SWEEPS = 6


@dataclass
class Graph:
    """children refer to parents; broken: pairs whose foreign key is NOT VALID; own: tables that refer to themselves."""

    parents: dict[str, set[str]] = field(default_factory=dict)
    broken: set[tuple[str, str]] = field(default_factory=set)
    own: set[str] = field(default_factory=set)

    @property
    def edges(self) -> list[tuple[str, str]]:
        """(child, parent), each pair once."""
        return [(child, parent) for child, found in self.parents.items() for parent in sorted(found)]


def chart_tables(facts: Facts) -> Markup | None:
    """The picture, None without foreign keys or with more tables than one can read."""
    if facts.source_catalog is None:
        return None
    graph = graph_of(facts.source_catalog, Decisions(facts))
    linked = {name for edge in graph.edges for name in edge}
    if not linked or len(linked) > MOST:
        return None
    columns = _arranged(graph, linked)
    tallest = max(len(column) for column in columns)
    width = 2 * MARGIN + len(columns) * BOX + (len(columns) - 1) * GAP_X
    height = 2 * MARGIN + tallest * HEIGHT + (tallest - 1) * GAP_Y
    told = "; ".join(f"{bare(child)} refers to {bare(parent)}" for child, parent in graph.edges)
    picture = Picture("tables", "Tables and their foreign keys", told, width + 30, height, least=0.72)
    places = _places(columns, height)
    for child, parent in graph.edges:
        _edge(
            picture, places[child], places[parent], (child, parent) in graph.broken, f"{bare(child)} → {bare(parent)}"
        )
    for name, (x, y) in places.items():
        picture.rectangle(x, y, BOX, HEIGHT, "box")
        mark = " ↺" if name in graph.own else ""
        picture.text(x + 8, y + 16, bare(name) + mark, room=BOX - 12)
    return picture.markup()


def graph_of(catalog: Catalog, decisions: Decisions) -> Graph:
    """Who refers to whom, found without regard to case where the exact name isn't there."""
    names = {table.full_name for table in catalog.tables}
    folded = {name.lower(): name for name in names}
    graph = Graph({name: set() for name in sorted(names)})
    for table in catalog.tables:
        unchecked = set(decisions.not_valid(table.full_name))
        for key in table.foreign_keys:
            wanted = key.referenced
            parent = wanted if wanted in names else folded.get(wanted.lower())
            if parent == table.full_name:
                graph.own.add(parent)
            elif parent is not None:
                graph.parents[table.full_name].add(parent)
                if any("_".join(key.columns) in name for name in unchecked):
                    graph.broken.add((table.full_name, parent))
    return graph


def _arranged(graph: Graph, linked: set[str]) -> list[list[str]]:
    """Columns by the longest way to a table that refers to nothing; in each, near what they are linked to."""
    rank: dict[str, int] = {}

    def depth(name: str, above: tuple[str, ...]) -> int:
        if name not in rank:
            further = [p for p in graph.parents[name] if p not in above and p != name]
            rank[name] = max((depth(p, (*above, name)) + 1 for p in further), default=0)
        return rank[name]

    for name in sorted(linked):
        depth(name, (name,))
    columns: list[list[str]] = [[] for _ in range(max(rank[name] for name in linked) + 1)]
    for name in sorted(linked):
        columns[rank[name]].append(name)
    near: dict[str, set[str]] = {name: set() for name in linked}
    for child, parent in graph.edges:
        near[child].add(parent)
        near[parent].add(child)
    for sweep in range(SWEEPS):
        order = list(pairwise(columns)) if sweep % 2 == 0 else [(b, a) for a, b in reversed(list(pairwise(columns)))]
        for fixed, moving in order:
            middle = {name: i / max(len(fixed) - 1, 1) for i, name in enumerate(fixed)}
            place = {name: i / max(len(moving) - 1, 1) for i, name in enumerate(moving)}
            moving.sort(key=lambda name: _mean([middle[n] for n in near[name] if n in middle], place[name]))
    return [column for column in columns if column]


def _mean(values: list[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise


def _places(columns: list[list[str]], height: float) -> dict[str, tuple[float, float]]:
    found: dict[str, tuple[float, float]] = {}
    for number, column in enumerate(columns):
        used = len(column) * HEIGHT + (len(column) - 1) * GAP_Y
        top = (height - used) / 2
        for row, name in enumerate(column):
            found[name] = (MARGIN + number * (BOX + GAP_X), top + row * (HEIGHT + GAP_Y))
    return found


def _edge(picture: Picture, child: tuple[float, float], parent: tuple[float, float], broken: bool, tip: str) -> None:
    style = "edge broken" if broken else "edge"
    middle = HEIGHT / 2
    if child[0] > parent[0]:
        ends = child[0], child[1] + middle, parent[0] + BOX, parent[1] + middle
        picture.curve(*ends, style, tip=tip)
        picture.dot(parent[0] + BOX, parent[1] + middle, 2.5, "end")
        return
    picture.curve(child[0] + BOX, child[1] + middle, parent[0] + BOX, parent[1] + middle, style, bow=34, tip=tip)
    picture.dot(parent[0] + BOX, parent[1] + middle, 2.5, "end")
