"""The loop of a chat: a line, what it asks for, the next line."""

from __future__ import annotations

import argparse
import sys

from agent.chat.asking import ask
from agent.chat.child import running
from agent.chat.commands import carry_out, is_command
from agent.chat.keeping import greet
from agent.chat.reader import Reader
from agent.chat.session import KEY_ADDS, Leave, Session
from agent.errors import guarded
from engines.errors import EXIT_DONE, DbmoError


def converse(session: Session, reader: Reader) -> int:
    """Read and answer until the person leaves or the lines end; always status 0."""
    interrupts = 0
    while True:
        session.screen.gap()
        try:
            line = reader.read(_prompt(session))
        except KeyboardInterrupt:
            interrupts += 1
            if interrupts == 2:
                break
            session.screen.say("Ctrl-C once more, or Ctrl-D, leaves.", "dim")
            continue
        interrupts = 0
        if line is None:
            break
        try:
            handle(session, line)
        except Leave:
            break
    _farewell(session)
    return EXIT_DONE


def handle(session: Session, line: str) -> None:
    """Carry out one line that a person typed; what goes wrong is said, and the chat goes on."""
    text = line.strip()
    if not text:
        return
    session.screen.heard("person", text)
    leaving: list[Leave] = []

    def work(options: argparse.Namespace) -> int:
        try:
            _understood(session, text)
        except Leave as leave:
            leaving.append(leave)
        except DbmoError as error:
            session.screen.error(error)
        except KeyboardInterrupt:
            session.screen.say("Stopped.", "yellow")
        return EXIT_DONE

    guarded(work, argparse.Namespace())  # says on stderr what no command foresaw
    session.screen.fresh()
    if leaving:
        raise leaving[0]


def _understood(session: Session, text: str) -> None:
    if is_command(text):
        carry_out(session, text)
    elif session.open is None and "\n" not in text and (text.isdigit() or (session.root / text).is_dir()):
        carry_out(session, f"/open {text}")
    else:
        ask(session, text)


def begin(session: Session, place: str | None) -> None:
    """The first words: the migration that was named, or those that could be; and who answers questions."""
    from agent.chat.places import offer, open_place

    if place is not None:
        session.switch_folder(open_place(session, place))
        greet(session)
    else:
        offer(session)
    if session.model is None:
        session.screen.say(f"No model answers here: commands only, /help lists them. {KEY_ADDS}", "dim")
    else:
        session.screen.say(f"{session.model.name} answers questions; /help lists the commands.", "dim")


def _prompt(session: Session) -> str:
    return f"{session.open.migration if session.open else 'dbmo'}> "


def _farewell(session: Session) -> None:
    for folder, child in session.children.items():
        if child.poll() is None or running(folder):
            session.screen.say(f"The migration goes on; how far it is: dbmo status {folder}")
    session.close()
    sys.stdout.flush()
