"""The chat as a person meets it: the program in a terminal of its own."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.journeys.life import CHECKOUT

ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\x07]*\x07|\x1b[=>]")


class Terminal:
    """A program behind a pseudo terminal: keys go in, what it shows comes out."""

    def __init__(self, *words: str, **environment: str) -> None:
        self.master, slave = pty.openpty()
        given = {**os.environ, "TERM": "xterm", "COLUMNS": "110", "LINES": "40", "PROMPT_TOOLKIT_NO_CPR": "1"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "agent.cli", "chat", *words],
            stdin=slave, stdout=slave, stderr=slave, cwd=CHECKOUT, env={**given, **environment},
            start_new_session=True,
        )  # fmt: skip
        os.close(slave)
        self.shown = ""

    def types(self, keys: str) -> None:
        os.write(self.master, keys.encode())

    def shows(self, wanted: str, seconds: float = 60) -> str:
        """Wait until a text is shown; all that was shown up to it since the last wait."""
        deadline = time.monotonic() + seconds
        while wanted not in self.shown:
            assert time.monotonic() < deadline, self.shown[-2000:]
            if select.select([self.master], [], [], 0.2)[0]:
                try:
                    piece = os.read(self.master, 65536).decode(errors="replace")
                except OSError:  # the other side has closed
                    piece = ""
                assert piece or wanted in self.shown, f"it ended: {self.shown[-2000:]}"
                self.shown = ESCAPES.sub("", self.shown + piece)
        before, _, self.shown = self.shown.partition(wanted)
        return before + wanted

    def ended(self) -> int:
        """Read on until the program ends; its status."""
        while self.process.poll() is None:
            if select.select([self.master], [], [], 0.1)[0]:
                try:
                    os.read(self.master, 65536)
                except OSError:
                    break
        return self.process.wait(30)


@pytest.fixture
def terminal(root: Path) -> Iterator[Callable[..., Terminal]]:
    """Starts chats in terminals, and ends those that a test left."""
    started: list[Terminal] = []

    def start(*words: str) -> Terminal:
        started.append(Terminal(*words, XDG_STATE_HOME=str(root.parent / "state")))
        return started[-1]

    yield start
    for found in started:
        found.process.kill()
        found.process.wait()
        os.close(found.master)


@contextmanager
def opened(terminal: Callable[..., Terminal], folder: Path, *words: str) -> Iterator[Terminal]:
    found = terminal(str(folder), *words)
    found.shows(f"{folder.name}>")
    yield found


def test_a_person_approves_runs_and_leaves(
    terminal: Callable[..., Terminal], planned: Callable[[str, Path], Path], root: Path
) -> None:
    folder = planned("production", root)
    with opened(terminal, folder) as chat:
        chat.types("/approve\r")
        chat.shows("Type the migration's name")
        chat.types("something else\r")
        chat.shows("NAME_NOT_TYPED")
        chat.shows("chat-production>")
        chat.types("/approve\r")
        chat.shows("anything else leaves it: ")
        chat.types("chat-production\r")
        chat.shows("approved: plan ")
        chat.shows("chat-production>")
        chat.types("/run\r")
        told = chat.shows("The migration is done and everything is equal")
        assert "rehearsal went through" in told
        chat.shows("chat-production>")
        chat.types("\x04")
        assert chat.ended() == 0
    assert "something else" not in (root.parent / "state" / "dbmo" / "chat-history").read_text()


def test_a_plain_chat_has_a_prompt_and_no_escape_sequences(
    terminal: Callable[..., Terminal], planned: Callable[[str, Path], Path], root: Path
) -> None:
    with opened(terminal, planned("scratch", root), "--plain") as chat:
        chat.types("/help quit\r")
        assert "\x1b" not in chat.shows("a running migration goes on")
        chat.types("/quit\r")
        assert chat.ended() == 0
    assert not (root.parent / "state").exists()


def test_lines_from_a_pipe_are_answered_and_end_well(planned: Callable[[str, Path], Path], root: Path) -> None:
    told = subprocess.run(
        [sys.executable, "-m", "agent.cli", "chat", str(planned("scratch", root))],
        input="/tables orders\n/nothing\nwhat is the risk?\n", capture_output=True, text=True, cwd=CHECKOUT, check=True,
    )  # fmt: skip
    assert told.stderr == ""
    assert "DECIMAL(10,2)" in told.stdout
    assert "There is no command /nothing" in told.stdout
    assert "Closest: /hazards" in told.stdout


def test_a_folder_that_is_none_is_a_usage_error(root: Path) -> None:
    told = subprocess.run(
        [sys.executable, "-m", "agent.cli", "chat", str(root)],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, cwd=CHECKOUT,
    )  # fmt: skip
    assert (told.returncode, "FOLDER_UNKNOWN" in told.stderr) == (2, True)
