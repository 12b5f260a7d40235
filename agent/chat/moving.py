"""The migration itself from a chat: begun in a process of its own, followed, asked to stop; never held up."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from agent.chat.child import LOG, STATE, State, read_state, running
from agent.chat.draw import gauge
from agent.chat.screen import Style
from engines.errors import UsageError

if TYPE_CHECKING:
    from agent.chat.session import Session

ROOT = Path(__file__).resolve().parents[2]
# -P and the path in words: a folder named agent/ in the current directory must not be taken for ours
START = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from agent.chat.child import main; main()"
PAUSE = 0.1  # seconds between two looks
ENDED: dict[int, tuple[str, Style]] = {
    0: ("The migration is done and everything is equal: /report, /status.", "green"),
    1: ("It ended, and a check failed: read report.html, then /validate.", "red"),
    3: ("A safety rule stopped it; what it says above is to be done first, then /run.", "red"),
    4: ("It was interrupted: /run goes on where it stopped.", "yellow"),
}


def run(session: Session, words: str) -> None:
    """Begin or continue the approved plan and follow it; where it runs already, only follow."""
    folder = session.folder.path
    if not _lives(session):
        _check(session)
        begin = _start(session)
        session.screen.say("It runs in a process of its own. Ctrl-C leaves it running and comes back here.", "dim")
    else:
        state = read_state(folder)
        begin = state.begin if state else 0
    follow(session, begin)


def stop(session: Session, words: str) -> None:
    """Ask the running migration to end after the chunks that are under way."""
    state = read_state(session.folder.path)
    if state is None or not running(session.folder.path):
        session.screen.say("No migration of this folder runs from a chat.")
        return
    os.kill(state.pid, signal.SIGINT)
    session.screen.say("It was asked to stop after the chunks that are under way; /run goes on from there.")


def tune(session: Session, words: str) -> None:
    """Show the limits of the load, or change one: `connections 4`, `bytes-per-second none`, `reset`."""
    from agent.commands.tune import OPTIONS, change, text, value_of

    name, _, written = words.partition(" ")
    if words and name != "reset" and (name not in OPTIONS or not written.strip()):
        raise UsageError(
            "CHAT_COMMAND", f"There is no limit {name}.", f"Type /tune LIMIT N, with one of {', '.join(OPTIONS)}."
        )
    given = {}
    if written:
        field, whole, _ = OPTIONS[name]
        given = {field: value_of(name, written.strip(), whole)}
    session.screen.say(text(change(session.folder, given, name == "reset")).rstrip())


def said_of_child(session: Session) -> list[str]:
    """What is to be said of the process that runs, or ran last, in a chat's name."""
    state = read_state(session.folder.path)
    if state is None:
        return []
    if running(session.folder.path):
        return [
            f"running    process {state.pid}: {_told(session, state).strip()}",
            "           /run shows it, /stop stops it",
        ]
    if state.status is None:
        return ["running    no: its process ended without a word; /run goes on where it stopped"]
    return []


def follow(session: Session, begin: int) -> None:
    """Show what the process writes until it ends; Ctrl-C ends only the showing."""
    folder, screen = session.folder.path, session.screen
    try:
        with (folder / LOG).open(encoding="utf-8", errors="replace") as log:
            log.seek(begin)
            rest = ""
            while True:
                alive = _lives(session)
                rest = _show(session, rest + log.read())
                if not alive:
                    break
                state = read_state(folder)
                screen.status(_told(session, state) if state else "  starting")
                time.sleep(PAUSE)
            if rest:
                screen.say(rest)
    except KeyboardInterrupt:
        screen.say("The migration goes on. /status says how it goes, /run shows it again, /stop stops it.", "yellow")
        return
    _say_end(session)


def _show(session: Session, text: str) -> str:
    """Show whole lines; what is left of an unfinished one."""
    *lines, rest = text.split("\n")
    for line in lines:
        session.screen.say(line)
    return rest


def _say_end(session: Session) -> None:
    session.children.pop(session.folder.path, None)
    state = read_state(session.folder.path)
    status = state.status if state else None
    if status is None:
        session.screen.say("Its process ended without a word: /run goes on where it stopped.", "red")
    elif status in ENDED:
        session.screen.say(*ENDED[status])
    else:
        session.screen.say(f"It ended with status {status}; what it says above is to be done first.", "red")


def _check(session: Session) -> None:
    """What the process would refuse is refused here, with the same sentence."""
    from agent.approval import check_approval
    from agent.execute import check_executable

    plan = session.run.needed_plan()
    if plan.declared:
        raise UsageError(
            "DECLARED_ONLY",
            "The plan rests on declared facts: there is nothing to move.",
            "Give the source's url in the request, then open the request again.",
        )
    check_executable(plan)
    check_approval(session.folder, plan)


def _start(session: Session) -> int:
    """Start the process; the place in its log from which it writes."""
    folder = session.folder.path
    driver = ["claude", session.model.name] if session.model is not None else ["rules"]
    (folder / STATE).unlink(missing_ok=True)
    with (folder / LOG).open("ab") as log:
        begin = log.tell()
        session.children[folder] = subprocess.Popen(
            [sys.executable, "-P", "-c", START, str(folder), str(begin), *driver],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    return begin


def _lives(session: Session) -> bool:
    """Whether the process works: ours by its handle, which also knows it before it took its lock, or another chat's."""
    folder = session.folder.path
    ours = session.children.get(folder)
    return (ours is not None and ours.poll() is None) or running(folder)


def _told(session: Session, state: State) -> str:
    from agent.console import STAGES
    from agent.live import copy_text
    from agent.standing import last_standing

    standing = last_standing(session.folder.path) if state.stage in ("starting", "copy") else None
    if standing is not None and standing["running"] and standing["stage"] == "copy":
        return f"  {copy_text(standing)}"
    stage = STAGES.get(state.stage, state.stage)
    if not state.total:
        return f"  {stage}  {state.item}".rstrip()
    drawn = gauge(state.done, state.total, session.screen.blocks, 20)
    return f"  {stage}  {drawn} {min(state.done / state.total, 1):.0%}  {state.done:,} of {state.total:,}  {state.item}"
