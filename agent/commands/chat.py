"""dbmo chat: a conversation about a migration, or a command shell where no model answers."""

from __future__ import annotations

import argparse
import os
import sys


def chat(options: argparse.Namespace) -> int:
    """Open or begin a migration and talk until the person leaves; status 0, 2 where the folder is none."""
    from agent.chat.reader import PlainReader, PromptReader
    from agent.chat.repl import begin, converse
    from agent.chat.screen import Screen
    from agent.chat.session import Session

    person = sys.stdin.isatty() and sys.stdout.isatty() and os.environ.get("TERM") != "dumb" and not options.plain
    session = Session(Screen(sys.stdout, person), model=options.model)
    begin(session, options.place)
    if not person:
        return converse(session, PlainReader())
    reader = PromptReader(session)
    if reader.warning:
        session.screen.say(reader.warning, "yellow")
    return converse(session, reader)
