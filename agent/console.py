"""Progress and a model's words for people: bars on a terminal, lines elsewhere; always on stderr."""

from __future__ import annotations

import sys
import time
from typing import Any

from agent.listener import CallNote
from agent.report.words import counted, cut, duration, plain
from engines.connection import redact
from skills.context import Progress

INDENT = "    "  # before a model's words, so that they are never taken for the program's own
OUTCOMES = {"correct": "wrong arguments", "give_up": "not possible", "person": "not allowed, a person's work"}


class Console:
    """Told of progress by the skills, and a Listener of talks; a context manager that ends its bars."""

    def __init__(self) -> None:
        self._tty = sys.stderr.isatty()
        self._bars: Any = None
        self._tasks: dict[tuple[str, str], Any] = {}
        self._stage = ""
        self._started = time.monotonic()
        self._rows: dict[str, int] = {}
        self._line = ""

    def __enter__(self) -> Console:
        return self

    def __exit__(self, *_: object) -> None:
        self._end_line()
        self._end_bars()

    def say(self, text: str) -> None:
        """A line of the log."""
        self._end_line()
        self._write(text)

    def text(self, piece: str) -> None:
        """A piece of a model's words: at once on a terminal, line by line elsewhere or beside bars."""
        *whole, rest = piece.split("\n")
        for line in whole:
            self._words(line)
            self._end_line(blank=True)
        self._words(rest)

    def called(self, note: CallNote) -> None:
        """One line per tool call: what was called, its rows, its time, or why it wasn't carried out."""
        given = ", ".join(f"{name} {value}" for name, value in note.arguments.items())
        told = [cut(f"{note.tool} ({given})" if given else note.tool, 100)]
        if note.outcome == "ok":
            told += [counted(note.rows, "row")] if note.rows is not None else []
            told.append(duration(note.seconds))
        else:
            told += [OUTCOMES.get(note.outcome, note.outcome), *([cut(note.detail)] if note.detail else [])]
        self._end_bars()  # of the skill that was called
        self.say(plain(redact(f"  > {', '.join(told)}")))

    def note(self, sentence: str) -> None:
        """Something about the talk that the person should know."""
        self.say(plain(redact(f"  {sentence}")))

    def _words(self, words: str) -> None:
        shown = plain(words)
        if shown and self._live:
            sys.stderr.write(shown if self._line else INDENT + shown)
            sys.stderr.flush()
        self._line += shown

    def _end_line(self, blank: bool = False) -> None:
        line, self._line = self._line, ""
        if line and self._live:
            sys.stderr.write("\n")
        elif line or blank:
            self._write(f"{INDENT}{line}".rstrip())

    @property
    def _live(self) -> bool:
        return self._tty and self._bars is None

    def _write(self, text: str) -> None:
        if self._bars is not None:
            self._bars.console.print(text, highlight=False, markup=False)
        else:
            sys.stderr.write(text + "\n")
            sys.stderr.flush()

    def show(self, progress: Progress) -> None:
        """Draw or log a step; rows/s and the time left stand beside a bar."""
        self._end_line()
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
            self._stage = ""
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
