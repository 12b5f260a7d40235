"""A copy that runs, for people: one line, or a calm view of a few lines on a terminal."""

from __future__ import annotations

from typing import Any

from agent.report.words import counted, duration, middle, plain
from transfer.standing import SCAN, Standing, TableStanding

TABLES = 5  # lines of the view
EVERY = 10.0  # seconds between two lines where there is no terminal
NAME = 34  # characters


def standing_text(standing: dict[str, Any]) -> str:
    """A standing in one line: `copy: 1,000 of 4,000 rows (25 %), 500 rows/s, 0.1 MB/s, 6.0 s left, 2 lanes`."""
    expected = standing["rows_expected"]
    of = f" of {expected:,}" if expected is not None else ""
    share = f" ({min(standing['rows'] / expected, 1):.0%})" if expected else ""
    told = [f"{standing['stage']}: {standing['rows']:,}{of} rows{share}"]
    if standing["stage"] == "copy":
        if standing["rows_per_second"] is not None:
            told.append(f"{standing['rows_per_second']:,.0f} rows/s, {standing['bytes_per_second'] / 1e6:,.1f} MB/s")
        left = standing["seconds_left"]
        told.append(
            f"{duration(left)} left" if left is not None else f"time left unknown: {standing['unknown_because']}"
        )
        lanes, allowed = standing["lanes"], standing["lanes_allowed"]
        told.append(counted(lanes, "lane") if lanes == allowed else f"{lanes} of {allowed} lanes")
    elif standing["stage"] == SCAN:
        rate, left = standing["rows_per_second"], standing["seconds_left"]
        told += [f"{rate:,.0f} rows/s"] if rate is not None else []
        why = f"time left unknown: {standing['unknown_because']}"
        told.append(why if left is None else f"{duration(left)} left")
    if standing["quarantined"]:
        told.append(f"{counted(standing['quarantined'], 'value')} set aside")
    return ", ".join(told)


def copy_text(standing: dict[str, Any]) -> str:
    """The same, with the reasons of a pause behind it."""
    return "; ".join([standing_text(standing), *(f"paused: {reason}" for reason in standing["paused"])])


class View:
    """What a terminal shows while rows are copied; a line for the whole, a few for the tables that move."""

    def __init__(self) -> None:
        from rich.console import Console as Screen
        from rich.live import Live

        self._live = Live(console=Screen(stderr=True), transient=True, auto_refresh=False)
        self._live.start()

    def show(self, standing: Standing) -> None:
        """Draw what holds now."""
        self._live.update(drawn(standing), refresh=True)

    def say(self, text: str) -> None:
        """A line of the log above the view."""
        self._live.console.print(text, highlight=False, markup=False)

    def end(self) -> None:
        """Take the view off the screen."""
        self._live.stop()


def moving(standing: Standing) -> list[TableStanding]:
    """The tables that are shown: those that moved last and have rows left, or whose rows were not counted."""
    unfinished = [t for t in standing.tables if t.rows_expected is None or t.rows < t.rows_expected]
    return unfinished[:TABLES]


def drawn(standing: Standing) -> Any:
    """The view of a standing, as something that rich prints."""
    from rich.console import Group
    from rich.progress_bar import ProgressBar
    from rich.table import Table
    from rich.text import Text

    grid = Table.grid(padding=(0, 1))
    for entry in moving(standing):
        bar = ProgressBar(total=entry.rows_expected or None, completed=entry.rows, width=24, pulse=False)
        expected = f"{entry.rows_expected:,}" if entry.rows_expected is not None else "?"
        rate = f"{entry.rows_per_second:,.0f} rows/s" if entry.rows_per_second is not None else ""
        left = duration(entry.seconds_left) if entry.seconds_left is not None else ""
        name = Text(f"  {middle(plain(entry.name), NAME)}")
        grid.add_row(name, bar, Text(f"{entry.rows:,}/{expected}"), Text(rate), Text(left))
    lines = [Text(f"  {standing_text(standing.model_dump())}")]
    lines += [Text(f"  paused: {plain(reason)}", style="yellow") for reason in standing.paused]
    return Group(*lines, grid)
