"""What the chat writes: lines, a model's words as they come, tables; no text in it can move the cursor."""

from __future__ import annotations

import io
import os
import shutil
import textwrap
import unicodedata
from typing import TYPE_CHECKING, Literal, TextIO

from agent.chat.transcript import Transcript, Who
from engines.connection import redact
from engines.errors import DbmoError
from skills.untrusted import SELECTORS, UNSEEN

if TYPE_CHECKING:
    from rich.console import RenderableType

Style = Literal["", "bold", "dim", "red", "green", "yellow", "cyan"]
CODES: dict[Style, str] = {"": "", "bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}
SWEEP = "\r\x1b[K"
PAGE = 100  # columns where there is no terminal that has a width

# errors that a command of the chat helps with: code -> command
HERE = {
    "APPROVAL_MISSING": "/approve",
    "APPROVAL_VOID": "/approve",
    "NO_PLAN": "/plan",
    "NOT_ASSESSED": "/assess",
    "NOT_EXECUTED": "/run",
    "NOTHING_OPEN": "/open",
    "FOLDER_IN_USE": "/status",
    "ROLLBACK_NOT_REHEARSED": "/rehearse",
    "SOURCE_SCHEMA_CHANGED": "/plan again",
}


class Screen:
    """Writes to one stream and keeps a transcript; terminal: the stream understands escape sequences."""

    def __init__(self, out: TextIO, terminal: bool) -> None:
        self.out, self.terminal = out, terminal
        self.coloured = terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
        self.blocks = "utf" in (getattr(out, "encoding", None) or "").lower()
        self.transcript = Transcript()
        self._status = ""
        self._open = False  # whether the last line has no end yet

    @property
    def width(self) -> int:
        """Columns that may be used."""
        return shutil.get_terminal_size((PAGE, 24)).columns if self.terminal else PAGE

    def say(self, text: str = "", style: Style = "") -> None:
        """A line, or several."""
        self.fresh()
        shown = visible(redact(text))
        self._write(self.styled(self._broken(shown), style) + "\n")
        self.transcript.add("program", shown + "\n")

    def error(self, error: DbmoError) -> None:
        """What happened, what to do, and the command that does it here."""
        self.say(error.what, "red")
        self.say(f"{error.remedy} [{error.code}]", "dim")
        if error.code in HERE:
            self.say(f"Here: {HERE[error.code]}", "dim")

    def show(self, drawing: RenderableType) -> None:
        """A table or another drawing of rich."""
        self.fresh()
        self._write(self._drawn(drawing, self.coloured))
        self.transcript.add("program", self._drawn(drawing, False))

    def words(self, text: str, style: Style = "") -> None:
        """A part of a line; the transcript is the caller's business, who knows the text before it was broken."""
        if not text:
            return
        self.status("")
        self._open = not text.endswith("\n")
        self._write(self.styled(visible(text), style))

    def heard(self, who: Who, text: str) -> None:
        """Put a text into the transcript that words() or a person's typing showed."""
        self.transcript.add(who, visible(redact(text)))

    def status(self, text: str) -> None:
        """A line that the next output replaces; nothing where there is no terminal."""
        if not self.terminal or text == self._status or (text and self._open):
            return
        shown = visible(redact(text)).replace("\n", " ")[: self.width - 1]
        self._write(SWEEP + self.styled(shown, "dim"))
        self._status = text

    def fresh(self) -> None:
        """Make sure that the cursor stands at the beginning of an empty line."""
        self.status("")
        if self._open:
            self._write("\n")
            self._open = False

    def gap(self) -> None:
        """An empty line before the next prompt of a terminal; not in the transcript."""
        self.fresh()
        if self.terminal:
            self._write("\n")

    def styled(self, text: str, style: Style) -> str:
        """The text between the codes of a style, where there are colours."""
        return f"\x1b[{CODES[style]}m{text}\x1b[0m" if style and text and self.coloured else text

    def _broken(self, text: str) -> str:
        """Lines broken between words where they are longer than the terminal is wide."""
        if not self.terminal:
            return text
        return "\n".join(_break(line, self.width) for line in text.split("\n"))

    def _drawn(self, drawing: RenderableType, coloured: bool) -> str:
        from rich.console import Console

        page = io.StringIO()
        console = Console(
            file=page,
            width=self.width,
            force_terminal=coloured,
            color_system="standard" if coloured else None,
            markup=False,
            highlight=False,
            emoji=False,
            legacy_windows=False,
        )
        console.print(drawing)
        return "\n".join(line.rstrip() for line in page.getvalue().split("\n"))

    def _write(self, text: str) -> None:
        try:
            self.out.write(text)
        except UnicodeEncodeError:
            encoding = self.out.encoding or "ascii"
            self.out.write(text.encode(encoding, "replace").decode(encoding))
        self.out.flush()


def _break(line: str, width: int) -> str:
    if len(line) < width:
        return line
    indent = line[: len(line) - len(line.lstrip())][: width // 2]
    return textwrap.fill(line, width - 1, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def visible(text: str) -> str:
    """The text with a stand-in for every character that has no shape, which could steer a terminal or hide words."""
    flat = SELECTORS.sub("", text.replace("\t", "    ").replace("\r\n", "\n"))
    return "".join("\ufffd" if unicodedata.category(c) in UNSEEN and c != "\n" else c for c in flat)
