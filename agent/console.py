"""Progress for people: bars on a terminal, one line per stage elsewhere; always on stderr."""

from __future__ import annotations

import sys
import time
from typing import Any

from skills.context import Progress


class Console:
    """Told of progress by the skills; a context manager that ends its bars."""

    def __init__(self) -> None:
        self._tty = sys.stderr.isatty()
        self._bars: Any = None
        self._tasks: dict[tuple[str, str], Any] = {}
        self._stage = ""
        self._started = time.monotonic()
        self._rows: dict[str, int] = {}

    def __enter__(self) -> Console:
        return self

    def __exit__(self, *_: object) -> None:
        self._end_bars()

    def say(self, text: str) -> None:
        """A line of the log."""
        if self._bars is not None:
            self._bars.console.print(text, highlight=False, markup=False)
        else:
            sys.stderr.write(text + "\n")
            sys.stderr.flush()

    def show(self, progress: Progress) -> None:
        """Draw or log a step; rows/s and the time left stand beside a bar."""
        if self._tty:
            self._draw(progress)
        elif progress.stage != self._stage:
            self._stage = progress.stage
            self.say(f"  {STAGES.get(progress.stage, progress.stage)}")

    def _draw(self, progress: Progress) -> None:
        from rich.console import Console as Screen
        from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as Bars

        if progress.stage != self._stage:
            self._end_bars()
            self._stage = progress.stage
            self._started = time.monotonic()
            columns = (
                TextColumn("  {task.description}", table_column=None),
                BarColumn(bar_width=28),
                TextColumn("{task.completed:>11,.0f}/{task.fields[whole]}"),
                TextColumn("{task.fields[rate]}"),
                TimeRemainingColumn(compact=True),
            )
            self._bars = Bars(*columns, console=Screen(stderr=True), transient=True)
            self._bars.start()
        key = (progress.stage, progress.item if progress.stage == "copy" else "")
        if key not in self._tasks:
            label = progress.item if progress.stage == "copy" else STAGES.get(progress.stage, progress.stage)
            self._tasks[key] = self._bars.add_task(label[:32], total=progress.total, whole="?", rate="")
        self._bars.update(
            self._tasks[key],
            completed=progress.done,
            total=progress.total,
            whole=f"{progress.total:,}" if progress.total is not None else "?",
            rate=self._rate(progress),
        )

    def _rate(self, progress: Progress) -> str:
        if progress.stage != "copy":
            return ""
        self._rows[progress.item] = progress.done
        seconds = max(time.monotonic() - self._started, 0.001)
        return f"{sum(self._rows.values()) / seconds:>9,.0f} rows/s"

    def _end_bars(self) -> None:
        if self._bars is not None:
            self._bars.stop()
        self._bars = None
        self._tasks = {}


STAGES = {
    "assess": "looking at schema and data",
    "profile": "choosing types by the values",
    "translate": "running views and workload on scratch copies",
    "pre_data": "creating tables",
    "copy": "copying rows",
    "post_data": "keys, indexes, references, views",
    "validate": "comparing rows",
    "measure": "measuring the workload",
}
