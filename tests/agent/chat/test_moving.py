"""A migration begun from a chat lives in a process of its own: followed, left, asked to stop, found again."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from agent.chat.child import LOCK, LOG, STATE, State, read_state, running
from agent.folder import Folder
from agent.standing import StandingFile
from tests.agent.chat.chatting import Chat
from tests.agent.test_live import COPY
from tests.journeys.life import wait_for


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """The lock of a process that runs."""
    with (folder / LOCK).open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def note(folder: Path, text: str) -> None:
    (folder / STATE).write_text(text)


def test_a_run_is_followed_to_its_end(scratch: Chat) -> None:
    told = scratch.types("/run")
    assert "execute" in told
    assert "42 rows of 3 tables: equal" in told
    assert "The migration is done and everything is equal" in told
    assert "validated" in scratch.types("/open chat-scratch")
    assert "as planned" in scratch.types("/diff live")
    state = read_state(scratch.folder)
    assert state is not None
    assert state.status == 0


def test_ctrl_c_leaves_the_migration_running_and_so_does_the_end_of_the_chat(
    scratch: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(text: str) -> None:
        if text:
            monkeypatch.undo()
            raise KeyboardInterrupt

    monkeypatch.setattr(scratch.session.screen, "status", interrupted)
    assert "The migration goes on" in scratch.types("/run")
    child = scratch.session.children[scratch.folder]
    assert child.poll() is None
    assert os.getsid(child.pid) == child.pid
    folder = scratch.folder
    scratch.session.close()
    assert child.wait(60) == 0
    assert "everything" not in (folder / LOG).read_text()
    assert "equal" in (folder / LOG).read_text()


def test_a_running_migration_is_shown_from_its_beginning_by_another_chat(scratch: Chat) -> None:
    (scratch.folder / LOG).write_text("an earlier run\nexecute\n")
    note(scratch.folder, '{"pid": 1, "begin": 15, "stage": "copy", "done": 10, "total": 40}')
    with held(scratch.folder):
        assert "process 1: copying rows" in scratch.types("/status")
        assert "10 of 40" in scratch.types("/status")
        StandingFile(scratch.folder).write(COPY.model_copy(update={"paused": ["the target takes 9 ms"]}))
        folder = Folder.open(scratch.folder)
        with folder.locked():
            told = scratch.types("/status")
        folder.close()
        assert "process 1: copy: 1,000 of 4,000 rows (25%), 500 rows/s" in told
        assert "2 lanes; paused: the target takes 9 ms" in told
        assert running(scratch.folder)
    assert not running(scratch.folder)
    assert "ended without a word" in scratch.types("/status")


def test_stop_asks_the_process_and_nothing_else(scratch: Chat) -> None:
    assert "No migration of this folder runs" in scratch.types("/stop")
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as process:
        note(scratch.folder, f'{{"pid": {process.pid}}}')
        assert "No migration of this folder runs" in scratch.types("/stop")
        with held(scratch.folder):
            assert "/run goes on from there" in scratch.types("/stop")
        assert process.wait(30) == -signal.SIGINT


@pytest.mark.parametrize("text", ["", "{", "[]", '{"pid": 1, "other": 2}'])
def test_a_damaged_note_counts_as_none(scratch: Chat, text: str) -> None:
    note(scratch.folder, text)
    assert read_state(scratch.folder) is None
    assert "strategy" in scratch.types("/status")


def test_a_process_that_was_refused_says_why(scratch: Chat) -> None:
    with scratch.session.folder.locked():
        told = scratch.types("/run")
    assert "FOLDER_IN_USE" in told
    assert "A safety rule stopped it" in told


def test_the_state_is_written_whole(tmp_path: Path) -> None:
    from agent.chat.child import Teller
    from skills.context import Progress

    teller = Teller(tmp_path, State(7, 3), rows=40)
    for done in (5, 10):
        teller.show(Progress("copy", "a", done, 20))
    teller.show(Progress("copy", "b", 7, 20))
    teller.write()
    assert read_state(tmp_path) == State(7, 3, "copy", "b", 17, 40)
    assert [path.name for path in tmp_path.iterdir()] == [STATE]


def test_a_migration_without_a_plan_is_not_begun(scratch: Chat) -> None:
    (scratch.folder / "plan.json").unlink()
    assert "Here: /plan" in scratch.types("/run")
    folder = Folder.open(scratch.folder)
    assert folder.journal.last("execution started") is None
    folder.close()
    wait_for(lambda: not running(scratch.folder))


def test_a_person_changes_the_load_from_a_chat(scratch: Chat) -> None:
    assert "as planned" in scratch.types("/tune")
    told = scratch.types("/tune connections 3")
    assert "connections" in told and "(tuned)" in told
    assert "LIMIT_INVALID" in scratch.types("/tune bytes-per-second fast")
    assert "There is no limit speed" in scratch.types("/tune speed 3")
    assert "(tuned)" not in scratch.types("/tune reset")
