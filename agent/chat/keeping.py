"""The commands about the chat itself: open, model, save, help, leave."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from agent.chat.session import KEY_ADDS, Leave
from engines.errors import UsageError

if TYPE_CHECKING:
    from agent.chat.session import Session


def open_one(session: Session, words: str) -> None:
    """Open a migration, or list what there is."""
    from agent.chat.places import offer, open_place

    if not words:
        offer(session)
        return
    session.switch_folder(open_place(session, words))
    greet(session)


def greet(session: Session) -> None:
    """Name the open migration, where it stands, and who answers."""
    from agent.chat.facts import standing
    from agent.chat.places import ends_of

    folder, screen = session.folder, session.screen
    source, target = ends_of(folder)
    screen.say(f"{folder.migration}  {folder.path}", "bold")
    screen.say(f"{source} to {target}: {standing(folder)}")


def model(session: Session, words: str) -> None:
    """Say which model answers, or switch to another."""
    if words:
        if any(not c.isprintable() or c.isspace() for c in words):
            raise UsageError("CHAT_COMMAND", "A model's name is one word.", "Type /model NAME.")
        session.switch_model(words)
    if session.model is None:
        session.screen.say(f"No model answers here. {KEY_ADDS}")
    else:
        session.screen.say(f"{session.model.name} answers.")


def save(session: Session, words: str) -> None:
    """Write the transcript; a file that this chat didn't write is left alone."""
    if not words:
        raise UsageError("CHAT_COMMAND", "/save needs a file.", "Type /save FILE.md.")
    path = Path(words).expanduser()
    if path.exists() and path.resolve() not in session.written:
        raise UsageError("FILE_EXISTS", f"{path} is there already.", "Give another name, or remove it first.")
    path.write_text(session.screen.transcript.markdown("A chat with dbmo", _facts(session)), encoding="utf-8")
    session.written.add(path.resolve())
    session.screen.say(f"Written: {path}")


def _facts(session: Session) -> list[str]:
    from agent.chat.facts import plan_hash, standing
    from agent.clock import now_text

    told = [f"saved: {now_text()}", f"model: {session.model.name if session.model else 'none'}"]
    if session.open is not None:
        told.append(f"migration: {session.open.migration}, {standing(session.open)}")
        told.append(f"plan: {plan_hash(session.open) or 'none'}")
    return told


def help(session: Session, words: str) -> None:
    """Every command in a line, or one."""
    from agent.chat.commands import COMMANDS, parse
    from agent.chat.draw import table

    wanted = [parse(f"/{words.lstrip('/')}")[0]] if words else list(COMMANDS)
    rows = [[f"{command.name} {command.argument}".strip(), command.help] for command in wanted]
    session.screen.show(table(["command", "what it does"], rows))
    if words:
        return
    if session.model is None:
        session.screen.say(KEY_ADDS, "dim")
    else:
        session.screen.say("Everything else is a question; Ctrl-C stops an answer. Tab completes names.", "dim")


def leave(session: Session, words: str) -> None:
    """End the chat."""
    raise Leave
