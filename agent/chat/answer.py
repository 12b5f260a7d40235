"""Shows a conversation with a model while it goes on: words broken at the margin, a line per tool call."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

from agent.chat.screen import Screen, Style, visible
from agent.grounding import LEGEND
from agent.listener import CallNote
from agent.talk_model import TalkRecord

MARGIN = "  "
WAITING = "thinking{} (Ctrl-C stops the answer)"
MARKS = re.compile(r"(\*\*|`+)")
ITEM = re.compile(r"(?:[-*+•]|\d{1,2}[.)])$")
SHORT = 60  # characters of a call's arguments
OUTCOMES = {"correct": "refused, its arguments are wrong", "give_up": "not possible", "person": "needs a person"}

# how a talk ended -> what to tell the person; what isn't here is told as it is named
ENDS = {
    "done": "",
    "budget": "The token budget of this answer is used up; ask for less at once, or use a command (/help).",
    "cancelled": "Stopped.",
    "model failed: cancelled": "Stopped.",
    "nothing said": "The model gave an empty answer.",
    "refused": "The model refused to answer.",
    "answer cut off": "The answer was cut off: it was longer than one answer may be.",
}


class Answer:
    """A Listener that draws on a screen; stopped: whether the person has stopped it, then it falls silent."""

    def __init__(self, screen: Screen, stopped: Callable[[], bool] = lambda: False) -> None:
        self.screen, self.stopped = screen, stopped
        self.words = Words(screen)
        self._waiting: float | None = None  # since when nothing came

    def begin(self) -> None:
        """Say that the model was asked."""
        self._waiting = time.monotonic()
        self.tick()

    def tick(self) -> bool:
        """Say how long nothing has come; whether the person has stopped it, as a loop asks for between two looks."""
        if self._waiting is not None:
            seconds = int(time.monotonic() - self._waiting)
            self.screen.status(WAITING.format(f", {seconds} s" if seconds else ""))
        return self.stopped()

    def text(self, piece: str) -> None:
        """A piece of the answer."""
        self._waiting = None
        self.screen.heard("model", piece)
        self.words.feed(piece)

    def called(self, note: CallNote) -> None:
        """One line: what was called, how long it took, how many rows it was about."""
        self.words.end()
        arguments = ", ".join(f"{name} {value}" for name, value in note.arguments.items())
        told = f"{MARGIN}> {note.tool}{f' ({arguments[:SHORT]})' if arguments else ''}  {note.seconds:.1f} s"
        if note.rows is not None:
            told += f", {note.rows:,} rows"
        if note.outcome != "ok":
            told += f"  {OUTCOMES.get(note.outcome, note.outcome)}: {note.detail}"
        self.screen.say(told, "dim" if note.outcome == "ok" else "yellow")
        self.begin()

    def note(self, sentence: str) -> None:
        """A retry, a failure, a limit."""
        if not self.stopped():
            self.words.end()
            self.screen.say(f"{MARGIN}{sentence}", "yellow")
            self.begin()

    def end(self, record: TalkRecord) -> None:
        """Close the answer: how it ended, and what its marks mean."""
        self._waiting = None
        self.words.end()
        if record.unproved:
            self.screen.say(f"{MARGIN}({LEGEND})", "dim")
        told = ENDS.get(record.ended, f"The answer ended early: {record.ended}.")
        if self.stopped():
            told = "Stopped."
        elif record.ended.startswith("model failed"):
            told = ""  # note() has said why
        if told:
            self.screen.say(f"{MARGIN}{told}", "dim")


class Words:
    """Breaks lines between words while they come, and turns the marks of Markdown into styles."""

    def __init__(self, screen: Screen) -> None:
        self.screen = screen
        self._start_line()
        self._block = False  # inside of a block of code

    def feed(self, piece: str) -> None:
        """Take whole words and the blanks between them."""
        for part in re.split(r"(\n|[^\S\n]+)", visible(piece)):
            if part == "\n":
                self._end_line()
            elif part.isspace():
                self._gap += part
            elif part:
                self._word(part)

    def end(self) -> None:
        """End the line that was begun; the next words begin a new one."""
        if self._column:
            self._end_line()
        self.screen.fresh()

    def _start_line(self) -> None:
        self._column, self._hang, self._gap = 0, len(MARGIN), ""
        self._bold = self._code = self._heading = False

    def _end_line(self) -> None:
        if not (self._block and self._column == 0):
            self.screen.words("\n")
        self._start_line()

    def _word(self, word: str) -> None:
        first = self._column == 0
        if first and word.startswith("```"):
            self._block = not self._block
            return
        if first and word.strip("#") == "" and self.screen.coloured:
            self._heading = True
            return
        if first:
            self._begin(word)
        elif self._breaks(word):
            self.screen.words("\n" + " " * self._hang)
            self._column = self._hang
        else:
            self._put(self._gap)
        self._gap = ""
        self._styled(word)

    def _breaks(self, word: str) -> bool:
        if self._block or not self.screen.terminal:
            return False
        return self._column + len(self._gap) + _columns(word) > self.screen.width - 1

    def _begin(self, word: str) -> None:
        self._put(MARGIN + self._gap)
        self._hang = self._column + (_columns(word) + 1 if ITEM.match(word) else 0)

    def _styled(self, word: str) -> None:
        """A word with its marks; where there are no colours they stay as they were written."""
        if self._block or not self.screen.coloured:
            self._put(word)
            return
        for part in MARKS.split(word):
            if part == "**" and not self._code:
                self._bold = not self._bold
            elif part and not part.strip("`"):
                self._code = not self._code
            else:
                self._put(part)

    def _put(self, text: str) -> None:
        style: Style = "cyan" if self._code else "bold" if self._bold or self._heading else ""
        self.screen.words(text, style)
        self._column += _columns(text)


def _columns(text: str) -> int:
    """Columns of a terminal that a text takes: two for a wide character, none for a combining one."""
    if text.isascii():
        return len(text)
    from prompt_toolkit.utils import get_cwidth

    return get_cwidth(text)
