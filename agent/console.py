"""Progress and a model's words for people: bars on a terminal, lines elsewhere; always on stderr."""

from __future__ import annotations

import re
import sys
import threading
import time
from typing import Any

from agent.listener import CallNote
from agent.live import EVERY, View, copy_text
from agent.report.words import counted, cut, duration, plain
from engines.connection import redact
from skills.context import Progress
from transfer.standing import SCAN, Standing

INDENT = "    "  # before a model's words, so that they are never taken for the program's own
FIGURE = re.compile(r"\d[\d.,]*")
OUTCOMES = {"correct": "wrong arguments", "give_up": "not possible", "person": "not allowed, a person's work"}


class Console:
    """Told of progress by the skills, and a Listener of talks; a context manager that ends its bars."""

    def __init__(self) -> None:
        self._tty = sys.stderr.isatty()
        self._bars: Any = None
        self._task: Any = None
        self._stage = ""
        self._line = ""
        self._view: View | None = None
        self._told = 0.0
        self._paused: list[str] = []
        self._scanning = False
        self._lock = threading.RLock()  # standings come from a thread of their own

    def __enter__(self) -> Console:
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._end_line()
            self._end_bars()
            self._end_view()

    def say(self, *lines: str) -> None:
        """Lines of the log; what a name brings along (line breaks, escapes) stays inside its line."""
        with self._lock:
            self._end_line()
            for line in lines:
                self._write(plain(line))

    def standing(self, standing: Standing) -> None:
        """Where a copy stands: a view that stays in its place on a terminal, a line now and then elsewhere."""
        with self._lock:
            self._scanning = standing.stage == SCAN
            if self._tty and standing.stage in SHOWN:
                self._end_bars()
                self._view = self._view or View()
                self._view.show(standing)
            elif self._tty:
                self._end_view()
            elif standing.stage in SHOWN:
                self._tell(standing)

    def _tell(self, standing: Standing) -> None:
        if standing.stage == "copy":
            self._begin("copy")
        kinds = [FIGURE.sub("", reason) for reason in standing.paused]
        if kinds != self._paused:  # a reading that changes every second is no other reason
            self.say(plain(f"  paused: {'; '.join(standing.paused)}" if standing.paused else "  going on"))
            self._paused = kinds
        if self._told == 0.0:
            self._told = time.monotonic()
        elif time.monotonic() - self._told >= EVERY:
            self._told = time.monotonic()
            self.say(plain(f"  {copy_text(standing.model_dump())}"))

    def _end_view(self) -> None:
        if self._view is not None:
            self._view.end()
        self._view = None

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
        with self._lock:
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
        if self._view is not None:
            self._view.say(text)
        elif self._bars is not None:
            self._bars.console.print(text, highlight=False, markup=False)
        else:
            sys.stderr.write(text + "\n")
            sys.stderr.flush()

    def show(self, progress: Progress) -> None:
        """Draw or log a step; of a copy, whose standing is told, only that it begins."""
        with self._lock:
            self._end_line()
            if self._tty and self._scanning:
                pass  # the view says more
            elif self._tty and progress.stage != "copy":
                self._end_view()  # of a copy that is over
                self._draw(progress)
            elif not self._tty:
                self._begin(progress.stage)

    def _begin(self, stage: str) -> None:
        """A line for a stage that begins."""
        if stage != self._stage:
            self._stage = stage
            self.say(f"  {STAGES.get(stage, stage)}")

    def _draw(self, progress: Progress) -> None:
        from rich.console import Console as Screen
        from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as Bars

        if progress.stage != self._stage:
            self._end_bars()
            self._stage = progress.stage
            columns = (
                TextColumn("  {task.description}", table_column=None),
                BarColumn(bar_width=28),
                TextColumn("{task.completed:>11,.0f}/{task.fields[whole]}"),
                TimeRemainingColumn(compact=True),
            )
            self._bars = Bars(*columns, console=Screen(stderr=True), transient=True)
            self._bars.start()
        label = STAGES.get(progress.stage, progress.stage)
        if self._task is None:
            self._task = self._bars.add_task(label[:32], total=progress.total, whole="?")
        whole = f"{progress.total:,}" if progress.total is not None else "?"
        self._bars.update(self._task, completed=progress.done, total=progress.total, whole=whole)

    def _end_bars(self) -> None:
        if self._bars is not None:
            self._bars.stop()
            self._stage = ""
        self._bars = None
        self._task = None


SHOWN = ("copy", SCAN)  # stages whose standing is shown
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
