"""Writes the view as Markdown and as HTML; nothing of a database reaches either unescaped."""

from __future__ import annotations

import re
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from agent.report.chart_budget import chart_budget
from agent.report.chart_rows import chart_rows
from agent.report.chart_tables import chart_tables
from agent.report.chart_time import chart_time
from agent.report.chart_workload import chart_workload
from agent.report.facts import Facts
from agent.report.tables import cleaned, mapped
from agent.report.words import plain

CHARTS = {
    "time": chart_time,
    "rows": chart_rows,
    "workload": chart_workload,
    "tables": chart_tables,
    "budget": chart_budget,
}
SPECIAL = re.compile(r"[\\`*\[\]|~]")
EMPHASIS = re.compile(r"(?<!\w)_|_(?!\w)")
LINE_START = re.compile(r"^(\s*\d*)([#>+.)-])(?=\s|$)")


def render_markdown(view: dict[str, Any]) -> str:
    """report.md: GitHub's Markdown."""
    text = environment(html=False).get_template("report.md.j2").render(view=mapped(view, in_markdown), pictures={})
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def render_html(view: dict[str, Any], facts: Facts) -> str:
    """report.html: one file, without scripts and without anything from elsewhere."""
    pictures: dict[str, Markup | None] = {name: draw(facts) for name, draw in CHARTS.items()}
    template = environment(html=True).get_template("report.html.j2")
    return template.render(view=cleaned(view), pictures=pictures)


def in_markdown(text: str) -> str:
    """Text that Markdown shows as it is: no markup, no HTML, no cell or line broken."""
    shown = SPECIAL.sub(lambda found: f"\\{found.group()}", plain(text))
    shown = EMPHASIS.sub(r"\\_", shown).replace("&", "&amp;").replace("<", "&lt;")
    return LINE_START.sub(lambda found: f"{found[1]}\\{found[2]}", shown)


def environment(html: bool) -> Environment:
    """Templates of prompts/report; html escapes what is put in."""
    return Environment(
        loader=PackageLoader("prompts", "report"),
        autoescape=html,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
