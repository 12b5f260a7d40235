"""Tables and bars for the terminal; every text in them is shown as it is, never read as markup."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from agent.chat.screen import Screen, visible
from engines.connection import redact

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

Cell = str | tuple[str, str]  # a text, or a text and a style of rich
EIGHTHS = " ▏▎▍▌▋▊▉"
BAR = 24  # columns
WIDEST = 200  # characters of a cell
SEVERITIES = {"blocking": "bold red", "high": "red", "medium": "yellow", "low": "cyan", "info": "dim"}


def table(heads: Sequence[str], rows: Sequence[Sequence[Cell]], title: str = "") -> Table:
    """A table; a head with `>` stands over figures, aligned to the right; one without words over bars and marks."""
    from rich import box
    from rich.table import Table

    drawn = Table(box=box.SIMPLE_HEAD, title=None, pad_edge=False, show_edge=False, header_style="bold")
    if title:
        drawn.title, drawn.title_justify, drawn.title_style = _text(title), "left", "bold"
    for head in heads:
        right = head.startswith(">")
        drawn.add_column(
            _text(head.removeprefix(">")),
            justify="right" if right else "left",
            no_wrap=right or not head,
            overflow="fold",
        )
    for row in rows:
        drawn.add_row(*(_text(cell) for cell in row))
    return drawn


def _text(cell: Cell) -> Text:
    from rich.text import Text

    words, style = cell if isinstance(cell, tuple) else (cell, "")
    shown = visible(redact(words)).replace("\n", " ")
    return Text(shown if len(shown) <= WIDEST else shown[: WIDEST - 1] + "…", style=style)


def bars(screen: Screen, values: Mapping[str, float], told: Mapping[str, str], title: str = "") -> Table:
    """A bar per value, the longest the largest; told: the words beside a bar."""
    whole = max(values.values(), default=0)
    rows: list[list[Cell]] = [
        [(name, SEVERITIES.get(name, "")), (bar(value, whole, screen.blocks), SEVERITIES.get(name, "")), told[name]]
        for name, value in values.items()
    ]
    drawn = table(["", "", ">"], rows, title)
    drawn.show_header = False
    return drawn


def bar(value: float, whole: float, blocks: bool, width: int = BAR) -> str:
    """A bar of at most width columns, to an eighth of a column; anything over nothing is at least a sliver."""
    share = min(max(value / whole, 0.0), 1.0) if whole else 0.0
    if not blocks:
        return "#" * (max(round(share * width), 1) if value > 0 else 0)
    eighths = max(round(share * width * 8), 1) if value > 0 else 0
    return "█" * (eighths // 8) + EIGHTHS[eighths % 8].strip()


def gauge(value: float, whole: float, blocks: bool, width: int = BAR) -> str:
    """A bar and the room that is left."""
    filled = bar(value, whole, blocks, width)
    return filled + ("░" if blocks else ".") * (width - len(filled))


def size(octets: float | None) -> str:
    """Bytes for people."""
    if octets is None:
        return "-"
    for unit in ("B", "kB", "MB", "GB"):
        if octets < 1000:
            return f"{octets:,.0f} {unit}" if unit == "B" else f"{octets:,.1f} {unit}"
        octets /= 1000
    return f"{octets:,.1f} TB"
